/**
 * Measures bidirectional streams over loopback: `npm run bench:duplex`. The server runs in another process and
 * returns each frame.
 */
import { HttpClientRequest } from "@effect/platform"
import { Effect, Queue, Stream } from "effect"
import { fork } from "node:child_process"
import { createServer } from "node:http2"
import { NodeDuplexTransport } from "../dist/node/index.js"

const frameBytes = 200
const frame = Buffer.alloc(frameBytes, "a")
const seconds = (from) => (performance.now() - from) / 1000
const megabytes = () => {
  globalThis.gc()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return (arrayBuffers + heapUsed) / 2 ** 20
}

const serve = () => {
  const server = createServer()
  server.on("stream", (stream) => {
    stream.on("error", () => {})
    stream.respond({ ":status": 200 })
    stream.pipe(stream)
  })
  server.listen(0, "127.0.0.1", () => process.send(server.address().port))
  process.on("disconnect", () => process.exit())
}

const open = (client, url, body) =>
  Effect.map(client.execute(HttpClientRequest.post(url).pipe(HttpClientRequest.bodyStream(body))), ({ stream }) => stream)

const throughput = (client, url) =>
  Effect.gen(function*() {
    const frames = 100_000
    const body = Stream.range(1, frames).pipe(Stream.rechunk(16), Stream.as(frame))
    const before = megabytes()
    const start = performance.now()
    let [bytes, most] = [0, 0]
    yield* Stream.runForEachChunk(yield* open(client, url, body), (chunks) =>
      Effect.sync(() => {
        const previous = bytes
        for (const chunk of chunks) {
          bytes += chunk.length
        }
        if (Math.floor(previous / 4e6) < Math.floor(bytes / 4e6)) {
          most = Math.max(most, megabytes() - before)
        }
      }))
    const duration = seconds(start)
    console.log(`${frames} frames of ${frameBytes} bytes each way: ${Math.round(frames / duration)} frames/s`)
    console.log(`  ${bytes === frames * frameBytes ? "equal bytes" : `${bytes} BYTES`}, memory +${most.toFixed(1)} MB`)
  })

/** The duration of each exchange of one frame, in milliseconds, on one stream. */
const exchanges = (client, url, count) =>
  Effect.scoped(Effect.gen(function*() {
    const queue = yield* Queue.unbounded()
    const pull = yield* Stream.toPull(yield* open(client, url, Stream.fromQueue(queue)))
    const durations = []
    for (let at = 0; at < count; at++) {
      const start = performance.now()
      yield* Queue.offer(queue, frame)
      yield* pull
      durations.push(performance.now() - start)
    }
    return durations
  }))

const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))]

const report = (name, durations) =>
  console.log(`${name}: median ${quantile(durations, 0.5).toFixed(3)} ms, 99% ${quantile(durations, 0.99).toFixed(3)} ms`)

const measure = (url) =>
  Effect.scoped(Effect.gen(function*() {
    const client = yield* NodeDuplexTransport.make({ proxy: false })
    yield* exchanges(client, url, 2_000)
    report("round trip of a frame, one stream", yield* exchanges(client, url, 5_000))
    const start = performance.now()
    const all = yield* Effect.replicateEffect(exchanges(client, url, 100), 100, { concurrency: "unbounded" })
    report("round trip of a frame, 100 streams on one connection", all.flat())
    console.log(`  ${Math.round(10_000 / seconds(start))} exchanges/s`)
    yield* throughput(client, url)
  }))

if (process.argv[2] === "serve") {
  serve()
} else {
  const server = fork(new URL(import.meta.url), ["serve"])
  const port = await new Promise((resolve) => server.once("message", resolve))
  try {
    await Effect.runPromise(measure(`http://127.0.0.1:${port}`))
  } finally {
    server.disconnect()
  }
}

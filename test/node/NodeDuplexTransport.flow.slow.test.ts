import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { NodeDuplexTransport } from "effect-sagemaker-runtime/node"
import { createHash } from "node:crypto"
import { post } from "../support/duplexCall.ts"
import { eventually, eventuallyStill } from "../support/eventually.ts"
import { echo, serveHttp2 } from "../support/http2Server.ts"
import { memoryInUse } from "../support/memory.ts"

const chunk = new Uint8Array(16 * 1024).fill(1)

describe("Backpressure", () => {
  it.scopedLive("stops the source while the server reads nothing", () =>
    Effect.gen(function*() {
      let produced = 0
      const server = yield* serveHttp2((stream) => {
        stream.respond({ ":status": 200 })
        setTimeout(() => stream.resume(), 1_500)
      })
      const client = yield* NodeDuplexTransport.make()
      const body = Stream.repeatEffect(Effect.sync(() => {
        produced += chunk.length
        return chunk
      })).pipe(Stream.take(1_000))
      yield* client.execute(post(server.url, body))
      assert.isBelow(yield* eventuallyStill(() => produced), 1024 * 1024)
      yield* eventually(() => produced === 1_000 * chunk.length, "5 seconds")
    }))

  it.scopedLive("stops the server while the reader pulls nothing", () =>
    Effect.gen(function*() {
      let [sent, isBlocked] = [0, false]
      const server = yield* serveHttp2((stream) => {
        stream.respond({ ":status": 200 })
        const write = () => {
          isBlocked = false
          while (sent < 10_000 * chunk.length && !isBlocked) {
            sent += chunk.length
            isBlocked = !stream.write(chunk)
          }
          stream.once("drain", write)
        }
        write()
      })
      const client = yield* NodeDuplexTransport.make()
      const response = yield* client.execute(post(server.url))
      const pull = yield* Stream.toPull(response.stream)
      yield* pull
      assert.isBelow(yield* eventuallyStill(() => sent), 1024 * 1024)
      const read = yield* Stream.repeatEffectChunkOption(pull).pipe(
        Stream.map((bytes) => bytes.length),
        Stream.takeUntil(() => sent === 10_000 * chunk.length),
        Stream.runSum
      )
      assert.isAbove(read, 9_000 * chunk.length)
    }))

  it.scopedLive("keeps memory flat for 100,000 frames each way, and all bytes equal", () =>
    Effect.gen(function*() {
      const frames = 100_000
      const [sent, received] = [createHash("sha256"), createHash("sha256")]
      const server = yield* serveHttp2(echo)
      const client = yield* NodeDuplexTransport.make()
      const body = Stream.range(1, frames).pipe(
        Stream.rechunk(16),
        Stream.map((nth) => {
          const frame = Buffer.alloc(200, `${nth} `)
          sent.update(frame)
          return frame
        })
      )
      const before = yield* memoryInUse
      let [bytes, most, next] = [0, 0, 0]
      const response = yield* client.execute(post(server.url, body))
      yield* Stream.runForEach(response.stream, (part) => {
        received.update(part)
        bytes += part.length
        if (bytes < next) {
          return Effect.void
        }
        next += 4_000_000
        return Effect.map(memoryInUse, (now) => {
          most = Math.max(most, now - before)
        })
      })
      assert.strictEqual(bytes, frames * 200)
      assert.strictEqual(received.digest("hex"), sent.digest("hex"))
      assert.isBelow(most, 16 * 1024 * 1024)
    }), 60_000)
})

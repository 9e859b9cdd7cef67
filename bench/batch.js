/**
 * Measures a batch of a million rows: `npm run bench:batch`. An emulated container runs in another process. It throttles
 * and fails requests at random, and rejects some rows in every request. The process of the batch is killed in the middle
 * and started again. Then the rate of a batch is compared with that of the same calls without it: only this part with
 * `npm run bench:batch -- rate`.
 */
import { NodeFileSystem } from "@effect/platform-node"
import { Effect, Either, Layer, Schema, Stream } from "effect"
import { fork } from "node:child_process"
import { once } from "node:events"
import { createReadStream, mkdtempSync, rmSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { Batch, Codec, ModelEndpoint, SageMakerError } from "../dist/index.js"
import { NodeEmulator, NodeSageMaker } from "../dist/node/index.js"
import { Emulator } from "../dist/testing/index.js"

const count = Number(process.env.ROWS ?? 1_000_000)
const maxRows = 500
const concurrency = 8
const chunkRows = 1_000

const Row = Schema.Struct({ id: Schema.Number, value: Schema.Number })
const Doubled = Schema.Struct({ row: Schema.Number, double: Schema.NullOr(Schema.Number) })

const model = (name) =>
  ModelEndpoint.make(name, {
    request: Codec.csv(Schema.Array(Row)),
    response: Codec.csv(Schema.Array(Schema.Tuple(Schema.Number)))
  })

/** A row that the container rejects in every request. */
const isInvalid = (id) => id % 50_021 === 17

// The container

/** The rows in successful responses, by how often. */
const successes = new Uint8Array(count)
let received = 0

const idsOf = (lines) => lines.map((line) => Number(line.slice(0, line.indexOf(","))))

const respond = (lines) => ({
  ContentType: "text/csv",
  Body: lines.map((line) => 2 * Number(line.slice(line.indexOf(",") + 1))).join("\n")
})

const linesOf = ({ Body }) => new TextDecoder().decode(Body).split("\n")

const unreliable = (request) =>
  Effect.suspend(() => {
    const lines = linesOf(request)
    received += lines.length
    const random = Math.random()
    if (random < 0.02) {
      return Effect.fail(new SageMakerError.ThrottlingError({}))
    }
    if (random < 0.04) {
      return Effect.fail(Emulator.containerError({ status: 500, body: "crash" }))
    }
    const ids = idsOf(lines)
    if (ids.some(isInvalid)) {
      return Effect.fail(Emulator.containerError({ status: 422, body: "invalid row" }))
    }
    ids.forEach((id) => void (successes[id] += 1))
    return Effect.succeed(respond(lines))
  })

const endpoints = [
  Emulator.endpoint("unreliable", unreliable),
  Emulator.endpoint("reliable", (request) => Effect.sync(() => respond(linesOf(request))))
]

const serve = () => {
  process.on("message", () => {
    process.send({ receivedRows: received, repeated: successes.reduce((sum, times) => sum + Math.max(0, times - 1), 0) })
  })
  return Effect.gen(function*() {
    const { url } = yield* NodeEmulator.NodeEmulator
    process.send({ url })
    return yield* Effect.never
  }).pipe(Effect.provide(NodeEmulator.layer({ region: "eu-west-1", endpoints })))
}

// The batch

const clientOf = (url) =>
  NodeSageMaker.layer({ region: "eu-west-1", endpoint: url, credentials: Emulator.credentials })

const memoryInUse = () => {
  globalThis.gc()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return (arrayBuffers + heapUsed) / 2 ** 20
}

/** Sends the number of rows and the memory in use after each tenth of the rows. */
const reporter = () => {
  let tenths = 0
  return ({ rows }) =>
    Effect.sync(() => {
      if (Math.floor((10 * rows) / count) > tenths) {
        tenths = Math.floor((10 * rows) / count)
        process.send({ rows, megabytes: memoryInUse() })
      }
    })
}

const score = (url, input, output) =>
  Batch.resumable(model("unreliable"), {
    input: Batch.file(input, Batch.csv(Row, { header: true })),
    output: Batch.file(output, Batch.csv(Doubled)),
    record: ({ index, result }) => ({
      row: index,
      double: Either.match(result, { onLeft: () => null, onRight: ([double]) => double })
    }),
    batcher: Batch.lists(),
    maxRows,
    concurrency,
    chunkRows,
    onProgress: reporter()
  }).pipe(
    Effect.flatMap((summary) => Effect.sync(() => process.send({ summary }))),
    Effect.provide(Layer.merge(clientOf(url), NodeFileSystem.layer))
  )

const cpuOf = (effect) =>
  Effect.suspend(() => {
    const before = process.cpuUsage()
    const start = performance.now()
    return Effect.map(effect, () => {
      const { system, user } = process.cpuUsage(before)
      return { cpu: (system + user) / 1e6, seconds: (performance.now() - start) / 1000 }
    })
  })

/** The same requests with and without a batch, in turn. The process has no other work. */
const compare = (url) => {
  const rows = Array.from({ length: count / 5 }, (_, id) => ({ id, value: id / 4 }))
  const groups = Array.from({ length: rows.length / maxRows }, (_, group) => rows.slice(group * maxRows, (group + 1) * maxRows))
  const reliable = model("reliable")
  const calls = Effect.map(
    Effect.forEach(groups, (group) => reliable.invoke(group), { concurrency }),
    (responses) => responses.flat()
  )
  const batch = Stream.runDrain(Batch.run(reliable, rows, { batcher: Batch.lists(), maxRows, concurrency }))
  const round = Effect.all({ calls: cpuOf(calls), batch: cpuOf(batch) })
  const reversed = Effect.all({ batch: cpuOf(batch), calls: cpuOf(calls) })
  return Effect.all([round, round, reversed, round, reversed, round, reversed, round, reversed]).pipe(
    Effect.flatMap(([, ...rounds]) => Effect.sync(() => process.send({ rows: rows.length, rounds }))),
    Effect.provide(clientOf(url))
  )
}

// The measurement

const start = (...args) => {
  const child = fork(fileURLToPath(import.meta.url), args, { execArgv: ["--expose-gc"] })
  const messages = []
  child.on("message", (message) => messages.push(message))
  return { child, messages, exit: once(child, "exit") }
}

const nextMessage = async ({ child }) => (await once(child, "message"))[0]

const formatted = (number) => Math.round(number).toLocaleString("en")

const inputLines = function*() {
  yield "id,value\n"
  for (let id = 0; id < count; id += 1) {
    yield `${id},${id / 4}\n`
  }
}

/** Checks the rows of the output. Returns the number of rows that failed. */
const checkOutput = async (path) => {
  let [next, failed] = [0, 0]
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    if (line !== `${next},${isInvalid(next) ? "" : next / 2}`) {
      throw new Error(`row ${next} of the output is ${line}`)
    }
    failed += isInvalid(next) ? 1 : 0
    next += 1
  }
  if (next !== count) {
    throw new Error(`the output has ${next} rows`)
  }
  return failed
}

/** Runs the batch in a process until it ends. The first process is killed in the middle. */
const runKilledBatch = async (url, input, output) => {
  const killed = start("score", url, input, output)
  const killedAt = await new Promise((resolve) =>
    killed.child.on("message", ({ rows }) => {
      if (rows >= count / 2) {
        killed.child.kill("SIGKILL")
        resolve(rows)
      }
    })
  )
  await killed.exit
  const resumed = start("score", url, input, output)
  const [code] = await resumed.exit
  const summary = resumed.messages.at(-1)?.summary
  if (code !== 0 || summary === undefined) {
    throw new Error(`the resumed process ended with code ${code}`)
  }
  const memory = [...killed.messages, ...resumed.messages].flatMap(({ megabytes }) => megabytes ?? [])
  return { killedAt, memory, summary }
}

const measureResumedBatch = async (server, url, folder) => {
  const [input, output] = [join(folder, "in.csv"), join(folder, "out.csv")]
  await writeFile(input, inputLines())
  const from = performance.now()
  const { killedAt, memory, summary } = await runKilledBatch(url, input, output)
  const seconds = (performance.now() - from) / 1000
  const failed = await checkOutput(output)
  server.child.send("counts")
  const { receivedRows, repeated } = await nextMessage(server)
  console.log(`${formatted(count)} rows of a file; the process was killed after about ${formatted(killedAt)} rows`)
  console.log(`  output: every row once, in the order of the input; ${failed} invalid rows failed, and no other`)
  console.log(`  ${formatted(summary.resumedRows)} rows were finished at the restart; ${formatted(repeated)} rows were processed twice`)
  console.log(`  received by the container: ${formatted(receivedRows)} rows, with throttled, failed and divided requests`)
  console.log(`  memory: ${memory[0].toFixed(1)} MB after 10 %, ${memory.at(-1).toFixed(1)} MB after 100 %`)
  console.log(`  ${seconds.toFixed(1)} s, ${formatted(count / seconds)} rows/s`)
}

const measureRate = async (url) => {
  const comparison = start("compare", url)
  const { rounds, rows } = await nextMessage(comparison)
  await comparison.exit
  // Other processes only slow a round down.
  const best = (name, unit) => Math.min(...rounds.map((round) => round[name][unit]))
  const rate = (name) => formatted(rows / best(name, "seconds"))
  const ratioOf = (unit) => (best("batch", unit) / best("calls", unit)).toFixed(2)
  console.log(`${formatted(rows)} rows in memory, ${maxRows} per request, ${concurrency} concurrent requests, best of ${rounds.length}`)
  console.log(`  calls without a batch: ${rate("calls")} rows/s; batch: ${rate("batch")} rows/s`)
  console.log(`  ratio of the time ${ratioOf("seconds")}, of the CPU time ${ratioOf("cpu")}`)
}

const measure = async (only) => {
  const folder = mkdtempSync(join(tmpdir(), "batch-"))
  const server = start("serve")
  try {
    const { url } = await nextMessage(server)
    if (only !== "rate") {
      await measureResumedBatch(server, url, folder)
    }
    await measureRate(url)
  } finally {
    server.child.kill()
    rmSync(folder, { recursive: true })
  }
}

const [, , mode, ...args] = process.argv
const modes = { serve, score, compare }
if (process.send === undefined) {
  await measure(mode)
} else {
  await Effect.runPromise(modes[mode](...args))
  process.disconnect()
}

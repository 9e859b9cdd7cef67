import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { hasPostgres, type Postgres, startPostgres } from "../support/durable/postgres.ts"
import { compile, exampleFolder, freePort, install, startIn } from "../support/durable/programs.ts"
import { eventually } from "../support/eventually.ts"
import { expectedOutput, failedRows, input, makeModel, output } from "./model.ts"

const example = exampleFolder("batch-cluster")

const start = startIn(example)

const limit = "100 seconds"

beforeAll(async () => {
  await install(example)
})

it("the programs compile", { timeout: 60_000 }, async () => {
  assert.strictEqual(await compile(example), "")
})

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "batch-cluster-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const connects = (port: number) =>
  Effect.async<boolean>((resume) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => resume(Effect.succeed(true)))
    socket.once("error", () => resume(Effect.succeed(false)))
    return Effect.sync(() => socket.destroy())
  })

/** Waits until a runner accepts connections. */
const listens = (port: number) =>
  connects(port).pipe(
    Effect.repeat({ until: (isListening) => isListening, schedule: Schedule.spaced("100 millis") }),
    Effect.timeout(limit)
  )

/** A model, a database, and a function that starts a runner. */
const makeScene = (rows: number, database?: string) =>
  Effect.gen(function*() {
    const path = yield* folder
    const model = yield* makeModel(rows)
    const id = path.slice(-6)
    const run = (name: string, port: number, args: ReadonlyArray<string> = []) =>
      start("main.ts", args, {
        ...model.environment,
        AWS_SDK_UA_APP_ID: name,
        DATABASE_URL: database ?? `file:${path}/workflows.db`,
        PORT: String(port),
        SHARD_LOCK_EXPIRATION: "6 seconds",
        ENTITY_TERMINATION_TIMEOUT: "1 second"
      })
    const summary = `{"rows":${rows},"failed":${failedRows(rows)}}`
    return { ...model, summary, run, execution: [id, input, output] }
  })

describe("with SQLite", () => {
  it.scopedLive("a runner that starts again continues after kill -9", () =>
    Effect.gen(function*() {
      const rows = 40_000
      const { execution, objects, observed, output: written, run, summary } = yield* makeScene(rows)
      const port = yield* freePort
      yield* observed.pauseAt(10_000)
      const first = yield* run("first", port, execution)
      yield* eventually(() => observed.isPaused, limit)
      yield* first.kill("SIGKILL")
      yield* observed.pauseAt(Infinity)
      const second = yield* run("second", port, execution)
      assert.strictEqual(yield* second.exit, 0, second.output())
      assert.include(second.output(), summary)
      assert.strictEqual(yield* written, expectedOutput(rows))
      assert.isAtMost(observed.repeatedRows, 16_000)
      assert.deepStrictEqual(yield* objects, [output, input])
    }), 180_000)

  it.scopedLive("a runner that ends with SIGTERM ends within seconds, and continues", () =>
    Effect.gen(function*() {
      const rows = 20_000
      const { execution, observed, output: written, run, summary } = yield* makeScene(rows)
      const port = yield* freePort
      yield* observed.pauseAt(5_000)
      const first = yield* run("first", port, execution)
      yield* eventually(() => observed.isPaused, limit)
      yield* Effect.timeout(first.kill("SIGTERM"), "10 seconds")
      yield* observed.pauseAt(Infinity)
      const second = yield* run("second", port, execution)
      assert.strictEqual(yield* second.exit, 0, second.output())
      assert.include(second.output(), summary)
      assert.strictEqual(yield* written, expectedOutput(rows))
    }), 180_000)
})

describe.skipIf(!hasPostgres)("with PostgreSQL (needs the programs initdb and postgres)", () => {
  let postgres: Postgres
  beforeAll(async () => {
    postgres = await startPostgres()
  })
  afterAll(() => postgres.stop())

  it.scopedLive("three runners share the chunks, and one is killed twice", () =>
    Effect.gen(function*() {
      const rows = 100_000
      const { execution, objects, observed, output: written, run, summary } = yield* makeScene(rows, postgres.url)
      const [portA, portB, portC] = [yield* freePort, yield* freePort, yield* freePort]
      yield* observed.pauseAt(20_000)
      // The first runner creates the tables of the empty database.
      yield* run("c", portC)
      yield* listens(portC)
      const killed = yield* run("b", portB)
      yield* listens(portB)
      const main = yield* run("a", portA, execution)
      yield* eventually(() => observed.isPaused && (observed.requests.get("b") ?? 0) > 0, limit)
      yield* killed.kill("SIGKILL")

      yield* observed.pauseAt(60_000)
      const again = yield* run("b2", portB)
      yield* eventually(() => observed.isPaused && (observed.requests.get("b2") ?? 0) > 0, limit)
      yield* again.kill("SIGKILL")

      yield* observed.pauseAt(Infinity)
      assert.strictEqual(yield* main.exit, 0, main.output())
      assert.include(main.output(), summary)
      assert.strictEqual(yield* written, expectedOutput(rows))
      assert.includeMembers([...observed.requests.keys()], ["a", "b", "b2"])
      assert.isAtMost(observed.repeatedRows, 32_000)
      assert.deepStrictEqual(yield* objects, [output, input])
    }), 180_000)
})

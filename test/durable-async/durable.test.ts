import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { hasPostgres, type Postgres, startPostgres } from "../support/durable/postgres.ts"
import { compile, exampleFolder, freePort, install, startIn } from "../support/durable/programs.ts"
import { eventually } from "../support/eventually.ts"
import { awsEnvironment, lengths, makeModel } from "./model.ts"

const example = exampleFolder("durable-async")

const start = startIn(example)

beforeAll(async () => {
  await install(example)
})

/** A folder for the database and the input. */
const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "durable-async-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const textsOf = (count: number) => Array.from({ length: count }, (_, index) => "x".repeat(index % 7) + index)

/** A model, a database, an input file, and a function that starts `main.ts` with them. */
const makeScene = (
  texts: ReadonlyArray<string>,
  { database, ...options }: { readonly database?: string | undefined; readonly dropFirstResponse?: boolean } = {}
) =>
  Effect.gen(function*() {
    const path = yield* folder
    const file = join(path, "texts.txt")
    writeFileSync(file, `${texts.join("\n")}\n`)
    const model = yield* makeModel({ dropFirstResponse: false, ...options })
    const env = {
      ...awsEnvironment(model.url),
      DATABASE_URL: database ?? `file:${path}/workflows.db`,
      PORT: String(yield* freePort),
      SHARD_LOCK_EXPIRATION: "6 seconds",
      ENTITY_TERMINATION_TIMEOUT: "1 second"
    }
    const id = path.slice(-6)
    const run = (overrides: Readonly<Record<string, string>> = {}, args = [id, file]) =>
      start("main.ts", args, { ...env, ...overrides })
    /** Waits until programs have polled for this many results. Before its first poll a program stores the job. */
    const polls = (count: number) => eventually(() => model.polled().size >= count, "60 seconds")
    return { model, id, polls, run }
  })

/** The array that the program prints. */
const printedScores = (output: string): ReadonlyArray<number> =>
  JSON.parse(/^\[.*\]$/m.exec(output)?.[0] ?? "null") as ReadonlyArray<number>

it("the programs compile", { timeout: 60_000 }, async () => {
  assert.strictEqual(await compile(example), "")
})

/** The claims that hold with every database. */
const claims = (database: () => string | undefined) => {
  it.scopedLive(
    "another process returns the result after kill -9, and the model ran once",
    () =>
      Effect.gen(function*() {
        const texts = textsOf(3)
        const { id, model, polls, run } = yield* makeScene(texts, { database: database() })
        const first = yield* run()
        yield* polls(1)
        yield* first.kill("SIGKILL")

        const second = yield* run({}, [])
        yield* model.release(1)
        yield* second.prints(`${id}: 3 texts are scored`)
        yield* second.kill("SIGTERM")

        const third = yield* run()
        assert.strictEqual(yield* third.exit, 0)
        assert.deepStrictEqual(printedScores(third.output()), lengths(texts))
        assert.strictEqual(model.calls.length, 1)
      }),
    120_000
  )

  it.scopedLive("a process with another address takes over after the shard lock expires", () =>
    Effect.gen(function*() {
      const texts = textsOf(2)
      const { id, model, polls, run } = yield* makeScene(texts, { database: database() })
      const first = yield* run()
      yield* polls(1)
      yield* first.kill("SIGKILL")
      yield* model.release(1)
      const second = yield* run({ PORT: String(yield* freePort) })
      yield* second.prints(`${id}: 2 texts are scored`)
      assert.strictEqual(yield* second.exit, 0)
      assert.deepStrictEqual(printedScores(second.output()), lengths(texts))
      assert.strictEqual(model.calls.length, 1)
    }), 120_000)

  it.scopedLive(
    "a list that is interrupted by kill -9 has each text once, in order, and each chunk ran once",
    () =>
      Effect.gen(function*() {
        const texts = textsOf(950)
        const { model, polls, run } = yield* makeScene(texts, { database: database() })
        const first = yield* run()
        yield* model.release(3)
        yield* polls(7)
        yield* first.kill("SIGKILL")

        const second = yield* run()
        yield* model.release(7)
        assert.strictEqual(yield* second.exit, 0)
        assert.deepStrictEqual(printedScores(second.output()), lengths(texts))
        assert.strictEqual(new Set(model.calls.map(({ inferenceId }) => inferenceId)).size, 10)
        assert.strictEqual(model.calls.length, 10)
        assert.deepStrictEqual(model.calls.flatMap(({ texts }) => texts).toSorted(), texts.toSorted())
      }),
    120_000
  )
}

describe("with SQLite", () => {
  claims(() => undefined)

  it.scopedLive(
    "a process that is killed before it stores the job submits again with the same ID",
    () =>
      Effect.gen(function*() {
        const texts = textsOf(4)
        const { model, run } = yield* makeScene(texts, { dropFirstResponse: true })
        const first = yield* run()
        yield* eventually(() => model.calls.length === 1, "60 seconds")
        yield* first.kill("SIGKILL")

        const second = yield* run()
        yield* model.release(2)
        assert.strictEqual(yield* second.exit, 0)
        assert.deepStrictEqual(printedScores(second.output()), lengths(texts))
        assert.strictEqual(model.submits(), 2)
        assert.strictEqual(new Set(model.calls.map(({ inferenceId }) => inferenceId)).size, 1)
      }),
    120_000
  )

  it.scopedLive("the emulator of the example serves the workflow", () =>
    Effect.gen(function*() {
      const { run } = yield* makeScene(["a good day", "a bad day"])
      const port = yield* freePort
      const emulator = yield* start("emulator.ts", [], { EMULATOR_PORT: String(port), MODEL_TIME: "0 seconds" })
      yield* emulator.prints("http://")
      const program = yield* run({ AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` })
      assert.strictEqual(yield* program.exit, 0)
      assert.deepStrictEqual(printedScores(program.output()), [1, 0])
      assert.include(emulator.output(), "2 texts")
    }), 120_000)

  it.scopedLive("a process that ends with SIGTERM does not submit again", () =>
    Effect.gen(function*() {
      const texts = textsOf(1)
      const { model, polls, run } = yield* makeScene(texts)
      const first = yield* run()
      yield* polls(1)
      yield* first.kill("SIGTERM")
      yield* model.release(1)
      const second = yield* run()
      assert.strictEqual(yield* second.exit, 0)
      assert.deepStrictEqual(printedScores(second.output()), lengths(texts))
      assert.strictEqual(model.calls.length, 1)
    }), 120_000)

  it.scopedLive("a second process with the same address does not start", () =>
    Effect.gen(function*() {
      const { model, polls, run } = yield* makeScene(textsOf(1))
      yield* run()
      yield* polls(1)
      const second = yield* run()
      assert.strictEqual(yield* second.exit, 1)
      assert.include(second.output(), "EADDRINUSE")
      assert.strictEqual(model.calls.length, 1)
    }), 120_000)

  it.scopedLive("a failure of the model is the result of the workflow, and is stored", () =>
    Effect.gen(function*() {
      const { model, run } = yield* makeScene(["fail"])
      yield* model.release(2)
      for (const program of [yield* run(), yield* Effect.delay(run(), "8 seconds")]) {
        assert.strictEqual(yield* program.exit, 1)
        assert.include(program.output(), "AsyncInferenceFailedError")
        assert.notInclude(program.output(), "cannot score")
      }
      assert.strictEqual(model.calls.length, 1)
    }), 120_000)
})

describe.skipIf(!hasPostgres)("with PostgreSQL (needs the programs initdb and postgres)", () => {
  let postgres: Postgres
  beforeAll(async () => {
    postgres = await startPostgres()
  })
  afterAll(() => postgres.stop())

  claims(() => postgres.url)
})

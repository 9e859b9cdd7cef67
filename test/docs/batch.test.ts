import { FileSystem } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Console, Effect, Either, Stream } from "effect"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { labels } from "../../examples/guides/batch-batcher.ts"
import { scoreFile } from "../../examples/guides/batch-files.ts"
import { printScores } from "../../examples/guides/batch.ts"
import { isAnomaly } from "../../examples/guides/batched.ts"
import { asyncClient, decode } from "../support/asyncEmulator.ts"

const client = asyncClient({
  endpoints: [
    Emulator.endpoint("anomaly-v2", ({ Body }) => {
      const rows = decode(Body).split("\n").map((line) => line.split(",").map(Number))
      return rows.some(([cpu = 0]) => cpu < 0)
        ? Effect.fail(Emulator.containerError({ status: 400, body: "cpu" }))
        : Effect.succeed({
          ContentType: "application/jsonlines",
          Body: rows.map(([cpu]) => JSON.stringify({ score: cpu })).join("\n")
        })
    }),
    Emulator.endpoint("classifier", ({ Body }) => {
      const { texts } = JSON.parse(decode(Body)) as { texts: ReadonlyArray<string> }
      return Effect.succeed({
        ContentType: "application/json",
        Body: JSON.stringify({ labels: texts.map((text) => text.toUpperCase()) })
      })
    })
  ]
})

/** Records what a program prints. */
const recordLines = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const lines: Array<string> = []
    const print = (...args: ReadonlyArray<unknown>) => Effect.sync(() => void lines.push(args.join(" ")))
    const console = yield* Console.consoleWith(Effect.succeed)
    const value = yield* Effect.withConsole(program, { ...console, error: print, log: print })
    return { lines, value }
  })

describe("the programs of the guide", () => {
  it.effect("print scores and the rows that fail", () =>
    Effect.gen(function*() {
      const { lines } = yield* recordLines(
        printScores(Stream.make({ cpu: 0.5, load: 1 }, { cpu: -1, load: 1 }, { cpu: 0.25, load: 2 }))
      )
      const [first, failed, third] = lines
      assert.deepStrictEqual([first, third], ["row 0: 0.5", "row 2: 0.25"])
      assert.match(failed!, /^row 1: .*\(400\)/)
    }).pipe(Effect.provide(client)))

  it.scopedLive("score a file", () =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const folder = yield* files.makeTempDirectoryScoped()
      yield* files.writeFileString(`${folder}/in.csv`, "load,cpu\n1,0.5\n2,-1\n3,0.25\n")
      const { lines, value } = yield* recordLines(scoreFile(`${folder}/in.csv`, `${folder}/out.csv`))
      assert.deepStrictEqual(value, { rows: 3, failed: 1, resumedRows: 0 })
      assert.deepStrictEqual(lines, ["3 rows, 1 failed"])
      assert.strictEqual(
        yield* files.readFileString(`${folder}/out.csv`),
        "row,score,error\n0,0.5,\n1,,ModelError\n2,0.25,\n"
      )
    }).pipe(
      Effect.provide([client, NodeFileSystem.layer])
    ))

  it.effect("join texts with a custom batcher", () =>
    Effect.gen(function*() {
      const results = Chunk.toReadonlyArray(yield* Stream.runCollect(labels(["good", "bad"])))
      assert.deepStrictEqual(results.map(({ result }) => result), [Either.right("GOOD"), Either.right("BAD")])
    }).pipe(Effect.provide(client)))

  it.live("join concurrent calls", () =>
    Effect.gen(function*() {
      const readings = [{ cpu: 0.95, load: 1 }, { cpu: 0.5, load: 1 }]
      assert.deepStrictEqual(yield* Effect.forEach(readings, isAnomaly, { concurrency: 2 }), [true, false])
    }).pipe(Effect.provide(client)))
})

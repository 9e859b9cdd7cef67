import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { buildSync } from "esbuild"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { beforeAll } from "vitest"
import { eventually } from "./support/eventually.ts"

const program = "build/batchProcess.js"

const costProgram = "build/batchCost.js"

const count = 100_000

const bundle = (source: string, outfile: string) =>
  buildSync({
    entryPoints: [source],
    outfile,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    tsconfig: "tsconfig.json"
  })

beforeAll(() => {
  bundle("test/support/batchProcess.ts", program)
  bundle("test/support/batchCost.ts", costProgram)
})

/** An emulated container that doubles the second column and counts the rows that it receives. */
const makeDouble = () => {
  const received = { rows: 0 }
  const endpoint = Emulator.endpoint("double", ({ Body }) =>
    Effect.sync(() => {
      const lines = new TextDecoder().decode(Body).split("\n")
      received.rows += lines.length
      return { ContentType: "text/csv", Body: lines.map((line) => 2 * Number(line.split(",")[1])).join("\n") }
    }))
  return { received, endpoint }
}

const makeFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "batch-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

it.scopedLive("A batch whose process is killed twice has each row once, in order", () =>
  Effect.gen(function*() {
    const folder = yield* makeFolder
    const [input, output] = [join(folder, "in.csv"), join(folder, "out.csv")]
    writeFileSync(input, `id,value\n${Array.from({ length: count }, (_, id) => `${id},${id / 4}\n`).join("")}`)
    const { endpoint, received } = makeDouble()
    const context = yield* Layer.build(NodeEmulator.layer({ region: "eu-west-1", endpoints: [endpoint] }))
    const { url } = yield* Effect.provide(NodeEmulator.NodeEmulator, context)
    const env = {
      ...process.env,
      AWS_ENDPOINT_URL: url,
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: Emulator.credentials.accessKeyId as string,
      AWS_SECRET_ACCESS_KEY: Emulator.credentials.secretAccessKey as string,
      NO_PROXY: "127.0.0.1"
    }
    const start = Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, [program, input, output], { env, stdio: ["ignore", "pipe", "inherit"] })
      ),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    /** The rows of the parts that are stored. */
    const finishedRows = () => {
      const parts = existsSync(`${output}.parts`) ? readdirSync(`${output}.parts`) : []
      return parts.reduce((sum, name) => sum + Number(/^\d{16}-(\d+)-\d+$/.exec(name)?.[1] ?? 0), 0)
    }
    for (const rows of [10_000, 50_000]) {
      const child = yield* start
      const exit = Effect.promise(() => once(child, "exit"))
      yield* eventually(() => finishedRows() >= rows, "60 seconds")
      child.kill("SIGKILL")
      assert.deepStrictEqual(yield* exit, [null, "SIGKILL"])
    }
    const resumedRows = finishedRows()
    const { stdout } = yield* start
    const summary = JSON.parse(yield* Effect.promise(() => text(stdout))) as unknown
    assert.deepStrictEqual(summary, { rows: count, failed: 0, resumedRows })
    const expected = Array.from({ length: count }, (_, id) => `${id},${id / 2}\n`).join("")
    assert.isTrue(readFileSync(output, "utf8") === expected)
    const sentAgain = received.rows - count
    // Two kills, each with at most 16 concurrent requests and one more chunk.
    assert.isAtMost(sentAgain, 2 * (16 + 1) * 1_000)
    assert.deepStrictEqual(readdirSync(folder).toSorted(), ["in.csv", "out.csv", "out.csv.checkpoint"])
  }), 120_000)

it.scopedLive(
  "A batch takes about as much CPU time as the same requests without it",
  () =>
    Effect.gen(function*() {
      const { stdout } = yield* Effect.acquireRelease(
        Effect.sync(() => spawn(process.execPath, [costProgram], { stdio: ["ignore", "pipe", "inherit"] })),
        (child) => Effect.sync(() => child.kill("SIGKILL"))
      )
      const printed = yield* Effect.promise(() => text(stdout))
      const { batch, calls } = JSON.parse(printed) as { readonly batch: number; readonly calls: number }
      assert.isBelow(batch, calls * 1.3, printed)
    }),
  120_000
)

import { FileSystem } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule, type Scope } from "effect"
import { Codec, SageMakerError } from "effect-sagemaker-runtime"
import type { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { emulated, emulatorUrl, environment, finished, runCommand, start } from "../support/commandLine.ts"

const linesOf = (text: string) => text.split("\n").filter((line) => line !== "")

/** The rows that the model has seen, as often as it has seen them. */
const seen: Array<string> = []

const doubled = (line: string) => JSON.stringify({ double: 2 * Number(line) })

const invalidRow = Emulator.containerError({ status: 400, body: "invalid row 13", contentType: "text/plain" })

/** Returns JSON Lines with the double of each row. Rejects requests with row 13. */
const model = (name: string, millis: number) =>
  Emulator.endpoint(name, ({ Body }) => {
    const rows = linesOf(new TextDecoder().decode(Body))
    seen.push(...rows)
    return rows.includes("13")
      ? Effect.fail(invalidRow)
      : Effect.delay(
        Effect.succeed({ Body: rows.map(doubled).join("\n"), ContentType: "application/jsonlines" }),
        `${millis} millis`
      )
  })

let calls = 0

const throttled = Emulator.endpoint("throttled", ({ Body }) => {
  calls += 1
  return calls === 1
    ? Effect.fail(new SageMakerError.ThrottlingError({ message: "Rate exceeded" }))
    : Effect.succeed({ Body, ContentType: "text/csv" })
})

const echo = Emulator.endpoint("echo", ({ Body, ContentType }) => Effect.succeed({ Body, ContentType }))

const live = emulated(model("double", 0), model("slow", 50), throttled, echo)

const withFiles = <A, E>(
  effect: Effect.Effect<A, E, FileSystem.FileSystem | NodeEmulator.NodeEmulator | Scope.Scope>
) => Effect.provide(effect, [NodeFileSystem.layer, live])

/** A folder with a file of the numbers from 0. */
const inputOf = (rows: number) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const folder = yield* files.makeTempDirectoryScoped()
    const input = `${folder}/in.csv`
    yield* files.writeFileString(input, Array.from({ length: rows }, (_, row) => `${row}\n`).join(""))
    seen.length = 0
    return { files, input, output: `${folder}/out.jsonl`, folder }
  })

const resultOf = (row: number) => ({ index: row, result: { double: 2 * row } })

const recordsOf = (text: string) => linesOf(text).map((line) => JSON.parse(line))

describe("batch", () => {
  it.scopedLive(
    "writes a result per row in the order of the rows, and finds the row that fails",
    () =>
      withFiles(Effect.gen(function*() {
        const url = yield* emulatorUrl
        const { files, folder, input, output } = yield* inputOf(2_500)
        const errors = `${folder}/errors.jsonl`
        const args = ["batch", input, output, "-e", "double", "--errors", errors]
        const { code, stderr, stdout } = yield* runCommand(url, [...args, "--json"])
        assert.strictEqual(code, 12, stderr)
        const { rowsPerSecond, seconds, ...summary } = JSON.parse(stdout)
        assert.isAbove(rowsPerSecond * seconds, 2_499)
        assert.isAtLeast(summary.requests, 26)
        assert.deepStrictEqual({ ...summary, requests: 0 }, {
          rows: 2_500,
          failed: 1,
          requests: 0,
          retries: 0,
          throttles: 0
        })
        const records = recordsOf(yield* files.readFileString(output))
        const error = { _tag: "ModelError", message: records[13].error.message }
        assert.notInclude(error.message, "invalid row 13")
        assert.deepStrictEqual(
          records,
          Array.from({ length: 2_500 }, (_, row) => (row === 13 ? { index: 13, error } : resultOf(row)))
        )
        assert.deepStrictEqual(recordsOf(yield* files.readFileString(errors)), [{ index: 13, error, row: [13] }])
        assert.isFalse(yield* files.exists(`${output}.parts`))
      })),
    60_000
  )

  it.scopedLive("keeps an output, unless it is resumed or replaced", () =>
    withFiles(Effect.gen(function*() {
      const url = yield* emulatorUrl
      const { files, input, output } = yield* inputOf(10)
      const args = ["batch", input, output, "-e", "double"]
      assert.strictEqual((yield* runCommand(url, args)).code, 0)
      const again = yield* runCommand(url, args)
      assert.strictEqual(again.code, 2)
      assert.include(again.stderr, "use --resume to continue, or --overwrite to start again")
      seen.length = 0
      const resumed = yield* runCommand(url, [...args, "--resume", "--json"])
      assert.deepStrictEqual([resumed.code, JSON.parse(resumed.stdout).rows, seen.length], [0, 10, 0])
      const replaced = yield* runCommand(url, [...args, "--overwrite"])
      assert.deepStrictEqual([replaced.code, seen.length], [0, 10])
      assert.strictEqual((yield* runCommand(url, [...args, "--overwrite", "--resume"])).code, 2)
      yield* files.remove(`${output}.checkpoint`)
      for (const option of [[], ["--resume"]]) {
        const existing = yield* runCommand(url, [...args, ...option])
        assert.strictEqual(existing.code, 2)
        assert.include(existing.stderr, "use --overwrite to replace it")
      }
    })), 60_000)

  it.scopedLive(
    "continues after SIGKILL and after Ctrl-C, without a row twice or missing",
    () =>
      withFiles(Effect.gen(function*() {
        const url = yield* emulatorUrl
        const { files, folder, input, output } = yield* inputOf(4_000)
        const args = ["batch", input, output, "-e", "slow", "--max-rows", "20", "--chunk-rows", "100", "-c", "4"]
        for (const signal of ["SIGKILL", "SIGINT"] as const) {
          const before = seen.length
          const child = start([...args, ...(signal === "SIGINT" ? ["--resume"] : [])], environment(url))
          yield* Effect.repeat(Effect.sync(() => seen.length), {
            schedule: Schedule.spaced("20 millis"),
            until: (count) => count > before + 1_000
          })
          child.kill(signal)
          const { code, stderr } = yield* finished(child)
          if (signal === "SIGINT") {
            assert.strictEqual(code, 130)
            assert.match(
              stderr,
              /Stopped after [\d,]+ rows\. Continue with:\n {2}effect-sagemaker-runtime batch .* --resume\n$/
            )
          }
        }
        const { code } = yield* runCommand(url, [...args, "--resume", "--errors", `${folder}/errors.jsonl`])
        assert.strictEqual(code, 12)
        const records = recordsOf(yield* files.readFileString(output))
        assert.deepStrictEqual(records.map(({ index }) => index), Array.from({ length: 4_000 }, (_, row) => row))
        assert.deepStrictEqual(records.filter(({ error }) => error !== undefined).map(({ index }) => index), [13])
        assert.strictEqual(linesOf(yield* files.readFileString(`${folder}/errors.jsonl`)).length, 1)
        // Each stop loses the chunks in flight, and the row that fails is sent about ten times.
        assert.isBelow(seen.length, 4_000 + 2 * 600 + 200)
      })),
    60_000
  )

  it.scopedLive("stops at the first error with --stop-on-error", () =>
    withFiles(Effect.gen(function*() {
      const url = yield* emulatorUrl
      const { files, input, output } = yield* inputOf(100)
      const args = ["batch", input, output, "-e", "double", "--stop-on-error"]
      const { code, stderr } = yield* runCommand(url, args)
      assert.strictEqual(code, 6, stderr)
      assert.include(stderr, "Continue with:")
      assert.isFalse(yield* files.exists(output))
    })), 60_000)

  it.scopedLive("reads standard input and writes standard output", () =>
    withFiles(Effect.gen(function*() {
      const url = yield* emulatorUrl
      const { files, folder } = yield* inputOf(1)
      const lines = yield* runCommand(
        url,
        ["batch", "-", "-", "-e", "echo"],
        `{"a":1}\n[1,12345678901234567890]\n"x"\n`
      )
      assert.deepStrictEqual(new Set(recordsOf(lines.stdout).map(({ index }) => index)), new Set([0, 1, 2]))
      assert.include(lines.stdout, "[1,12345678901234567890]")
      assert.match(lines.stderr, /^3 rows in \d+\.\d s, .* 0 failed, 3 requests, 0 retries, 0 throttled\n$/)
      const csv = ["--input-format", "csv", "--output-format", "csv", "--ordered"]
      const table = yield* runCommand(url, ["batch", "-", "-", "-e", "double", ...csv], "1\n2\n13\n")
      assert.strictEqual(
        table.stdout,
        `index,result,error\n0,"{""double"":2}",\n1,"{""double"":4}",\n2,,ModelError\n`
      )
      assert.strictEqual(table.code, 12)
      const stored = yield* runCommand(
        url,
        ["batch", "-", `${folder}/out.csv`, "-e", "echo", "--input-format", "csv", "--header", "--batcher", "none"],
        "b,a\n1,x\n"
      )
      assert.strictEqual(stored.code, 0, stored.stderr)
      assert.strictEqual(yield* files.readFileString(`${folder}/out.csv`), `index,result,error\n0,"[1,""x""]",\n`)
    })), 60_000)

  it.scopedLive("reads and writes Parquet, NPY, folders and objects", () =>
    withFiles(Effect.gen(function*() {
      const url = yield* emulatorUrl
      const { files, folder, input } = yield* inputOf(3)
      const converted = (...args: ReadonlyArray<string>) =>
        Effect.gen(function*() {
          const { code, stderr } = yield* runCommand(url, ["batch", ...args, "-e", "echo"])
          assert.strictEqual(code, 0, stderr)
        })
      const results = (path: string) =>
        Effect.map(files.readFileString(path), (text) => recordsOf(text).map(({ result }) => result))
      yield* converted(input, `${folder}/out.parquet`)
      yield* converted(`${folder}/out.parquet`, `${folder}/parquet.jsonl`)
      assert.deepStrictEqual(
        yield* results(`${folder}/parquet.jsonl`),
        [0, 1, 2].map((index) => ({ index, result: String(index), error: null }))
      )
      const { Body } = yield* Codec.encode(Codec.ndarray(Float32Array.of(1, 2, 3, 4), { shape: [2, 2] }), Codec.npy)
      yield* files.writeFile(`${folder}/in.npy`, Body)
      yield* converted(`${folder}/in.npy`, `${folder}/npy.jsonl`)
      assert.deepStrictEqual(yield* results(`${folder}/npy.jsonl`), [[1, 2], [3, 4]])
      yield* files.makeDirectory(`${folder}/images`)
      yield* files.writeFile(`${folder}/images/b.png`, Uint8Array.of(1, 2))
      yield* files.writeFileString(`${folder}/images/a.json`, "[1]")
      yield* converted(`${folder}/images`, `${folder}/images.jsonl`)
      assert.deepStrictEqual(yield* results(`${folder}/images.jsonl`), [[1], {
        contentType: "image/png",
        base64: "AQI="
      }])
      yield* converted(`${folder}/images/`, `${folder}/copies`)
      yield* files.writeFileString(`${folder}/copies/kept`, "")
      yield* converted(`${folder}/images/`, `${folder}/copies`, "--overwrite")
      assert.deepStrictEqual(
        (yield* files.readDirectory(`${folder}/copies`)).toSorted((left, right) => left.localeCompare(right)),
        ["a.json.json", "b.png.png", "kept"]
      )
      yield* converted(input, "s3://bucket/out.csv")
      const existing = yield* runCommand(url, ["batch", input, "s3://bucket/out.csv", "-e", "echo"])
      assert.strictEqual(existing.code, 2)
      yield* converted(input, "s3://bucket/out.csv", "--overwrite")
      yield* converted("s3://bucket/out.csv", `${folder}/objects.jsonl`, "--header", "--batcher", "instances")
      assert.deepStrictEqual(
        yield* results(`${folder}/objects.jsonl`),
        [0, 1, 2].map((index) => ({ index, result: index, error: null }))
      )
    })), 120_000)

  it.scopedLive("counts throttled attempts and retries", () =>
    withFiles(Effect.gen(function*() {
      const url = yield* emulatorUrl
      calls = 0
      const { input, output } = yield* inputOf(10)
      const { code, stdout } = yield* runCommand(url, ["batch", input, output, "-e", "throttled", "-c", "1", "--json"])
      const { requests, retries, throttles } = JSON.parse(stdout)
      assert.deepStrictEqual([code, requests, retries, throttles], [0, 1, 1, 1])
    })), 60_000)

  it.scopedLive("rejects invalid arguments and files", () =>
    withFiles(Effect.gen(function*() {
      const url = yield* emulatorUrl
      const { files, folder, input, output } = yield* inputOf(10)
      const duplicate = `${folder}/duplicate.csv`
      yield* files.writeFileString(duplicate, "a,a\n1,2\n")
      const invalidParquet = `${folder}/invalid.parquet`
      yield* files.writeFileString(invalidParquet, "PAR1\xff\xff\xff\x7fPAR1")
      const invalidLines = `${folder}/invalid.jsonl`
      yield* files.writeFileString(invalidLines, "1\n{\n")
      const invalid = [
        [input],
        [input, output],
        [input, output, "-e", "echo", "--batcher", "nosuch"],
        [input, output, "-e", "echo", "--concurrency", "0"],
        [input, output, "-e", "echo", "--max-rows", "0"],
        [input, output, "-e", "echo", "--chunk-rows", "-1"],
        [input, output, "-e", "echo", "--members", "{"],
        [input, output, "-e", "echo", "--batcher", "none", "--max-rows", "2"],
        [input, output, "-e", "echo", "--batcher", "instances", "--content-type", "text/csv"],
        [input, `${folder}/out.txt`, "-e", "echo"],
        [input, `${folder}/out.npy`, "-e", "echo"],
        [input, "-", "-e", "echo", "--resume"],
        [input, "-", "-e", "echo", "--output-format", "parquet"],
        [`${folder}/nosuch.csv`, output, "-e", "echo"],
        [input, `${input}/out.jsonl`, "-e", "echo"],
        [input, output, "-e", ".."],
        [duplicate, output, "-e", "echo", "--header"],
        [invalidLines, output, "-e", "echo"],
        [input, `${folder}/labels`, "-e", "echo"],
        [folder, `${folder}/labels`, "-e", "echo", "--errors", `${folder}/errors.jsonl`, "--output-format", "folder"],
        [`${folder}/./in.csv`, input, "-e", "echo", "--overwrite"],
        [invalidParquet, output, "-e", "echo"]
      ]
      for (const args of invalid) {
        const { code, stderr, stdout } = yield* runCommand(url, ["batch", ...args])
        assert.strictEqual(code, 2, `${args.join(" ")}: ${stderr}${stdout}`)
        assert.notMatch(stderr + stdout, /\n\s+at /, args.join(" "))
        assert.notStrictEqual(stderr + stdout, "")
      }
      assert.isFalse(yield* files.exists(output))
      assert.strictEqual((yield* files.readFileString(input)).length, 20)
    })), 120_000)
})

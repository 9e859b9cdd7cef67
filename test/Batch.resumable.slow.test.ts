import { Error as PlatformError, FileSystem } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Either, Fiber, Ref, Schema } from "effect"
import { Batch, SageMakerError } from "effect-sagemaker-runtime"
import { rejection, type Respond, respondWithResults, resultOf, scriptedModel } from "./support/scriptedModel.ts"

const Input = Schema.Struct({ id: Schema.Number })
const Output = Schema.Struct({ row: Schema.Number, result: Schema.NullOr(Schema.String) })

const count = 1_000

/** A model of the input's rows. */
const batcher: Batch.Batcher<typeof Input.Type, string, ReadonlyArray<number>, ReadonlyArray<string>> = {
  join: (rows) => rows.map(({ id }) => id),
  split: (results) => results
}

/** A folder with an input file, and a run of a batch from it. */
const setUp = (options: { readonly chunkRows?: number; readonly header?: boolean } = {}) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const folder = yield* files.makeTempDirectoryScoped()
    const [input, output, checkpoint] = [`${folder}/in.csv`, `${folder}/out.csv`, `${folder}/out.csv.checkpoint`]
    yield* files.writeFileString(input, `id\n${Array.from({ length: count }, (_, id) => `${id}\n`).join("")}`)
    const parts = `${output}.parts`
    const run = (respond: Respond = respondWithResults) =>
      Effect.gen(function*() {
        const { model, requests } = yield* scriptedModel(respond)
        const summary = Batch.resumable(model, {
          input: Batch.file(input, Batch.csv(Input, { header: true })),
          output: Batch.file(output, Batch.csv(Output, { header: options.header ?? true })),
          record: ({ index, result }) => ({ row: index, result: Either.getOrNull(result) }),
          batcher,
          maxRows: 10,
          concurrency: 4,
          chunkRows: options.chunkRows ?? 50
        })
        return { summary, rows: Effect.map(requests, (all) => all.flat()) }
      })
    return { files, folder, input, output, parts, checkpoint, run, text: files.readFileString(output) }
  })

const expected = (failed: ReadonlyArray<number> = [], header = true) =>
  (header ? "row,result\n" : "") +
  Array.from({ length: count }, (_, id) => `${id},${failed.includes(id) ? "" : resultOf(id)}\n`).join("")

/** Responds until a number of requests have been sent, then does not. */
const stallAfter = (requests: number, stalled: Deferred.Deferred<void>): Respond => (rows, request) =>
  request < requests ? respondWithResults(rows) : Effect.zipRight(Deferred.succeed(stalled, undefined), Effect.never)

/** Runs a batch until it stalls, then interrupts it. */
const runAndInterrupt = (
  { run }: Effect.Effect.Success<ReturnType<typeof setUp>>,
  requests: number
) =>
  Effect.gen(function*() {
    const stalled = yield* Deferred.make<void>()
    const { summary } = yield* run(stallAfter(requests, stalled))
    const fiber = yield* Effect.fork(summary)
    yield* Deferred.await(stalled)
    yield* Effect.sleep("150 millis")
    yield* Fiber.interrupt(fiber)
  })

describe("a batch between files", () => {
  it.scopedLive("writes a row for each row, and sends nothing if it is complete", () =>
    Effect.gen(function*() {
      const test = yield* setUp()
      const first = yield* test.run((rows) => rows.includes(123) ? Effect.fail(rejection) : respondWithResults(rows))
      assert.deepStrictEqual(yield* first.summary, { rows: count, failed: 1, resumedRows: 0 })
      assert.strictEqual(yield* test.text, expected([123]))
      const again = yield* test.run()
      assert.deepStrictEqual(yield* again.summary, { rows: count, failed: 1, resumedRows: count })
      assert.deepStrictEqual(yield* again.rows, [])
      assert.strictEqual(yield* test.text, expected([123]))
    }).pipe(Effect.provide(NodeFileSystem.layer)))

  it.scopedLive("continues where it was interrupted, however often", () =>
    Effect.gen(function*() {
      const test = yield* setUp()
      for (const requests of [0, 3, 17, 1, 30]) {
        yield* runAndInterrupt(test, requests)
      }
      const last = yield* test.run()
      const { failed, resumedRows, rows } = yield* last.summary
      assert.deepStrictEqual([rows, failed], [count, 0])
      assert.isAtLeast(resumedRows, 50)
      assert.strictEqual((yield* last.rows).length, count - resumedRows)
      assert.strictEqual(yield* test.text, expected())
    }).pipe(Effect.provide(NodeFileSystem.layer)))

  it.scopedLive("continues after a crash: unfinished files of it are ignored", () =>
    Effect.gen(function*() {
      const test = yield* setUp({ header: false })
      yield* runAndInterrupt(test, 20)
      const [part = ""] = yield* test.files.readDirectory(test.parts)
      yield* test.files.writeFileString(`${test.parts}/${part}.next`, "150,resu")
      yield* test.files.writeFileString(`${test.checkpoint}.next`, "{\"versi")
      const { summary } = yield* test.run()
      assert.strictEqual((yield* summary).rows, count)
      assert.strictEqual(yield* test.text, expected([], false))
    }).pipe(Effect.provide(NodeFileSystem.layer)))

  it.scopedLive("sends at most one chunk per concurrent request, and one more, again", () =>
    Effect.gen(function*() {
      const test = yield* setUp()
      yield* runAndInterrupt(test, 30)
      const { rows, summary } = yield* test.run()
      const { resumedRows } = yield* summary
      assert.isAtLeast(resumedRows, 300 - 5 * 50)
      assert.strictEqual((yield* rows).length, count - resumedRows)
    }).pipe(Effect.provide(NodeFileSystem.layer)))

  it.scopedLive("keeps its chunks if it fails", () =>
    Effect.gen(function*() {
      const test = yield* setUp()
      const denied = new SageMakerError.AccessDeniedError({})
      const failing = yield* test.run((rows, request) =>
        request < 20 ? respondWithResults(rows) : Effect.zipRight(Effect.sleep("150 millis"), Effect.fail(denied))
      )
      assert.strictEqual(yield* Effect.flip(failing.summary), denied)
      const { summary } = yield* test.run()
      assert.isAtLeast((yield* summary).resumedRows, 100)
      assert.strictEqual(yield* test.text, expected())
    }).pipe(Effect.provide(NodeFileSystem.layer)))
})

/** A file system whose disk has space for a number of bytes, and the space. */
const limitedDisk = (files: FileSystem.FileSystem) => {
  const disk = { space: Infinity }
  const full = new PlatformError.SystemError({
    reason: "Unknown",
    module: "FileSystem",
    method: "write",
    description: "ENOSPC"
  })
  const limited: FileSystem.FileSystem = {
    ...files,
    open: (path, options) =>
      Effect.map(files.open(path, options), (file) =>
        new Proxy(file, {
          get: (target, key) =>
            key === "writeAll"
              ? (bytes: Uint8Array) => {
                disk.space -= bytes.length
                return disk.space < 0 ? Effect.fail(full) : target.writeAll(bytes)
              }
              : Reflect.get(target, key)
        }))
  }
  return { disk, limited, full }
}

describe("a full disk", () => {
  it.scopedLive("fails the run, and the next run continues", () =>
    Effect.gen(function*() {
      const { disk, full, limited } = limitedDisk(yield* FileSystem.FileSystem)
      const test = yield* setUp()
      for (const space of [0, 300, 2_000, 5_000, 9_000]) {
        disk.space = space
        const { summary } = yield* test.run()
        const error = yield* Effect.flip(Effect.provideService(summary, FileSystem.FileSystem, limited))
        assert.strictEqual(error, full)
      }
      disk.space = Infinity
      const { rows, summary } = yield* test.run()
      const resumed = (yield* Effect.provideService(summary, FileSystem.FileSystem, limited)).resumedRows
      assert.isAtLeast(resumed, 50)
      assert.strictEqual((yield* rows).length, count - resumed)
      assert.strictEqual(yield* test.text, expected())
      assert.deepStrictEqual((yield* test.files.readDirectory(test.folder)).toSorted(), [
        "in.csv",
        "out.csv",
        "out.csv.checkpoint"
      ])
    }).pipe(Effect.provide(NodeFileSystem.layer)))
})

describe("two runs with one output", () => {
  it.scopedLive("fail the first one, and the output has each row once", () =>
    Effect.gen(function*() {
      const test = yield* setUp()
      const [stalled, proceed] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const slow = yield* test.run((rows, request) =>
        request < 10
          ? respondWithResults(rows)
          : Deferred.succeed(stalled, undefined).pipe(
            Effect.zipRight(Deferred.await(proceed)),
            Effect.zipRight(respondWithResults(rows))
          )
      )
      const first = yield* Effect.fork(Effect.flip(slow.summary))
      yield* Deferred.await(stalled)
      const second = yield* test.run()
      // The first run can save its checkpoint at the time when the second one starts.
      yield* Effect.retry(second.summary, { times: 3 })
      assert.strictEqual(yield* test.text, expected())
      yield* Deferred.succeed(proceed, undefined)
      const error = yield* Fiber.join(first)
      assert.isTrue(error._tag === "InvalidInputError" || error._tag === "SystemError")
      assert.strictEqual(yield* test.text, expected())
    }).pipe(Effect.provide(NodeFileSystem.layer)))
})

describe("a checkpoint", () => {
  const invalidField = (test: Effect.Effect.Success<ReturnType<typeof setUp>>) =>
    Effect.gen(function*() {
      const { rows, summary } = yield* test.run()
      const error = yield* Effect.flip(summary)
      assert.deepStrictEqual(yield* rows, [])
      return error._tag === "InvalidInputError" ? error.field : error._tag
    })

  it.scopedLive("of another input fails the run", () =>
    Effect.gen(function*() {
      const test = yield* setUp()
      yield* runAndInterrupt(test, 20)
      yield* test.files.writeFileString(test.input, "id\n1\n")
      assert.strictEqual(yield* invalidField(test), "input")
    }).pipe(Effect.provide(NodeFileSystem.layer)))

  it.scopedLive("of a complete run without its output fails the run", () =>
    Effect.gen(function*() {
      const test = yield* setUp()
      const { summary } = yield* test.run()
      yield* summary
      yield* test.files.writeFileString(test.output, "row")
      assert.strictEqual(yield* invalidField(test), "output")
      yield* test.files.remove(test.output)
      assert.strictEqual(yield* invalidField(test), "output")
    }).pipe(Effect.provide(NodeFileSystem.layer)))

  it.scopedLive("keeps the size of the chunks of the first run", () =>
    Effect.gen(function*() {
      const test = yield* setUp()
      yield* runAndInterrupt(test, 20)
      const checkpoint = yield* test.files.readFileString(test.checkpoint)
      yield* test.files.writeFileString(test.checkpoint, checkpoint.replace("\"chunkRows\":50", "\"chunkRows\":70"))
      yield* test.files.remove(test.parts, { recursive: true })
      yield* runAndInterrupt(test, 20)
      const parts = yield* test.files.readDirectory(test.parts)
      assert.isNotEmpty(parts)
      assert.isTrue(parts.every((name) => name.endsWith("-70-0")))
    }).pipe(Effect.provide(NodeFileSystem.layer)))

  it.scopedLive("that was removed starts again, without the parts of the earlier run", () =>
    Effect.gen(function*() {
      const test = yield* setUp()
      yield* runAndInterrupt(test, 20)
      yield* test.files.remove(test.checkpoint)
      const { rows, summary } = yield* test.run()
      assert.strictEqual((yield* summary).resumedRows, 0)
      assert.strictEqual((yield* rows).length, count)
      assert.isFalse(yield* test.files.exists(test.parts))
    }).pipe(Effect.provide(NodeFileSystem.layer)))

  it.scopedLive("with invalid content fails the run, and is not replaced", () =>
    Effect.gen(function*() {
      const test = yield* setUp()
      for (const text of ["", "{}", "null", "{\"version\":2}", "\u0000"]) {
        yield* test.files.writeFileString(test.checkpoint, text)
        assert.strictEqual(yield* invalidField(test), "checkpoint")
        assert.strictEqual(yield* test.files.readFileString(test.checkpoint), text)
      }
    }).pipe(Effect.provide(NodeFileSystem.layer)))

  it.scopedLive("with chunks of no rows fails the run", () =>
    Effect.gen(function*() {
      const test = yield* setUp()
      yield* runAndInterrupt(test, 20)
      const checkpoint = yield* test.files.readFileString(test.checkpoint)
      yield* test.files.writeFileString(test.checkpoint, checkpoint.replace("\"chunkRows\":50", "\"chunkRows\":0"))
      assert.strictEqual(yield* invalidField(test), "checkpoint")
    }).pipe(Effect.provide(NodeFileSystem.layer)))

  it.scopedLive("contains no row", () =>
    Effect.gen(function*() {
      const test = yield* setUp()
      yield* runAndInterrupt(test, 20)
      const checkpoint = JSON.parse(yield* test.files.readFileString(test.checkpoint)) as object
      assert.deepStrictEqual(Object.keys(checkpoint), [
        "version",
        "run",
        "input",
        "chunkRows",
        "done",
        "failed",
        "isComplete"
      ])
    }).pipe(Effect.provide(NodeFileSystem.layer)))
})

describe("errors", () => {
  it.scopedLive("of a missing input are those of the file system", () =>
    Effect.gen(function*() {
      const test = yield* setUp()
      yield* test.files.remove(test.input)
      const { summary } = yield* test.run()
      assert.strictEqual((yield* Effect.flip(summary))._tag, "SystemError")
    }).pipe(Effect.provide(NodeFileSystem.layer)))

  it.scopedLive("of an invalid row of the input fail the run", () =>
    Effect.gen(function*() {
      const test = yield* setUp()
      yield* test.files.writeFileString(test.input, "id\n1\n2\nx\n4\n")
      const { summary } = yield* test.run()
      const error = yield* Effect.flip(summary)
      assert.strictEqual(error._tag, "CodecError")
    }).pipe(Effect.provide(NodeFileSystem.layer)))

  it.effect("of invalid options are InvalidInputError", () =>
    Effect.gen(function*() {
      const { model } = yield* scriptedModel()
      const seen = yield* Ref.make<ReadonlyArray<string>>([])
      const format = Batch.csv(Input)
      const [input, output] = [Batch.file("in.csv", format), Batch.file("out.csv", format)]
      const record = () => ({ id: 1 })
      for (
        const options of [
          undefined,
          { input, output, record: 1 },
          { input: 1, output, record },
          { input: Batch.file("", format), output, record },
          { input: Batch.file("in.csv", {} as never), output, record },
          { input, output: "out.csv", record },
          { input, output, record, chunkRows: 0 },
          { input, output, record, chunkRows: Infinity },
          { input, output, record, concurrency: 0 }
        ]
      ) {
        const error = yield* Effect.flip(
          Batch.resumable(model, options as never) as Effect.Effect<unknown, SageMakerError.InvalidInputError>
        )
        yield* Ref.update(seen, (all) => [...all, error.field])
      }
      assert.deepStrictEqual(yield* seen, [
        "record",
        "record",
        "input",
        "name",
        "format",
        "output",
        "chunkRows",
        "chunkRows",
        "concurrency"
      ])
    }).pipe(Effect.provide(NodeFileSystem.layer)))

  it.scopedLive("of the function of the record is InvalidInputError", () =>
    Effect.gen(function*() {
      const { model } = yield* scriptedModel()
      const test = yield* setUp()
      const error = yield* Effect.flip(Batch.resumable(model, {
        input: Batch.file(test.input, Batch.csv(Input, { header: true })),
        output: Batch.file(test.output, Batch.csv(Input)),
        record: () => {
          throw new Error("secret")
        },
        batcher
      }))
      assert.isTrue(error._tag === "InvalidInputError" && error.field === "record")
      assert.notInclude(error.message, "secret")
    }).pipe(Effect.provide(NodeFileSystem.layer)))
})

import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Either, FastCheck, Layer, Schema, Stream } from "effect"
import { Batch, ObjectStore } from "effect-sagemaker-runtime"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"

const Row = Schema.Struct({ a: Schema.String, b: Schema.NullOr(Schema.Number) })

const text = FastCheck.oneof(
  FastCheck.constantFrom("", "a", "é", "\"", "\"\"", "a\nb", "a\r\nb", "\r", "x,y", " pad ", "\u00a0", "\ufeff"),
  FastCheck.string({ maxLength: 4 })
)

const number = FastCheck.option(FastCheck.integer(), { nil: null })

const rowsOf = FastCheck.array(FastCheck.record({ a: text, b: number }), { maxLength: 40 })

const chunkRows = FastCheck.integer({ min: 1, max: 12 })

let folder = ""

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "batch-files-"))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const stores = Layer.merge(NodeFileSystem.layer, ObjectStore.layerMemory)

const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

/** The ranges of a source, without the rows. */
const divide = <A, E, R>({ source }: Batch.RowSource<A, E, R>, chunkRows: number) =>
  Effect.map(collect(source.chunks(chunkRows, () => false)), (chunks) => chunks.map(({ range }) => range))

/** Divides a source, reads the ranges in another order, and returns the rows in their order. */
const readRanges = <A, E, R>(input: Batch.RowSource<A, E, R>, chunkRows: number) =>
  Effect.gen(function*() {
    const ranges = yield* divide(input, chunkRows)
    const read = yield* Effect.forEach(
      ranges.toReversed(),
      (range) => Effect.map(collect(input.source.range(range)), (rows) => ({ range, rows }))
    )
    for (const { range, rows } of read) {
      assert.strictEqual(rows.length, range.rows)
      assert.isAtMost(range.rows, chunkRows)
    }
    return read.toReversed().flatMap(({ rows }) => rows)
  })

const formats = {
  "CSV with a header": Batch.csv(Row, { header: true }),
  "CSV": Batch.csv(Row),
  "JSON Lines": Batch.jsonLines(Row)
}

describe.each(Object.entries(formats))("%s", (_, format) => {
  it.effect.prop(
    "divided into ranges has the rows that were written to a file",
    [rowsOf, chunkRows],
    ([rows, size]) =>
      Effect.gen(function*() {
        const file = Batch.file(join(folder, "rows"), format)
        yield* Batch.writeTo(Stream.fromIterable(rows), file)
        assert.deepStrictEqual(yield* collect(Batch.rows(file)), rows)
        assert.deepStrictEqual(yield* readRanges(file, size), rows)
        assert.strictEqual(yield* Batch.countRows(file), rows.length)
      }).pipe(Effect.provide(stores))
  )

  it.effect.prop(
    "joined from parts of an object has the rows of the parts",
    [rowsOf, chunkRows],
    ([rows, size]) =>
      Effect.gen(function*() {
        const object = Batch.object("s3://results/rows", format)
        for (let first = 0; first < rows.length; first += size) {
          const records = rows.slice(first, first + size)
          yield* object.sink.writePart({ first, rows: records.length, failed: 0 }, records)
        }
        yield* object.sink.join
        yield* object.sink.removeParts
        assert.deepStrictEqual(yield* collect(Batch.rows(object)), rows)
        assert.deepStrictEqual(yield* object.sink.parts, [])
      }).pipe(Effect.provide(stores))
  )
})

const lines = [
  "1,2",
  "\"3\n\r\n\",4",
  "",
  "  ",
  "\"\"",
  "\u00a0",
  "\t\"  \"",
  "\"a\"\"\",",
  "5,\"6\r\"",
  "é,7",
  ",",
  "\"x"
]

describe("CSV of other programs", () => {
  const wide = Batch.csv(Schema.Tuple(Schema.String, Schema.NullOr(Schema.String)))
  const narrow = Batch.csv(Schema.Array(Schema.NullOr(Schema.String)))

  it.effect.prop(
    "has the same rows in ranges, also with blank lines, other line ends and invalid quotes",
    [
      FastCheck.array(FastCheck.tuple(FastCheck.constantFrom(...lines), FastCheck.constantFrom("\n", "\r\n", "\r"))),
      FastCheck.constantFrom("", "\ufeff"),
      FastCheck.constantFrom(wide as Batch.StreamFormat<unknown>, narrow as Batch.StreamFormat<unknown>),
      chunkRows
    ],
    ([parts, mark, format, size]) =>
      Effect.gen(function*() {
        const path = join(folder, "foreign.csv")
        writeFileSync(path, mark + parts.flat().join(""))
        const file = Batch.file(path, format)
        const whole = yield* Effect.either(collect(Batch.rows(file)))
        const divided = yield* Effect.either(readRanges(file, size))
        if (whole._tag === "Right") {
          assert.deepStrictEqual(Either.merge(divided), whole.right as Array<unknown>)
        } else {
          assert.strictEqual(divided._tag, "Left")
        }
      }).pipe(Effect.provide(stores))
  )
})

describe("JSON Lines of other programs", () => {
  it.effect.prop(
    "has the same rows in ranges, also with blank lines",
    [FastCheck.array(FastCheck.constantFrom("1\n", "\n", " \t\r\n", "[2]\r\n", "\ufeff\n", "\"\\n\"\n")), chunkRows],
    ([parts, size]) =>
      Effect.gen(function*() {
        const path = join(folder, "foreign.jsonl")
        writeFileSync(path, parts.join(""))
        const file = Batch.file(path, Batch.jsonLines(Schema.Unknown))
        assert.deepStrictEqual(yield* readRanges(file, size), yield* collect(Batch.rows(file)))
      }).pipe(Effect.provide(stores))
  )

  it.effect("reports the line of an invalid row in the whole file", () =>
    Effect.gen(function*() {
      const path = join(folder, "invalid.jsonl")
      writeFileSync(path, "1\n\n2\n3\nx\n")
      const file = Batch.file(path, Batch.jsonLines(Schema.Number))
      const error = yield* Effect.flip(readRanges(file, 2))
      assert.isTrue(error._tag === "CodecError" && error.line === 5 && error.message.includes("line 5"))
    }).pipe(Effect.provide(stores)))
})

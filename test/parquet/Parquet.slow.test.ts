import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, FastCheck, Layer, Schema, Stream } from "effect"
import { Batch, ObjectStore } from "effect-sagemaker-runtime"
import { Parquet } from "effect-sagemaker-runtime/parquet"
import { parquetWriteBuffer } from "hyparquet-writer"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"

const Row = Schema.Struct({
  text: Schema.String,
  number: Schema.NullOr(Schema.Number),
  integer: Schema.Int,
  large: Schema.BigIntFromSelf,
  flag: Schema.optional(Schema.Boolean),
  at: Schema.NullOr(Schema.ValidDateFromSelf),
  bytes: Schema.Uint8ArrayFromSelf,
  list: Schema.Array(Schema.Number),
  nested: Schema.NullOr(Schema.Struct({ id: Schema.Number, tags: Schema.Array(Schema.NullOr(Schema.String)) })),
  parsed: Schema.NumberFromString,
  kind: Schema.Literal("a", "b"),
  any: Schema.Unknown
})

const number = FastCheck.double({ noNaN: true }).map((value) => value + 0)
const text = FastCheck.string({ unit: "grapheme", maxLength: 5 })
const orNull = <A>(arbitrary: FastCheck.Arbitrary<A>) => FastCheck.option(arbitrary, { nil: null })

const row: FastCheck.Arbitrary<typeof Row.Type> = FastCheck.record({
  text,
  number: orNull(number),
  integer: FastCheck.integer(),
  large: FastCheck.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  flag: FastCheck.boolean(),
  at: orNull(FastCheck.date({ noInvalidDate: true })),
  bytes: FastCheck.uint8Array({ maxLength: 5 }).map((bytes) => Uint8Array.from(bytes)),
  list: FastCheck.array(number, { maxLength: 3 }),
  nested: orNull(FastCheck.record({ id: number, tags: FastCheck.array(orNull(text), { maxLength: 3 }) })),
  parsed: FastCheck.integer(),
  kind: FastCheck.constantFrom("a" as const, "b" as const),
  any: FastCheck.constantFrom<unknown>(1, "x", [1, { a: null }], { b: [] }, true)
}, { requiredKeys: ["text", "number", "integer", "large", "at", "bytes", "list", "nested", "parsed", "kind", "any"] })

let folder = ""

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "parquet-"))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const stores = Layer.merge(NodeFileSystem.layer, ObjectStore.layerMemory)

const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, found: unknown) => typeof found === "bigint" ? `${found}n` : found))

describe("Parquet files", () => {
  it.effect.prop(
    "have the rows that were written, in ranges, in any row groups",
    [
      FastCheck.array(row, { maxLength: 20 }),
      FastCheck.integer({ min: 1, max: 7 }),
      FastCheck.integer({ min: 1, max: 7 })
    ],
    ([rows, rowGroupRows, chunkRows]) =>
      Effect.gen(function*() {
        const file = Batch.file(join(folder, "rows.parquet"), Parquet.format(Row, { rowGroupRows }))
        yield* Batch.writeTo(Stream.fromIterable(rows), file)
        assert.deepStrictEqual(plain(yield* collect(Batch.rows(file))), plain(rows))
        assert.strictEqual(yield* Batch.countRows(file), rows.length)
        const chunks = yield* collect(file.source.chunks(chunkRows, () => false))
        const read = yield* Effect.forEach(chunks, ({ range }) => collect(file.source.range(range)))
        assert.deepStrictEqual(plain(read.flat()), plain(rows))
      }).pipe(Effect.provide(stores)),
    { fastCheck: { numRuns: 10 } }
  )

  it.effect.prop(
    "of parts are joined to row groups",
    [FastCheck.array(row, { maxLength: 20 }), FastCheck.integer({ min: 1, max: 7 })],
    ([rows, size]) =>
      Effect.gen(function*() {
        const object = Batch.object("s3://results/rows.parquet", Parquet.format(Row))
        for (let first = 0; first < rows.length; first += size) {
          const records = rows.slice(first, first + size)
          yield* object.sink.writePart({ first, rows: records.length, failed: 0 }, records)
        }
        yield* object.sink.join
        yield* object.sink.removeParts
        assert.deepStrictEqual(plain(yield* collect(Batch.rows(object))), plain(rows))
      }).pipe(Effect.provide(stores)),
    { fastCheck: { numRuns: 10 } }
  )

  it.effect("of other programs have their types converted to those of the schema", () =>
    Effect.gen(function*() {
      const path = join(folder, "foreign.parquet")
      const time = new Date("2026-11-29T00:00:00.000Z")
      writeFileSync(
        path,
        new Uint8Array(parquetWriteBuffer({
          schema: [
            { name: "root", num_children: 7 },
            { name: "small", type: "INT32", repetition_type: "REQUIRED" },
            { name: "large", type: "INT64", repetition_type: "OPTIONAL" },
            {
              name: "price",
              type: "INT32",
              repetition_type: "REQUIRED",
              converted_type: "DECIMAL",
              scale: 2,
              precision: 9
            },
            { name: "day", type: "INT32", repetition_type: "REQUIRED", converted_type: "DATE" },
            { name: "at", type: "INT64", repetition_type: "REQUIRED", converted_type: "TIMESTAMP_MICROS" },
            { name: "name", type: "BYTE_ARRAY", repetition_type: "REQUIRED" },
            { name: "unused", type: "DOUBLE", repetition_type: "REQUIRED" }
          ],
          columnData: [
            { name: "small", data: [1, 2] },
            { name: "large", data: [3n, null] },
            { name: "price", data: [1.25, 2.5] },
            { name: "day", data: [time, time] },
            { name: "at", data: [time, time] },
            { name: "name", data: [new TextEncoder().encode("é"), new TextEncoder().encode("b")] },
            { name: "unused", data: [1, 2] }
          ]
        }))
      )
      const Foreign = Schema.Struct({
        small: Schema.BigIntFromSelf,
        large: Schema.NullOr(Schema.Number),
        price: Schema.Number,
        day: Schema.DateFromSelf,
        at: Schema.String,
        name: Schema.String,
        missing: Schema.optional(Schema.Number)
      })
      const rows = yield* collect(Batch.rows(Batch.file(path, Parquet.format(Foreign))))
      assert.deepStrictEqual(rows[0], {
        small: 1n,
        large: 3,
        price: 1.25,
        day: time,
        at: "2026-11-29T00:00:00.000Z",
        name: "é"
      })
      assert.strictEqual(rows[1]!.large, null)
    }).pipe(Effect.provide(stores)))
})

const errorOf = (
  bytes: Uint8Array,
  format: Batch.RowFormat<unknown> = Parquet.format(Schema.Struct({ a: Schema.Number })) as never
) =>
  Effect.gen(function*() {
    const path = join(folder, "invalid.parquet")
    writeFileSync(path, bytes)
    const error = yield* Effect.flip(Stream.runDrain(Batch.rows(Batch.file(path, format))))
    assert.strictEqual(error._tag, "CodecError")
    return error.message
  }).pipe(Effect.provide(stores))

const write = (rows: ReadonlyArray<{ readonly a: number }>, options?: Parquet.ParquetOptions) =>
  Effect.gen(function*() {
    const path = join(folder, "written.parquet")
    yield* Batch.writeTo(
      Stream.fromIterable(rows),
      Batch.file(path, Parquet.format(Schema.Struct({ a: Schema.Number }), options))
    )
    return new Uint8Array(readFileSync(path))
  }).pipe(Effect.provide(stores))

const some = Array.from({ length: 100 }, (_, a) => ({ a: a % 7 }))

describe("invalid Parquet files", () => {
  it.effect("fail with the reason", () =>
    Effect.gen(function*() {
      const valid = yield* write(some)
      const withMetadataBytes = (bytes: number) => {
        const changed = valid.slice()
        new DataView(changed.buffer).setUint32(changed.length - 8, bytes, true)
        return changed
      }
      assert.match(yield* errorOf(new Uint8Array()), /shorter than a Parquet file/)
      assert.match(yield* errorOf(valid.subarray(0, valid.length - 1)), /does not end with PAR1/)
      assert.match(yield* errorOf(new TextEncoder().encode("PAR1".repeat(10))), /metadata/)
      assert.match(yield* errorOf(withMetadataBytes(2 ** 32 - 1)), /the metadata has 4294967295 bytes/)
      assert.match(yield* errorOf(withMetadataBytes(3)), /metadata is invalid/)
      const text = Parquet.format(Schema.Struct({ a: Schema.String })) as never
      assert.match(yield* errorOf(valid, text), /row 1, column a/)
    }))

  it.effect("with a missing column fail if the schema needs it", () =>
    Effect.gen(function*() {
      const format = Parquet.format(Schema.Struct({ other: Schema.Number })) as never
      assert.match(yield* errorOf(yield* write(some), format), /row 1, column other/)
    }))

  it.effect.prop(
    "with any changed byte fail or have rows, within time and memory",
    [FastCheck.nat(), FastCheck.integer({ min: 1, max: 255 }), FastCheck.boolean()],
    ([at, by, compressed]) =>
      Effect.gen(function*() {
        const bytes = yield* write(some, { compression: compressed ? "snappy" : "uncompressed" })
        bytes[at % bytes.length]! ^= by
        const path = join(folder, "changed.parquet")
        writeFileSync(path, bytes)
        const file = Batch.file(path, Parquet.format(Schema.Struct({ a: Schema.Unknown })))
        const result = yield* Effect.either(Stream.runCount(Batch.rows(file)))
        assert.isTrue(result._tag === "Right" || result.left._tag === "CodecError")
      }).pipe(Effect.provide(stores)),
    { fastCheck: { numRuns: 60 } }
  )
})

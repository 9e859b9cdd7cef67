import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema, Stream } from "effect"
import { Batch, ObjectStore } from "effect-sagemaker-runtime"
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"

let folder = ""

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hostile-"))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const stores = Layer.merge(NodeFileSystem.layer, ObjectStore.layerMemory)

const Row = Schema.Struct({ a: Schema.String })

const formats: ReadonlyArray<readonly [string, Batch.RowFormat<typeof Row.Type>, (text: string) => string]> = [
  ["CSV", Batch.csv(Row), (text) => `${text}\n`],
  ["JSON Lines", Batch.jsonLines(Row), (text) => `{"a":"${text}"}\n`]
]

const write = (parts: Iterable<string | Uint8Array>) => {
  const path = join(folder, "input")
  const file = openSync(path, "w")
  for (const part of parts) {
    writeSync(file, typeof part === "string" ? new TextEncoder().encode(part) : part)
  }
  closeSync(file)
  return path
}

/** How a source fails, read in each way. */
const errorsOf = <A, E extends { readonly _tag: string }, R>(input: Batch.RowSource<A, E, R>) =>
  Effect.all([
    Effect.flip(Stream.runDrain(Batch.rows(input))),
    Effect.flip(
      Stream.runDrain(Stream.flatMap(input.source.chunks(10, () => true), ({ rows }) => rows ?? Stream.empty))
    )
  ]).pipe(Effect.map((errors) => errors.map(({ _tag }) => _tag)))

describe.each(formats)("%s", (_, format, lineOf) => {
  it.effect("with invalid UTF-8 fails with CodecError", () =>
    Effect.gen(function*() {
      const input = Batch.file(write([lineOf("a"), Uint8Array.of(0xff, 0xfe, 0x0a)]), format)
      assert.deepStrictEqual(yield* errorsOf(input), ["CodecError", "CodecError"])
    }).pipe(Effect.provide(stores)))

  it.effect("with a row of 20 MB fails with CodecError", () =>
    Effect.gen(function*() {
      const input = Batch.file(write([lineOf("a"), lineOf("b".repeat(20_000_000))]), format)
      assert.deepStrictEqual(yield* errorsOf(input), ["CodecError", "CodecError"])
      assert.strictEqual((yield* Effect.flip(Batch.countRows(input)))._tag, "CodecError")
    }).pipe(Effect.provide(stores)))

  it.effect("with 1 MB of blank lines has no row of them", () =>
    Effect.gen(function*() {
      const blank = "\n".repeat(100_000)
      const blanks = Array.from({ length: 5 }, () => blank)
      const isCsv = format === formats[0]![1]
      const path = write([...blanks, isCsv ? "1\n" : lineOf("a"), ...blanks])
      const narrow = Batch.csv(Schema.Struct({ a: Schema.Number })) as unknown as typeof format
      const input = Batch.file(path, isCsv ? narrow : format)
      assert.strictEqual(yield* Batch.countRows(input), 1)
      assert.strictEqual(yield* Stream.runCount(Batch.rows(input)), 1)
    }).pipe(Effect.provide(stores)))

  it.effect("whose file changes after it was divided fails with CodecError", () =>
    Effect.gen(function*() {
      const path = write(Array.from({ length: 10 }, () => lineOf("abc")))
      const input = Batch.file(path, format)
      const chunks = Array.from(yield* Stream.runCollect(input.source.chunks(5, () => false)))
      truncateSync(path, lineOf("abc").length * 7 + 1)
      const error = yield* Effect.flip(Stream.runDrain(input.source.range(chunks[1]!.range)))
      assert.strictEqual(error._tag, "CodecError")
    }).pipe(Effect.provide(stores)))

  it.effect("without rows has none", () =>
    Effect.gen(function*() {
      writeFileSync(join(folder, "empty"), "")
      assert.strictEqual(yield* Batch.countRows(Batch.file(join(folder, "empty"), format)), 0)
      assert.strictEqual(yield* Stream.runCount(Batch.rows(Batch.file(join(folder, "empty"), format))), 0)
    }).pipe(Effect.provide(stores)))
})

describe("a source", () => {
  it.effect("that is absent fails with the error of its store", () =>
    Effect.gen(function*() {
      const [, format] = formats[0]!
      assert.deepStrictEqual(yield* errorsOf(Batch.file(join(folder, "absent"), format)), [
        "SystemError",
        "SystemError"
      ])
      assert.deepStrictEqual(
        yield* errorsOf(Batch.object("s3://bucket/absent", format)),
        ["ObjectStoreError", "ObjectStoreError"]
      )
      assert.deepStrictEqual(yield* errorsOf(Batch.file(folder, format)), ["SystemError", "SystemError"])
      assert.deepStrictEqual(
        yield* errorsOf(Batch.object("no location", format)),
        ["ObjectStoreError", "ObjectStoreError"]
      )
      assert.deepStrictEqual(yield* errorsOf(Batch.object("", format)), ["InvalidInputError", "InvalidInputError"])
    }).pipe(Effect.provide(stores)))
})

import { FileSystem } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Either, FastCheck, Layer, Stream } from "effect"
import { Batch, Codec, ObjectStore, type SageMakerError } from "effect-sagemaker-runtime"

const stores = Layer.merge(NodeFileSystem.layer, ObjectStore.layerMemory)

const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

const bytes = (text: string) => new TextEncoder().encode(text)

const upper = {
  name: "upper",
  request: Codec.bytes,
  invoke: (body: Uint8Array) => Effect.succeed(bytes(new TextDecoder().decode(body).toUpperCase()))
}

const names = Array.from({ length: 25 }, (_, at) => `${at % 2 === 0 ? "a" : "b/c"}/${String(at).padStart(2, "0")}.txt`)

const record = (
  { result, row }: {
    readonly row: Batch.FileRow
    readonly result: Either.Either<Uint8Array, SageMakerError.CodecError>
  }
) => ({
  name: row.name,
  Body: Either.getOrElse(result, () => new Uint8Array())
})

const fill = <E, R>(folder: Batch.RowFolder<E, R>) =>
  Batch.writeTo(Stream.fromIterable(names.map((name) => ({ name, Body: bytes(`text of ${name}`) }))), folder)

const contentsOf = <E, R>(folder: Batch.RowFolder<E, R>) =>
  Effect.map(
    collect(Batch.rows(folder)),
    (rows) => rows.map(({ Body, name }) => [name, new TextDecoder().decode(Body)])
  )

const sorted = names.toSorted()

describe("a folder", () => {
  it.scoped("is an input and an output", () =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const root = yield* files.makeTempDirectoryScoped()
      const [input, output] = [Batch.folder(`${root}/in/`), Batch.folder(`${root}/out`)]
      yield* fill(input)
      const summary = Batch.resumable(upper, { input, output, record, batcher: Batch.bodies(), chunkRows: 4 })
      assert.deepStrictEqual(yield* summary, { rows: 25, failed: 0, resumedRows: 0 })
      assert.deepStrictEqual(yield* contentsOf(output), sorted.map((name) => [name, `TEXT OF ${name.toUpperCase()}`]))
      assert.deepStrictEqual((yield* files.readDirectory(root)).toSorted(), ["in", "out", "out.checkpoint"])
      assert.deepStrictEqual(yield* summary, { rows: 25, failed: 0, resumedRows: 25 })
      yield* files.writeFileString(`${root}/in/new.txt`, "")
      assert.strictEqual((yield* Effect.flip(summary))._tag, "InvalidInputError")
    }).pipe(Effect.provide(stores)))

  it.scoped("of objects is an input and an output, with content types", () =>
    Effect.gen(function*() {
      const store = yield* ObjectStore.ObjectStore
      const [input, output] = [Batch.objects("s3://bucket/in"), Batch.objects("s3://bucket/out/")]
      yield* fill(input)
      yield* store.put("s3://bucket/input-of-others", bytes("x"))
      yield* Batch.resumable(upper, { input, output, record, batcher: Batch.bodies(), chunkRows: 4 })
      assert.deepStrictEqual(yield* contentsOf(output), sorted.map((name) => [name, `TEXT OF ${name.toUpperCase()}`]))
      assert.strictEqual((yield* store.head(`s3://bucket/out/${names[0]!}`)).contentType, "text/plain")
    }).pipe(Effect.provide(stores)))

  it.scoped("has the files that are included, up to a size", () =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const root = yield* files.makeTempDirectoryScoped()
      yield* fill(Batch.folder(root))
      assert.strictEqual(yield* Batch.countRows(Batch.folder(root, { include: (name) => name.startsWith("a/") })), 13)
      const error = yield* Effect.flip(Stream.runDrain(Batch.rows(Batch.folder(root, { maxFileBytes: 5 }))))
      assert.strictEqual(error._tag, "InvalidInputError")
      const throwing = Batch.folder(root, {
        include: () => {
          throw new Error("secret")
        }
      })
      assert.strictEqual((yield* Effect.flip(Batch.countRows(throwing)))._tag, "InvalidInputError")
      assert.strictEqual((yield* Effect.flip(Batch.countRows(Batch.folder(`${root}/absent`))))._tag, "SystemError")
    }).pipe(Effect.provide(stores)))

  it.scoped("writes no file outside of it", () =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const root = yield* files.makeTempDirectoryScoped()
      for (
        const name of ["../a", "/a", "a/../../b", "", ".", "a//b", "a\\..\\b", "a\0", 1 as never, "x".repeat(2_000)]
      ) {
        const written = Batch.writeTo(Stream.make({ name, Body: new Uint8Array() }), Batch.folder(`${root}/out`))
        assert.strictEqual((yield* Effect.flip(written))._tag, "InvalidInputError")
      }
      assert.deepStrictEqual(yield* files.readDirectory(root), ["out"])
    }).pipe(Effect.provide(stores)))
})

describe("NPY files", () => {
  const arraysOf = (shape: ReadonlyArray<number>, count: number) =>
    Array.from(
      { length: count },
      (_, row) =>
        Codec.ndarray(
          Float32Array.from({ length: shape.reduce((all, length) => all * length, 1) }, (_, at) => row * 10 + at),
          {
            shape
          }
        )
    )

  const plain = (rows: ReadonlyArray<Codec.NdArray>) =>
    rows.map(({ data, dtype, shape }) => ({ dtype, shape: [...shape], data: Array.from(data as ArrayLike<unknown>) }))

  it.effect.prop(
    "have the rows that were written, in ranges and from parts",
    [
      FastCheck.array(FastCheck.integer({ min: 1, max: 3 }), { maxLength: 3 }),
      FastCheck.integer({ min: 1, max: 20 }),
      FastCheck.integer({ min: 1, max: 7 })
    ],
    ([shape, count, size]) =>
      Effect.gen(function*() {
        const rows = arraysOf(shape, count)
        const object = Batch.object("s3://bucket/rows.npy", Batch.npy)
        yield* Batch.writeTo(Stream.fromIterable(rows), object)
        assert.deepStrictEqual(plain(yield* collect(Batch.rows(object))), plain(rows))
        const chunks = yield* collect(object.source.chunks(size, () => false))
        const read = yield* Effect.forEach(chunks, ({ range }) => collect(object.source.range(range)))
        assert.deepStrictEqual(plain(read.flat()), plain(rows))
        const joined = Batch.object("s3://bucket/joined.npy", Batch.npy)
        for (const { range: { first, rows: length } } of chunks) {
          yield* joined.sink.writePart({ first, rows: length, failed: 0 }, rows.slice(first, first + length))
        }
        yield* joined.sink.join
        const store = yield* ObjectStore.ObjectStore
        const read2 = yield* Effect.all([
          collect(store.get("s3://bucket/rows.npy")),
          collect(store.get("s3://bucket/joined.npy"))
        ])
        assert.deepStrictEqual(...(read2.map((parts) => Buffer.concat(parts)) as [Buffer, Buffer]))
      }).pipe(Effect.provide(stores))
  )

  it.effect("are scored with a batcher of arrays", () =>
    Effect.gen(function*() {
      const sums = {
        name: "sums",
        request: Codec.npy,
        invoke: ({ data, shape: [rows = 0] }: Codec.NdArray) =>
          Effect.succeed(
            Codec.ndarray(
              Float32Array.from({ length: rows }, (_, row) => Number(data[row * 2]) + Number(data[row * 2 + 1]))
            )
          )
      }
      const input = Batch.object("s3://bucket/in.npy", Batch.npy)
      const output = Batch.object("s3://bucket/out.npy", Batch.npy)
      yield* Batch.writeTo(Stream.fromIterable(arraysOf([2], 25)), input)
      yield* Batch.resumable(sums, {
        input,
        output,
        record: ({ result }) => Either.getOrElse(result, () => Codec.ndarray(Float32Array.of(0), { shape: [] })),
        batcher: Batch.arrays({ maxRows: 4 }),
        chunkRows: 10
      })
      const rows = yield* collect(Batch.rows(output))
      assert.deepStrictEqual(
        rows.map(({ data, shape }) => [...shape, data[0]]),
        arraysOf([2], 25).map((_, row) => [20 * row + 1])
      )
    }).pipe(Effect.provide(stores)))

  it.effect("that are invalid fail with the reason", () =>
    Effect.gen(function*() {
      const store = yield* ObjectStore.ObjectStore
      const valid = yield* Codec.npy.encode(
        Codec.ndarray(Float32Array.of(1, 2, 3, 4), { shape: [2, 2] })
      ) as Effect.Effect<Uint8Array>
      const header = (text: string) =>
        Buffer.concat([
          valid.slice(0, 8),
          Buffer.from([118, 0]),
          Buffer.from(`${text.padEnd(117)}\n`, "latin1"),
          valid.slice(128)
        ])
      const file = Batch.object("s3://bucket/invalid.npy", Batch.npy)
      const errorOf = (bytes: Uint8Array) =>
        Effect.gen(function*() {
          yield* store.put(file.name, bytes)
          const error = yield* Effect.flip(Stream.runDrain(Batch.rows(file)))
          return error._tag === "CodecError" ? error.message : error._tag
        })
      assert.match(yield* errorOf(new Uint8Array()), /magic/)
      assert.match(yield* errorOf(valid.subarray(0, 140)), /length of the data/)
      assert.match(yield* errorOf(header("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }")), /C order/)
      assert.match(
        yield* errorOf(header("{'descr': '<f4', 'fortran_order': False, 'shape': (), }")),
        /at least one dimension/
      )
      assert.match(
        yield* errorOf(header("{'descr': '<f4', 'fortran_order': False, 'shape': (9007199254740991, 0), }")),
        /a row must have/
      )
      assert.match(
        yield* errorOf(header("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 9007199254740991), }")),
        /dimension|row/
      )
      const mixed = Stream.make(Codec.ndarray(Float32Array.of(1)), Codec.ndarray(Float64Array.of(1)))
      assert.strictEqual((yield* Effect.flip(Batch.writeTo(mixed, file)))._tag, "CodecError")
    }).pipe(Effect.provide(stores)))
})

import { FileSystem } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Either, Layer, Schema, Stream } from "effect"
import { Batch, Codec, ObjectStore } from "effect-sagemaker-runtime"

const stores = Layer.merge(NodeFileSystem.layer, ObjectStore.layerMemory)

const format = Batch.jsonLines(Schema.Number)

const names = Batch.jsonLines(Schema.String)

const bytes = (text: string) => new TextEncoder().encode(text)

/** A model that doubles numbers and counts its requests. */
const doubling = () => {
  const model = {
    name: "doubling",
    requests: 0,
    request: Codec.json(Schema.Number),
    invoke: (value: number) =>
      Effect.sync(() => {
        model.requests += 1
        return value * 2
      })
  }
  return model
}

const echo = { name: "echo", request: Codec.bytes, invoke: (body: Uint8Array) => Effect.succeed(body) }

const record = ({ result }: { readonly result: Either.Either<number> }) => Either.getOrElse(result, () => -1)

const folderWithInput = Effect.gen(function*() {
  const files = yield* FileSystem.FileSystem
  const folder = yield* files.makeTempDirectoryScoped()
  const input = `${folder}/in.jsonl`
  yield* files.writeFileString(input, "1\n2\n")
  return { files, folder, input }
})

/** Runs a batch to an output that must be rejected before a request. */
const rejects = (input: string, output: string) =>
  Effect.gen(function*() {
    const model = doubling()
    const run = Batch.resumable(model, {
      input: Batch.file(input, format),
      output: Batch.file(output, format),
      record
    })
    const error = yield* Effect.flip(run)
    assert.strictEqual(error._tag === "InvalidInputError" ? error.field : error._tag, "output")
    assert.strictEqual(model.requests, 0)
  })

describe("the output of a resumable batch", () => {
  it.scoped("is not the input, also with another path to it", () =>
    Effect.gen(function*() {
      const { files, folder, input } = yield* folderWithInput
      yield* files.makeDirectory(`${folder}/sub`)
      yield* files.symlink(input, `${folder}/link.jsonl`)
      yield* files.symlink(folder, `${folder}/sub/up`)
      const others = [input, `${folder}/sub/../in.jsonl`, `${folder}/link.jsonl`, `${folder}/sub/up/in.jsonl`]
      yield* Effect.forEach(others, (output) => rejects(input, output))
      yield* rejects(`${folder}/link.jsonl`, input)
      assert.strictEqual(yield* files.readFileString(input), "1\n2\n")
      assert.deepStrictEqual((yield* files.readDirectory(folder)).toSorted(), ["in.jsonl", "link.jsonl", "sub"])
    }).pipe(Effect.provide(stores)))

  it.scoped("is not the object of the input", () =>
    Effect.gen(function*() {
      const object = Batch.object("s3://bucket/in.jsonl", format)
      yield* Batch.writeTo(Stream.make(1, 2), object)
      const model = doubling()
      const error = yield* Effect.flip(Batch.resumable(model, { input: object, output: object, record }))
      assert.strictEqual(error._tag, "InvalidInputError")
      assert.strictEqual(model.requests, 0)
    }).pipe(Effect.provide(stores)))

  it.scoped("is not a folder if its format is that of a file", () =>
    Effect.gen(function*() {
      const { files, folder, input } = yield* folderWithInput
      yield* files.makeDirectory(`${folder}/out`)
      yield* rejects(input, `${folder}/out`)
      yield* rejects(input, `${folder}/out/`)
    }).pipe(Effect.provide(stores)))

  it.scoped("is the target of a symbolic link", () =>
    Effect.gen(function*() {
      const { files, folder, input } = yield* folderWithInput
      const [target, link] = [`${folder}/target.jsonl`, `${folder}/link.jsonl`]
      yield* files.writeFileString(target, "old")
      yield* files.symlink(target, link)
      const output = Batch.file(link, format)
      yield* Batch.resumable(doubling(), { input: Batch.file(input, format), output, record })
      assert.strictEqual(yield* files.readFileString(target), "2\n4\n")
      assert.strictEqual(yield* files.readLink(link), target)
      yield* Batch.writeTo(Stream.make(5), output)
      assert.strictEqual(yield* files.readFileString(target), "5\n")
    }).pipe(Effect.provide(stores)))

  it.scoped("can be in folders that do not exist", () =>
    Effect.gen(function*() {
      const { files, folder, input } = yield* folderWithInput
      const output = `${folder}/a/b/out.jsonl`
      yield* Batch.resumable(doubling(), {
        input: Batch.file(input, format),
        output: Batch.file(output, format),
        record
      })
      assert.strictEqual(yield* files.readFileString(output), "2\n4\n")
    }).pipe(Effect.provide(stores)))
})

const run = <E, R, E2, R2>(input: Batch.RowFolder<E, R>, output: Batch.RowSink<string, E2, R2>) =>
  Batch.resumable(echo, { input, output, record: ({ row }) => row.name, batcher: Batch.bodies(), chunkRows: 2 })

describe("a folder with the output in it", () => {
  const setUp = Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const folder = yield* files.makeTempDirectoryScoped()
    yield* Effect.forEach(["a.png", "b.png", "c.png"], (name) => files.writeFile(`${folder}/${name}`, bytes(name)))
    return { files, folder }
  })

  it.scoped("is no input unless include excludes the output", () =>
    Effect.gen(function*() {
      const { files, folder } = yield* setUp
      const output = Batch.file(`${folder}/names.jsonl`, names)
      const error = yield* Effect.flip(run(Batch.folder(`${folder}/`), output))
      assert.strictEqual(error._tag, "InvalidInputError")
      assert.deepStrictEqual((yield* files.readDirectory(folder)).toSorted(), ["a.png", "b.png", "c.png"])
      const images = Batch.folder(folder, { include: (name) => name.endsWith(".png") })
      assert.strictEqual((yield* run(images, output)).rows, 3)
      assert.strictEqual((yield* run(images, output)).resumedRows, 3)
      assert.strictEqual(yield* files.readFileString(`${folder}/names.jsonl`), "\"a.png\"\n\"b.png\"\n\"c.png\"\n")
    }).pipe(Effect.provide(stores)))

  it.scoped("is no input of a folder of files either", () =>
    Effect.gen(function*() {
      const { folder } = yield* setUp
      const copy = (output: string, include?: (name: string) => boolean) =>
        Effect.either(Batch.resumable(echo, {
          input: Batch.folder(folder, { include }),
          output: Batch.folder(output),
          record: ({ row }) => ({ name: `${row.name}.txt`, Body: row.Body }),
          batcher: Batch.bodies()
        }))
      assert.isTrue(Either.isLeft(yield* copy(folder)))
      assert.isTrue(Either.isLeft(yield* copy(`${folder}/copies`)))
      assert.isTrue(Either.isRight(yield* copy(`${folder}/copies`, (name) => !name.startsWith("copies"))))
      assert.isTrue(Either.isRight(yield* copy(folder, (name) => /^[^/]*png$/.test(name))))
      assert.isTrue(Either.isRight(yield* copy(`${folder}-copies`)))
    }).pipe(Effect.provide(stores)))
})

describe("the names of written files", () => {
  const write = (records: ReadonlyArray<unknown>) =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const folder = yield* files.makeTempDirectoryScoped()
      return yield* Effect.flip(
        Batch.writeTo(Stream.fromIterable(records as Array<Batch.FileRow>), Batch.folder(folder))
      )
    })

  const file = (name: string) => ({ name, Body: bytes(name) })

  it.scoped("differ, and are not those of incomplete files", () =>
    Effect.gen(function*() {
      for (const records of [[file("a"), file("b"), file("a")], [file("a"), file("a.next")], [undefined], [7]]) {
        const error = yield* write(records)
        assert.strictEqual(error._tag, "InvalidInputError")
      }
    }).pipe(Effect.provide(stores)))
})

describe("objects below a prefix", () => {
  it.effect("are rows, but not the objects of folders", () =>
    Effect.gen(function*() {
      const store = yield* ObjectStore.ObjectStore
      for (const key of ["", "a.png", "sub/", "sub/b.png"]) {
        yield* store.put(`s3://bucket/images/${key}`, bytes(key))
      }
      const images = Batch.objects("s3://bucket/images")
      const rows = Chunk.toReadonlyArray(yield* Stream.runCollect(Batch.rows(images)))
      assert.deepStrictEqual(rows.map(({ name }) => name), ["a.png", "sub/b.png"])
    }).pipe(Effect.provide(stores)))
})

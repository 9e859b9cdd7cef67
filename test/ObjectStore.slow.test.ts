import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { ObjectStore } from "effect-sagemaker-runtime"
import { join } from "node:path"
import { afterAll } from "vitest"
import { fileSystemStore, memoryStore, temporaryFolder } from "./support/objectStores.ts"

const { folder, remove } = temporaryFolder()
afterAll(remove)

const megabyte = 1_048_576

describe("An object store with 10,000 objects", () => {
  for (const { layer, name } of [memoryStore, fileSystemStore(join(folder, "many"))]) {
    it.live(`lists them in order: ${name}`, () =>
      Effect.gen(function*() {
        const store = yield* ObjectStore.ObjectStore
        const keys = Array.from({ length: 10_000 }, (_, id) => `${id % 7}/${id}`)
        yield* Effect.forEach(keys, (key) => store.put(`s3://many/${key}`, new Uint8Array(1)), {
          concurrency: 32,
          discard: true
        })
        const listed = yield* Stream.runCollect(store.list("s3://many/"))
        assert.deepStrictEqual(
          [...listed].map(({ location }) => location),
          keys.toSorted().map((key) => `s3://many/${key}`)
        )
        const some = yield* Stream.runCollect(store.list("s3://many/3/1"))
        assert.lengthOf(some, keys.filter((key) => key.startsWith("3/1")).length)
      }).pipe(Effect.provide(layer)))
  }
})

describe("layerFileSystem", () => {
  it.live("stores and reads 300 MB in constant memory", () =>
    Effect.gen(function*() {
      const store = yield* ObjectStore.ObjectStore
      let peak = 0
      const measure = Effect.sync(() => {
        peak = Math.max(peak, process.memoryUsage().rss)
      })
      const before = process.memoryUsage().rss
      const chunks = Stream.range(1, 300).pipe(
        Stream.map(() => new Uint8Array(megabyte)),
        Stream.rechunk(1),
        Stream.tap(() => measure)
      )
      yield* store.put("s3://large/a", chunks)
      const size = yield* store.get("s3://large/a").pipe(
        Stream.tap(() => measure),
        Stream.runFold(0, (total, bytes) => total + bytes.byteLength)
      )
      assert.strictEqual(size, 300 * megabyte)
      assert.isBelow((peak - before) / megabyte, 150)
    }).pipe(Effect.provide(fileSystemStore(join(folder, "large")).layer)))
})

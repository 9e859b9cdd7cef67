import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, FastCheck, Layer, Stream } from "effect"
import { ObjectStore, SageMakerError } from "effect-sagemaker-runtime"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { inspect } from "node:util"
import { afterAll } from "vitest"
import { objectStoreLaws, read, unusualKeys } from "./support/objectStoreLaws.ts"
import { memoryStore, temporaryFolder } from "./support/objectStores.ts"

const { folder, remove } = temporaryFolder()
afterAll(remove)

objectStoreLaws(memoryStore)

const filesBelow = (path: string): ReadonlyArray<string> =>
  readdirSync(path, { recursive: true, encoding: "utf8" }).filter((name) => statSync(join(path, name)).isFile())

/** Runs an effect with a store in a new folder. */
const inFolder = (name: string) => {
  const root = join(folder, name, "root")
  const layer = ObjectStore.layerFileSystem(root).pipe(Layer.provide(NodeContext.layer))
  return { root, run: <A, E>(effect: Effect.Effect<A, E, ObjectStore.ObjectStore>) => Effect.provide(effect, layer) }
}

const withStore = <A, E>(use: (store: ObjectStore.ObjectStoreService) => Effect.Effect<A, E>) =>
  Effect.flatMap(ObjectStore.ObjectStore, use)

describe("layerFileSystem", () => {
  it.effect("stores an object as the file of its bucket and key", () =>
    Effect.gen(function*() {
      const { root, run } = inFolder("plain")
      yield* run(withStore((store) => store.put("s3://bucket/a/b.txt", new TextEncoder().encode("1"))))
      assert.strictEqual(readFileSync(join(root, "bucket", "a", "b.txt"), "utf8"), "1")
    }))

  it.effect("reads and lists files that other programs wrote", () =>
    Effect.gen(function*() {
      const { root, run } = inFolder("foreign")
      mkdirSync(join(root, "bucket", "a"), { recursive: true })
      writeFileSync(join(root, "bucket", "a", "b c.txt"), "1")
      assert.strictEqual(String(yield* run(read("s3://bucket/a/b c.txt"))), "1")
      const [entry] = yield* run(withStore((store) => Stream.runCollect(store.list("s3://bucket/"))))
      assert.deepStrictEqual(entry, { location: "s3://bucket/a/b c.txt", size: 1 })
    }))

  it.effect("writes no file outside of its folder, for any key", () =>
    Effect.gen(function*() {
      const { root, run } = inFolder("escape")
      for (const key of [...unusualKeys, "../../../../../../tmp/escaped", "..\\..\\escaped", "a/../../../escaped"]) {
        yield* run(withStore((store) => store.put(`s3://bucket/${key}`, new TextEncoder().encode("escaped"))))
      }
      assert.deepStrictEqual(readdirSync(dirname(root)), ["root"])
      assert.isFalse(existsSync("/tmp/escaped"))
      assert.isTrue(filesBelow(root).every((name) => name.startsWith("bucket")))
    }))

  it.live("leaves no temporary file after a put, a failed one or an interrupted one", () =>
    Effect.gen(function*() {
      const { root, run } = inFolder("temporary")
      yield* run(withStore((store) =>
        Effect.all([
          store.put("s3://bucket/a", Stream.make(new Uint8Array(5))),
          Effect.ignore(store.put("s3://bucket/b", Stream.concat(Stream.make(new Uint8Array(5)), Stream.fail("no")))),
          Effect.timeoutOption(
            store.put("s3://bucket/c", Stream.concat(Stream.make(new Uint8Array(5)), Stream.never)),
            "50 millis"
          )
        ])
      ))
      assert.deepStrictEqual(filesBelow(root), [join("bucket", "a")])
    }))

  it.effect("has no file before the first put, and lists nothing", () =>
    Effect.gen(function*() {
      const { root, run } = inFolder("absent")
      assert.lengthOf(yield* run(withStore((store) => Stream.runCollect(store.list("s3://bucket/")))), 0)
      yield* run(withStore((store) => store.remove("s3://bucket/a")))
      assert.isFalse(existsSync(root))
    }))

  it.effect("reports a path that it cannot use, without the path", () =>
    Effect.gen(function*() {
      writeFileSync(join(folder, "file"), "1")
      const layer = ObjectStore.layerFileSystem(join(folder, "file")).pipe(Layer.provide(NodeContext.layer))
      const error = yield* withStore((store) => store.put("s3://bucket/a", new Uint8Array(1))).pipe(
        Effect.provide(layer),
        Effect.flip
      )
      assert.include(error, { _tag: "ObjectStoreError", operation: "put", reason: "other" })
      assert.notInclude(inspect(error, { depth: 10 }), folder)
    }))

  const segments = FastCheck.array(FastCheck.constantFrom("k", "%", "ü", "日", "😀", ".", ":", "/"), {
    minLength: 1,
    maxLength: 190
  }).map((characters) => characters.join(""))

  it.effect.prop(
    "stores keys whose segments are longer than the names of a file system",
    [segments, segments],
    (keys) =>
      Effect.gen(function*() {
        const folder = yield* Effect.acquireRelease(
          Effect.sync(() => mkdtempSync(join(tmpdir(), "long-"))),
          (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
        )
        const layer = ObjectStore.layerFileSystem(folder).pipe(Layer.provide(NodeContext.layer))
        const [key, other] = keys.map((each) => `s3://bucket/${"x".repeat(240)}${each}`) as [string, string]
        yield* Effect.gen(function*() {
          const store = yield* ObjectStore.ObjectStore
          yield* store.put(key, new Uint8Array(1))
          assert.strictEqual((yield* store.head(key)).size, 1)
          const isConflict = yield* Effect.isFailure(store.put(other, new Uint8Array(2)))
          const all = key === other || isConflict ? [key] : [key, other]
          for (const prefix of ["s3://bucket", `s3://bucket/${"x".repeat(100)}`, key.slice(0, 300)]) {
            const found = Chunk.toReadonlyArray(yield* Stream.runCollect(store.list(toText(prefix))))
            assert.sameMembers(
              found.map(({ location }) => location),
              all.filter((location) => location.startsWith(toText(prefix)))
            )
          }
          yield* store.remove(key)
          assert.strictEqual((yield* Effect.flip(store.head(key))).reason, "not-found")
        }).pipe(Effect.provide(layer))
      }).pipe(Effect.scoped),
    { fastCheck: { numRuns: 40 } }
  )
})

/** A text that ends with a whole character. */
const toText = (text: string): string => text.replace(/[\ud800-\udbff]$/, "")

describe("ObjectStoreError", () => {
  const error = new SageMakerError.ObjectStoreError({
    operation: "get",
    location: "s3://bucket/a\nb",
    reason: "access-denied",
    status: 403,
    requestId: "request-1"
  })

  it("has a message with the operation, the location and the status, on one line", () => {
    assert.include(error.message, "s3://bucket/a")
    assert.include(error.message, "403")
    assert.notInclude(error.message, "\n")
    assert.include(JSON.parse(JSON.stringify(error)), { _tag: "ObjectStoreError", message: error.message })
  })

  it("is transient only if the store was unavailable", () => {
    const { retry } = new SageMakerError.ObjectStoreError({
      operation: "get",
      location: "s3://a/b",
      reason: "unavailable"
    })
    assert.strictEqual(retry, "transient")
    for (const reason of ["access-denied", "not-found", "other"] as const) {
      assert.strictEqual(
        new SageMakerError.ObjectStoreError({ operation: "get", location: "s3://a/b", reason }).retry,
        "never"
      )
    }
  })
})

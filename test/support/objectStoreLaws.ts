import { assert, describe, it } from "@effect/vitest"
import { Chunk, Deferred, Effect, Either, FastCheck, Fiber, Stream } from "effect"
import { ObjectStore, SageMakerError } from "effect-sagemaker-runtime"
import { createHash, randomBytes } from "node:crypto"
import { hostileValues, thrownText } from "./hostileValues.ts"
import type { TestedStore } from "./objectStores.ts"

const encode = (text: string) => new TextEncoder().encode(text)

/** Reads an object whole. */
export const read = (location: string, range?: ObjectStore.ObjectRange) =>
  Effect.flatMap(
    ObjectStore.ObjectStore,
    (store) => Stream.runFold(store.get(location, range), Buffer.alloc(0), (all, bytes) => Buffer.concat([all, bytes]))
  )

const readText = (location: string, range?: ObjectStore.ObjectRange) => Effect.map(read(location, range), String)

const put = (
  location: string,
  body: string | Uint8Array,
  options?: ObjectStore.PutOptions
) =>
  Effect.flatMap(
    ObjectStore.ObjectStore,
    (store) => store.put(location, typeof body === "string" ? encode(body) : body, options)
  )

/** The keys below a prefix, in the order of the list. */
const keysOf = (prefix: string) =>
  Effect.flatMap(
    ObjectStore.ObjectStore,
    (store) =>
      Effect.map(Stream.runCollect(store.list(prefix)), (entries) =>
        Chunk.toReadonlyArray(entries).map(({ location }) => location.slice(location.indexOf("/", 5) + 1)))
  )

const reasonOf = <A, R>(effect: Effect.Effect<A, SageMakerError.ObjectStoreError, R>) =>
  Effect.map(Effect.flip(effect), (error) => {
    assert.isTrue(error instanceof SageMakerError.ObjectStoreError)
    return error.reason
  })

/** Keys that stores or file systems treat differently. Each is the key of another object. */
export const unusualKeys: ReadonlyArray<string> = [
  "a%20b",
  "a b",
  "a+b",
  "a%2Fb",
  "a%252Fb",
  "ü",
  "u\u0308",
  "日本語/データ.json",
  "😀",
  "n//b",
  "n/b",
  "n///b",
  "dots/..",
  "dots/.",
  ".",
  "../../etc/passwd",
  "../sibling/x",
  "c/../d",
  "c/./d",
  "c/d",
  "/leading",
  "//leading",
  "leading",
  "trailing/",
  "__proto__",
  "constructor",
  "toString",
  "con",
  "x:y",
  "x\\y",
  "x*y?z\"<>|",
  "x#y",
  "x?versionId=1",
  "x&y=z",
  "x;y,z",
  "x'y",
  "(x)",
  "~",
  "-rf",
  " space",
  "space ",
  "dot.",
  ".hidden",
  "tab\there",
  "UPPER",
  "upper",
  `long/${"k".repeat(200)}/${"l".repeat(200)}`,
  "m".repeat(1_024),
  `${"n".repeat(254)}%`,
  "%".repeat(300)
]

const hasDotSegment = (key: string) => key.split("/").some((segment) => segment === "." || segment === "..")

const asLongAs = (length: number) => `${"k".repeat(100)}/`.repeat(11).slice(0, length - 1) + "x"

const compareBytes = (first: string, second: string) => Buffer.compare(Buffer.from(first), Buffer.from(second))

const bucketOf = (() => {
  let buckets = 0
  return () => `laws-${buckets++}`
})()

/** The claims that each object store satisfies. `createBucket` runs before a bucket is used. */
export const objectStoreLaws = (
  { keepsContentTypes, keepsDotSegments, layer, name, nestsKeys }: TestedStore,
  createBucket: (bucket: string) => Effect.Effect<void> = () => Effect.void
) => {
  /** The URL of a new bucket. */
  const newBucket = Effect.suspend(() => {
    const bucket = bucketOf()
    return Effect.as(createBucket(bucket), `s3://${bucket}`)
  })

  describe(name, () => {
    const claim = <E>(what: string, test: () => Effect.Effect<void, E, ObjectStore.ObjectStore>) =>
      it.live(what, () => Effect.provide(test(), layer))

    claim("returns the bytes and the size of an object that was stored", () =>
      Effect.gen(function*() {
        const bucket = yield* newBucket
        const store = yield* ObjectStore.ObjectStore
        yield* put(`${bucket}/a/b.json`, "{}", { contentType: "application/json" })
        assert.strictEqual(yield* readText(`${bucket}/a/b.json`), "{}")
        const info = yield* store.head(`${bucket}/a/b.json`)
        assert.strictEqual(info.size, 2)
        if (keepsContentTypes) {
          assert.strictEqual(info.contentType, "application/json")
        }
      }))

    claim("stores an object without a content type", () =>
      Effect.gen(function*() {
        const bucket = yield* newBucket
        const store = yield* ObjectStore.ObjectStore
        for (const options of [undefined, {}, { contentType: undefined }]) {
          yield* put(`${bucket}/a`, "1", options)
          assert.include(
            [undefined, "binary/octet-stream", "application/octet-stream"],
            (yield* store.head(`${bucket}/a`)).contentType
          )
        }
      }))

    claim("stores an empty object, from bytes and from a stream", () =>
      Effect.gen(function*() {
        const bucket = yield* newBucket
        const store = yield* ObjectStore.ObjectStore
        yield* put(`${bucket}/empty`, "")
        yield* store.put(`${bucket}/stream`, Stream.empty)
        yield* store.put(`${bucket}/chunks`, Stream.make(new Uint8Array(0), new Uint8Array(0)))
        for (const key of ["empty", "stream", "chunks"]) {
          assert.strictEqual((yield* read(`${bucket}/${key}`)).byteLength, 0)
          assert.strictEqual((yield* store.head(`${bucket}/${key}`)).size, 0)
        }
        assert.deepStrictEqual(yield* keysOf(`${bucket}/`), ["chunks", "empty", "stream"])
      }))

    claim("keeps the bytes of the time of the call, not of a later change", () =>
      Effect.gen(function*() {
        const bucket = yield* newBucket
        const bytes = encode("before")
        yield* put(`${bucket}/a`, bytes)
        bytes.fill(0)
        assert.strictEqual(yield* readText(`${bucket}/a`), "before")
        const first = yield* read(`${bucket}/a`)
        first.fill(0)
        assert.strictEqual(yield* readText(`${bucket}/a`), "before")
      }))

    claim("stores a view of a larger buffer", () =>
      Effect.gen(function*() {
        const bucket = yield* newBucket
        const store = yield* ObjectStore.ObjectStore
        const view = encode("[view]").subarray(1, 5)
        yield* put(`${bucket}/a`, view)
        yield* store.put(`${bucket}/b`, Stream.make(view, view))
        assert.strictEqual(yield* readText(`${bucket}/a`), "view")
        assert.strictEqual(yield* readText(`${bucket}/b`), "viewview")
      }))

    claim("replaces an object", () =>
      Effect.gen(function*() {
        const bucket = yield* newBucket
        yield* put(`${bucket}/a`, "a long first object", { contentType: "text/plain" })
        yield* put(`${bucket}/a`, "second")
        assert.strictEqual(yield* readText(`${bucket}/a`), "second")
        assert.deepStrictEqual(yield* keysOf(`${bucket}/`), ["a"])
      }))

    claim("removes an object, and succeeds if there is none", () =>
      Effect.gen(function*() {
        const bucket = yield* newBucket
        const store = yield* ObjectStore.ObjectStore
        yield* put(`${bucket}/a/b`, "1")
        yield* put(`${bucket}/a/c`, "2")
        yield* store.remove(`${bucket}/a/b`)
        yield* store.remove(`${bucket}/a/b`)
        yield* store.remove(`${bucket}/a`)
        yield* store.remove(`${bucket}/none/at/all`)
        assert.deepStrictEqual(yield* keysOf(`${bucket}/`), ["a/c"])
        assert.strictEqual(yield* readText(`${bucket}/a/c`), "2")
      }))

    claim("reports an absent object as not-found", () =>
      Effect.gen(function*() {
        const bucket = yield* newBucket
        const store = yield* ObjectStore.ObjectStore
        yield* put(`${bucket}/a/b`, "1")
        for (const key of ["none", "a", "a/", "a/b/c", "a/bc", "A/B"]) {
          const location = `${bucket}/${key}`
          assert.include(yield* Effect.flip(store.head(location)), {
            operation: "head",
            location,
            reason: "not-found"
          })
          assert.include(yield* Effect.flip(Stream.runDrain(store.get(location))), {
            operation: "get",
            location,
            reason: "not-found"
          })
          assert.strictEqual(yield* reasonOf(read(location, { start: 0, end: 1 })), "not-found")
        }
      }))

    describe("reads a range", () => {
      for (
        const [range, expected] of [
          [{ start: 0 }, "0123456789"],
          [{ start: 3 }, "3456789"],
          [{ start: 3, end: undefined }, "3456789"],
          [{ start: 3, end: 3 }, "3"],
          [{ start: 2, end: 5 }, "2345"],
          [{ start: 0, end: 0 }, "0"],
          [{ start: 9, end: 9 }, "9"],
          [{ start: 8, end: 1000 }, "89"],
          [{ start: 0, end: Number.MAX_SAFE_INTEGER }, "0123456789"]
        ] as const
      ) {
        claim(JSON.stringify(range), () =>
          Effect.gen(function*() {
            const bucket = yield* newBucket
            yield* put(`${bucket}/a`, "0123456789")
            assert.strictEqual(yield* readText(`${bucket}/a`, range), expected)
          }))
      }

      claim("but fails if it starts at or after the end", () =>
        Effect.gen(function*() {
          const bucket = yield* newBucket
          yield* put(`${bucket}/a`, "0123456789")
          yield* put(`${bucket}/empty`, "")
          for (const [key, start] of [["a", 10], ["a", 11], ["empty", 0]] as const) {
            assert.include(yield* Effect.flip(read(`${bucket}/${key}`, { start })), { reason: "other", status: 416 })
          }
        }))

      for (
        const range of [
          { start: -1 },
          { start: 1.5 },
          { start: Number.NaN },
          { start: 5, end: 4 },
          { start: 0, end: -1 },
          { start: 0, end: Number.NaN },
          { start: 0, end: Infinity },
          { start: "1" },
          {},
          { end: 5 }
        ]
      ) {
        claim(`but rejects ${JSON.stringify(range)} (${String(Object.values(range))})`, () =>
          Effect.gen(function*() {
            const bucket = yield* newBucket
            yield* put(`${bucket}/a`, "0123456789")
            assert.strictEqual(yield* reasonOf(read(`${bucket}/a`, range as never)), "other")
          }))
      }
    })

    describe("keeps apart the keys", () => {
      claim("that are unusual", () =>
        Effect.gen(function*() {
          const bucket = yield* newBucket
          const store = yield* ObjectStore.ObjectStore
          const keys = unusualKeys.filter((key) => keepsDotSegments || !hasDotSegment(key))
          for (const key of keys) {
            yield* put(`${bucket}/${key}`, `content of ${key}`)
          }
          for (const key of keys) {
            assert.strictEqual(yield* readText(`${bucket}/${key}`), `content of ${key}`)
            assert.strictEqual((yield* store.head(`${bucket}/${key}`)).size, encode(`content of ${key}`).byteLength)
          }
          assert.deepStrictEqual(yield* keysOf(`${bucket}/`), keys.toSorted(compareBytes))
          for (const key of keys) {
            assert.include(yield* keysOf(`${bucket}/${key}`), key)
            yield* store.remove(`${bucket}/${key}`)
            assert.strictEqual(yield* reasonOf(store.head(`${bucket}/${key}`)), "not-found")
          }
          assert.deepStrictEqual(yield* keysOf(`${bucket}/`), [])
        }))

      claim("with a segment of dots, or reports that it cannot", () =>
        Effect.gen(function*() {
          const bucket = yield* newBucket
          for (const key of unusualKeys.filter(hasDotSegment)) {
            const result = yield* Effect.either(put(`${bucket}/${key}`, key))
            if (keepsDotSegments) {
              assert.isTrue(Either.isRight(result))
            } else {
              assert.include(yield* Effect.flip(result), {
                _tag: "ObjectStoreError",
                operation: "put",
                reason: "other"
              })
            }
          }
        }))

      claim("of 1,024 bytes, but no longer ones", () =>
        Effect.gen(function*() {
          const bucket = yield* newBucket
          const store = yield* ObjectStore.ObjectStore
          yield* put(`${bucket}/${asLongAs(1024)}`, "long")
          assert.strictEqual(yield* readText(`${bucket}/${asLongAs(1024)}`), "long")
          assert.strictEqual(yield* reasonOf(put(`${bucket}/${asLongAs(1025)}`, "longer")), "other")
          assert.strictEqual(yield* reasonOf(store.head(`${bucket}/${"ü".repeat(600)}`)), "other")
        }))

      claim("of which one has the other as a folder, or reports that it cannot", () =>
        Effect.gen(function*() {
          const bucket = yield* newBucket
          const orders = [["f", "f/b"], ["g/b", "g"]] as const
          for (const [first, second] of orders) {
            yield* put(`${bucket}/${first}`, first)
            const result = yield* Effect.either(put(`${bucket}/${second}`, second))
            if (nestsKeys) {
              assert.isTrue(Either.isRight(result))
              assert.strictEqual(yield* readText(`${bucket}/${second}`), second)
            } else {
              assert.include(yield* Effect.flip(result), {
                _tag: "ObjectStoreError",
                operation: "put",
                reason: "other"
              })
            }
            assert.strictEqual(yield* readText(`${bucket}/${first}`), first)
          }
        }))
    })

    describe("lists", () => {
      const keys = ["a/1", "a/10", "a/2", "a.txt", "ab/1", "b", "b-1", "z/y/x/w"]

      for (
        const [prefix, expected] of [
          ["", ["a.txt", "a/1", "a/10", "a/2", "ab/1", "b", "b-1", "z/y/x/w"]],
          ["/", ["a.txt", "a/1", "a/10", "a/2", "ab/1", "b", "b-1", "z/y/x/w"]],
          ["/a", ["a.txt", "a/1", "a/10", "a/2", "ab/1"]],
          ["/a/", ["a/1", "a/10", "a/2"]],
          ["/a/1", ["a/1", "a/10"]],
          ["/a/10", ["a/10"]],
          ["/b", ["b", "b-1"]],
          ["/z/y", ["z/y/x/w"]],
          ["/z/y/x/w/v", []],
          ["/none", []],
          ["/none/at/all/", []],
          ["/a/1/", []]
        ] as const
      ) {
        claim(`the objects of the prefix ${JSON.stringify(prefix)}`, () =>
          Effect.gen(function*() {
            const bucket = yield* newBucket
            for (const key of keys) {
              yield* put(`${bucket}/${key}`, key)
            }
            assert.deepStrictEqual(yield* keysOf(`${bucket}${prefix}`), [...expected])
          }))
      }

      claim("the size of each object", () =>
        Effect.gen(function*() {
          const bucket = yield* newBucket
          const store = yield* ObjectStore.ObjectStore
          yield* put(`${bucket}/a`, "12345")
          yield* put(`${bucket}/b`, "")
          assert.deepStrictEqual(Chunk.toReadonlyArray(yield* Stream.runCollect(store.list(bucket))), [
            { location: `${bucket}/a`, size: 5 },
            { location: `${bucket}/b`, size: 0 }
          ])
        }))

      claim("the order of UTF-8 bytes, also above U+FFFF", () =>
        Effect.gen(function*() {
          const bucket = yield* newBucket
          const keys = ["z", "\uff5e", "😀", "é", "Z", "a", "\ue000"]
          for (const key of keys) {
            yield* put(`${bucket}/${key}`, "1")
          }
          assert.deepStrictEqual(yield* keysOf(bucket), keys.toSorted(compareBytes))
        }))

      claim("no objects of another bucket whose name starts alike", () =>
        Effect.gen(function*() {
          const bucket = yield* newBucket
          yield* createBucket(`${bucket.slice(5)}x`)
          yield* put(`${bucket}/a`, "1")
          yield* put(`${bucket}x/b`, "2")
          assert.deepStrictEqual(yield* keysOf(bucket), ["a"])
        }))

      claim("300 objects in order", () =>
        Effect.gen(function*() {
          const bucket = yield* newBucket
          const keys = Array.from({ length: 300 }, (_, id) => `many/${id}`)
          yield* Effect.forEach(keys, (key) => put(`${bucket}/${key}`, ""), { concurrency: 16, discard: true })
          assert.deepStrictEqual(yield* keysOf(`${bucket}/many/`), keys.toSorted(compareBytes))
        }))

      claim("only as far as the consumer reads", () =>
        Effect.gen(function*() {
          const bucket = yield* newBucket
          const store = yield* ObjectStore.ObjectStore
          yield* put(`${bucket}/a`, "1")
          yield* put(`${bucket}/b`, "1")
          const first = yield* Stream.runHead(store.list(bucket))
          assert.deepInclude(first, { value: { location: `${bucket}/a`, size: 1 } })
        }))
    })

    describe("stores a stream", () => {
      claim("of many small chunks", () =>
        Effect.gen(function*() {
          const bucket = yield* newBucket
          const store = yield* ObjectStore.ObjectStore
          const chunks = Stream.range(0, 2_999).pipe(Stream.map((at) => new Uint8Array([at % 256, 1, 2])))
          yield* store.put(`${bucket}/a`, chunks, { contentType: "audio/wav" })
          const bytes = yield* read(`${bucket}/a`)
          assert.strictEqual(bytes.byteLength, 9_000)
          assert.strictEqual(bytes[3 * 300], 300 % 256)
        }))

      claim("of one chunk of 10 MB", () =>
        Effect.gen(function*() {
          const bucket = yield* newBucket
          const store = yield* ObjectStore.ObjectStore
          const chunk = new Uint8Array(randomBytes(10_000_000))
          const digest = (bytes: Uint8Array) => createHash("sha1").update(bytes).digest("hex")
          yield* store.put(`${bucket}/a`, Stream.make(chunk))
          assert.strictEqual(digest(yield* read(`${bucket}/a`)), digest(chunk))
          yield* store.put(`${bucket}/b`, chunk)
          assert.strictEqual(digest(yield* read(`${bucket}/b`)), digest(chunk))
        }))

      claim("with its failure, and then there is no object", () =>
        Effect.gen(function*() {
          const bucket = yield* newBucket
          const store = yield* ObjectStore.ObjectStore
          const failing = Stream.concat(Stream.make(encode("part")), Stream.fail("disk" as const))
          assert.strictEqual(yield* Effect.flip(store.put(`${bucket}/a`, failing)), "disk")
          assert.strictEqual(yield* reasonOf(store.head(`${bucket}/a`)), "not-found")
          assert.deepStrictEqual(yield* keysOf(bucket), [])
          yield* put(`${bucket}/b`, "old")
          assert.strictEqual(yield* Effect.flip(store.put(`${bucket}/b`, failing)), "disk")
          assert.strictEqual(yield* readText(`${bucket}/b`), "old")
        }))

      claim("until it is interrupted, and then there is no object", () =>
        Effect.gen(function*() {
          const bucket = yield* newBucket
          const store = yield* ObjectStore.ObjectStore
          const started = yield* Deferred.make<void>()
          const closed = yield* Deferred.make<void>()
          const endless = Stream.make(encode("part")).pipe(
            Stream.tap(() => Deferred.succeed(started, undefined)),
            Stream.concat(Stream.never),
            Stream.ensuring(Deferred.succeed(closed, undefined))
          )
          const fiber = yield* Effect.fork(store.put(`${bucket}/a`, endless))
          yield* Deferred.await(started)
          yield* Fiber.interrupt(fiber)
          yield* Deferred.await(closed)
          assert.strictEqual(yield* reasonOf(store.head(`${bucket}/a`)), "not-found")
          assert.deepStrictEqual(yield* keysOf(bucket), [])
        }))

      claim("so that readers see the old object until it is complete", () =>
        Effect.gen(function*() {
          const bucket = yield* newBucket
          const store = yield* ObjectStore.ObjectStore
          yield* put(`${bucket}/a`, "old")
          const started = yield* Deferred.make<void>()
          const proceed = yield* Deferred.make<void>()
          const body = Stream.make(encode("new ")).pipe(
            Stream.tap(() => Deferred.succeed(started, undefined)),
            Stream.concat(Stream.fromEffect(Effect.as(Deferred.await(proceed), encode("object"))))
          )
          const fiber = yield* Effect.fork(store.put(`${bucket}/a`, body))
          yield* Deferred.await(started)
          assert.strictEqual(yield* readText(`${bucket}/a`), "old")
          assert.strictEqual((yield* store.head(`${bucket}/a`)).size, 3)
          yield* Deferred.succeed(proceed, undefined)
          yield* Fiber.join(fiber)
          assert.strictEqual(yield* readText(`${bucket}/a`), "new object")
        }))

      claim("with two writers at a time, of which one wins", () =>
        Effect.gen(function*() {
          const bucket = yield* newBucket
          const store = yield* ObjectStore.ObjectStore
          const bodies = ["a", "b"].map((letter) => letter.repeat(300_000))
          const chunks = (text: string) =>
            Stream.fromIterable(text.match(/.{1,1000}/g) ?? []).pipe(Stream.map(encode), Stream.rechunk(1))
          yield* Effect.forEach(bodies, (body) => store.put(`${bucket}/a`, chunks(body)), { concurrency: 2 })
          assert.include(bodies, yield* readText(`${bucket}/a`))
        }))
    })

    claim("does not change an object for its reader while it is replaced or removed", () =>
      Effect.gen(function*() {
        const bucket = yield* newBucket
        const store = yield* ObjectStore.ObjectStore
        const old = "old".repeat(200_000)
        for (const change of [put(`${bucket}/a`, "new"), store.remove(`${bucket}/a`)]) {
          yield* put(`${bucket}/a`, old)
          let changed = false
          const text = yield* store.get(`${bucket}/a`).pipe(
            Stream.tap(() => {
              const first = !changed
              changed = true
              return first ? change : Effect.void
            }),
            Stream.decodeText(),
            Stream.mkString
          )
          assert.isTrue(text === old)
        }
      }))

    claim("stops a read when its consumer stops", () =>
      Effect.gen(function*() {
        const bucket = yield* newBucket
        const store = yield* ObjectStore.ObjectStore
        yield* put(`${bucket}/a`, "x".repeat(500_000))
        const first = yield* Stream.runCollect(Stream.take(store.get(`${bucket}/a`), 1))
        assert.lengthOf(first, 1)
      }))

    describe("rejects before any request, with reason other,", () => {
      const invalid = [
        "https://bucket.s3.amazonaws.com/key?X-Amz-Signature=secret",
        "http://bucket/key",
        "S3://bucket/key",
        "s3:/bucket/key",
        "s3://",
        "s3:///key",
        "s3://bucket",
        "s3://bucket/",
        "bucket/key",
        "",
        " s3://bucket/key",
        "s3://../key",
        "s3://./key",
        "s3://.uploads/key",
        "s3://buc ket/key",
        "s3://bucket\0/key",
        "s3://user:password@bucket/key",
        "s3://bucket/\ud800"
      ]

      for (const location of invalid) {
        claim(`the location ${JSON.stringify(location)}`, () =>
          Effect.gen(function*() {
            const store = yield* ObjectStore.ObjectStore
            const unread = Stream.die("the body was read")
            const calls = {
              get: Stream.runDrain(store.get(location)),
              put: store.put(location, unread),
              head: store.head(location),
              remove: store.remove(location)
            }
            for (
              const [operation, call] of Object.entries(calls) as ReadonlyArray<
                readonly [SageMakerError.ObjectStoreOperation, Effect.Effect<void, SageMakerError.ObjectStoreError>]
              >
            ) {
              const error = yield* Effect.flip(call)
              assert.include(error, { _tag: "ObjectStoreError", operation, reason: "other", retry: "never" })
              assert.notInclude(String(error), "secret")
              assert.notInclude(String(error), "password")
            }
          }))
      }

      for (const [what, make] of hostileValues) {
        claim(`a hostile value: ${what}`, () =>
          Effect.gen(function*() {
            const store = yield* ObjectStore.ObjectStore
            const calls = [
              Effect.suspend(() => Stream.runDrain(store.get(make() as string))),
              Effect.suspend(() => store.put(make() as string, new Uint8Array(1))),
              Effect.suspend(() => store.head(make() as string)),
              Effect.suspend(() => Stream.runDrain(store.list(make() as string))),
              Effect.suspend(() => store.remove(make() as string))
            ]
            for (const call of calls) {
              const error = yield* Effect.flip(call)
              assert.include(error, { _tag: "ObjectStoreError", reason: "other" })
              assert.notInclude(String(error), thrownText)
            }
          }))
      }

      for (const prefix of ["", "s3://", "s3:///a", "https://bucket/a", "bucket"]) {
        claim(`the prefix ${JSON.stringify(prefix)}`, () =>
          Effect.gen(function*() {
            const store = yield* ObjectStore.ObjectStore
            assert.include(yield* Effect.flip(Stream.runDrain(store.list(prefix))), {
              _tag: "ObjectStoreError",
              operation: "list",
              reason: "other"
            })
          }))
      }
    })

    it.live.prop(
      "returns each key, its bytes and each range of them",
      [
        FastCheck.array(
          FastCheck.record({
            key: FastCheck.string({
              minLength: 1,
              maxLength: 20,
              unit: FastCheck.constantFrom(..."a/.% \\:\"'+&?#~\n\t".split(""), "ü", "😀", "..")
            }),
            content: FastCheck.uint8Array({ maxLength: 40 })
          }),
          { maxLength: 6 }
        ),
        FastCheck.nat(40),
        FastCheck.nat(40)
      ],
      ([objects, from, to]) =>
        Effect.gen(function*() {
          const bucket = yield* newBucket
          const expected = new Map<string, Uint8Array>()
          for (const { content, key } of objects) {
            const stored = yield* Effect.either(put(`${bucket}/${key}`, content))
            if (Either.isRight(stored)) {
              expected.set(key, content)
            } else {
              const isNested = [...expected.keys()].some((other) =>
                other.startsWith(`${key}/`) || key.startsWith(`${other}/`)
              )
              assert.isTrue((!nestsKeys && isNested) || (!keepsDotSegments && hasDotSegment(key)))
            }
          }
          assert.deepStrictEqual(yield* keysOf(bucket), [...expected.keys()].toSorted(compareBytes))
          const [start, end] = [Math.min(from, to), Math.max(from, to)]
          for (const [key, content] of expected) {
            assert.deepStrictEqual(new Uint8Array(yield* read(`${bucket}/${key}`)), content)
            if (start < content.byteLength) {
              const part = yield* read(`${bucket}/${key}`, { start, end })
              assert.deepStrictEqual(new Uint8Array(part), content.slice(start, end + 1))
            }
          }
        }).pipe(Effect.provide(layer))
    )
  })
}

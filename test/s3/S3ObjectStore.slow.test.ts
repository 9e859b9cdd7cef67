import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Either, Layer, Option, Stream } from "effect"
import { Credentials, ObjectStore, type SageMakerError } from "effect-sagemaker-runtime"
import { S3ObjectStore } from "effect-sagemaker-runtime/s3"
import { httpClients } from "../support/wireServer.ts"
import { type S3Server, servers } from "./support/servers.ts"

type Store = typeof ObjectStore.ObjectStore.Service

const encode = (text: string) => new TextEncoder().encode(text)

const text = (stream: Stream.Stream<Uint8Array, SageMakerError.ObjectStoreError>) =>
  stream.pipe(Stream.runCollect, Effect.map((chunks) => Buffer.concat(Chunk.toReadonlyArray(chunks)).toString()))

/** Bytes that show where they come from. */
const numbered = (length: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  for (let index = 0; index < length; index += 4) {
    bytes[index] = index >>> 24
    bytes[index + 1] = index >>> 16
    bytes[index + 2] = index >>> 8
    bytes[index + 3] = index
  }
  return bytes
}

const failure = <A>(effect: Effect.Effect<A, SageMakerError.ObjectStoreError>) =>
  Effect.map(Effect.either(effect), (result) => {
    assert(Either.isLeft(result), "expected a failure")
    const { operation, reason, status } = result.left
    return { operation, reason, status }
  })

for (const kind of servers) {
  for (const [clientName, http] of Object.entries(httpClients)) {
    const withStore = <A, E, R>(
      use: (store: Store, server: S3Server) => Effect.Effect<A, E, R>,
      options: S3ObjectStore.S3ObjectStoreOptions = {}
    ) =>
      Effect.scoped(Effect.flatMap(kind.start, (server) => {
        const layer = S3ObjectStore.layer({
          region: "us-east-1",
          endpoint: server.url,
          forcePathStyle: true,
          ...options
        }).pipe(Layer.provide([Credentials.layer(server.credentials), http]))
        return Effect.flatMap(ObjectStore.ObjectStore, (store) => use(store, server)).pipe(Effect.provide(layer))
      }))

    describe(`With ${kind.name} and ${clientName}`, () => {
      it.live("an object is stored, described, read and removed", () =>
        withStore((store, { bucket }) =>
          Effect.gen(function*() {
            const location = `s3://${bucket}/out/one.json`
            yield* store.put(location, encode("{\"n\":1}"), { contentType: "application/json" })
            assert.deepStrictEqual(yield* store.head(location), { size: 7, contentType: "application/json" })
            assert.strictEqual(yield* text(store.get(location)), "{\"n\":1}")
            yield* store.remove(location)
            yield* store.remove(location)
            assert.strictEqual((yield* failure(store.head(location))).reason, "not-found")
          })
        ))

      it.live("an object replaces another one", () =>
        withStore((store, { bucket }) =>
          Effect.gen(function*() {
            yield* store.put(`s3://${bucket}/same`, encode("first, longer"))
            yield* store.put(`s3://${bucket}/same`, encode("second"))
            assert.strictEqual(yield* text(store.get(`s3://${bucket}/same`)), "second")
          })
        ))

      it.live("a range is inclusive, and may end after the object", () =>
        withStore((store, { bucket }) =>
          Effect.gen(function*() {
            const location = `s3://${bucket}/digits`
            yield* store.put(location, encode("0123456789"))
            const part = (range: ObjectStore.ObjectRange) => text(store.get(location, range))
            assert.strictEqual(yield* part({ start: 2, end: 4 }), "234")
            assert.strictEqual(yield* part({ start: 0 }), "0123456789")
            assert.strictEqual(yield* part({ start: 0, end: 0 }), "0")
            assert.strictEqual(yield* part({ start: 9 }), "9")
            assert.strictEqual(yield* part({ start: 7, end: 99 }), "789")
            const beyond = yield* failure(Stream.runDrain(store.get(location, { start: 10 })))
            assert.deepStrictEqual(beyond, { operation: "get", reason: "other", status: 416 })
          })
        ))

      it.live("an empty object is stored, from bytes and from a stream", () =>
        withStore((store, { bucket }) =>
          Effect.gen(function*() {
            for (const [name, body] of [["bytes", new Uint8Array()], ["stream", Stream.empty]] as const) {
              const location = `s3://${bucket}/empty/${name}`
              yield* store.put(location, body, { contentType: "text/plain" })
              assert.deepStrictEqual(yield* store.head(location), { size: 0, contentType: "text/plain" })
              assert.strictEqual(yield* text(store.get(location)), "")
            }
          })
        ))

      it.live("an object without a content type has binary/octet-stream", () =>
        withStore((store, { bucket }) =>
          Effect.gen(function*() {
            yield* store.put(`s3://${bucket}/untyped`, encode("x"))
            assert.strictEqual((yield* store.head(`s3://${bucket}/untyped`)).contentType, "binary/octet-stream")
          })
        ))

      it.live("a stream above the threshold is stored in parts, in order", () =>
        withStore((store, { bucket }) =>
          Effect.gen(function*() {
            const bytes = numbered(12 * 1024 * 1024 + 5)
            const location = `s3://${bucket}/large.bin`
            const chunks = Array.from({ length: 13 }, (_, index) =>
              bytes.subarray(index * 2 ** 20, (index + 1) * 2 ** 20))
            yield* store.put(location, Stream.fromIterable(chunks), { contentType: "application/x-npy" })
            assert.deepStrictEqual(yield* store.head(location), {
              size: bytes.byteLength,
              contentType: "application/x-npy"
            })
            const read = Buffer.concat(Chunk.toReadonlyArray(yield* Stream.runCollect(store.get(location))))
            assert.strictEqual(read.compare(bytes), 0)
          }), { partSize: 5 * 2 ** 20, multipartThreshold: 5 * 2 ** 20 }))

      it.live("bytes above the threshold are stored in parts", () =>
        withStore((store, { bucket }) =>
          Effect.gen(function*() {
            const bytes = numbered(11 * 1024 * 1024)
            yield* store.put(`s3://${bucket}/large.bin`, bytes)
            const read = yield* Stream.runCollect(store.get(`s3://${bucket}/large.bin`))
            assert.strictEqual(Buffer.concat(Chunk.toReadonlyArray(read)).compare(bytes), 0)
          }), { partSize: 5 * 2 ** 20, multipartThreshold: 5 * 2 ** 20 }))

      it.live("a stream that fails stores nothing and fails with its own error", () =>
        withStore((store, { bucket, unfinishedUploads }) =>
          Effect.gen(function*() {
            for (const size of [3, 2 ** 20]) {
              const location = `s3://${bucket}/broken/${size}`
              const body = Stream.make(...Array.from({ length: 14 }, () => new Uint8Array(size))).pipe(
                Stream.concat(Stream.fail("no more rows" as const))
              )
              const error = yield* Effect.flip(store.put(location, body))
              assert.strictEqual(error, "no more rows")
              assert.strictEqual((yield* failure(store.head(location))).reason, "not-found")
            }
            assert.strictEqual(yield* unfinishedUploads ?? Effect.succeed(0), 0)
          }), { partSize: 5 * 2 ** 20, multipartThreshold: 5 * 2 ** 20 }))

      it.live("a list has the objects of a prefix, page by page, in order", () =>
        withStore((store, { bucket }) =>
          Effect.gen(function*() {
            const count = kind.hasPages && clientName === "the Node client" ? 1_005 : 12
            const names = Array.from({ length: count }, (_, index) => `list/${String(index).padStart(4, "0")}`)
            yield* Effect.forEach([...names, "other"], (name) => store.put(`s3://${bucket}/${name}`, encode("abc")), {
              concurrency: 16,
              discard: true
            })
            const listed = Chunk.toReadonlyArray(yield* Stream.runCollect(store.list(`s3://${bucket}/list/`)))
            assert.deepStrictEqual(listed, names.map((name) => ({ location: `s3://${bucket}/${name}`, size: 3 })))
            const first = yield* Stream.runHead(store.list(`s3://${bucket}/list/001`))
            assert.deepStrictEqual(first, Option.some({ location: `s3://${bucket}/list/0010`, size: 3 }))
            const all = yield* Stream.runCount(store.list(`s3://${bucket}`))
            assert.strictEqual(all, count + 1)
          })
        ))

      const keys = [
        "a%20b",
        "a b",
        "a+b",
        "ü/ñ/日本",
        "quo'te\"s(and)*[brackets]!",
        "semi;colon&amp;=equals?question#hash",
        "back\\slash|pipe^caret`tick{}<>",
        "😀",
        "tilde~-_.x",
        `${"k".repeat(200)}/${"l".repeat(200)}`,
        ...(kind.keepsAllKeys
          ? ["a//b", "/leading", "trailing/", " spaces ", "line\nbreak", "\u0001", "k".repeat(1024), "ü".repeat(512)]
          : [])
      ]

      it.live.each(keys)("the key %j is kept", (key) =>
        withStore((store, { bucket }) =>
          Effect.gen(function*() {
            const location = `s3://${bucket}/${key}`
            yield* store.put(location, encode("here"))
            assert.strictEqual(yield* text(store.get(location)), "here")
            assert.strictEqual((yield* store.head(location)).size, 4)
            const listed = Chunk.toReadonlyArray(yield* Stream.runCollect(store.list(`s3://${bucket}/`)))
            assert.deepStrictEqual(listed, [{ location, size: 4 }])
            assert.strictEqual(yield* Stream.runCount(store.list(location)), 1)
            yield* store.remove(location)
            assert.strictEqual(yield* Stream.runCount(store.list(`s3://${bucket}/`)), 0)
          })
        ))

      it.live.each(["a/../b", "..", "./a", "a/.", ".."])(
        "the key %j fails before any request",
        (key) =>
          withStore((store, { bucket }) =>
            Effect.gen(function*() {
              const location = `s3://${bucket}/${key}`
              const error = yield* Effect.flip(store.put(location, encode("x")))
              assert.strictEqual(error.reason, "other")
              assert.include(error.message, "\"..\"")
              assert.isUndefined(error.status)
            })
          )
      )

      it.live("an absent object is not found; an absent bucket is another error", () =>
        withStore((store, { bucket }) =>
          Effect.gen(function*() {
            const absent = `s3://${bucket}/absent`
            assert.deepStrictEqual(yield* failure(store.head(absent)), {
              operation: "head",
              reason: "not-found",
              status: 404
            })
            const reason = <A>(effect: Effect.Effect<A, SageMakerError.ObjectStoreError>) =>
              Effect.map(failure(effect), (failed) => failed.reason)
            assert.strictEqual(yield* reason(Stream.runDrain(store.get(absent))), "not-found")
            if (!kind.hasBuckets) {
              return
            }
            const nowhere = "s3://no-such-bucket-anywhere/absent"
            assert.strictEqual(yield* reason(store.head(nowhere)), "other")
            assert.strictEqual(yield* reason(Stream.runDrain(store.get(nowhere))), "other")
            assert.strictEqual(yield* reason(store.put(nowhere, encode("x"))), "other")
            assert.strictEqual(yield* reason(Stream.runDrain(store.list(nowhere))), "other")
          })
        ))

      it.live.each(["WHEN_SUPPORTED", "WHEN_REQUIRED"] as const)(
        "checksums %s",
        (mode) =>
          withStore((store, { bucket }) =>
            Effect.gen(function*() {
              yield* store.put(`s3://${bucket}/sum`, encode("checked"))
              assert.strictEqual(yield* text(store.get(`s3://${bucket}/sum`)), "checked")
            }), { requestChecksumCalculation: mode, responseChecksumValidation: mode })
      )

      it.live("credentials that the server does not know are denied", () =>
        withStore((store, { bucket }) =>
          Effect.gen(function*() {
            const location = `s3://${bucket}/secret`
            for (
              const call of [
                store.head(location),
                store.put(location, encode("x")),
                Stream.runDrain(store.get(location))
              ]
            ) {
              const { reason, status } = yield* failure(call as Effect.Effect<unknown, SageMakerError.ObjectStoreError>)
              assert.deepStrictEqual({ reason, status }, { reason: "access-denied", status: 403 })
            }
          }), { credentials: { accessKeyId: "AKIDUNKNOWN", secretAccessKey: "unknown" } }))
    })
  }
}

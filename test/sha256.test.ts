import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck } from "effect"
import * as node from "../src/node/internal/sha256.ts"
import * as web from "../src/protocol/sha256.ts"

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")

/** Bytes that are a part of a larger buffer, as the parts of a body often are. */
const part = FastCheck.tuple(FastCheck.uint8Array({ maxLength: 300 }), FastCheck.nat({ max: 20 })).map(
  ([bytes, start]) => bytes.subarray(Math.min(start, bytes.length))
)

const key = FastCheck.uint8Array({ minLength: 1, maxLength: 200 })

describe("SHA-256", () => {
  it.effect.prop("is the same from WebCrypto and from Node", [part], ([data]) =>
    Effect.gen(function*() {
      const [a, b] = yield* Effect.promise(() => Promise.all([web.sha256(data), node.sha256(data)]))
      assert.strictEqual(hex(a), hex(b))
    }))

  it.effect.prop(
    "keyed is the same from WebCrypto and from Node",
    [key, part],
    ([secret, data]) =>
      Effect.gen(function*() {
        const [a, b] = yield* Effect.promise(() =>
          Promise.all([web.hmacSha256(secret, data), node.hmacSha256(secret, data)])
        )
        assert.strictEqual(hex(a), hex(b))
      })
  )

  it.effect("is that of the standard", () =>
    Effect.gen(function*() {
      const abc = new TextEncoder().encode("abc")
      for (const { sha256 } of [web, node]) {
        const expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        assert.strictEqual(hex(yield* Effect.promise(() => sha256(abc))), expected)
      }
    }))

  it.effect("is taken of shared memory too", () =>
    Effect.gen(function*() {
      const shared = new Uint8Array(new SharedArrayBuffer(8), 2, 3)
      shared.set([1, 2, 3])
      for (const { hmacSha256, sha256 } of [web, node]) {
        const own = Uint8Array.of(1, 2, 3)
        assert.deepStrictEqual(
          yield* Effect.promise(() => sha256(shared)),
          yield* Effect.promise(() => sha256(own))
        )
        assert.deepStrictEqual(
          yield* Effect.promise(() => hmacSha256(shared, shared)),
          yield* Effect.promise(() => hmacSha256(own, own))
        )
      }
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck } from "effect"
import * as node from "../../../src/node/internal/platform/sha256.ts"
import * as web from "../../../src/protocol/bytes/sha256.ts"

/** Text, or a view of part of a larger buffer, as chunks of a body often are. */
const data = FastCheck.oneof(
  FastCheck.string({ unit: "binary" }),
  FastCheck.tuple(FastCheck.uint8Array({ maxLength: 300 }), FastCheck.nat({ max: 20 })).map(
    ([bytes, start]) => bytes.subarray(Math.min(start, bytes.length))
  )
)

const key = FastCheck.oneof(
  FastCheck.string({ minLength: 1, unit: "binary" }),
  FastCheck.uint8Array({ minLength: 1, maxLength: 200 })
)

describe("SHA-256", () => {
  it.effect.prop("has the same result with WebCrypto and with Node", [data], ([data]) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* Effect.promise(() => web.sha256Hex(data)), node.sha256Hex(data))
    }))

  it.effect.prop(
    "has the same HMAC with WebCrypto and with Node",
    [key, data],
    ([key, data]) =>
      Effect.gen(function*() {
        const bytes = yield* Effect.promise(() => web.hmacSha256(key, data))
        assert.deepStrictEqual(bytes, new Uint8Array(node.hmacSha256(key, data)))
        const digits = Buffer.from(bytes).toString("hex")
        assert.strictEqual(yield* Effect.promise(() => web.hmacSha256Hex(key, data)), digits)
        assert.strictEqual(node.hmacSha256Hex(key, data), digits)
      })
  )

  it("has the results of the standard's examples", () => {
    const expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert.strictEqual(node.sha256Hex("abc"), expected)
  })

  it.effect("accepts shared memory", () =>
    Effect.gen(function*() {
      const shared = new Uint8Array(new SharedArrayBuffer(8), 2, 3)
      shared.set([1, 2, 3])
      const own = Uint8Array.of(1, 2, 3)
      for (const { hmacSha256Hex, sha256Hex } of [web, node]) {
        const of = (bytes: Uint8Array) => Promise.all([sha256Hex(bytes), hmacSha256Hex(bytes, bytes)])
        assert.deepStrictEqual(yield* Effect.promise(() => of(shared)), yield* Effect.promise(() => of(own)))
      }
    }))
})

import { assert, it } from "@effect/vitest"
import { SignatureV4 } from "@smithy/signature-v4"
import { Effect, FastCheck } from "effect"
import { createHash, createHmac } from "node:crypto"
import { describe } from "vitest"
import type { HttpRequestMessage } from "../../../../src/testing/internal/emulator/httpMessage.ts"
import { verifySignature } from "../../../../src/testing/internal/emulator/verifySignature.ts"

const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" }
const date = new Date("2026-11-23T12:00:00Z")
const now = date.getTime()

class Sha256 {
  readonly #hash
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", Buffer.from(secret as Uint8Array))
  }
  update(data: string | ArrayBuffer | ArrayBufferView) {
    this.#hash.update(data as Uint8Array)
  }
  digest() {
    return Promise.resolve(new Uint8Array(this.#hash.digest()))
  }
}

const signed = (path: string, query: Record<string, string>, headers: Record<string, string>, body: Uint8Array) =>
  Effect.promise(async (): Promise<HttpRequestMessage> => {
    const signer = new SignatureV4({ service: "sagemaker", region: "eu-west-1", credentials: keys, sha256: Sha256 })
    const request = await signer.sign({
      method: "POST",
      protocol: "https:",
      hostname: "example.com",
      path,
      query,
      headers: { ...headers, host: "example.com" },
      body
    }, { signingDate: date })
    const search = new URLSearchParams(query).toString()
    return { method: "POST", target: search === "" ? path : `${path}?${search}`, headers: request.headers, body }
  })

const verify = (received: HttpRequestMessage, at = now, region?: string) =>
  Effect.promise(() => verifySignature(received, keys, region, at))

const requests = {
  path: FastCheck.array(FastCheck.string({ minLength: 1 }).map((_) => encodeURIComponent(_)), { maxLength: 3 })
    .map((_) => `/${_.join("/")}`),
  query: FastCheck.dictionary(FastCheck.stringMatching(/^[a-zA-Z]{1,8}$/), FastCheck.stringMatching(/^[ -~]{0,16}$/)),
  headers: FastCheck.dictionary(
    FastCheck.stringMatching(/^x-[a-z]{1,8}$/),
    FastCheck.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/)
  ),
  body: FastCheck.uint8Array({ maxLength: 256 })
}

it.effect.prop(
  "The emulator accepts requests signed by @smithy/signature-v4",
  requests,
  ({ body, headers, path, query }) =>
    Effect.gen(function*() {
      assert.isUndefined(yield* verify(yield* signed(path, { ...query }, { ...headers }, body)))
    })
)

describe("The emulator rejects a request changed after signing:", () => {
  const original = signed("/endpoints/a/invocations", {}, { "x-amzn-sagemaker-target-model": "a" }, new Uint8Array([1]))
  const changes: ReadonlyArray<readonly [string, (received: HttpRequestMessage) => HttpRequestMessage]> = [
    ["in its method", (_) => ({ ..._, method: "PUT" })],
    ["in its path", (_) => ({ ..._, target: "/endpoints/b/invocations" })],
    ["in its query", (_) => ({ ..._, target: `${_.target}?a=1` })],
    ["in a signed header", (_) => ({ ..._, headers: { ..._.headers, "x-amzn-sagemaker-target-model": "b" } })],
    ["in its body", (_) => ({ ..._, body: new Uint8Array([2]) })],
    ["by an unsigned x-amz header", (_) => ({ ..._, headers: { ..._.headers, "x-amz-extra": "1" } })],
    ["in its claimed hash", (_) => ({ ..._, headers: { ..._.headers, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } })]
  ]
  for (const [name, change] of changes) {
    it.effect(name, () =>
      Effect.gen(function*() {
        const problem = yield* verify(change(yield* original))
        assert.include(problem, { status: 403, code: "InvalidSignatureException" })
      }))
  }
})

it.effect("The emulator rejects a signature that is more than five minutes old or early", () =>
  Effect.gen(function*() {
    const received = yield* signed("/", {}, {}, new Uint8Array())
    assert.isUndefined(yield* verify(received, now + 300_000))
    assert.include((yield* verify(received, now + 301_000))?.message, "Signature expired")
    assert.isUndefined(yield* verify(received, now - 300_000))
    assert.include((yield* verify(received, now - 301_000))?.message, "Signature not yet current")
  }))

it.effect("The emulator distinguishes a malformed authorization header from a missing one", () =>
  Effect.gen(function*() {
    const received = yield* signed("/", {}, {}, new Uint8Array())
    const { authorization: _, ...headers } = received.headers
    assert.strictEqual((yield* verify({ ...received, headers }))?.code, "MissingAuthenticationTokenException")
    assert.strictEqual(
      (yield* verify({ ...received, headers: { ...headers, authorization: "Bearer x" } }))?.code,
      "IncompleteSignatureException"
    )
  }))

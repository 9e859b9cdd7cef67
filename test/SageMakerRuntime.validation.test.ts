import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { type InvokeEndpoint, invokeEndpoint, type SageMakerRuntime } from "effect-sagemaker-runtime"
import { pickMembersOf } from "./support/pickMembersOf.ts"
import { ok, scriptedRuntimeWith } from "./support/scriptedHttpClient.ts"

const long = "a".repeat(64)

/** The error of a client for an input of any type, after asserting that nothing was sent. */
const attempt = (options: Partial<SageMakerRuntime.SageMakerRuntimeOptions>, input: unknown) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntimeWith(options, ok)
    const exit = yield* Effect.exit(invokeEndpoint(input as InvokeEndpoint.InvokeEndpointInput)).pipe(
      Effect.provide(server.layer)
    )
    return { exit, attempts: yield* server.attempts }
  })

const request = (members: object) => ({ EndpointName: "anomaly", Body: "{}", ...members })

const isSent = (options: Partial<SageMakerRuntime.SageMakerRuntimeOptions>, members: object) =>
  Effect.map(attempt(options, request(members)), ({ exit }) => Exit.isSuccess(exit))

const refusal = (options: Partial<SageMakerRuntime.SageMakerRuntimeOptions>, input: unknown) =>
  Effect.gen(function*() {
    const { attempts, exit } = yield* attempt(options, input)
    assert.strictEqual(attempts, 0)
    return yield* Effect.flip(exit)
  })

const tooShort = { EnableExplanations: "" }
const tooLong = { TargetVariant: long }
const misspelt = { TargetVariant: "not_a_name" }

const sent = (validation: SageMakerRuntime.SageMakerRuntimeOptions["validation"]) =>
  Effect.forEach([tooShort, tooLong, misspelt], (members) => isSent({ validation }, members))

describe("validation", () => {
  it.effect("is on by default", () =>
    Effect.gen(function*() {
      for (const members of [tooShort, tooLong, misspelt]) {
        assert.isFalse(yield* isSent({}, members))
        assert.isFalse(yield* isSent({ validation: true }, members))
        assert.isFalse(yield* isSent({ validation: {} }, members))
      }
    }))

  it.effect("can be disabled for each kind of constraint", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* sent({ min: false }), [true, false, false])
      assert.deepStrictEqual(yield* sent({ max: false }), [false, true, false])
      assert.deepStrictEqual(yield* sent({ pattern: false }), [false, false, true])
      assert.deepStrictEqual(yield* sent({ min: false, max: false }), [true, true, false])
      assert.deepStrictEqual(yield* sent(false), [true, true, true])
    }))

  it.effect("names the member and the constraint without repeating the value", () =>
    Effect.gen(function*() {
      const error = yield* refusal({}, request(misspelt))
      const expected = {
        _tag: "InvalidInputError",
        field: "TargetVariant",
        message: "TargetVariant must be letters, digits and hyphens, with a letter or digit at both ends",
        retry: "never"
      }
      assert.deepStrictEqual(pickMembersOf(error, expected), expected)
      assert.notInclude(JSON.stringify(error) + String(error), misspelt.TargetVariant)
    }))

  it.effect("includes the params of the client", () =>
    Effect.gen(function*() {
      const error = yield* refusal({ params: misspelt }, request({}))
      assert.include(pickMembersOf(error, { field: "" }), { field: "TargetVariant" })
    }))
})

const settings: ReadonlyArray<SageMakerRuntime.SageMakerRuntimeOptions["validation"]> = [
  true,
  false,
  { min: false, max: false, pattern: false }
]

const unsafe: ReadonlyArray<readonly [what: string, field: string, input: unknown]> = [
  ["no input", "EndpointName", undefined],
  ["a null input", "EndpointName", null],
  ["an empty input", "EndpointName", {}],
  ["an input that is text", "EndpointName", "anomaly"],
  ["an input that is a list", "EndpointName", ["anomaly"]],
  ["no endpoint name", "EndpointName", { Body: "" }],
  ["no body", "Body", { EndpointName: "anomaly" }],
  ["a null body", "Body", { EndpointName: "anomaly", Body: null }],
  ["a body that is a number", "Body", request({ Body: 5 })],
  ["a body that is an object", "Body", request({ Body: { cpu: 1 } })],
  ["a body that is a list of bytes", "Body", request({ Body: [1, 2] })],
  ["a body that is a function", "Body", request({ Body: () => "{}" })],
  ...["", ".", ".."].map((name) =>
    [`an endpoint named ${JSON.stringify(name)}`, "EndpointName", request({ EndpointName: name })] as const
  ),
  ...["\ud800", "a\udc00b"].map((name) =>
    [`an endpoint named ${JSON.stringify(name)}`, "EndpointName", request({ EndpointName: name })] as const
  ),
  ...[5, true, {}, ["a"], Symbol("a"), () => "a"].flatMap((value) =>
    [
      [`an endpoint name that is a ${typeof value}`, "EndpointName", request({ EndpointName: value })],
      [`a header value that is a ${typeof value}`, "TargetVariant", request({ TargetVariant: value })]
    ] as const
  ),
  ...["a\r\nx-evil: 1", "a\nb", "a\rb", "a\0b", "\u007f", "\u001b", "\u0085", "é", "日本", "\u2028", "🙂", "\ud800"]
    .flatMap(
      (value) =>
        (["ContentType", "CustomAttributes", "InferenceId", "SessionId"] as const).map((field) =>
          [`${field} ${JSON.stringify(value)}`, field, request({ [field]: value })] as const
        )
    )
]

const tooLarge = (
  options: Partial<SageMakerRuntime.SageMakerRuntimeOptions>,
  Body: InvokeEndpoint.InvokeEndpointInput["Body"]
) =>
  Effect.map(
    refusal({ ...options, validation: false }, request({ Body })),
    ({ _tag }) => assert.strictEqual(_tag, "PayloadTooLargeError")
  )

describe("Regardless of validation, the client does not send", () => {
  it.effect.each(unsafe.map(([what, field, input]) => ({ what, field, input })))(
    "$what",
    ({ field, input }) =>
      Effect.gen(function*() {
        for (const validation of settings) {
          const error = yield* refusal({ validation }, input)
          const expected = { _tag: "InvalidInputError", field }
          assert.deepStrictEqual(pickMembersOf(error, expected), expected)
        }
      })
  )

  it.effect("a body larger than maxBodyBytes, which is 25 MiB and can be changed or disabled", () =>
    Effect.gen(function*() {
      const large = new Uint8Array(25 * 1024 * 1024 + 1)
      yield* tooLarge({}, large)
      yield* tooLarge({ maxBodyBytes: 3 }, "éé")
      yield* tooLarge({ maxBodyBytes: 0 }, "a")
      yield* tooLarge({ maxBodyBytes: 3 }, new ArrayBuffer(4))
      yield* tooLarge({ maxBodyBytes: 3 }, new Float64Array(1))
      yield* tooLarge({ maxBodyBytes: 3 }, new Blob(["four"]))
      assert.isTrue(yield* isSent({}, { Body: large.subarray(1) }))
      assert.isTrue(yield* isSent({ maxBodyBytes: false }, { Body: large }))
      assert.isTrue(yield* isSent({ maxBodyBytes: 4 }, { Body: "éé" }))
    }))

  it.effect("a body larger than the limit, and reports its size and the limit", () =>
    Effect.gen(function*() {
      const error = yield* refusal({ maxBodyBytes: 3 }, request({ Body: "four" }))
      const expected = { size: 4, limit: 3, retry: "never" }
      assert.deepStrictEqual(pickMembersOf(error, expected), expected)
    }))

  it.effect("a Blob larger than the limit, which is not read", () =>
    Effect.gen(function*() {
      const unread = { size: 4, arrayBuffer: () => Promise.reject(new Error("read")) }
      assert.strictEqual((yield* refusal({ maxBodyBytes: 3 }, request({ Body: unread })))._tag, "PayloadTooLargeError")
    }))

  it.effect("an unreadable Blob", () =>
    Effect.gen(function*() {
      const unreadable = { size: 3, arrayBuffer: () => Promise.reject(new Error("secret")) }
      const error = yield* refusal({}, request({ Body: unreadable }))
      assert.strictEqual(error._tag, "InvalidInputError")
      assert.notInclude(JSON.stringify(error) + String(error), "secret")
    }))
})

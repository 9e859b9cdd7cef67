import { it } from "@effect/vitest"
import { Effect, FastCheck } from "effect"
import type { InvokeEndpoint } from "effect-sagemaker-runtime"
import { assert } from "vitest"
import { invokeWithOurs } from "./ours.ts"
import { bytesOf, invokeWithSdk, type SdkResponse } from "./sdk.ts"

const characters = (pattern: RegExp) =>
  FastCheck.constantFrom(
    ...Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).filter((_) => pattern.test(_))
  )

const text = (pattern: RegExp, max: number, min = 0) =>
  FastCheck.stringOf(characters(pattern), { minLength: min, maxLength: max }).map((_) => _.trim()).filter((_) =>
    _.length >= min
  )

const name = (max: number) => FastCheck.stringMatching(/^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/).filter((_) => _.length <= max)

const optional = <A>(arbitrary: FastCheck.Arbitrary<A>) => FastCheck.option(arbitrary, { nil: undefined })

const printable = (max: number) => text(/[\x20-\x7e]/, max, 1)

const inputs: FastCheck.Arbitrary<InvokeEndpoint.Input> = FastCheck.record({
  EndpointName: name(63),
  Body: FastCheck.oneof(FastCheck.fullUnicodeString(), FastCheck.uint8Array({ maxLength: 512 })),
  ContentType: optional(printable(64)),
  Accept: optional(printable(64)),
  CustomAttributes: optional(text(/[\t\x20-\x7e]/, 256)),
  TargetModel: optional(printable(64)),
  TargetVariant: optional(name(63)),
  TargetContainerHostname: optional(name(63)),
  InferenceId: optional(printable(64)),
  EnableExplanations: optional(printable(64)),
  InferenceComponentName: optional(name(63)),
  SessionId: optional(FastCheck.oneof(FastCheck.constant("NEW_SESSION"), name(256))),
  PrefixAwareId: optional(printable(128))
})

const empty: SdkResponse = { status: 200, headers: {}, body: new Uint8Array() }

/** Headers that say who sends and when, each client in its own way. */
const ofTheSender = new Set([
  "amz-sdk-invocation-id",
  "authorization",
  "host",
  "user-agent",
  "x-amz-date",
  "x-amz-user-agent"
])

const seenByAws = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).filter(([header]) => !ofTheSender.has(header)))

const signedBy = (headers: Readonly<Record<string, string>>) =>
  /SignedHeaders=([^,]+)/.exec(headers["authorization"] ?? "")?.[1]

it.effect.prop("sends what AWS SDK v3 sends", { input: inputs }, ({ input }) =>
  Effect.gen(function*() {
    const { request: theirs } = yield* invokeWithSdk({ ...input, Body: bytesOf(input.Body) }, empty)
    const { request: ours } = yield* invokeWithOurs(input, empty)
    const url = new URL(ours.url)
    assert.strictEqual(ours.method, theirs.method)
    assert.strictEqual(url.host, theirs.hostname)
    assert.strictEqual(url.pathname, theirs.path)
    assert.deepStrictEqual(Object.fromEntries(url.searchParams), theirs.query)
    assert.deepStrictEqual(seenByAws({ ...ours.headers }), seenByAws(theirs.headers))
    assert.strictEqual(signedBy(ours.headers), signedBy(theirs.headers))
    assert.deepStrictEqual(ours.body._tag === "Uint8Array" ? bytesOf(ours.body.body) : undefined, bytesOf(theirs.body))
  }), { fastCheck: { numRuns: 200 } })

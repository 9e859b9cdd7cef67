import type { HttpClientRequest } from "@effect/platform"
import { FastCheck } from "effect"
import { assert } from "vitest"
import { bytesOf, type SdkRequest } from "./sdk.ts"

const characters = (pattern: RegExp) =>
  FastCheck.constantFrom(
    ...Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).filter((_) => pattern.test(_))
  )

/** Text without white space at either end. */
const text = (pattern: RegExp, max: number, min = 0) =>
  FastCheck.stringOf(characters(pattern), { minLength: min, maxLength: max })
    .map((_) => _.trim())
    .filter((_) => _.length >= min)

export const name = (max: number) =>
  FastCheck.stringMatching(/^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/).filter((_) => _.length <= max)

export const optional = <A>(arbitrary: FastCheck.Arbitrary<A>) => FastCheck.option(arbitrary, { nil: undefined })

export const printable = (max: number) => text(/[\x20-\x7e]/, max, 1)

export const body = FastCheck.oneof(FastCheck.fullUnicodeString(), FastCheck.uint8Array({ maxLength: 512 }))

/** Members of all operations. */
export const common = {
  EndpointName: name(63),
  ContentType: optional(printable(64)),
  Accept: optional(printable(64)),
  CustomAttributes: optional(text(/[\t\x20-\x7e]/, 256)),
  InferenceId: optional(printable(64))
}

/** The routing members of a real-time request. */
export const routing = {
  TargetVariant: optional(name(63)),
  TargetContainerHostname: optional(name(63)),
  InferenceComponentName: optional(name(63)),
  PrefixAwareId: optional(printable(128))
}

/** Headers that differ between the clients: user agent, date, invocation id and signature. */
const clientHeaders = new Set([
  "amz-sdk-invocation-id",
  "authorization",
  "host",
  "user-agent",
  "x-amz-date",
  "x-amz-user-agent"
])

const seenByAws = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).filter(([header]) => !clientHeaders.has(header)))

const signedBy = (headers: Readonly<Record<string, string>>) =>
  /SignedHeaders=([^,]+)/.exec(headers["authorization"] ?? "")?.[1]

/** Asserts that both clients send the same request. */
export const assertSameRequest = (ours: HttpClientRequest.HttpClientRequest, theirs: SdkRequest) => {
  const url = new URL(ours.url)
  assert.strictEqual(ours.method, theirs.method)
  assert.strictEqual(url.host, theirs.hostname)
  assert.strictEqual(url.pathname, theirs.path)
  assert.deepStrictEqual(Object.fromEntries(url.searchParams), theirs.query)
  assert.deepStrictEqual(seenByAws({ ...ours.headers }), seenByAws(theirs.headers))
  assert.strictEqual(signedBy(ours.headers), signedBy(theirs.headers))
  assert.deepStrictEqual(
    ours.body._tag === "Uint8Array" ? bytesOf(ours.body.body) : undefined,
    theirs.body === undefined ? undefined : bytesOf(theirs.body)
  )
}

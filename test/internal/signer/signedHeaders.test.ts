import { assert, describe, it } from "@effect/vitest"
import { ALWAYS_UNSIGNABLE_HEADERS, DATE_HEADER, PROXY_HEADER_PATTERN, SEC_HEADER_PATTERN } from "@smithy/signature-v4"
import { isKnownSigned, selectSignedHeaders } from "../../../src/internal/signer/signedHeaders.ts"
import * as InvokeEndpoint from "../../../src/InvokeEndpoint.ts"
import * as InvokeEndpointAsync from "../../../src/InvokeEndpointAsync.ts"
import * as InvokeEndpointWithResponseStream from "../../../src/InvokeEndpointWithResponseStream.ts"

const isSignedByAws = (name: string): boolean =>
  name !== DATE_HEADER && !Object.hasOwn(ALWAYS_UNSIGNABLE_HEADERS, name) &&
  !PROXY_HEADER_PATTERN.test(name) && !SEC_HEADER_PATTERN.test(name)

const operationHeaders = [InvokeEndpoint, InvokeEndpointAsync, InvokeEndpointWithResponseStream].flatMap((
  { requestHeaders }
) => Object.values(requestHeaders.table).map(([name]) => name))

const clientHeaders = [
  "amz-sdk-invocation-id",
  "amz-sdk-request",
  "content-length",
  "host",
  "user-agent",
  "x-amz-content-sha256",
  "x-amz-date",
  "x-amz-security-token",
  "x-amz-user-agent"
]

describe("selectSignedHeaders", () => {
  it.each([...operationHeaders, ...clientHeaders])("%s needs no rules, and agrees with them", (name) => {
    assert.strictEqual(isKnownSigned(name), isSignedByAws(name))
  })

  it.each([...Object.keys(ALWAYS_UNSIGNABLE_HEADERS), "date", "proxy-a", "sec-a"])("%s is not signed", (name) => {
    assert.notStrictEqual(isKnownSigned(name), true)
  })

  it("is synchronous for the headers of AWS's operations", () => {
    assert.deepStrictEqual(selectSignedHeaders("x-amz-date;user-agent;host;accept"), {
      signedNames: ["accept", "host", "x-amz-date"],
      signedHeaders: "accept;host;x-amz-date"
    })
  })

  it("loads the rules for any other header, and then is synchronous", async () => {
    const names = "x-team;host;sec-fetch-mode;date;proxy-authorization;user-agent"
    const expected = { signedNames: ["host", "x-team"], signedHeaders: "host;x-team" }
    assert.deepStrictEqual(await selectSignedHeaders(names), expected)
    assert.deepStrictEqual(selectSignedHeaders(names), expected)
    assert.deepStrictEqual(selectSignedHeaders("date;x-other"), { signedNames: ["x-other"], signedHeaders: "x-other" })
  })
})

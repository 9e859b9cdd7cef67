import { assert, describe, it } from "@effect/vitest"
import type { TransportFailure } from "../../../src/protocol/error/codeMeaning.ts"
import { transportFailure } from "../../../src/protocol/error/transportFailure.ts"

const coded = (code: string, more: object = {}) => Object.assign(new Error("low-level"), { code, ...more })
const fetchFailed = (cause: unknown) => new TypeError("fetch failed", { cause })

/** The error of Node for several unreachable addresses, with the code of the first one. */
const connectAggregateError = (...errors: ReadonlyArray<Error & { readonly code: string }>) =>
  Object.assign(new AggregateError(errors), { code: errors[0]?.code })

const unknown: TransportFailure = { reason: "other", requestSent: true, retry: "never", code: undefined }

const table = [
  ["connect", false, "transient", ["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED"]],
  ["timeout", false, "transient", ["UND_ERR_CONNECT_TIMEOUT"]],
  ["reset", true, "transient", ["ECONNRESET", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"]],
  ["reset", true, "transient", ["UND_ERR_SOCKET", "ERR_STREAM_PREMATURE_CLOSE", "ERR_HTTP2_STREAM_ERROR"]],
  ["aborted", true, "never", ["ABORT_ERR", "UND_ERR_ABORTED", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]],
  ["tls", false, "never", [
    "CERT_HAS_EXPIRED",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "HOSTNAME_MISMATCH",
    "INVALID_CA"
  ]],
  ["tls", true, "never", [
    "EPROTO",
    "ERR_SSL_WRONG_VERSION_NUMBER",
    "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "ERR_TLS_HANDSHAKE_TIMEOUT"
  ]],
  ["protocol", true, "never", [
    "HPE_INVALID_CONSTANT",
    "HPE_INVALID_CHUNK_SIZE",
    "HTTPParserError",
    "UND_ERR_HEADERS_OVERFLOW"
  ]]
] as const

const rows: ReadonlyArray<TransportFailure & { readonly code: string }> = table.flatMap((
  [reason, requestSent, retry, codes]
) => codes.map((code) => ({ code, reason, requestSent, retry })))

describe("A transport error", () => {
  it.each(rows)("with $code is $reason, at any depth of its causes", (expected) => {
    const error = coded(expected.code)
    for (const nested of [error, fetchFailed(error), fetchFailed(fetchFailed(error)), new AggregateError([error])]) {
      assert.deepStrictEqual(transportFailure(nested), expected)
    }
  })

  const bun = [
    ["Malformed_HTTP_Response", "protocol", true, "never"],
    ["InvalidHTTPResponse", "protocol", true, "never"],
    ["InvalidContentLength", "protocol", true, "never"],
    ["UnrequestedUpgrade", "protocol", true, "never"],
    ["ZlibError", "protocol", true, "never"],
    ["BrotliDecompressionError", "protocol", true, "never"],
    ["FailedToOpenSocket", "connect", false, "transient"]
  ] as const

  it.each(bun)("of Bun with the code %s is %s", (code, reason, requestSent, retry) => {
    const error = Object.assign(new TypeError(`${code} fetching "http://localhost/"`), { code })
    assert.deepInclude(transportFailure(error), { reason, requestSent, retry, code })
  })

  it.each(
    [
      ["Proxy refused to open a tunnel: 407 Denied", "never"],
      ["Proxy refused to open a tunnel: 502 Bad Gateway", "transient"]
    ] as const
  )("of Bun with the text %j has the retry class %s", (message, retry) => {
    const error = Object.assign(new Error(message), { code: "ERR_PROXY_TUNNEL" })
    assert.deepInclude(transportFailure(error), { reason: "connect", requestSent: false, retry })
  })

  const url = "error sending request for url (https://localhost/): client error"
  const deno = [
    [`${url} (Connect): tcp connect error: Connection refused (os error 111)`, "connect", false, "transient"],
    [`${url} (Connect): dns error: failed to lookup address information`, "connect", false, "transient"],
    [`${url} (Connect): Connection reset by peer (os error 104)`, "connect", false, "transient"],
    [`${url} (Connect): invalid peer certificate: UnknownIssuer`, "tls", false, "never"],
    [`${url} (Connect): received corrupt message of type InvalidContentType`, "tls", true, "never"],
    [`${url} (SendRequest): invalid HTTP version parsed`, "protocol", true, "never"],
    [`${url} (SendRequest): connection closed before message completed`, "reset", true, "transient"],
    ["Connection reset by peer (os error 104)", "reset", true, "transient"],
    ["Invalid gzip header", "protocol", true, "never"]
  ] as const

  it.each(deno)("of Deno with the text %j is %s", (message, reason, requestSent, retry) => {
    const failure = transportFailure(fetchFailed(new Error(message)))
    assert.deepInclude(failure, { reason, requestSent, retry, code: undefined })
  })

  const lost = { reason: "reset", requestSent: true, retry: "transient" } as const
  const invalid = { reason: "protocol", requestSent: true, retry: "never" } as const
  const ambiguous = [
    ["HTTPParserError", "Response does not match the HTTP/1.1 protocol (Invalid EOF state)", true, lost],
    ["HTTPParserError", "Response does not match the HTTP/1.1 protocol (Invalid chunk size)", true, invalid],
    ["HPE_INVALID_EOF_STATE", "Parse Error", true, lost],
    ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "Response body length does not match", true, lost],
    ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "Response body length does not match", false, invalid],
    ["UND_ERR_SOCKET", "other side closed", false, lost],
    ["UND_ERR_SOCKET", "bad response", false, invalid],
    ["UND_ERR_SOCKET", "bad upgrade", false, invalid],
    ["ERR_ASSERTION", "assert(upgrade)", false, invalid],
    ["Z_DATA_ERROR", "incorrect header check", true, invalid],
    ["Z_BUF_ERROR", "unexpected end of file", true, invalid],
    ["ERR__ERROR_FORMAT_PADDING_1", "Decompression failed", true, invalid]
  ] as const

  it.each(ambiguous)(
    "with %s (%s), after the response headers: %s, has a reason",
    (code, message, hasResponse, expected) => {
      const error = fetchFailed(Object.assign(new Error(message), { code }))
      assert.deepInclude(transportFailure(error, hasResponse), { ...expected, code })
    }
  )

  it("whose members throw has no code", () => {
    const hostile = new Proxy({}, {
      get: () => {
        throw new Error("hostile")
      }
    })
    for (const error of [hostile, new Error("outer", { cause: hostile })]) {
      assert.deepStrictEqual(transportFailure(error), unknown)
    }
  })

  it.each(["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENETDOWN"])(
    "%s of connect() has requestSent false",
    (code) => {
      const expected: TransportFailure = { code, reason: "connect", requestSent: false, retry: "transient" }
      assert.deepStrictEqual(transportFailure(fetchFailed(coded(code, { syscall: "connect" }))), expected)
    }
  )

  it("of connect() at every address has requestSent false, although the aggregate error has no system call", () => {
    const errors = ["ETIMEDOUT", "ENETUNREACH"].map((code) => coded(code, { syscall: "connect" }))
    const failure = transportFailure(fetchFailed(connectAggregateError(...errors)))
    assert.deepStrictEqual(failure, { code: "ETIMEDOUT", reason: "connect", requestSent: false, retry: "transient" })
  })

  it("without a code is classified by its name", () => {
    assert.strictEqual(transportFailure(new DOMException("stop", "AbortError")).reason, "aborted")
    assert.strictEqual(transportFailure({ name: "ConnectionRefused" }).reason, "connect")
  })

  it("is classified by the outermost known code", () => {
    assert.strictEqual(transportFailure(coded("ECONNRESET", { cause: coded("ENOTFOUND") })).code, "ECONNRESET")
    assert.strictEqual(transportFailure(coded("E_OWN", { cause: coded("ENOTFOUND") })).code, "ENOTFOUND")
  })

  it.each(["Failed to fetch", "Load failed", "Network connection lost."])(
    "with the browser message %j is a lost connection",
    (message) =>
      assert.deepStrictEqual(transportFailure(new TypeError(message)), {
        reason: "reset",
        requestSent: true,
        retry: "transient",
        code: undefined
      })
  )

  it.each([
    ["a plain fetch error", fetchFailed(undefined)],
    ["a plain error", new Error("x")],
    ["an unknown code", coded("EWHATEVER")],
    ["a code that is not text", { code: 7 }],
    ["text", "ECONNRESET"],
    ["null", null],
    ["undefined", undefined],
    ["a function", () => coded("ECONNRESET")],
    ["an empty aggregate", new AggregateError([])],
    ["an aggregate of undefined", new AggregateError([null, undefined, 5])]
  ])("without any information is final, and requestSent is true: %s", (_, error) => {
    assert.deepStrictEqual(transportFailure(error), unknown)
  })

  it.each(["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"])(
    "is not classified by a name that every object has: %s",
    (code) => {
      assert.deepStrictEqual(transportFailure({ code }), unknown)
      assert.deepStrictEqual(transportFailure({ name: code }), unknown)
    }
  )
})

describe("An error that contains itself", () => {
  it("as its cause is read once", () => {
    const error: { cause?: unknown } = {}
    error.cause = { cause: error }
    assert.deepStrictEqual(transportFailure(error), unknown)
  })

  it("many times is read once", () => {
    const error: { cause?: unknown; errors?: ReadonlyArray<unknown> } = {}
    error.cause = error
    let reads = 0
    const counted = new Proxy(error, {
      get: (target, key) => {
        reads += 1
        return Reflect.get(target, key)
      }
    })
    error.errors = Array.from({ length: 8 }, () => counted)
    assert.deepStrictEqual(transportFailure(counted), unknown)
    assert.isBelow(reads, 100)
  })
})

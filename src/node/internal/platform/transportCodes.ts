/** The error codes of Node, undici, OpenSSL and HTTP/2. */
import {
  aborted,
  type CodeContext,
  type CodeLookup,
  type CodeMeaning,
  connectionLost,
  meaning,
  notConnected,
  type TransportFailure,
  unknownCode
} from "../../../protocol/error/codeMeaning.ts"
import { meaningOfBun, meaningOfDeno } from "./fetchErrors.ts"
import { invalidContentCoding, invalidResponse, proxyDenied, tlsFailed, untrusted, withDetail } from "./meanings.ts"

const timedOut = meaning("timeout", false, "transient")

/** A server that does not accept HTTP/2, before or after the connection was opened. */
const withoutHttp2 = meaning("connect", false, "never")

/** A stream that the server did not process, because of its limit or because it closes the connection. */
const refused = meaning("reset", false, "transient")

/** Codes that mean "not connected" if the system call was `connect`, and a lost connection otherwise. */
const connectOrLostCodes = ["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENETDOWN"]

const closedClientCodes = ["ABORT_ERR", "AbortError", "UND_ERR_DESTROYED", "UND_ERR_CLOSED"]
const invalidRequestCodes = ["UND_ERR_INVALID_ARG", "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH"]

const table: ReadonlyArray<readonly [CodeMeaning, ReadonlyArray<string>]> = [
  [notConnected, ["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "EAI_NODATA", "EAI_NONAME"]],
  [notConnected, ["ECONNREFUSED", "ConnectionRefused"]],
  [timedOut, ["UND_ERR_CONNECT_TIMEOUT"]],
  [connectionLost, ["ECONNRESET", "ECONNABORTED", "EPIPE", "ConnectionClosed", "ERR_STREAM_PREMATURE_CLOSE"]],
  [connectionLost, ["UND_ERR_SOCKET", "UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "ERR_HTTP2_STREAM_ERROR"]],
  [connectionLost, ["HPE_INVALID_EOF_STATE"]],
  [connectionLost, connectOrLostCodes],
  [aborted, closedClientCodes],
  [aborted, ["UND_ERR_ABORTED", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]],
  [tlsFailed, ["EPROTO"]],
  [invalidResponse, ["HTTPParserError", "UND_ERR_HEADERS_OVERFLOW", "ERR_ASSERTION", "ERR_HTTP2_ERROR"]],
  [withoutHttp2, ["HTTP2_UNSUPPORTED", "HTTP2_HTTP_1_1_REQUIRED"]],
  [refused, ["HTTP2_REFUSED_STREAM"]],
  [tlsFailed, ["HTTP2_INADEQUATE_SECURITY"]],
  [unknownCode, invalidRequestCodes]
]

const meanings = new Map(table.flatMap(([known, codes]) => codes.map((code) => [code, known] as const)))

/** The codes of OpenSSL and Node for an invalid certificate. */
const certificateCode = /CERT|^UNABLE_TO_|^HOSTNAME_MISMATCH$|^INVALID_CA$/

/** Status 401, 403 or 407 of a proxy: a retry cannot succeed. */
const proxyDeniedCode = /40[137]$/

/** The codes of zlib, brotli and zstd. */
const contentCodingCode = /^(?:Z_[A-Z]|ERR__ERROR_|ERR_BROTLI|ERR_ZLIB|ZSTD_)/

/** Errors of undici whose code alone does not say what happened. */
const meaningOfMessage = (code: string, { hasResponse, message }: CodeContext): CodeMeaning | undefined => {
  switch (code) {
    case "UND_ERR_SOCKET":
      if (message === "bad upgrade") {
        return withDetail("it switches protocols (status 101)")
      }
      return message === "bad response" ? withDetail("the HTTP client does not accept status 100 here") : undefined
    case "UND_ERR_RES_CONTENT_LENGTH_MISMATCH":
      return hasResponse ? undefined : withDetail("its headers are invalid")
    case "HTTPParserError":
      return String(message).includes("Invalid EOF state") ? connectionLost : undefined
    default:
      return undefined
  }
}

const meaningOfPattern = (code: string): CodeMeaning | undefined => {
  if (code.startsWith("ERR_SSL_")) {
    return tlsFailed
  }
  if (certificateCode.test(code)) {
    return untrusted
  }
  if (code.startsWith("ERR_TLS_")) {
    return tlsFailed
  }
  if (code.startsWith("HPE_")) {
    return invalidResponse
  }
  if (contentCodingCode.test(code)) {
    return invalidContentCoding
  }
  if (code.startsWith("HTTP2_")) {
    return connectionLost
  }
  if (code.startsWith("PROXY_")) {
    return proxyDeniedCode.test(code) ? proxyDenied : notConnected
  }
  return undefined
}

export const meaningOfCode: CodeLookup = (code, context) =>
  connectOrLostCodes.includes(code) && context.syscall === "connect"
    ? notConnected
    : meaningOfMessage(code, context) ?? meanings.get(code) ?? meaningOfPattern(code) ??
      meaningOfBun(code, context) ?? meaningOfDeno(code, context)

const clientCodes = new Set([...closedClientCodes, ...invalidRequestCodes])

const connectReasons = new Set(["connect", "timeout", "tls"])

/** The failure of a request that was not sent. A lost connection is then a failed connect. */
export const notSent = (failure: TransportFailure): TransportFailure =>
  connectReasons.has(failure.reason) || clientCodes.has(failure.code ?? "")
    ? { ...failure, requestSent: false }
    : { ...notConnected, code: failure.code }

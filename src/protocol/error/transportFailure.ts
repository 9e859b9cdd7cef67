import type { RetryClass } from "../retry/retry.ts"

/** Why a request failed. `timeout` is the HTTP client's connect timeout, `protocol` a response that is not valid HTTP. */
type TransportReason = "connect" | "timeout" | "reset" | "aborted" | "tls" | "protocol" | "other"

/** A request that failed below HTTP. `requestSent` is `false` only if the service cannot have received it. */
export interface TransportFailure {
  readonly reason: TransportReason
  readonly requestSent: boolean
  readonly retry: RetryClass
  readonly code: string | undefined
}

const failure = (reason: TransportReason, requestSent: boolean, retry: RetryClass) => ({ reason, requestSent, retry })

const notConnected = failure("connect", false, "transient")
const timedOut = failure("timeout", false, "transient")
const proxyDenied = failure("connect", false, "never")
const connectionLost = failure("reset", true, "transient")
const aborted = failure("aborted", true, "never")
const untrusted = failure("tls", false, "never")
const tlsFailed = failure("tls", true, "never")
const invalidResponse = failure("protocol", true, "never")
const unknown = failure("other", true, "never")

/** Codes that mean "not connected" if the system call was `connect`, and a lost connection otherwise. */
const connectOrLostCodes = ["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENETDOWN"]

const closedClientCodes = ["ABORT_ERR", "AbortError", "UND_ERR_DESTROYED", "UND_ERR_CLOSED"]
const invalidRequestCodes = ["UND_ERR_INVALID_ARG", "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH"]

type Known = Omit<TransportFailure, "code">

const table: ReadonlyArray<readonly [Known, ReadonlyArray<string>]> = [
  [notConnected, ["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "EAI_NODATA", "EAI_NONAME"]],
  [notConnected, ["ECONNREFUSED", "ConnectionRefused"]],
  [timedOut, ["UND_ERR_CONNECT_TIMEOUT"]],
  [connectionLost, ["ECONNRESET", "ECONNABORTED", "EPIPE", "ConnectionClosed", "ERR_STREAM_PREMATURE_CLOSE"]],
  [connectionLost, ["UND_ERR_SOCKET", "UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "ERR_HTTP2_STREAM_ERROR"]],
  [connectionLost, connectOrLostCodes],
  [aborted, closedClientCodes],
  [aborted, ["UND_ERR_ABORTED", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]],
  [tlsFailed, ["EPROTO"]],
  [invalidResponse, ["HTTPParserError", "UND_ERR_HEADERS_OVERFLOW"]],
  [unknown, invalidRequestCodes]
]

const failureByCode = new Map(table.flatMap(([known, codes]) => codes.map((code) => [code, known] as const)))

const browserNetworkErrors = new Set([
  "Failed to fetch",
  "NetworkError when attempting to fetch resource",
  "The Internet connection appears to be offline",
  "Load failed",
  "Network request failed",
  "Network connection lost."
])

interface ErrorLike {
  readonly code?: unknown
  readonly name?: unknown
  readonly syscall?: unknown
  readonly message?: unknown
  readonly cause?: unknown
  readonly errors?: unknown
  readonly requestSent?: unknown
}

const maxNestedErrors = 50

/**
 * An error and all errors nested in it: fetch wraps the socket's error, which wraps one error per address tried.
 *
 * The errors per address come first, because the error that wraps them has the code of one of them without its system call.
 */
const nestedErrors = (error: unknown): ReadonlyArray<ErrorLike> => {
  const visited = new Set<ErrorLike>()
  const visit = (value: unknown): ReadonlyArray<ErrorLike> => {
    if (typeof value !== "object" || value === null || visited.has(value) || visited.size === maxNestedErrors) {
      return []
    }
    visited.add(value)
    const { cause, errors }: ErrorLike = value
    return [...(Array.isArray(errors) ? errors.flatMap(visit) : []), value, ...visit(cause)]
  }
  return visit(error)
}

/** The codes of OpenSSL and Node for an invalid certificate. */
const certificateCode = /CERT|^UNABLE_TO_|^HOSTNAME_MISMATCH$|^INVALID_CA$/

/** Status 401, 403 or 407 of a proxy: a retry cannot succeed. */
const proxyDeniedCode = /40[137]$/

const failureByPattern = (code: string): Known | undefined => {
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
  if (code.startsWith("PROXY_")) {
    return proxyDeniedCode.test(code) ? proxyDenied : notConnected
  }
  return undefined
}

const failureOf = ({ syscall }: ErrorLike, code: string): Known | undefined =>
  connectOrLostCodes.includes(code) && syscall === "connect"
    ? notConnected
    : failureByCode.get(code) ?? failureByPattern(code)

const classifyError = (error: ErrorLike): TransportFailure | undefined => {
  for (const code of [error.code, error.name]) {
    if (typeof code === "string") {
      const known = failureOf(error, code)
      if (known !== undefined) {
        return { ...known, code }
      }
    }
  }
  return undefined
}

const classifyErrors = (errors: ReadonlyArray<ErrorLike>): TransportFailure => {
  for (const error of errors) {
    const classified = classifyError(error)
    if (classified !== undefined) {
      return classified
    }
  }
  return errors.some(({ message }) => typeof message === "string" && browserNetworkErrors.has(message))
    ? { ...connectionLost, code: undefined }
    : { ...unknown, code: undefined }
}

const clientCodes = new Set([...closedClientCodes, ...invalidRequestCodes])

const connectReasons = new Set<TransportReason>(["connect", "timeout", "tls"])

/** The failure of a request that was not sent: a lost connection was then one that could not be established. */
const notSent = (classified: TransportFailure): TransportFailure =>
  connectReasons.has(classified.reason) || clientCodes.has(classified.code ?? "")
    ? { ...classified, requestSent: false }
    : { ...notConnected, code: classified.code }

/**
 * Classifies the error of an HTTP client by the codes and names in it and in its causes.
 *
 * An HTTP client that knows that it sent nothing adds an error with `requestSent: false`.
 */
export const transportFailure = (error: unknown): TransportFailure => {
  const errors = nestedErrors(error)
  const classified = classifyErrors(errors)
  return errors.some(({ requestSent }) => requestSent === false) ? notSent(classified) : classified
}

/** The connect timeout in milliseconds, if the message of an HTTP client's error contains it. */
export const connectTimeoutMillis = (error: unknown): number | undefined => {
  const [millis] = nestedErrors(error).flatMap(({ message }) => /\btimeout: (\d+)ms/.exec(String(message))?.[1] ?? [])
  return millis === undefined ? undefined : Number(millis)
}

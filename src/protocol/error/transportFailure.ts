import type { RetryClass } from "../retry/retry.ts"

/** What became of the connection; `timeout` is the HTTP client's own limit on connecting, `protocol` an answer that is no HTTP. */
type TransportReason = "connect" | "timeout" | "reset" | "aborted" | "tls" | "protocol" | "other"

/** What is known of a failed exchange; `requestSent` is `false` only when that is certain. */
export interface TransportFailure {
  readonly reason: TransportReason
  readonly requestSent: boolean
  readonly retry: RetryClass
  readonly code: string | undefined
}

const of = (reason: TransportReason, requestSent: boolean, retry: RetryClass) => ({ reason, requestSent, retry })

const refused = of("connect", false, "transient")
const timedOut = of("timeout", false, "transient")
const forbidden = of("connect", false, "never")
const lost = of("reset", true, "transient")
const aborted = of("aborted", true, "never")
const untrusted = of("tls", false, "never")
const brokenTls = of("tls", true, "never")
const unreadable = of("protocol", true, "never")
const unknown = of("other", true, "never")

/** Codes that mean "not connected" when it was `connect` that failed, and a lost connection otherwise. */
const eitherSide = ["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENETDOWN"]

/** Codes of this side's making, which say nothing of the service: of closed clients, and of requests they refuse. */
const closed = ["ABORT_ERR", "AbortError", "UND_ERR_DESTROYED", "UND_ERR_CLOSED"]
const refusedHere = ["UND_ERR_INVALID_ARG", "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH"]

const table: ReadonlyArray<readonly [Omit<TransportFailure, "code">, ReadonlyArray<string>]> = [
  [refused, ["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "EAI_NODATA", "EAI_NONAME", "ECONNREFUSED", "ConnectionRefused"]],
  [timedOut, ["UND_ERR_CONNECT_TIMEOUT"]],
  [lost, ["ECONNRESET", "ECONNABORTED", "EPIPE", "ConnectionClosed", "ERR_STREAM_PREMATURE_CLOSE"]],
  [lost, ["UND_ERR_SOCKET", "UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "ERR_HTTP2_STREAM_ERROR"]],
  [lost, eitherSide],
  [aborted, closed],
  [aborted, ["UND_ERR_ABORTED", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]],
  [brokenTls, ["EPROTO"]],
  [unreadable, ["HTTPParserError", "UND_ERR_HEADERS_OVERFLOW"]],
  [unknown, refusedHere]
]

const byCode = new Map(table.flatMap(([failure, codes]) => codes.map((code) => [code, failure] as const)))

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

const maxNested = 50

/**
 * An error with everything nested in it: fetch wraps the socket's error, which wraps one error per address tried. Those
 * come first, because their summary has the code of one of them without its system call.
 */
const chain = (error: unknown): ReadonlyArray<ErrorLike> => {
  const seen = new Set<ErrorLike>()
  const visit = (value: unknown): ReadonlyArray<ErrorLike> => {
    if (typeof value !== "object" || value === null || seen.has(value) || seen.size === maxNested) {
      return []
    }
    seen.add(value)
    const { cause, errors }: ErrorLike = value
    return [...(Array.isArray(errors) ? errors.flatMap(visit) : []), value, ...visit(cause)]
  }
  return visit(error)
}

/** OpenSSL's names for what is wrong with a certificate, and Node's. */
const ofCertificate = /CERT|^UNABLE_TO_|^HOSTNAME_MISMATCH$|^INVALID_CA$/

const byForm = (code: string): Omit<TransportFailure, "code"> | undefined =>
  code.startsWith("ERR_SSL_")
    ? brokenTls
    : ofCertificate.test(code)
    ? untrusted
    : code.startsWith("ERR_TLS_")
    ? brokenTls
    : code.startsWith("HPE_")
    ? unreadable
    : code.startsWith("PROXY_")
    ? /40[137]$/.test(code) ? forbidden : refused
    : undefined

const lookUp = (error: ErrorLike): TransportFailure | undefined => {
  for (const code of [error.code, error.name]) {
    if (typeof code === "string") {
      const known = eitherSide.includes(code) && error.syscall === "connect"
        ? refused
        : byCode.get(code) ?? byForm(code)
      if (known !== undefined) {
        return { ...known, code }
      }
    }
  }
  return undefined
}

const ofThisSide = new Set([...closed, ...refusedHere])

const notConnected = new Set<TransportReason>(["connect", "timeout", "tls"])

/** The failure of a request that never left: no connection could be made for it. */
const unsent = (failure: TransportFailure): TransportFailure =>
  notConnected.has(failure.reason) || ofThisSide.has(failure.code ?? "")
    ? { ...failure, requestSent: false }
    : { ...refused, code: failure.code }

/**
 * Classes the error of an HTTP client by the codes and names found in it and in its causes.
 *
 * A client that knows that nothing was sent says so by an error with `requestSent: false`.
 */
export const transportFailure = (error: unknown): TransportFailure => {
  const errors = chain(error)
  const failure = classed(errors)
  return errors.some((_) => _.requestSent === false) ? unsent(failure) : failure
}

/** How long a connection was waited for, in milliseconds, where the error of an HTTP client says so. */
export const connectTimeoutMillis = (error: unknown): number | undefined => {
  const told = chain(error).flatMap(({ message }) => /\btimeout: (\d+)ms/.exec(String(message))?.[1] ?? [])
  return told[0] === undefined ? undefined : Number(told[0])
}

const classed = (errors: ReadonlyArray<ErrorLike>): TransportFailure => {
  for (const inner of errors) {
    const failure = lookUp(inner)
    if (failure !== undefined) {
      return failure
    }
  }
  return errors.some((_) => typeof _.message === "string" && browserNetworkErrors.has(_.message))
    ? { ...lost, code: undefined }
    : { ...unknown, code: undefined }
}

/** What the error code of an HTTP client means. */
import type { RetryClass } from "../retry/retry.ts"

/** Why a request failed. `timeout` is the HTTP client's connect timeout, `protocol` a response that is not valid HTTP. */
export type TransportReason = "connect" | "timeout" | "reset" | "aborted" | "tls" | "protocol" | "other"

/** What a code means. `requestSent` is `false` only if the service cannot have received the request. */
export interface CodeMeaning {
  readonly reason: TransportReason
  readonly requestSent: boolean
  readonly retry: RetryClass
}

/** A network error of a request. */
export interface TransportFailure extends CodeMeaning {
  readonly code: string | undefined
}

/** The meaning of a code, for an error with or without the name of a system call; `undefined` for an unknown code. */
export type CodeLookup = (code: string, syscall: unknown) => CodeMeaning | undefined

export const meaning = (reason: TransportReason, requestSent: boolean, retry: RetryClass): CodeMeaning => ({
  reason,
  requestSent,
  retry
})

export const notConnected = meaning("connect", false, "transient")
export const connectionLost = meaning("reset", true, "transient")
export const aborted = meaning("aborted", true, "never")
export const unknownCode = meaning("other", true, "never")

/** What the error code of an HTTP client means. */
import type { RetryClass } from "../retry/retry.ts"

/** Why a request failed. `timeout` is the HTTP client's connect timeout, `protocol` a response that is not valid HTTP. */
export type TransportReason = "connect" | "timeout" | "reset" | "aborted" | "tls" | "protocol" | "other"

/** What a code means. `requestSent` is `false` only if the service cannot have received the request. */
export interface CodeMeaning {
  readonly reason: TransportReason
  readonly requestSent: boolean
  readonly retry: RetryClass
  /** What is wrong with a response that is not valid HTTP, if the code does not say it. */
  readonly detail?: string
  /** Present if the text of the error decided, so that the code says nothing. */
  readonly code?: undefined
}

/** A network error of a request. */
export interface TransportFailure extends Omit<CodeMeaning, "code"> {
  readonly code: string | undefined
}

/** The parts of an error that decide what its code means. */
export interface CodeContext {
  /** The name of the system call that failed, if any. */
  readonly syscall: unknown
  readonly message: unknown
  /** Whether the error occurred after the response headers. */
  readonly hasResponse: boolean
}

/** The meaning of a code; `undefined` for an unknown code. */
export type CodeLookup = (code: string, context: CodeContext) => CodeMeaning | undefined

export const meaning = (reason: TransportReason, requestSent: boolean, retry: RetryClass): CodeMeaning => ({
  reason,
  requestSent,
  retry
})

export const notConnected = meaning("connect", false, "transient")
export const connectionLost = meaning("reset", true, "transient")
export const aborted = meaning("aborted", true, "never")
export const unknownCode = meaning("other", true, "never")

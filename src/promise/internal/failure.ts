/** The errors that promises and iterations reject with. */
import * as Cause from "effect/Cause"

/** An `AbortError` whose `cause` is the reason of the abort. Not every runtime accepts a `cause` in the constructor. */
const abortErrorWith = (reason: unknown): DOMException =>
  Object.defineProperty(new DOMException("This operation was aborted", "AbortError"), "cause", {
    configurable: true,
    value: reason,
    writable: true
  })

/** The error of an aborted signal: its reason if that is an `AbortError`, else an `AbortError` with it as `cause`. */
export const abortErrorOf = ({ reason }: AbortSignal): unknown =>
  reason instanceof Error && reason.name === "AbortError" ? reason : abortErrorWith(reason)

/** The error of a value that is closed while one of its streams is read. */
export const closedEarly = (): unknown => new DOMException("The value was closed before the stream ended", "AbortError")

/**
 * The first failure of a cause, else its first defect, else an `AbortError`.
 *
 * Effect wraps errors in a proxy while a span is active. The result is the error itself.
 */
export const errorOf = (cause: Cause.Cause<unknown>): unknown =>
  Cause.isInterruptedOnly(cause)
    ? new DOMException("The effect was interrupted", "AbortError")
    : Cause.originalError(Cause.squash(cause))

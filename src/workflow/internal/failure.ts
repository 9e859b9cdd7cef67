/** Errors of a workflow, which are stored, and the errors after which an activity runs again. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import { isNoCapacity, isRetryable } from "../../SageMakerError.ts"
import { BatchWorkflowError } from "../BatchWorkflowResult.ts"

/** System errors of a file system that a retry cannot solve. */
const permanentReasons: ReadonlySet<unknown> = new Set([
  "AlreadyExists",
  "BadResource",
  "InvalidData",
  "NotFound",
  "PermissionDenied"
])

const isTransientSystemError = (error: unknown): boolean =>
  Predicate.isTagged(error, "SystemError") && !permanentReasons.has((error as { readonly reason?: unknown }).reason)

/** Whether the same work can succeed later. */
export const canRetry = (error: unknown): boolean =>
  isRetryable(error) || isNoCapacity(error) || isTransientSystemError(error)

const textOf = (error: unknown): string => {
  const { _tag, message } = Object(error) as { readonly _tag?: unknown; readonly message?: unknown }
  const tag = typeof _tag === "string" ? _tag : "Error"
  return typeof message === "string" && message !== "" ? `${tag}: ${message}` : tag
}

/** The error that the database stores. It has the message of the cause, but not its fields. */
export const toWorkflowError = (error: unknown): BatchWorkflowError =>
  error instanceof BatchWorkflowError ? error : new BatchWorkflowError({ reason: textOf(error) })

/** Delays from 1 second to 1 minute. */
const delays = Schedule.exponential("1 second").pipe(Schedule.union(Schedule.spaced("1 minute")))

const logRetry = (what: string) => (error: unknown) =>
  canRetry(error) ? Effect.logWarning(`${what} is retried after ${toWorkflowError(error).reason}`) : Effect.void

/** Runs an effect again after a temporary error, at most `times` times. */
export const retryTransient =
  (what: string, times = Infinity) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    effect.pipe(
      Effect.tapError(logRetry(what)),
      Effect.retry({ schedule: delays, times, while: canRetry })
    )

/** The value of `error.type`. */
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { toRetryable } from "../../SageMakerError.ts"

/**
 * The tag of the error that an exit fails with, `interrupted` if it was interrupted, and `_OTHER` for a defect.
 *
 * `undefined` for a success.
 */
export const errorType = (exit: Exit.Exit<unknown, unknown>): string | undefined => {
  if (Exit.isSuccess(exit)) {
    return undefined
  }
  const failure = Cause.failureOption(exit.cause)
  if (Option.isSome(failure)) {
    return toRetryable(failure.value)._tag
  }
  return Cause.isInterruptedOnly(exit.cause) ? "interrupted" : "_OTHER"
}

/** The value of `error.type`. */
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { toRetryable } from "../../SageMakerError.ts"
import { isOwnError } from "../error/errorClass.ts"

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

/** An error with a type and no text. */
const typeOnly = (type: string): Error => {
  const error = Object.assign(new Error("The error of the program has the details"), { name: type })
  error.stack = `${type}: ${error.message}`
  return error
}

/**
 * The exit that a tracer receives. The text of an error that is not of this package can be a payload, for example if a
 * framing or a schema of the program fails.
 */
export const withoutForeignText = (exit: Exit.Exit<unknown, unknown>): Exit.Exit<unknown, unknown> => {
  const type = errorType(exit)
  if (Exit.isSuccess(exit) || type === undefined || type === "interrupted") {
    return exit
  }
  const failure = Cause.failureOption(exit.cause)
  return Exit.fail(Option.isSome(failure) && isOwnError(failure.value) ? failure.value : typeOnly(type))
}

/** The exit with the type of its error only. */
export const withoutText = (exit: Exit.Exit<unknown, unknown>): Exit.Exit<unknown, unknown> => {
  const type = errorType(exit)
  return type === undefined || type === "interrupted" ? exit : Exit.fail(typeOnly(type))
}

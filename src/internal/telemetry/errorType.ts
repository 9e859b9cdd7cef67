/** The value of `error.type`. */
import * as Cause from "effect/Cause"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { type ServiceError, toRetryable } from "../../SageMakerError.ts"
import { isOwnError } from "../error/errorClass.ts"
import { guardReads } from "../operation/readMembers.ts"

/** The tag of an error. Code of the program can fail with an object whose members cannot be read. */
const tagOf = (error: unknown): string =>
  Either.getOrElse(guardReads("error", () => toRetryable(error)._tag), () => "_OTHER")

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
    return tagOf(failure.value)
  }
  return Cause.isInterruptedOnly(exit.cause) ? "interrupted" : "_OTHER"
}

/** The errors whose message is a text of the service or of the container, which can repeat a payload. */
const reportedErrors: ReadonlySet<string> = /*#__PURE__*/ new Set<ServiceError["_tag"]>([
  "ValidationError",
  "ModelError",
  "ModelNotReadyException",
  "InternalFailure",
  "ServiceUnavailable",
  "InternalDependencyException",
  "ModelStreamError",
  "InternalStreamFailure",
  "InputValidationError",
  "InternalServerError",
  "ServiceUnavailableError",
  "AccessDeniedError",
  "ThrottlingError",
  "UnknownServiceError"
])

/** An error with a type and no text. */
const typeOnly = (type: string): Error => {
  const error = Object.assign(new Error("The error that the program receives has the details"), { name: type })
  error.stack = `${type}: ${error.message}`
  return error
}

const isPrintable = (error: unknown, type: string): boolean =>
  Either.getOrElse(guardReads("error", () => isOwnError(error) && !reportedErrors.has(type)), () => false)

/**
 * The exit that a tracer receives. It has the text of an error of the client only. The text of a server, or of an error of
 * the program such as that of a framing or a schema, can be a payload.
 */
export const withoutForeignText = (exit: Exit.Exit<unknown, unknown>): Exit.Exit<unknown, unknown> => {
  const type = errorType(exit)
  if (Exit.isSuccess(exit) || type === undefined || type === "interrupted") {
    return exit
  }
  const failure = Cause.failureOption(exit.cause)
  return Exit.fail(
    Option.isSome(failure) && isPrintable(failure.value, type) ? failure.value : typeOnly(type)
  )
}

/** The exit with the type of its error only. */
export const withoutText = (exit: Exit.Exit<unknown, unknown>): Exit.Exit<unknown, unknown> => {
  const type = errorType(exit)
  return type === undefined || type === "interrupted" ? exit : Exit.fail(typeOnly(type))
}

/** Failures of commands: what is printed, and the exit code. */
import * as ValidationError from "@effect/cli/ValidationError"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { codeOf, unexpected, usage } from "./exitCodes.ts"
import { jsonLine, printable } from "./printable.ts"
import { OutputClosed, writeError } from "./write.ts"

/** A command that cannot run with these arguments, files or packages. */
export class CommandError extends Data.TaggedError("CommandError")<{ readonly message: string }> {}

/** The process ends with this code. What went wrong is printed. */
export class Exited extends Data.TaggedError("Exited")<{ readonly code: number }> {}

/** How failures are printed. */
export interface FailureOptions {
  readonly json: boolean
  readonly verbose: boolean
}

const exitCodeOf = (error: unknown): number => {
  if (error instanceof CommandError) {
    return usage
  }
  return Predicate.hasProperty(error, "_tag") && typeof error._tag === "string" ? codeOf(error._tag) : unexpected
}

/** The message of an error. It has no text of the container. */
export const messageOf = (error: unknown): string =>
  error instanceof Error && error.message !== "" ? error.message : "unexpected error"

/** The text of the container, which is no part of the message of an error. */
export const textOfContainer = (error: unknown): string | undefined =>
  Predicate.hasProperty(error, "OriginalMessage") && typeof error.OriginalMessage === "string"
    ? error.OriginalMessage
    : undefined

const asJson = (error: unknown, text: string | undefined): string => {
  const fields: unknown = JSON.parse(JSON.stringify(error))
  return jsonLine({
    error: {
      ...(Predicate.isRecord(fields) ? fields : {}),
      message: messageOf(error),
      ...(text === undefined ? {} : { OriginalMessage: text })
    }
  })
}

const describe = (error: unknown, { json, verbose }: FailureOptions): string => {
  const text = verbose ? textOfContainer(error) : undefined
  if (json) {
    return asJson(error, text)
  }
  const tag = Predicate.hasProperty(error, "_tag") && error._tag !== "CommandError" ? `${String(error._tag)}: ` : ""
  return printable(`error: ${tag}${messageOf(error)}\n${text === undefined ? "" : `${text}\n`}`)
}

const isExit = (error: unknown): error is Exited | OutputClosed =>
  error instanceof Exited || error instanceof OutputClosed || ValidationError.isValidationError(error)

/** Prints a failure or defect of the command. Interruption and a closed standard output print nothing. */
export const reportFailure =
  (options: FailureOptions) => <A, E, R>(command: Effect.Effect<A, E, R>): Effect.Effect<A, Exited | OutputClosed, R> =>
    Effect.catchAllCause(command, (cause) => {
      if (Cause.isInterruptedOnly(cause)) {
        return Effect.interrupt
      }
      const error = Option.getOrElse(Cause.failureOption(cause), () => Cause.squash(cause))
      return isExit(error)
        ? Effect.fail(error)
        : Effect.zipRight(writeError(describe(error, options)), Effect.fail(new Exited({ code: exitCodeOf(error) })))
    })

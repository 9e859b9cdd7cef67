/** Errors of the files of a batch: a file that cannot be used is an invalid argument. */
import { isPlatformError, type PlatformError } from "@effect/platform/Error"
import { SageMakerError } from "effect-sagemaker-runtime"
import * as Effect from "effect/Effect"
import { CommandError } from "../../output/failure.ts"

const reasons: Readonly<Record<string, string>> = {
  NotFound: "no such file or folder",
  PermissionDenied: "permission denied",
  AlreadyExists: "it exists",
  BadResource: "it is no file"
}

const reasonOf = (error: PlatformError): string => {
  if (error._tag === "BadArgument") {
    return error.description ?? "invalid argument"
  }
  return reasons[error.reason] ?? error.description ?? error.reason
}

const pathOf = (error: PlatformError): string =>
  error._tag === "SystemError" && error.pathOrDescriptor !== undefined ? ` ${error.pathOrDescriptor}` : ""

/** The invalid file of an error. An invalid row ends a batch only with `stopOnError`. */
const messageOf = (error: unknown, { input, stopOnError }: FileOptions): string | undefined => {
  if (isPlatformError(error)) {
    return `cannot use the file${pathOf(error)}: ${reasonOf(error)}`
  }
  return error instanceof SageMakerError.CodecError && !stopOnError
    ? `cannot read ${input}: ${error.message}`
    : undefined
}

/** The options that errors of files depend on. */
interface FileOptions {
  readonly input: string
  readonly stopOnError: boolean
}

/** Errors of files as errors of the command. */
export const withFileErrors =
  (options: FileOptions) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, CommandError | E, R> =>
    Effect.mapError(effect, (error) => {
      const message = messageOf(error, options)
      return message === undefined ? error : new CommandError({ message })
    })

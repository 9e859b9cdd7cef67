import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { OperationSettings, Validation } from "../../Operation.ts"
import { ConfigurationError } from "../../SageMakerError.ts"
import type { SageMakerRuntimeOptions } from "../../SageMakerRuntime.ts"
import { readOptions } from "../operation/readMembers.ts"

/** The largest request body by default: 25 MiB. */
export const defaultMaxBodyBytes = 25 * 1024 * 1024

/** The largest response body that is read as a whole by default: 64 MiB. */
const defaultMaxResponseBytes = 64 * 1024 * 1024

/** A hundred years. */
const maxClockOffset = 100 * 365 * 24 * 3_600_000

type SettingsOptions = Pick<
  SageMakerRuntimeOptions,
  "appId" | "clockOffset" | "maxBodyBytes" | "maxResponseBytes" | "validation"
>

/** The checked options of a client that apply to every operation. */
interface Settings {
  readonly operation: OperationSettings
  /** In bytes; `Infinity` for no limit. */
  readonly maxResponseBytes: number
}

const invalid = (setting: keyof SettingsOptions, problem: string) =>
  Effect.fail(new ConfigurationError({ setting, problem }))

/** The members of an object of options, each read once. */
export const readSettings = <Options extends object>(
  options: Options | undefined,
  setting: string
): Either.Either<Options, ConfigurationError> =>
  Either.mapBoth(readOptions(options, setting), {
    onLeft: ({ constraint, field }) => new ConfigurationError({ setting: field, problem: `must be ${constraint}` }),
    onRight: (members) => members as Options
  })

const validationOf = (validation: SettingsOptions["validation"]): Either.Either<Validation, ConfigurationError> =>
  typeof validation === "boolean"
    ? Either.right({ min: validation, max: validation, pattern: validation })
    : Either.map(readSettings(validation, "validation"), ({ max, min, pattern }) => ({
      min: min ?? true,
      max: max ?? true,
      pattern: pattern ?? true
    }))

const isByteLimit = (limit: number | false): boolean => limit === false || (typeof limit === "number" && limit >= 0)

/** Checks the options of a client that apply to every operation. */
export const settings = (options: SettingsOptions): Effect.Effect<Settings, ConfigurationError> => {
  if (typeof (options.appId ?? "") !== "string") {
    return invalid("appId", "must be a string")
  }
  const clockOffset: unknown = options.clockOffset ?? 0
  if (typeof clockOffset !== "number" || !(Math.abs(clockOffset) <= maxClockOffset)) {
    return invalid("clockOffset", "must be a number of milliseconds")
  }
  const maxBodyBytes = options.maxBodyBytes ?? defaultMaxBodyBytes
  const maxResponseBytes = options.maxResponseBytes ?? defaultMaxResponseBytes
  if (!isByteLimit(maxBodyBytes)) {
    return invalid("maxBodyBytes", "must be a number of bytes or false")
  }
  if (!isByteLimit(maxResponseBytes)) {
    return invalid("maxResponseBytes", "must be a number of bytes or false")
  }
  return Effect.map(validationOf(options.validation), (validation) => ({
    operation: { maxBodyBytes, validation },
    maxResponseBytes: maxResponseBytes === false ? Infinity : maxResponseBytes
  }))
}

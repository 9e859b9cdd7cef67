import * as Effect from "effect/Effect"
import type { OperationSettings, Validation } from "../../Operation.ts"
import { ConfigurationError } from "../../SageMakerError.ts"
import type { SageMakerRuntimeOptions } from "../../SageMakerRuntime.ts"

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

const validationOf = (validation: SettingsOptions["validation"]): Validation =>
  typeof validation === "boolean"
    ? { min: validation, max: validation, pattern: validation }
    : { min: validation?.min ?? true, max: validation?.max ?? true, pattern: validation?.pattern ?? true }

const isByteLimit = (limit: number | false): boolean => limit === false || (typeof limit === "number" && limit >= 0)

/** Checks the options of a client that apply to every operation. */
export const settings = (options: SettingsOptions): Effect.Effect<Settings, ConfigurationError> => {
  if (typeof (options.appId ?? "") !== "string") {
    return invalid("appId", "must be a string")
  }
  if (!(Math.abs(options.clockOffset ?? 0) <= maxClockOffset)) {
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
  return Effect.succeed({
    operation: { maxBodyBytes, validation: validationOf(options.validation) },
    maxResponseBytes: maxResponseBytes === false ? Infinity : maxResponseBytes
  })
}

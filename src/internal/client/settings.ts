import * as Effect from "effect/Effect"
import type { OperationSettings, Validation } from "../../Operation.ts"
import { ConfigurationError } from "../../SageMakerError.ts"

/** The options of a client that decide what is checked before sending. */
export interface SettingsOptions {
  readonly validation?: boolean | Partial<Validation> | undefined
  readonly maxBodyBytes?: number | false | undefined
  readonly clockOffset?: number | undefined
  readonly appId?: string | undefined
}

/** The default limit of a request body in bytes: 25 MiB. */
export const defaultMaxBodyBytes = 25 * 1024 * 1024

/** A hundred years. */
const maxClockOffset = 100 * 365 * 24 * 3_600_000

const validationOf = (validation: SettingsOptions["validation"]): Validation =>
  typeof validation === "boolean"
    ? { min: validation, max: validation, pattern: validation }
    : { min: validation?.min ?? true, max: validation?.max ?? true, pattern: validation?.pattern ?? true }

/** The settings of those options, or what is wrong with them. */
export const settings = (options: SettingsOptions): Effect.Effect<OperationSettings, ConfigurationError> => {
  if (typeof (options.appId ?? "") !== "string") {
    return Effect.fail(new ConfigurationError({ setting: "appId", problem: "is not text" }))
  }
  if (!(Math.abs(options.clockOffset ?? 0) <= maxClockOffset)) {
    return Effect.fail(new ConfigurationError({ setting: "clockOffset", problem: "is not a number of milliseconds" }))
  }
  const maxBodyBytes = options.maxBodyBytes ?? defaultMaxBodyBytes
  return maxBodyBytes === false || maxBodyBytes >= 0
    ? Effect.succeed({ maxBodyBytes, validation: validationOf(options.validation) })
    : Effect.fail(new ConfigurationError({ setting: "maxBodyBytes", problem: "is not a number of bytes" }))
}

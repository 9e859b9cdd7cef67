import * as Effect from "effect/Effect"
import type { Settings, Validation } from "../Operation.ts"
import { ConfigurationError } from "../SageMakerError.ts"

/** The options of a client that decide what is checked before sending. */
export interface SettingsOptions {
  readonly validation?: boolean | Partial<Validation> | undefined
  readonly maxBodyBytes?: number | false | undefined
}

const defaultMaxBodyBytes = 25 * 1024 * 1024

const validationOf = (validation: SettingsOptions["validation"]): Validation =>
  typeof validation === "boolean"
    ? { min: validation, max: validation, pattern: validation }
    : { min: validation?.min ?? true, max: validation?.max ?? true, pattern: validation?.pattern ?? true }

/** The settings of those options, or what is wrong with them. */
export const settings = (options: SettingsOptions): Effect.Effect<Settings, ConfigurationError> => {
  const maxBodyBytes = options.maxBodyBytes ?? defaultMaxBodyBytes
  return maxBodyBytes === false || maxBodyBytes >= 0
    ? Effect.succeed({ maxBodyBytes, validation: validationOf(options.validation) })
    : Effect.fail(new ConfigurationError({ setting: "maxBodyBytes", problem: "is not a number of bytes" }))
}

/** Errors of settings given as options. */
import { ConfigurationError } from "../../SageMakerError.ts"

/** The error of a setting that must be something else, such as `a positive integer`. */
export const invalidSetting = (setting: string, expected: string): ConfigurationError =>
  new ConfigurationError({ setting, problem: `must be ${expected}` })

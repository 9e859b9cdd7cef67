/** Errors of settings given as options. */
import { ConfigurationError } from "../../SageMakerError.ts"

/** The error of a setting that is not what was expected, such as `a positive integer`. */
export const invalidSetting = (setting: string, expected: string): ConfigurationError =>
  new ConfigurationError({ setting, problem: `expected ${expected}` })

/** Checks durations given as options. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ConfigurationError } from "../../SageMakerError.ts"
import { invalidSetting } from "./invalidSetting.ts"

/** A duration in milliseconds, `Infinity` included; `undefined` if the value is not a duration or cannot be read. */
export const durationMillis = (value: unknown): number | undefined =>
  Option.liftThrowable(Duration.decodeUnknown)(value).pipe(
    Option.flatten,
    Option.map(Duration.toMillis),
    Option.getOrUndefined
  )

/** A positive, finite duration in milliseconds; otherwise the error names the setting. */
export const positiveDurationMillis = (
  setting: string,
  value: unknown,
  expected: string = "a positive, finite duration such as \"10 seconds\"",
  maxMillis: number = Number.MAX_VALUE
): Effect.Effect<number, ConfigurationError> => {
  const millis = durationMillis(value)
  return millis !== undefined && millis > 0 && millis <= maxMillis
    ? Effect.succeed(millis)
    : Effect.fail(invalidSetting(setting, expected))
}

/** Checks the options of bearer tokens. */
import type * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import { serviceUrl } from "../../protocol/endpoint/serviceUrl.ts"
import { ConfigurationError } from "../../SageMakerError.ts"
import { readSettings } from "../client/settings.ts"
import { durationMillis } from "../config/duration.ts"
import { invalidSetting } from "../config/invalidSetting.ts"

interface TokenOptions {
  readonly region?: string | undefined
  readonly expiresIn?: Duration.DurationInput | undefined
}

/** Twelve hours, the longest lifetime that SageMaker accepts. */
const maxLifetimeMillis = 12 * 3_600_000

/** The region, and the lifetime in whole seconds. Additional members are returned, each read once. */
export const readTokenOptions = <Options extends TokenOptions>(
  options: Options | undefined,
  defaultRegion = ""
): Either.Either<Options & { readonly region: string; readonly expiresSeconds: number }, ConfigurationError> =>
  Either.flatMap(readSettings(options, "options"), (members) => {
    const region = members.region ?? defaultRegion
    const url = serviceUrl({ region })
    if (url._tag === "Invalid") {
      return Either.left(new ConfigurationError({ setting: url.setting, problem: url.problem }))
    }
    const millis = durationMillis(members.expiresIn ?? maxLifetimeMillis) ?? NaN
    return millis >= 1_000 && millis <= maxLifetimeMillis
      ? Either.right({ ...members, region, expiresSeconds: Math.floor(millis / 1_000) })
      : Either.left(invalidSetting("expiresIn", "a duration from 1 second to 12 hours"))
  })

/** The rate limit of `Resilience.rateLimit`. */
import * as Effect from "effect/Effect"
import * as RateLimiter from "effect/RateLimiter"
import * as RcMap from "effect/RcMap"
import type * as Scope from "effect/Scope"
import type { PerEndpoint, RateLimitOptions } from "../../Resilience.ts"
import type { ConfigurationError } from "../../SageMakerError.ts"
import { type InterceptedCall, type Interceptor, interceptor } from "../client/interceptor.ts"
import { positiveDurationMillis } from "../config/duration.ts"
import { invalidSetting } from "../config/invalidSetting.ts"
import { type CheckOptions, endpointKey, isIntegerFrom, settingsPerEndpoint } from "./perEndpoint.ts"

type Settings = Required<RateLimiter.RateLimiter.Options> & { readonly interval: number }

const check: CheckOptions<RateLimitOptions, Settings> = (
  { algorithm = "token-bucket", interval, limit },
  path
) => {
  if (!isIntegerFrom(limit, 1)) {
    return Effect.fail(invalidSetting(`${path}.limit`, "an integer of at least 1"))
  }
  if (algorithm !== "token-bucket" && algorithm !== "fixed-window") {
    return Effect.fail(invalidSetting(`${path}.algorithm`, "\"token-bucket\" or \"fixed-window\""))
  }
  return Effect.map(positiveDurationMillis(`${path}.interval`, interval), (millis) => ({
    algorithm,
    interval: millis,
    limit
  }))
}

/** Delays attempts, so that at most `limit` of them start in an interval. */
export const make = (
  options: RateLimitOptions & PerEndpoint<RateLimitOptions>
): Effect.Effect<(call: InterceptedCall) => Interceptor, ConfigurationError, Scope.Scope> =>
  Effect.gen(function*() {
    const settingsOf = yield* settingsPerEndpoint(options, check, "rateLimit")
    const keyOf = endpointKey(options)
    const limiters = yield* RcMap.make({
      lookup: (key: string) => RateLimiter.make(settingsOf(key)),
      // After two intervals all tokens are available again, so a new limiter behaves like the removed one.
      idleTimeToLive: (key: string) => 2 * settingsOf(key).interval
    })
    return (call) => {
      const key = keyOf(call)
      const acquire = Effect.scoped(Effect.flatMap(RcMap.get(limiters, key), (limiter) => limiter(Effect.void)))
      return interceptor({ wrapAttempt: () => (effect) => Effect.zipRight(acquire, effect) })
    }
  })

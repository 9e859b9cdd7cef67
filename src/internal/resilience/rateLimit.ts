import * as Effect from "effect/Effect"
import * as RateLimiter from "effect/RateLimiter"
import * as RcMap from "effect/RcMap"
import type * as Scope from "effect/Scope"
import type { PerEndpoint, RateLimitOptions } from "../../Resilience.ts"
import type { ConfigurationError } from "../../SageMakerError.ts"
import { type InterceptedCall, type Interceptor, interceptor } from "../client/interceptor.ts"
import { endpointKey, isIntegerFrom, millis, settingsPerEndpoint } from "./perEndpoint.ts"

type Settings = Required<RateLimiter.RateLimiter.Options> & { readonly interval: number }

const check = (
  { algorithm = "token-bucket", interval, limit }: RateLimitOptions,
  wrong: (setting: string, problem: string) => ConfigurationError
): Effect.Effect<Settings, ConfigurationError> =>
  !isIntegerFrom(limit, 1)
    ? Effect.fail(wrong("limit", "is not a whole number of at least 1"))
    : algorithm !== "token-bucket" && algorithm !== "fixed-window"
    ? Effect.fail(wrong("algorithm", "is neither token-bucket nor fixed-window"))
    : Effect.map(
      millis(interval, (problem) => wrong("interval", problem)),
      (checked) => ({ algorithm, interval: checked, limit })
    )

/** Lets so many attempts to an endpoint begin in an interval. */
export const make = (
  options: RateLimitOptions & PerEndpoint<RateLimitOptions>
): Effect.Effect<(call: InterceptedCall) => Interceptor, ConfigurationError, Scope.Scope> =>
  Effect.gen(function*() {
    const settingsOf = yield* settingsPerEndpoint(options, check, "rateLimit")
    const endpointOf = endpointKey(options)
    const limiters = yield* RcMap.make({
      lookup: (endpoint: string) => RateLimiter.make(settingsOf(endpoint)),
      // By then all its tokens are back, and a new one is no different.
      idleTimeToLive: (endpoint: string) => 2 * settingsOf(endpoint).interval
    })
    return (call) => {
      const endpoint = endpointOf(call)
      const turn = Effect.scoped(Effect.flatMap(RcMap.get(limiters, endpoint), (limiter) => limiter(Effect.void)))
      return interceptor({ attempt: () => (effect) => Effect.zipRight(turn, effect) })
    }
  })

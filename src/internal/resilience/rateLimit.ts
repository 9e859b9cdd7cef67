/** The rate limit of `Resilience.rateLimit`. */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as rates from "../../protocol/retry/rate.ts"
import type { PerEndpoint, RateLimitOptions } from "../../Resilience.ts"
import { type ConfigurationError, TransportError } from "../../SageMakerError.ts"
import type { CallProgress } from "../client/call.ts"
import { type InterceptedCall, type Interceptor, interceptor } from "../client/interceptor.ts"
import { positiveDurationMillis } from "../config/duration.ts"
import { invalidSetting } from "../config/invalidSetting.ts"
import { endpointNameOf } from "../telemetry/endpointName.ts"
import { CurrentMonitor, reportQueued } from "../telemetry/monitor.ts"
import { monotonicMillis } from "../time/monotonicClock.ts"
import { type Cancel, noop, timerOf } from "../time/timer.ts"
import { type CheckOptions, endpointKey, isIntegerFrom, settingsPerEndpoint } from "./perEndpoint.ts"

const check: CheckOptions<RateLimitOptions, rates.Rate> = (
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

/** An attempt that waits for a token. */
interface Waiting {
  readonly clock: Clock.Clock
  /** Ends the wait: with a token, or because the client was closed. */
  readonly end: (hasToken: boolean) => void
}

/**
 * The rate of one endpoint. Attempts wait in the order of their arrival.
 *
 * Effect's `RateLimiter` refills in a fiber of the layer. Attempts that wait when the layer closes would wait forever.
 */
class RateLimiter {
  readonly #rate: rates.Rate
  readonly #waiting = new Set<Waiting>()
  #tokens: rates.Tokens
  #cancelTimer: Cancel = noop
  #isClosed = false

  constructor(rate: rates.Rate) {
    this.#rate = rate
    this.#tokens = rates.full(rate)
  }

  /** Waits for a token. Fails if the client is closed. `whileQueued` wraps the wait. */
  acquire<E>(
    onClosed: () => E,
    whileQueued: (wait: Effect.Effect<void, E>) => Effect.Effect<void, E>
  ): Effect.Effect<void, E> {
    return Effect.clockWith((clock) => {
      if (this.#isClosed) {
        return Effect.fail(onClosed())
      }
      return this.#waiting.size === 0 && this.#take(clock) === 0
        ? Effect.void
        : whileQueued(this.#wait(clock, onClosed))
    })
  }

  isIdle(now: number): boolean {
    return this.#waiting.size === 0 && rates.restore(this.#rate, this.#tokens, now).since === undefined
  }

  close(): void {
    this.#isClosed = true
    this.#cancelTimer()
    this.#waiting.forEach(({ end }) => end(false))
    this.#waiting.clear()
  }

  #wait<E>(clock: Clock.Clock, onClosed: () => E): Effect.Effect<void, E> {
    return Effect.async((resume) => {
      const waiting: Waiting = {
        clock,
        end: (hasToken) => resume(hasToken ? Effect.void : Effect.fail(onClosed()))
      }
      this.#waiting.add(waiting)
      if (this.#waiting.size === 1) {
        this.#grant()
      }
      return Effect.sync(() => {
        this.#waiting.delete(waiting)
        this.#grant()
      })
    })
  }

  /** Ends the waits for which there are tokens, and sets a timer for the next one. */
  #grant(): void {
    this.#cancelTimer()
    for (const waiting of this.#waiting) {
      const waitMillis = this.#take(waiting.clock)
      if (waitMillis > 0) {
        this.#cancelTimer = timerOf(waiting.clock)(Math.ceil(waitMillis), () => this.#grant())
        return
      }
      this.#waiting.delete(waiting)
      waiting.end(true)
    }
  }

  /** Takes a token and returns 0, or returns the milliseconds until the next token. */
  #take(clock: Clock.Clock): number {
    const [waitMillis, tokens] = rates.take(this.#rate, this.#tokens, monotonicMillis(clock))
    this.#tokens = tokens
    return waitMillis
  }
}

const cleanupIntervalMillis = 10_000

/** The limiters of the endpoints that have recent calls. */
class RateLimiters {
  readonly #limiters = new Map<string, RateLimiter>()
  readonly #rateOf: (key: string) => rates.Rate
  #lastCleanup = 0
  #isClosed = false

  constructor(rateOf: (key: string) => rates.Rate) {
    this.#rateOf = rateOf
  }

  get(key: string, now: number): RateLimiter {
    const existing = this.#limiters.get(key)
    if (existing !== undefined) {
      return existing
    }
    this.#removeIdle(now)
    const limiter = new RateLimiter(this.#rateOf(key))
    if (this.#isClosed) {
      limiter.close()
    }
    this.#limiters.set(key, limiter)
    return limiter
  }

  close(): void {
    this.#isClosed = true
    this.#limiters.forEach((limiter) => limiter.close())
  }

  /** An idle limiter has all its tokens, so that a new one behaves like it. */
  #removeIdle(now: number): void {
    if (now - this.#lastCleanup < cleanupIntervalMillis) {
      return
    }
    this.#lastCleanup = now
    for (const [key, limiter] of this.#limiters) {
      if (limiter.isIdle(now)) {
        this.#limiters.delete(key)
      }
    }
  }
}

const closedError = ({ attempts, totalRetryDelay }: CallProgress) =>
  new TransportError({
    message: "The layer of the client was closed before the rate limit allowed this attempt",
    reason: "aborted",
    requestSent: false,
    retry: "never",
    attempts,
    totalRetryDelay
  })

/** Delays attempts, so that at most `limit` of them start in an interval. */
export const make = (
  options: RateLimitOptions & PerEndpoint<RateLimitOptions>
): Effect.Effect<(call: InterceptedCall) => Interceptor, ConfigurationError, Scope.Scope> =>
  Effect.gen(function*() {
    const rateOf = yield* settingsPerEndpoint(options, check, "rateLimit")
    const keyOf = endpointKey(options)
    const monitor = yield* CurrentMonitor
    const limiters = yield* Effect.acquireRelease(
      Effect.sync(() => new RateLimiters(rateOf)),
      (opened) => Effect.sync(() => opened.close())
    )
    return (call) => {
      const key = keyOf(call)
      const whileQueued = reportQueued(monitor, "rate", endpointNameOf(call.input))
      return interceptor({
        wrapAttempt: (progress) => (effect) =>
          Effect.zipRight(
            Effect.clockWith((clock) =>
              limiters.get(key, monotonicMillis(clock)).acquire(() => closedError(progress), whileQueued)
            ),
            effect
          )
      })
    }
  })

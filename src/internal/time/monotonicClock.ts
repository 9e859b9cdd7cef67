/** Elapsed time, which a change of the system time does not change. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { lazy } from "../../protocol/function/lazy.ts"
import { defaultClock, isDefaultClock } from "./defaultServices.ts"

/**
 * Milliseconds since an arbitrary time, for elapsed time. A change of the system time does not change them.
 *
 * Whole microseconds of another clock are exact in a number. Its nanoseconds since 1970 are not.
 */
export const monotonicMillis = (clock: Clock.Clock): number =>
  isDefaultClock(clock) ? performance.now() : Number(clock.unsafeCurrentTimeNanos() / 1_000n) / 1_000

/** `monotonicMillis` of the current clock. */
export const currentMonotonicMillis: Effect.Effect<number> = Effect.clockWith((clock) =>
  Effect.sync(() => monotonicMillis(clock))
)

/** A clock that starts at the system time and ignores its changes. */
const monotonicClock = lazy((): Clock.Clock => {
  const origin = Date.now() - performance.now()
  const millis = () => origin + performance.now()
  const nanos = () => BigInt(Math.round(millis() * 1_000)) * 1_000n
  return {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: millis,
    unsafeCurrentTimeNanos: nanos,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanos: Effect.sync(nanos),
    sleep: (duration) => defaultClock.sleep(duration)
  }
})

/** Runs an effect whose schedules measure elapsed time on a monotonic clock. Effect's schedules use the system time. */
export const onMonotonicClock = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.clockWith((clock) => (isDefaultClock(clock) ? Effect.withClock(effect, monotonicClock()) : effect))

/**
 * Retries with `retry`, whose schedule measures elapsed time on a monotonic clock. Effect's schedules use the system
 * time. The attempts keep the clock of the caller.
 */
export const retryOnMonotonicClock = <A, E, R, B, E2, R2>(
  attempt: Effect.Effect<A, E, R>,
  retry: (attempt: Effect.Effect<A, E, R>) => Effect.Effect<B, E2, R2>
): Effect.Effect<B, E2, R2> =>
  Effect.clockWith((clock) =>
    isDefaultClock(clock)
      ? Effect.withClock(retry(Effect.withClock(attempt, clock)), monotonicClock())
      : retry(attempt)
  )

/** Elapsed time, which a change of the system time does not change. */
import type * as Clock from "effect/Clock"
import { isDefaultClock } from "../transport/defaultServices.ts"

/**
 * Milliseconds since an arbitrary time, for elapsed time. A change of the system time does not change them.
 *
 * Whole microseconds of another clock are exact in a number. Its nanoseconds since 1970 are not.
 */
export const monotonicMillis = (clock: Clock.Clock): number =>
  isDefaultClock(clock) ? performance.now() : Number(clock.unsafeCurrentTimeNanos() / 1_000n) / 1_000

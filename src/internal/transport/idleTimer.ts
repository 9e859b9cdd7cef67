import type * as Clock from "effect/Clock"
import { monotonicMillis } from "../time/monotonicClock.ts"
import { type Cancel, noop, timerOf } from "../time/timer.ts"

/** Measures how long a reader waits. */
export interface IdleTimer {
  /** Begins a wait. */
  readonly start: () => void
  /** Ends a wait. The timer is kept for the next wait. */
  readonly pause: () => void
  readonly stop: () => void
}

/** When a wait ends, in milliseconds. `Infinity` never ends it. */
export interface WaitLimits {
  /** The longest wait. */
  readonly idle: number
  readonly onIdle: () => void
  /** The time of the monotonic clock that ends all waits. */
  readonly until: number
  readonly onUntil: () => void
}

const never: IdleTimer = { start: noop, pause: noop, stop: noop }

/**
 * Calls `onIdle` when a wait has lasted `idle` milliseconds, or `onUntil` when a wait lasts beyond `until`.
 *
 * All waits share one timer, because a timer per wait is expensive. When it fires before a wait is over, it is set
 * again for the remaining time.
 */
export const makeIdleTimer = (clock: Clock.Clock, { idle, onIdle, onUntil, until }: WaitLimits): IdleTimer => {
  if (idle === Infinity && until === Infinity) {
    return never
  }
  let waitingSince: number | undefined
  let cancel: Cancel | undefined
  const set = (since: number, now: number) => {
    cancel = timerOf(clock)(Math.max(0, Math.min(since + idle, until) - now), check)
  }
  const check = () => {
    cancel = undefined
    if (waitingSince === undefined) {
      return
    }
    const now = monotonicMillis(clock)
    if (now >= until) {
      onUntil()
    } else if (now - waitingSince >= idle) {
      onIdle()
    } else {
      set(waitingSince, now)
    }
  }
  return {
    start: () => {
      const now = monotonicMillis(clock)
      waitingSince = now
      if (cancel === undefined) {
        set(now, now)
      }
    },
    pause: () => void (waitingSince = undefined),
    stop: () => {
      waitingSince = undefined
      cancel?.()
      cancel = undefined
    }
  }
}

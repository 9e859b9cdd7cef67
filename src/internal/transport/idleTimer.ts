import type * as Clock from "effect/Clock"
import { type Cancel, monotonicMillis, noop, timerOf } from "./timer.ts"

/** Measures how long a reader waits. */
export interface IdleTimer {
  /** Begins a wait. */
  readonly start: () => void
  /** Ends a wait. The timer is kept for the next wait. */
  readonly pause: () => void
  readonly stop: () => void
}

const never: IdleTimer = { start: noop, pause: noop, stop: noop }

/**
 * Calls `onIdle` when a wait has lasted `millis` milliseconds.
 *
 * All waits share one timer, because a timer per wait is expensive. When it fires before a wait is over, it is set
 * again for the remaining time.
 */
export const makeIdleTimer = (clock: Clock.Clock, millis: number, onIdle: () => void): IdleTimer => {
  if (millis === Infinity) {
    return never
  }
  let waitingSince: number | undefined
  let cancel: Cancel | undefined
  const set = (delay: number) => {
    cancel = timerOf(clock)(delay, check)
  }
  const check = () => {
    cancel = undefined
    if (waitingSince !== undefined) {
      const left = millis - (monotonicMillis(clock) - waitingSince)
      if (left > 0) {
        set(left)
      } else {
        onIdle()
      }
    }
  }
  return {
    start: () => {
      waitingSince = monotonicMillis(clock)
      if (cancel === undefined) {
        set(millis)
      }
    },
    pause: () => {
      waitingSince = undefined
    },
    stop: () => {
      waitingSince = undefined
      cancel?.()
      cancel = undefined
    }
  }
}

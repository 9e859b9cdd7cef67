import type * as Clock from "effect/Clock"
import { type Cancel, noop, timerOf } from "./timer.ts"

/** Measures how long a reader waits. */
export interface IdleTimer {
  /** Begins a wait. */
  readonly start: () => void
  /** Ends a wait; the timer stays for the next one. */
  readonly pause: () => void
  readonly stop: () => void
}

const never: IdleTimer = { start: noop, pause: noop, stop: noop }

/**
 * Calls back once a wait has lasted so many milliseconds.
 *
 * One timer serves all waits: it fires at the earliest possible end of a wait and is then set again for the rest, so that a
 * wait costs no timer.
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
      const left = millis - (clock.unsafeCurrentTimeMillis() - waitingSince)
      if (left > 0) {
        set(left)
      } else {
        onIdle()
      }
    }
  }
  return {
    start: () => {
      waitingSince = clock.unsafeCurrentTimeMillis()
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

/** Timers on a clock: the system's timers for the default clock, sleeping fibers for any other one. */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { isDefaultClock } from "./defaultServices.ts"

/** Stops a timer that has not fired. */
export type Cancel = () => void

/** Runs a callback after `millis` milliseconds. `Infinity` never runs it. */
export type Timer = (millis: number, run: () => void) => Cancel

/** `setTimeout` fires immediately if the delay is longer. */
const maxDelayMillis = 2 ** 31 - 1

/** Cancels nothing. */
export const noop: Cancel = () => {}

/** A timer of the JavaScript runtime. */
export const systemTimer: Timer = (millis, run) => {
  if (millis > maxDelayMillis) {
    return noop
  }
  const timer = setTimeout(run, millis)
  return () => clearTimeout(timer)
}

const fiberTimer = (clock: Clock.Clock): Timer => (millis, run) => {
  if (millis === Infinity) {
    return noop
  }
  const fiber = Effect.runFork(Effect.zipRight(clock.sleep(Duration.millis(millis)), Effect.sync(run)))
  return () => fiber.unsafeInterruptAsFork(fiber.id())
}

/** The timer of a clock. */
export const timerOf = (clock: Clock.Clock): Timer => (isDefaultClock(clock) ? systemTimer : fiberTimer(clock))

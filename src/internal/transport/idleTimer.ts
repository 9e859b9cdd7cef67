import type * as Clock from "effect/Clock"
import { timerOf } from "./timer.ts"

/**
 * Measures how long a reader waits for the next chunk.
 *
 * One timer serves a whole body: it fires at the earliest possible end of a wait and is then set again for the rest, so that a
 * chunk costs no timer.
 */
export class IdleTimer {
  readonly #clock: Clock.Clock
  readonly #millis: number
  readonly #onIdle: () => void
  #waitingSince: number | undefined
  #cancel: (() => void) | undefined

  constructor(clock: Clock.Clock, millis: number, onIdle: () => void) {
    this.#clock = clock
    this.#millis = millis
    this.#onIdle = onIdle
  }

  /** Begins a wait, also where one has begun. */
  start(): void {
    if (this.#millis !== Infinity) {
      this.#waitingSince = this.#clock.unsafeCurrentTimeMillis()
      this.#cancel ??= timerOf(this.#clock)(this.#millis, () => this.#check())
    }
  }

  /** Ends a wait; the timer stays for the next one. */
  pause(): void {
    this.#waitingSince = undefined
  }

  /** Ends all waits. */
  stop(): void {
    this.#waitingSince = undefined
    this.#cancel?.()
    this.#cancel = undefined
  }

  #check(): void {
    this.#cancel = undefined
    if (this.#waitingSince === undefined) {
      return
    }
    const left = this.#millis - (this.#clock.unsafeCurrentTimeMillis() - this.#waitingSince)
    if (left > 0) {
      this.#cancel = timerOf(this.#clock)(left, () => this.#check())
    } else {
      this.#waitingSince = undefined
      this.#onIdle()
    }
  }
}

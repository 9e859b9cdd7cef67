/**
 * Marks functions and effects of this package that run no code of the program.
 *
 * Code of the program runs with a span of the call as the parent of its spans. The code of this package needs none,
 * which makes traced calls faster: OpenTelemetry's tracer enters its context at each step below a span.
 */
import { globalState } from "../global/globalState.ts"

const own = globalState("ownCode", () => new WeakSet<object>())

/** Marks a function whose effect never runs code of the program. */
export const markOwn = <F extends object>(code: F): F => {
  own.add(code)
  return code
}

/** Whether the effect of a function never runs code of the program. */
export const isOwn = (code: object): boolean => own.has(code)

type IsReady = (now: number) => boolean

const ready = globalState("readyCode", () => new WeakMap<object, IsReady>())

/** Registers when a signer or an effect that loads credentials has them, so that it runs no code of the program. */
export const markReady = <F extends object>(code: F, isReady: IsReady): F => {
  ready.set(code, isReady)
  return code
}

/** Whether a signer or an effect has its credentials at a time of the system clock in milliseconds. */
export const isReady = (code: object, now: number): boolean => ready.get(code)?.(now) === true

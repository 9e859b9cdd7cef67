/** Timers of this machine's clock. */

/** A timer, or none where it would never go off. */
export type Timer = NodeJS.Timeout | undefined

/** What Node counts to; it takes more for nothing. */
const longestMillis = 2 ** 31 - 1

export const after = (millis: number, run: () => void): Timer =>
  millis <= longestMillis ? setTimeout(run, millis) : undefined

export const cancel = (timer: Timer): void => clearTimeout(timer)

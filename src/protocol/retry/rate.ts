/** A rate of attempts. Times are in milliseconds. */
export interface Rate {
  readonly algorithm: "token-bucket" | "fixed-window"
  /** Tokens per interval. */
  readonly limit: number
  readonly interval: number
}

/** The tokens of a rate, and when the first missing token began to be restored. */
export interface Tokens {
  readonly available: number
  /** `undefined` if no token is missing. */
  readonly since: number | undefined
}

export const full = ({ limit }: Rate): Tokens => ({ available: limit, since: undefined })

/** How long a step takes, and how many tokens it restores. A bucket gets its tokens one by one. */
const stepOf = ({ algorithm, interval, limit }: Rate): readonly [millis: number, tokens: number] =>
  algorithm === "token-bucket" ? [Math.ceil(interval / limit), 1] : [interval, limit]

/** Adds the tokens that have been restored. */
export const restore = (rate: Rate, tokens: Tokens, now: number): Tokens => {
  if (tokens.since === undefined) {
    return tokens
  }
  const [millis, perStep] = stepOf(rate)
  const steps = Math.floor((now - tokens.since) / millis)
  const available = tokens.available + steps * perStep
  return available >= rate.limit ? full(rate) : { available, since: tokens.since + steps * millis }
}

/** Takes a token and returns 0, or returns the milliseconds until the next token. */
export const take = (rate: Rate, tokens: Tokens, now: number): readonly [waitMillis: number, tokens: Tokens] => {
  const restored = restore(rate, tokens, now)
  const since = restored.since ?? now
  if (restored.available >= 1) {
    return [0, { available: restored.available - 1, since }]
  }
  const [millis] = stepOf(rate)
  return [since + millis - now, restored]
}

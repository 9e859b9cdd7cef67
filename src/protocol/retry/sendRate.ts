/** The send rate of AWS's adaptive mode: a token bucket whose fill rate follows CUBIC. Times are in seconds. */
export interface SendRate {
  /** `false` before the first throttled attempt. The rate is then not limited. */
  readonly enabled: boolean
  readonly tokens: number
  readonly capacity: number
  /** Tokens per second. */
  readonly fillRate: number
  /** When tokens were last added. */
  readonly filledAt: number | undefined
  /** The rate at the last throttled attempt. */
  readonly lastMaxRate: number
  /** When the last attempt was throttled. */
  readonly lastThrottled: number
  /** Attempts per second, smoothed, until `measuredAt`. */
  readonly measuredRate: number
  readonly measuredAt: number
  /** Attempts since `measuredAt`. */
  readonly attempts: number
}

const beta = 0.7
const scale = 0.4
const smooth = 0.8
const minFillRate = 0.5
const minCapacity = 1

/** Rounds as AWS's clients do, to get equal rates. */
const rounded = (value: number): number => Number(value.toFixed(8))

/** The rate before the first throttled attempt. */
export const initial = (now: number): SendRate => ({
  enabled: false,
  tokens: 0,
  capacity: minCapacity,
  fillRate: minFillRate,
  filledAt: undefined,
  lastMaxRate: 0,
  lastThrottled: now,
  measuredRate: 0,
  measuredAt: Math.floor(now),
  attempts: 0
})

/** CUBIC's rate `seconds` after a throttled attempt at `lastMaxRate`: it returns to that rate, then exceeds it. */
export const recovered = (lastMaxRate: number, seconds: number): number => {
  const plateau = rounded((lastMaxRate * (1 - beta) / scale) ** (1 / 3))
  return rounded(scale * (seconds - plateau) ** 3 + lastMaxRate)
}

/** CUBIC's rate after a throttled attempt at `rate`. */
export const throttled = (rate: number): number => rounded(rate * beta)

const countAttempt = (rate: SendRate, now: number): SendRate => {
  const attempts = rate.attempts + 1
  const halfSecond = Math.floor(now * 2) / 2
  return halfSecond > rate.measuredAt
    ? {
      ...rate,
      attempts: 0,
      measuredAt: halfSecond,
      measuredRate: rounded(attempts / (halfSecond - rate.measuredAt) * smooth + rate.measuredRate * (1 - smooth))
    }
    : { ...rate, attempts }
}

const addTokens = (rate: SendRate, now: number): SendRate => ({
  ...rate,
  filledAt: now,
  tokens: Math.min(rate.capacity, rate.tokens + (now - (rate.filledAt ?? now)) * rate.fillRate)
})

/** Takes a token and returns 0, or returns the milliseconds to wait before the next call. */
export const acquire = (rate: SendRate, now: number): readonly [waitMillis: number, rate: SendRate] => {
  if (!rate.enabled) {
    return [0, rate]
  }
  const filled = addTokens(rate, now)
  return filled.tokens >= 1
    ? [0, { ...filled, tokens: filled.tokens - 1 }]
    : [(1 - filled.tokens) / filled.fillRate * 1_000, filled]
}

/** The rate after an attempt. `wasThrottled` is `true` if the service throttled it. */
export const update = (rate: SendRate, wasThrottled: boolean, now: number): SendRate => {
  const measured = countAttempt(rate, now)
  const { enabled, fillRate, lastMaxRate, lastThrottled, measuredRate } = measured
  const currentRate = enabled ? Math.min(measuredRate, fillRate) : measuredRate
  const cubicRate = wasThrottled ? throttled(currentRate) : recovered(lastMaxRate, now - lastThrottled)
  const next = Math.min(cubicRate, 2 * measuredRate)
  const filled = addTokens(measured, now)
  const capacity = Math.max(next, minCapacity)
  return {
    ...filled,
    ...(wasThrottled ? { enabled: true, lastMaxRate: currentRate, lastThrottled: now } : {}),
    capacity,
    fillRate: Math.max(next, minFillRate),
    tokens: Math.min(filled.tokens, capacity)
  }
}

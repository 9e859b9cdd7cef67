/** A client's send rate in AWS's adaptive mode: a token bucket filled as TCP's CUBIC says. Times are in seconds. */
export interface SendRate {
  /** Nothing waits before the first throttling. */
  readonly enabled: boolean
  readonly tokens: number
  readonly capacity: number
  /** Tokens per second. */
  readonly fillRate: number
  readonly filledAt: number | undefined
  /** The rate at the last throttling, and when that was. */
  readonly lastMaxRate: number
  readonly lastThrottled: number
  /** Attempts per second, smoothed; those since `measuredAt` are not yet in it. */
  readonly measuredRate: number
  readonly measuredAt: number
  readonly attempts: number
}

const beta = 0.7
const scale = 0.4
const smooth = 0.8
const minFillRate = 0.5
const minCapacity = 1

/** AWS's clients round like this, and so stay on the same rates. */
const rounded = (value: number): number => Number(value.toFixed(8))

/** The rate of a client that was never throttled. */
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

/** CUBIC's rate some seconds after a throttling at `lastMaxRate`: back there after a while, then beyond. */
export const recovered = (lastMaxRate: number, seconds: number): number => {
  const plateau = rounded((lastMaxRate * (1 - beta) / scale) ** (1 / 3))
  return rounded(scale * (seconds - plateau) ** 3 + lastMaxRate)
}

/** CUBIC's rate after a throttling at `rate`. */
export const throttled = (rate: number): number => rounded(rate * beta)

const measure = (rate: SendRate, now: number): SendRate => {
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

const fill = (rate: SendRate, now: number): SendRate => ({
  ...rate,
  filledAt: now,
  tokens: Math.min(rate.capacity, rate.tokens + (now - (rate.filledAt ?? now)) * rate.fillRate)
})

/** Takes a token, or says how many milliseconds to wait before asking again. */
export const acquire = (rate: SendRate, now: number): readonly [waitMillis: number, rate: SendRate] => {
  if (!rate.enabled) {
    return [0, rate]
  }
  const filled = fill(rate, now)
  return filled.tokens >= 1
    ? [0, { ...filled, tokens: filled.tokens - 1 }]
    : [(1 - filled.tokens) / filled.fillRate * 1_000, filled]
}

/** The rate after an attempt that the service throttled, or did not. */
export const update = (rate: SendRate, wasThrottled: boolean, now: number): SendRate => {
  const measured = measure(rate, now)
  const { enabled, fillRate, lastMaxRate, lastThrottled, measuredRate } = measured
  const reached = enabled ? Math.min(measuredRate, fillRate) : measuredRate
  const wanted = wasThrottled ? throttled(reached) : recovered(lastMaxRate, now - lastThrottled)
  const next = Math.min(wanted, 2 * measuredRate)
  const filled = fill(measured, now)
  const capacity = Math.max(next, minCapacity)
  return {
    ...filled,
    ...(wasThrottled ? { enabled: true, lastMaxRate: reached, lastThrottled: now } : {}),
    capacity,
    fillRate: Math.max(next, minFillRate),
    tokens: Math.min(filled.tokens, capacity)
  }
}

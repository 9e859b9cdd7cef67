/** Whether a retry can succeed, and with which delay and cost. */
export type RetryClass = "transient" | "throttling" | "never"

/** Tokens of a full retry quota. */
export const quotaSize = 500

const costs = { transient: 14, throttling: 5 } as const
const baseMillis = { transient: 50, throttling: 1_000 } as const

const maxBackoffMillis = 20_000

const hintLeewayMillis = 5_000

/** Tokens that one retry costs. */
export const cost = (kind: Exclude<RetryClass, "never">): number => costs[kind]

/** Exponential delay before a retry, in milliseconds. `retry` counts from 0; `random` in [0, 1] is the jitter. */
export const backoffMillis = (
  kind: Exclude<RetryClass, "never">,
  retry: number,
  random: number,
  maxMillis: number = maxBackoffMillis
): number => Math.floor(random * Math.min(baseMillis[kind] * 2 ** retry, maxMillis))

/** The delay that the service requests, but at least `delayMillis` and at most five seconds more. */
export const clampHint = (delayMillis: number, hintMillis: number | undefined): number =>
  hintMillis === undefined ? delayMillis : Math.max(delayMillis, Math.min(hintMillis, delayMillis + hintLeewayMillis))

/** Takes `amount` tokens if there are enough. */
export const withdraw = (tokens: number, amount: number): readonly [granted: boolean, tokens: number] =>
  amount <= tokens ? [true, tokens - amount] : [false, tokens]

/** Returns the cost of the last retry, or one token after a success without retries. */
export const refund = (tokens: number, lastCost: number | undefined): number =>
  Math.min(quotaSize, tokens + (lastCost ?? 1))

const throttlingCodes = new Set([
  "BandwidthLimitExceeded",
  "EC2ThrottledException",
  "LimitExceededException",
  "PriorRequestNotComplete",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestThrottledException",
  "SlowDown",
  "ThrottledException",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
  "TransactionInProgressException"
])

const transientCodes = new Set(["RequestTimeout", "RequestTimeoutException", "TimeoutError"])
const transientStatuses = new Set([500, 502, 503, 504])

/** Whether an error code means throttling in AWS's standard mode. */
export const isThrottlingCode = (code: string): boolean => throttlingCodes.has(code)

/** The retry class of an error response in AWS's standard mode (November 2026). */
export const classify = (status: number, code: string | undefined, message: string | undefined): RetryClass => {
  if (status === 429 || (code !== undefined && throttlingCodes.has(code))) {
    return "throttling"
  }
  if (transientStatuses.has(status) || (code !== undefined && transientCodes.has(code))) {
    return "transient"
  }
  return code === "InvalidSignatureException" && message?.includes("Signature expired") === true ? "transient" : "never"
}

/** `Date.parse` alone also accepts texts such as "-5". */
const httpDate = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*, .* GMT$/

/**
 * The delay that a response requests, in milliseconds.
 *
 * Reads `x-amz-retry-after` (milliseconds), else `Retry-After` (seconds or an HTTP date).
 */
export const retryAfterMillis = (
  headers: { readonly [name: string]: string | undefined },
  nowMillis: number
): number | undefined => {
  const millis = headers["x-amz-retry-after"]?.trim()
  if (millis !== undefined && /^\d{1,15}$/.test(millis)) {
    return Number(millis)
  }
  const after = headers["retry-after"]?.trim()
  if (after === undefined) {
    return undefined
  }
  if (/^\d{1,12}$/.test(after)) {
    return Number(after) * 1_000
  }
  const date = httpDate.test(after) ? Date.parse(after) : NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMillis)
}

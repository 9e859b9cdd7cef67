/** Whether sending again can help, and at which pace. */
export type RetryClass = "transient" | "throttling" | "never"

/** Tokens in a full retry quota. */
export const quotaSize = 500

const costs = { transient: 14, throttling: 5 } as const
const baseMillis = { transient: 50, throttling: 1_000 } as const

/** Longest exponential delay, in milliseconds. */
const maxBackoffMillis = 20_000

const hintLeewayMillis = 5_000

/** What one retry takes from the quota. */
export const cost = (kind: Exclude<RetryClass, "never">): number => costs[kind]

/** Exponential delay before retry number `retry` (from 0), spread by `random` in [0, 1]. */
export const backoffMillis = (
  kind: Exclude<RetryClass, "never">,
  retry: number,
  random: number,
  maxMillis: number = maxBackoffMillis
): number => Math.floor(random * Math.min(baseMillis[kind] * 2 ** retry, maxMillis))

/** The delay after the server's hint: never shorter than ours, never more than five seconds longer. */
export const clampHint = (delayMillis: number, hintMillis: number | undefined): number =>
  hintMillis === undefined ? delayMillis : Math.max(delayMillis, Math.min(hintMillis, delayMillis + hintLeewayMillis))

/** Takes `amount` from `tokens` if they suffice. */
export const withdraw = (tokens: number, amount: number): readonly [granted: boolean, tokens: number] =>
  amount <= tokens ? [true, tokens - amount] : [false, tokens]

/** Gives back the cost of the last retry, or one token after a success at the first try. */
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

/** Whether AWS's standard mode counts a code as throttling. */
export const isThrottlingCode = (code: string): boolean => throttlingCodes.has(code)

/** How AWS's standard mode (November 2026) classes an answer of the service. */
export const classify = (status: number, code: string | undefined, message: string | undefined): RetryClass => {
  if (status === 429 || (code !== undefined && throttlingCodes.has(code))) {
    return "throttling"
  }
  if (transientStatuses.has(status) || (code !== undefined && transientCodes.has(code))) {
    return "transient"
  }
  return code === "InvalidSignatureException" && message?.includes("Signature expired") === true ? "transient" : "never"
}

/** `Date.parse` alone finds a date in "-5", too. */
const httpDate = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*, .* GMT$/

/** The delay a response asks for, in milliseconds: `x-amz-retry-after` (milliseconds), else `Retry-After` (seconds or date). */
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

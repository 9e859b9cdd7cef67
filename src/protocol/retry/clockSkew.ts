/** The data of a request and its response that the clock skew correction uses. Times are in milliseconds. */
export interface Sample {
  /** The header `Date`. */
  readonly date: string | undefined
  /** The header `Age`, which caches set. */
  readonly age: string | undefined
  /** The error code of the response. */
  readonly code: string | undefined
  /** The time from sending the request to its response headers. */
  readonly elapsed: number
  /** The local time of the response headers. */
  readonly receivedAt: number
  /** The clock offset with which the request was signed, in milliseconds. */
  readonly signedOffset: number
}

const maxSkewMillis = 4 * 60_000
const maxDurationMillis = 15 * 60_000

const imfFixdate = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

let lastDate = ""
let lastTime = NaN

/** The time of a `Date` header, or `NaN`. The last result is cached, because responses of one second have one date. */
const parseDate = (date: string): number => {
  if (date !== lastDate) {
    lastDate = date
    lastTime = imfFixdate.test(date) ? Date.parse(date) : NaN
  }
  return lastTime
}

const skewCodes = new Set(["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"])

/**
 * The clock offset to sign the next request with, in milliseconds; `undefined` to keep the current offset.
 *
 * A response does not count if it has no valid `Date`, has an `Age`, or took longer than 15 minutes.
 */
export const correctedOffset = (
  { age, code, date, elapsed, receivedAt, signedOffset }: Sample
): number | undefined => {
  if (date === undefined || age !== undefined) {
    return undefined
  }
  const serverTime = parseDate(date)
  if (Number.isNaN(serverTime) || elapsed > maxDurationMillis) {
    return undefined
  }
  const offset = serverTime - receivedAt
  return Math.abs(offset - signedOffset) >= maxSkewMillis ||
      (code !== undefined && skewCodes.has(code))
    ? offset
    : undefined
}

/** The offset of the service's clock from this machine's, in milliseconds, which is computed from responses. */
export class ClockOffset {
  millis: number
  readonly isCorrected: boolean

  constructor(millis: number, isCorrected: boolean) {
    this.millis = millis
    this.isCorrected = isCorrected
  }

  /** Updates the offset from a response. Returns whether its request was signed with a wrong time. */
  learn(sample: Sample): boolean {
    const offset = this.isCorrected ? correctedOffset(sample) : undefined
    this.millis = offset ?? this.millis
    return offset !== undefined
  }
}

/** One exchange as the clock-skew rule sees it; times are milliseconds of this machine's clock. */
export interface Sample {
  readonly date: string | undefined
  readonly age: string | undefined
  readonly code: string | undefined
  readonly sentAt: number
  readonly receivedAt: number
  readonly signedOffset: number
}

const thresholdMillis = 4 * 60_000
const longestExchangeMillis = 15 * 60_000

const imfFixdate = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

let lastDate = ""
let lastTime = NaN

/** The time a `Date` header tells, `NaN` where it tells none; all answers of a second have the same. */
const timeOf = (date: string): number => {
  if (date !== lastDate) {
    lastDate = date
    lastTime = imfFixdate.test(date) ? Date.parse(date) : NaN
  }
  return lastTime
}

const skewCodes = new Set(["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"])

/**
 * The offset that makes this machine's clock agree with the service's, or `undefined` where the request was signed with
 * the right time or the response does not tell: no readable `Date`, an `Age` (a cache answered), or too long an exchange.
 */
export const correctedOffset = (sample: Sample): number | undefined => {
  const exchange = sample.receivedAt - sample.sentAt
  if (sample.date === undefined || sample.age !== undefined) {
    return undefined
  }
  const serverTime = timeOf(sample.date)
  if (Number.isNaN(serverTime) || exchange > longestExchangeMillis) {
    return undefined
  }
  const offset = serverTime - sample.receivedAt
  return Math.abs(offset - sample.signedOffset) >= thresholdMillis ||
      (sample.code !== undefined && skewCodes.has(sample.code))
    ? offset
    : undefined
}

/** The offset of the service's clock from this machine's, in milliseconds, which a client learns from responses. */
export class ClockOffset {
  #millis: number
  readonly #isCorrected: boolean

  constructor(initialMillis: number, isCorrected: boolean) {
    this.#millis = initialMillis
    this.#isCorrected = isCorrected
  }

  get millis(): number {
    return this.#millis
  }

  /** Learns from a response; returns whether its request was signed with a wrong time. */
  learn(sample: Sample): boolean {
    const offset = this.#isCorrected ? correctedOffset(sample) : undefined
    this.#millis = offset ?? this.#millis
    return offset !== undefined
  }
}

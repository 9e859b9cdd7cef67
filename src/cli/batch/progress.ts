/** The progress of a batch: one line, which a terminal shows again and again. */

/** What a batch has done. */
export interface Status {
  /** The rows that are finished, those of earlier runs included. */
  readonly rows: number
  /** The number of rows of the input, if it is known. */
  readonly total: number | undefined
  readonly failed: number
  /** Attempts after the first one of a request. */
  readonly retries: number
  /** Attempts that were throttled. */
  readonly throttles: number
  /** The current limit of concurrent requests. */
  readonly concurrency: number
}

interface Sample {
  readonly at: number
  readonly rows: number
}

/** The rate is that of about 10 seconds. */
const maxAge = 10_000

/** Measures the rate of the last seconds. Times are in milliseconds. */
export class Meter {
  #samples: ReadonlyArray<Sample> = []

  /** Rows per second, after another sample. Zero without an earlier one. */
  add(at: number, rows: number): number {
    const kept = this.#samples.filter((sample, index, all) => index === all.length - 1 || at - sample.at <= maxAge)
    this.#samples = [...kept, { at, rows }]
    const first = this.#samples[0]!
    return at > first.at ? (rows - first.rows) / (at - first.at) * 1_000 : 0
  }
}

/** A number with commas between thousands. */
const count = (value: number): string => Math.round(value).toLocaleString("en-US")

/** A number with its noun. */
export const counted = (value: number, one: string, many: string): string =>
  `${count(value)} ${Math.round(value) === 1 ? one : many}`

/** A rate with two significant digits at least. */
export const rateText = (rate: number): string => (rate < 10 ? rate.toFixed(1) : count(rate))

const two = (value: number): string => String(value).padStart(2, "0")

/** A duration in seconds as `0:42` or `1:02:03`. */
export const clock = (seconds: number): string => {
  const whole = Math.ceil(seconds)
  const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}

const fractionOf = ({ rows, total }: Status): number | undefined =>
  total === undefined || total <= 0 ? undefined : Math.min(1, rows / total)

const rowsText = ({ rows, total }: Status): string =>
  total === undefined ? counted(rows, "row", "rows") : `${count(rows)} of ${counted(total, "row", "rows")}`

const leftText = ({ rows, total }: Status, rate: number): ReadonlyArray<string> =>
  total === undefined || rate <= 0 || total <= rows ? [] : [`${clock((total - rows) / rate)} left`]

/** The parts of the line, the most important ones first. */
const partsOf = (status: Status, rate: number): ReadonlyArray<string> => [
  rowsText(status),
  `${rateText(rate)} rows/s`,
  ...leftText(status, rate),
  `${count(status.failed)} failed`,
  counted(status.retries, "retry", "retries"),
  `${count(status.throttles)} throttled`,
  `${count(status.concurrency)} concurrent`
]

const bar = (fraction: number, width: number): string => {
  const filled = Math.floor(fraction * width)
  const head = filled < width ? ">" : ""
  return `[${("=".repeat(filled) + head).padEnd(width)}] ${String(Math.floor(fraction * 100)).padStart(3)} %`
}

const barWidth = 20

/** The line of a terminal with this number of columns: parts that do not fit are omitted. */
export const terminalLine = (status: Status, rate: number, columns: number): string => {
  const fraction = fractionOf(status)
  const parts = [...(fraction === undefined ? [] : [bar(fraction, barWidth)]), ...partsOf(status, rate)]
  let line = ""
  for (const part of parts) {
    const next = line === "" ? part : `${line}  ${part}`
    if (next.length >= columns) {
      break
    }
    line = next
  }
  return line
}

/** The line of a log. */
export const logLine = (status: Status, rate: number): string => partsOf(status, rate).join(", ")

/** The result of a complete batch. */
export interface Summary {
  readonly rows: number
  readonly failed: number
  readonly requests: number
  readonly retries: number
  readonly throttles: number
  readonly seconds: number
  readonly rowsPerSecond: number
}

const duration = (seconds: number): string => (seconds < 60 ? `${seconds.toFixed(1)} s` : clock(seconds))

/** The last line of a complete batch. */
export const summaryLine = ({ failed, requests, retries, rows, rowsPerSecond, seconds, throttles }: Summary): string =>
  [
    `${counted(rows, "row", "rows")} in ${duration(seconds)}`,
    `${rateText(rowsPerSecond)} rows/s`,
    `${count(failed)} failed`,
    counted(requests, "request", "requests"),
    counted(retries, "retry", "retries"),
    `${count(throttles)} throttled`
  ].join(", ")

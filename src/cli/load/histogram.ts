/** Latencies in buckets of 1 %, so that memory does not depend on the number of calls. */

/** Counts of latencies in milliseconds. */
export interface Histogram {
  readonly counts: Map<number, number>
  total: number
  sum: number
}

/** An empty histogram. */
export const make = (): Histogram => ({ counts: new Map(), total: 0, sum: 0 })

const growth = Math.log(1.01)

const bucketOf = (millis: number): number => Math.round(Math.log(Math.max(millis, 0.001)) / growth)

/** Counts a latency. */
export const record = (histogram: Histogram, millis: number): void => {
  const bucket = bucketOf(millis)
  histogram.counts.set(bucket, (histogram.counts.get(bucket) ?? 0) + 1)
  histogram.total += 1
  histogram.sum += millis
}

/** The latency that a share of the calls does not exceed, within 1 %. Undefined without calls. */
export const quantile = ({ counts, total }: Histogram, share: number): number | undefined => {
  const rank = Math.max(1, Math.ceil(share * total))
  let seen = 0
  for (const [bucket, count] of [...counts].toSorted(([left], [right]) => left - right)) {
    seen += count
    if (seen >= rank) {
      return Math.exp(bucket * growth)
    }
  }
  return undefined
}

/** The middle of some numbers. */
export const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Median, least and most. */
export const spread = (values) => ({ median: median(values), least: Math.min(...values), most: Math.max(...values) })

/** How many times one of two is the other, round by round, so that what disturbs a round disturbs both. */
export const ratio = (ones, others) => spread(ones.map((one, round) => one / others[round]))

/** The value below which that share of a sorted list lies. */
export const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]

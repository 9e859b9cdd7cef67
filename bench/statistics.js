/** The median of a list. */
export const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Median, minimum and maximum. */
export const spread = (values) => ({ median: median(values), min: Math.min(...values), max: Math.max(...values) })

/** Ratios of two clients, round by round: a disturbance of the machine affects both values of a round. */
export const ratio = (values, references) => spread(values.map((value, round) => value / references[round]))

/** A quantile of a sorted list; `fraction` is from 0 to 1. */
export const quantile = (sorted, fraction) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))]

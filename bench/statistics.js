export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

/** Median, least and most of some samples, as columns of a table. */
export const spread = (unit, values) => ({
  [`${unit} (median)`]: Math.round(median(values)),
  least: Math.round(Math.min(...values)),
  most: Math.round(Math.max(...values))
})

/** Time series: metrics with their dimensions, cached so that a call updates them without a search in Effect's registry. */
import * as Metric from "effect/Metric"
import * as MetricKey from "effect/MetricKey"
import * as MetricLabel from "effect/MetricLabel"
import { catalog, type DimensionName, type MetricDefinition, type MetricName } from "./catalog.ts"
import type { MetricsSettings } from "./options.ts"

/** Labels of metrics. `Effect.tagMetrics` adds labels to the metrics of a fiber. */
export type Labels = ReadonlyArray<MetricLabel.MetricLabel>

/** One metric with its dimensions. */
export interface Series {
  /** Updates the metric. `labels` are the labels of the fiber. */
  readonly unsafeUpdate: (value: number, labels: Labels) => void
}

/** Values of dimensions. A dimension without a value is omitted. */
export type Dimensions = { readonly [Name in DimensionName]?: string | undefined }

/** Ignores updates. */
export const dropped: Series = { unsafeUpdate: () => {} }

const metricOf = (name: string, definition: MetricDefinition, labels: Labels): Series => {
  const { description } = definition
  if (definition.kind === "histogram") {
    const key = MetricKey.histogram(name, definition.boundaries, description)
    return Metric.fromMetricKey(MetricKey.taggedWithLabels(key, labels))
  }
  if (definition.kind === "gauge") {
    return Metric.fromMetricKey(MetricKey.taggedWithLabels(MetricKey.gauge(name, { description }), labels))
  }
  const key = MetricKey.counter(name, { description, incremental: definition.kind === "counter" })
  return Metric.fromMetricKey(MetricKey.taggedWithLabels(key, labels))
}

/** Makes time series with the names and dimensions of the settings. */
export const makeSeries =
  ({ constant, dimensionOf, nameOf }: MetricsSettings) =>
  (metric: MetricName, dimensions: Dimensions, added: Labels = []): Series => {
    const name = nameOf(metric)
    if (name === undefined) {
      return dropped
    }
    const labels = Object.entries(dimensions).flatMap(([dimension, value]) => {
      const label = dimensionOf(dimension as DimensionName)
      return label === undefined || value === undefined ? [] : [MetricLabel.make(label, value)]
    })
    const { unit } = catalog[metric]
    return metricOf(name, catalog[metric], [...labels, ...constant, ...added, MetricLabel.make("unit", unit)])
  }

export type MakeSeries = ReturnType<typeof makeSeries>

/** Returns the value of a key, which is made once. */
export const cached = <K, V>(values: Map<K, V>, key: K, make: () => V): V => {
  const existing = values.get(key)
  if (existing !== undefined) {
    return existing
  }
  const made = make()
  values.set(key, made)
  return made
}

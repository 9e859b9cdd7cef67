import { Effect, type Layer, Metric, MetricState } from "effect"
import { type SageMakerRuntime, Telemetry } from "effect-sagemaker-runtime"

/** A recorded time series: its dimensions without the unit, and its value, or the count and the sum of a histogram. */
export interface RecordedSeries {
  readonly name: string
  readonly unit: string | undefined
  readonly dimensions: { readonly [name: string]: string }
  readonly value: number | { readonly count: number; readonly sum: number }
}

const valueOf = (state: MetricState.MetricState.Untyped): RecordedSeries["value"] => {
  if (MetricState.isHistogramState(state)) {
    return { count: state.count, sum: state.sum }
  }
  if (MetricState.isCounterState(state)) {
    return Number(state.count)
  }
  return MetricState.isGaugeState(state) ? Number(state.value) : NaN
}

/**
 * Metrics of one test. Effect's metrics are shared by all tests of a process, so each test has its own dimension. A counter
 * would not be unique: each test file has its own copy of this module.
 */
export const makeTestMetrics = () => {
  const test = crypto.randomUUID()
  const record = (options: Telemetry.MetricsOptions = {}) =>
    Telemetry.metrics({
      ...options,
      dimensions: { ...options.dimensions, constant: { ...options.dimensions?.constant, test } }
    })
  /** The series of the test so far, sorted by name and dimensions. */
  const series = Effect.sync((): ReadonlyArray<RecordedSeries> =>
    Metric.unsafeSnapshot()
      .filter(({ metricKey: { tags } }) => tags.some(({ key, value }) => key === "test" && value === test))
      .map(({ metricKey: { name, tags }, metricState }) => {
        const { unit, ...dimensions } = Object.fromEntries(
          tags.filter(({ key }) => key !== "test").map(({ key, value }) => [key, value])
        )
        return { name, unit, dimensions, value: valueOf(metricState) }
      })
      .toSorted((a, b) => (JSON.stringify([a.name, a.dimensions]) < JSON.stringify([b.name, b.dimensions]) ? -1 : 1))
  )
  return { record, series }
}

/** The value of the only series with a name and with given dimensions. */
export const valueOfSeries = (
  series: ReadonlyArray<RecordedSeries>,
  name: string,
  dimensions: { readonly [name: string]: string } = {}
): RecordedSeries["value"] | undefined => {
  const found = series.filter((_) =>
    _.name === name && Object.entries(dimensions).every(([key, value]) => _.dimensions[key] === value)
  )
  return found.length === 1 ? found[0]!.value : undefined
}

/** The metrics of a program that uses a client. */
export const metricsOf = <A, E, E2>(
  program: Effect.Effect<A, E, SageMakerRuntime.SageMakerRuntime>,
  client: Layer.Layer<SageMakerRuntime.SageMakerRuntime, E2>,
  options: Telemetry.MetricsOptions = {}
) => {
  const { record, series } = makeTestMetrics()
  return program.pipe(Effect.exit, Effect.provide(client.pipe(record(options))), Effect.zipRight(series))
}

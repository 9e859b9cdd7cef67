/** The metrics: their names, kinds, units and histogram boundaries. */

import * as MetricBoundaries from "effect/MetricBoundaries"

/** `start` and its products with powers of `factor`. Effect compares boundaries by identity, so metrics share them. */
const exponential = (start: number, factor: number, count: number): MetricBoundaries.MetricBoundaries =>
  MetricBoundaries.fromIterable(Array.from({ length: count }, (_, index) => start * factor ** index))

/** Boundaries of OpenTelemetry for operations of language models, in seconds: 10 ms to 82 s. */
const modelSeconds = exponential(0.01, 2, 14)

/** Boundaries of OpenTelemetry for tokens: 1 to 67,108,864. */
const tokens = exponential(1, 4, 14)

/** 1 ms to 262 s. */
const seconds = exponential(0.001, 2, 19)

/** 64 B to 64 MiB. */
const bytes = exponential(64, 4, 11)

/** A metric. `unit` is in the notation of UCUM, as OpenTelemetry uses it. */
export type MetricDefinition =
  & {
    readonly unit: string
    readonly description: string
  }
  & (
    | { readonly kind: "histogram"; readonly boundaries: MetricBoundaries.MetricBoundaries }
    | { readonly kind: "counter" | "upDownCounter" | "gauge" }
  )

const histogram = (boundaries: MetricBoundaries.MetricBoundaries, unit: string, description: string) =>
  ({ kind: "histogram", boundaries, unit, description }) as const

/** The metrics by name. */
export const catalog = {
  "gen_ai.client.operation.duration": histogram(modelSeconds, "s", "Duration of calls of language models"),
  "gen_ai.client.operation.time_to_first_chunk": histogram(
    modelSeconds,
    "s",
    "Time from the start of a streamed call of a language model to its first part"
  ),
  "gen_ai.client.token.usage": histogram(tokens, "{token}", "Tokens per call of a language model"),
  "sagemaker_runtime.attempt.duration": histogram(seconds, "s", "Duration of attempts until the response headers"),
  "sagemaker_runtime.attempts": { kind: "counter", unit: "{attempt}", description: "Attempts" },
  "sagemaker_runtime.batch.concurrency": {
    kind: "upDownCounter",
    unit: "{request}",
    description: "Limit of concurrent requests of the batches that run"
  },
  "sagemaker_runtime.batch.divided": {
    kind: "counter",
    unit: "{request}",
    description: "Requests that were sent to find a row that fails"
  },
  "sagemaker_runtime.batch.requests": { kind: "counter", unit: "{request}", description: "Requests of batches" },
  "sagemaker_runtime.batch.rows": { kind: "counter", unit: "{row}", description: "Rows of batches" },
  "sagemaker_runtime.call.duration": histogram(seconds, "s", "Duration of calls until the end of the response"),
  "sagemaker_runtime.circuit.state": {
    kind: "gauge",
    unit: "{state}",
    description: "State of a circuit: 0 closed, 1 half open, 2 open"
  },
  "sagemaker_runtime.connections": { kind: "upDownCounter", unit: "{connection}", description: "Open connections" },
  "sagemaker_runtime.credentials.refreshes": {
    kind: "counter",
    unit: "{refresh}",
    description: "Loads of credentials and tokens"
  },
  "sagemaker_runtime.in_flight": { kind: "upDownCounter", unit: "{call}", description: "Calls that have not ended" },
  "sagemaker_runtime.queued": { kind: "upDownCounter", unit: "{call}", description: "Calls that wait for a limit" },
  "sagemaker_runtime.request.size": histogram(bytes, "By", "Size of request bodies"),
  "sagemaker_runtime.response.size": histogram(bytes, "By", "Size of response bodies"),
  "sagemaker_runtime.retry_quota": { kind: "gauge", unit: "{token}", description: "Tokens in the retry quota" },
  "sagemaker_runtime.throttles": { kind: "counter", unit: "{attempt}", description: "Throttled attempts" }
} as const satisfies { readonly [name: string]: MetricDefinition }

/** The name of a metric. */
export type MetricName = keyof typeof catalog

/** The dimensions that metrics can have. */
export const dimensionNames = [
  "aws.sagemaker.endpoint.name",
  "error.type",
  "gen_ai.operation.name",
  "gen_ai.provider.name",
  "gen_ai.request.model",
  "gen_ai.token.type",
  "rpc.method",
  "sagemaker_runtime.limit"
] as const

/** The name of a dimension. */
export type DimensionName = typeof dimensionNames[number]

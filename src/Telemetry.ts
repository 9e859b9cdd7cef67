/**
 * Metrics and logs of the calls of a client, and options of their spans.
 *
 * Every call has spans if a tracer is in context. `metrics` and `logs` take a client's layer and return a layer with the
 * observed client, inside or outside of the limits of `Resilience`. The names follow OpenTelemetry's semantic conventions.
 *
 * Telemetry contains no payload and no credentials. Metrics contain no identifiers.
 *
 * @example
 * ```ts
 * import { Resilience, Telemetry } from "effect-sagemaker-runtime"
 * import { NodeSageMaker } from "effect-sagemaker-runtime/node"
 *
 * export const live = NodeSageMaker.layer().pipe(
 *   Resilience.circuitBreaker(),
 *   Telemetry.metrics(),
 *   Telemetry.logs()
 * )
 * ```
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as LogLevel from "effect/LogLevel"
import { interceptor } from "./internal/client/interceptor.ts"
import { intercepted, wrapClient } from "./internal/resilience/clientLayer.ts"
import { logObserver } from "./internal/telemetry/logs.ts"
import type * as catalog from "./internal/telemetry/metrics/catalog.ts"
import * as clientMetrics from "./internal/telemetry/metrics/clientMetrics.ts"
import { CurrentMonitor, type Monitor } from "./internal/telemetry/monitor.ts"
import type { CallObserver, ObservedCall } from "./internal/telemetry/observer.ts"
import type { ClientMiddleware } from "./Resilience.ts"
import type { ConfigurationError } from "./SageMakerError.ts"
import type { SageMakerRuntime } from "./SageMakerRuntime.ts"

export {
  /**
   * Whether each attempt of a call is a span below the call's span, or an event of the call's span. Default: `"spans"`.
   *
   * With events, fewer spans are exported. The trace context of a request is then that of the call's span.
   *
   * @since 0.1.0
   * @category references
   */
  AttemptSpans
} from "./internal/telemetry/spans.ts"

/**
 * The name of a metric.
 *
 * @since 0.1.0
 * @category models
 */
export type MetricName = catalog.MetricName

/**
 * The name of a dimension of a metric.
 *
 * @since 0.1.0
 * @category models
 */
export type DimensionName = catalog.DimensionName

/**
 * The call that `DimensionOptions.ofCall` returns dimensions for.
 *
 * @since 0.1.0
 * @category models
 */
export interface MetricsCall {
  /** The name of the operation, such as `InvokeEndpoint`. `_OTHER` for operations above a limit of 100. */
  readonly operation: string
  /** The name of the endpoint. `_OTHER` for invalid names and for names above `maxEndpoints`. */
  readonly endpoint: string | undefined
}

/**
 * Options to rename, drop and add dimensions of metrics.
 *
 * @since 0.1.0
 * @category models
 */
export interface DimensionOptions {
  /** Other names of dimensions. Default: none. */
  readonly rename?: { readonly [Name in DimensionName]?: string | undefined } | undefined
  /** Dimensions that no metric has. Default: none. */
  readonly drop?: ReadonlyArray<DimensionName> | undefined
  /** Dimensions that every metric has, such as the region or the name of the client. Default: none. */
  readonly constant?: { readonly [name: string]: string } | undefined
  /**
   * Returns further dimensions of the metrics that have `rpc.method`. Default: none.
   *
   * The function runs once per operation and endpoint. If it throws, no dimensions are added. Values other than strings
   * are ignored.
   */
  readonly ofCall?: ((call: MetricsCall) => { readonly [name: string]: string }) | undefined
}

/**
 * Options of metrics.
 *
 * @since 0.1.0
 * @category models
 */
export interface MetricsOptions {
  /** A text before the name of each metric that `rename` does not contain, such as `shop.`. Default: none. */
  readonly prefix?: string | undefined
  /** Other names of metrics. Default: none. */
  readonly rename?: { readonly [Name in MetricName]?: string | undefined } | undefined
  /** Metrics that are not recorded. Default: none. */
  readonly drop?: ReadonlyArray<MetricName> | undefined
  /** Options of the dimensions. */
  readonly dimensions?: DimensionOptions | undefined
  /**
   * The maximum number of values of the dimensions `aws.sagemaker.endpoint.name` and `gen_ai.request.model`. An integer
   * of at least 1. Default: 1,000.
   *
   * Further values, and values that are not valid names, become `_OTHER`.
   */
  readonly maxEndpoints?: number | undefined
}

/**
 * Options of logs.
 *
 * @since 0.1.0
 * @category models
 */
export interface LogsOptions {
  /** The level of calls that succeed or are interrupted. `LogLevel.None` disables their log. Default: `LogLevel.Debug`. */
  readonly level?: LogLevel.LogLevel | undefined
  /** The level of calls that fail. `LogLevel.None` disables their log. Default: `LogLevel.Warning`. */
  readonly failureLevel?: LogLevel.LogLevel | undefined
}

/** The client in context with an observer of each call. */
const observedBy = (observe: (call: ObservedCall) => CallObserver, monitor?: Monitor) => {
  const observing = interceptor({ observe: (call) => [observe(call)] })
  return intercepted(Effect.succeed(() => observing), monitor)
}

/**
 * Records Effect metrics of the calls of a client. An exporter such as `@effect/opentelemetry` reads them.
 *
 * | metric | kind and unit | dimensions |
 * | --- | --- | --- |
 * | `sagemaker_runtime.call.duration` | histogram, s | method, endpoint, error |
 * | `sagemaker_runtime.attempt.duration` | histogram, s | method, endpoint, error |
 * | `sagemaker_runtime.attempts` | counter | method, endpoint, error |
 * | `sagemaker_runtime.throttles` | counter | method, endpoint, error |
 * | `sagemaker_runtime.in_flight` | up-down counter | method, endpoint |
 * | `sagemaker_runtime.request.size` | histogram, bytes | method, endpoint |
 * | `sagemaker_runtime.response.size` | histogram, bytes | method, endpoint |
 * | `sagemaker_runtime.queued` | up-down counter | endpoint, limit |
 * | `sagemaker_runtime.circuit.state` | gauge: 0 closed, 1 half open, 2 open | endpoint |
 * | `sagemaker_runtime.retry_quota` | gauge, tokens left | |
 * | `sagemaker_runtime.connections` | up-down counter | |
 * | `sagemaker_runtime.credentials.refreshes` | counter | error |
 * | `sagemaker_runtime.batch.rows` | counter | endpoint, error |
 * | `sagemaker_runtime.batch.requests` | counter | endpoint |
 * | `sagemaker_runtime.batch.divided` | counter | endpoint |
 * | `sagemaker_runtime.batch.concurrency` | up-down counter | endpoint |
 * | `gen_ai.client.operation.duration` | histogram, s | method, endpoint, model, error |
 * | `gen_ai.client.operation.time_to_first_chunk` | histogram, s | method, endpoint, model |
 * | `gen_ai.client.token.usage` | histogram, tokens | method, endpoint, model, token type |
 *
 * The dimensions are `rpc.method` (such as `SageMakerRuntime/InvokeEndpoint`), `aws.sagemaker.endpoint.name` and
 * `error.type`. `error.type` is the tag of the error, `interrupted` if the call was interrupted, and `_OTHER` for a
 * defect. It is absent for a success. Metrics of language models also have `gen_ai.operation.name`,
 * `gen_ai.provider.name` and `gen_ai.request.model`. The dimension `sagemaker_runtime.limit` is `concurrency`, `rate` or
 * `connections`.
 *
 * A call with a response stream lasts until the stream ends or its scope closes. Durations of attempts end with the
 * response headers of a stream. Labels that `Effect.tagMetrics` adds around a call are added to the metrics of the call.
 *
 * The metrics of a process are shared: use `dimensions.constant` to distinguish several clients. Circuits whose key is no
 * name, or is above `maxEndpoints`, have no metric. Connections are those of `NodeHttpClient` without a custom dispatcher.
 *
 * @example
 * ```ts
 * import { Telemetry } from "effect-sagemaker-runtime"
 * import { NodeSageMaker } from "effect-sagemaker-runtime/node"
 *
 * export const live = NodeSageMaker.layer({ region: "eu-west-1" }).pipe(
 *   Telemetry.metrics({
 *     rename: { "sagemaker_runtime.call.duration": "model.latency" },
 *     drop: ["sagemaker_runtime.request.size", "sagemaker_runtime.response.size"],
 *     dimensions: {
 *       rename: { "aws.sagemaker.endpoint.name": "endpoint" },
 *       constant: { region: "eu-west-1" },
 *       ofCall: ({ endpoint }) => ({ team: endpoint === "fraud-v3" ? "payments" : "platform" })
 *     }
 *   })
 * )
 * ```
 *
 * @since 0.1.0
 * @category middleware
 */
export const metrics = (options: MetricsOptions = {}): ClientMiddleware =>
<Out, E, R>(
  client: Layer.Layer<Out | SageMakerRuntime, E, R>
): Layer.Layer<Out | SageMakerRuntime, E | ConfigurationError, R> =>
  Layer.unwrapScoped(Effect.map(clientMetrics.make(options), ({ monitor, observe }) => {
    const monitored = Layer.provideMerge(client, Layer.succeed(CurrentMonitor, monitor))
    return wrapClient(() => observedBy(observe, monitor))(monitored)
  }))

/**
 * Logs one line when a call ends: at debug level, or at warning level if the call failed.
 *
 * The message is constant. The annotations contain the details: `rpc.method`, `aws.sagemaker.endpoint.name`,
 * `aws.sagemaker.variant`, `sagemaker_runtime.call.duration` in seconds, `sagemaker_runtime.attempts`,
 * `sagemaker_runtime.retry_delay` in seconds, `http.response.status_code`, `aws.request_id`, `error.type`, the progress
 * of a response stream (`aws.sagemaker.stream.parts`, `.bytes`, `.complete`), and for language models
 * `gen_ai.operation.name`, `gen_ai.request.model`, `gen_ai.response.finish_reasons`, `gen_ai.usage.input_tokens` and
 * `gen_ai.usage.output_tokens`. An annotation without a value is omitted.
 *
 * A call with a response stream is logged when the stream ends or its scope closes. An interrupted call is logged at
 * debug level with the error type `interrupted`.
 *
 * @example
 * ```ts
 * import { Layer, Logger, LogLevel } from "effect"
 * import { Telemetry } from "effect-sagemaker-runtime"
 * import { NodeSageMaker } from "effect-sagemaker-runtime/node"
 *
 * export const live = NodeSageMaker.layer().pipe(
 *   Telemetry.logs({ level: LogLevel.Info }),
 *   Layer.merge(Logger.json)
 * )
 * ```
 *
 * @since 0.1.0
 * @category middleware
 */
export const logs = (
  { failureLevel = LogLevel.Warning, level = LogLevel.Debug }: LogsOptions = {}
): ClientMiddleware => wrapClient(() => observedBy(logObserver({ level, failureLevel })))

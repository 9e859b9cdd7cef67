/**
 * Circuit breaker, rate limit, concurrency limit, fallback and hedging for the calls of a client.
 *
 * Each function takes a client's layer and returns a layer with the limited client. Limits apply per endpoint. In a
 * pipe, each layer wraps the layers before it. All layers share the client's retry quota. Invalid options fail the
 * layer with `ConfigurationError`.
 *
 * @example
 * ```ts
 * import { Resilience } from "effect-sagemaker-runtime"
 * import { NodeSageMaker } from "effect-sagemaker-runtime/node"
 *
 * export const live = NodeSageMaker.layer().pipe(
 *   Resilience.circuitBreaker(),
 *   Resilience.rateLimit({ limit: 50, interval: "1 second" }),
 *   Resilience.concurrency({ permits: 16, queue: 64 }),
 *   Resilience.fallback({ "chat-large": { EndpointName: "chat-small" } })
 * )
 * ```
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Subscribable from "effect/Subscribable"
import * as circuitBreakers from "./internal/resilience/circuitBreaker.ts"
import { intercepted, wrapClient } from "./internal/resilience/clientLayer.ts"
import * as concurrencyLimits from "./internal/resilience/concurrency.ts"
import * as fallbacks from "./internal/resilience/fallback.ts"
import * as hedges from "./internal/resilience/hedge.ts"
import * as rateLimits from "./internal/resilience/rateLimit.ts"
import type { ConfigurationError } from "./SageMakerError.ts"
import type { SageMakerRuntime } from "./SageMakerRuntime.ts"

/**
 * The input members that select the endpoint, variant, model, container or inference component of a call.
 *
 * @since 0.1.0
 * @category models
 */
export interface EndpointTarget {
  /** Name of the endpoint. */
  readonly EndpointName?: string | undefined
  /** Production variant of the endpoint. */
  readonly TargetVariant?: string | undefined
  /** Model of a multi-model endpoint. */
  readonly TargetModel?: string | undefined
  /** Container of a multi-container endpoint. */
  readonly TargetContainerHostname?: string | undefined
  /** Inference component of the endpoint. */
  readonly InferenceComponentName?: string | undefined
}

/**
 * Options of every limit: the key of a call, and settings for individual keys.
 *
 * @since 0.1.0
 * @category models
 */
export interface PerEndpoint<A> {
  /**
   * Returns the key of a call. Calls with the same key share a limit. Default: `EndpointName`, or the operation's name
   * if the input has no `EndpointName`. If the function throws, the call ends with a defect.
   */
  readonly key?: ((target: EndpointTarget) => string) | undefined
  /** Settings for individual keys. They override the common settings. */
  readonly overrides?: { readonly [key: string]: Partial<A> } | undefined
}

/**
 * Options of a concurrency limit.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConcurrencyOptions {
  /** Maximum number of concurrent calls. An integer of at least 1. */
  readonly permits: number
  /** Maximum number of calls that wait for a permit. An integer of at least 0, or `Infinity`. Default: 0. */
  readonly queue?: number | undefined
}

/**
 * Options of a rate limit.
 *
 * @since 0.1.0
 * @category models
 */
export interface RateLimitOptions {
  /** Maximum number of attempts per interval. An integer of at least 1. */
  readonly limit: number
  /** Length of the interval. */
  readonly interval: Duration.DurationInput
  /**
   * How the attempts are distributed. Default: `token-bucket`.
   *
   * - `token-bucket` allows a burst of `limit` attempts, then spaces them evenly.
   * - `fixed-window` allows `limit` attempts at the start of every interval. An interval starts with its first attempt.
   */
  readonly algorithm?: "token-bucket" | "fixed-window" | undefined
}

/**
 * Options of a circuit breaker: when a circuit opens, and for how long.
 *
 * @since 0.1.0
 * @category models
 */
export interface CircuitBreakerOptions {
  /** Ratio of failed attempts at which the circuit opens, greater than 0 and at most 1. Default: 0.5. */
  readonly failureRatio?: number | undefined
  /** Minimum number of attempts in the sampling window before the circuit can open. Default: 10. */
  readonly minimumThroughput?: number | undefined
  /** Length of the sampling window. Default: 30 seconds. */
  readonly samplingDuration?: Duration.DurationInput | undefined
  /**
   * How long the circuit stays open before it admits one attempt. If that attempt has no result within the same time,
   * the circuit admits another one. Default: 10 seconds.
   */
  readonly breakDuration?: Duration.DurationInput | undefined
  /**
   * Whether an error counts as a failure.
   *
   * Default: failed connections, status 500, 502, 503, 504 and 530, and timeouts. Client errors (4xx) and throttling do
   * not count as failures. `CredentialsError` and `SigningError` never count. If the function throws, the default
   * applies and a warning is logged.
   */
  readonly isFailure?: ((error: unknown) => boolean) | undefined
}

/**
 * The state of a circuit.
 *
 * An open circuit becomes half open with the first attempt after `retryAtMillis`.
 *
 * @since 0.1.0
 * @category models
 */
export type CircuitState =
  | {
    /** Attempts are sent. */
    readonly _tag: "Closed"
  }
  | {
    /** Attempts are rejected until `retryAtMillis`. */
    readonly _tag: "Open"
    /**
     * Time after which an attempt is admitted, in milliseconds since 1970. It is calculated when the circuit opens. A
     * later change of the system time does not change when the attempt is admitted.
     */
    readonly retryAtMillis: number
    /** Tag of the last error that counted as a failure. */
    readonly lastFailure: string | undefined
  }
  | {
    /** One attempt at a time is sent. Its result closes or opens the circuit. */
    readonly _tag: "HalfOpen"
  }

/**
 * The circuits of a client with a circuit breaker, for health checks and dashboards.
 *
 * @since 0.1.0
 * @category tags
 */
export class CircuitBreakers
  extends Context.Tag("effect-sagemaker-runtime/Resilience/CircuitBreakers")<CircuitBreakers, {
    /** Returns the state of a circuit, by its key: the endpoint's name, or the result of the option `key`. */
    readonly state: (endpoint: string) => Effect.Effect<CircuitState>
    /** The states of all circuits that are not closed, by key, and a stream of their changes. */
    readonly states: Subscribable.Subscribable<HashMap.HashMap<string, CircuitState>>
  }>()
{}

/**
 * Options of a fallback.
 *
 * @since 0.1.0
 * @category models
 */
export interface FallbackOptions {
  /**
   * Which errors send a call to the next target.
   *
   * Default: errors for which a retry can succeed, and `CircuitOpenError`. A timeout of a request that was sent is not
   * one of them, because the model may still process it. If the function throws, the call ends with a defect.
   */
  readonly while?: ((error: unknown) => boolean) | undefined
}

/**
 * Options of hedging: when a slow call is sent again, and how often.
 *
 * @since 0.1.0
 * @category models
 */
export interface HedgeOptions {
  /** The time without a response after which another request is sent, and the time between further requests. */
  readonly after: Duration.DurationInput
  /** Maximum number of additional requests of a call. An integer of at least 0. 0 disables hedging. Default: 1. */
  readonly max?: number | undefined
  /**
   * Additional requests as a ratio of the calls, greater than 0 and at most 1. An endpoint starts with
   * `max` requests. It keeps at most 10 unused ones, or `max` if that is more. Default: 0.1, one additional request for 10
   * calls.
   */
  readonly budget?: number | undefined
}

/**
 * A function that replaces the client of a layer.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClientMiddleware<out Given = never> {
  /** Takes the layer of a client and returns a layer with the wrapped client. */
  <Out, E, R>(
    client: Layer.Layer<Out | SageMakerRuntime, E, R>
  ): Layer.Layer<Out | SageMakerRuntime | Given, E | ConfigurationError, R>
}

/**
 * Limits how many calls per endpoint run concurrently and how many wait. Further calls fail with `OverloadedError`.
 *
 * A call keeps its permit during all its attempts. A response stream keeps it until its connection is closed. The wait
 * for a permit counts towards the `total` timeout. A call that times out releases its permit, even if its attempt cannot
 * be interrupted.
 *
 * @since 0.1.0
 * @category limits
 */
export const concurrency = (options: ConcurrencyOptions & PerEndpoint<ConcurrencyOptions>): ClientMiddleware =>
  wrapClient(() => intercepted(concurrencyLimits.make(options)))

/**
 * Limits the attempts per endpoint that start in an interval. Further attempts wait.
 *
 * The wait counts towards the `total` timeout. Apply `concurrency` after it in the pipe to limit how many calls wait. If
 * the layer closes, waiting calls fail with `TransportError`.
 *
 * @since 0.1.0
 * @category limits
 */
export const rateLimit = (options: RateLimitOptions & PerEndpoint<RateLimitOptions>): ClientMiddleware =>
  wrapClient(() => intercepted(rateLimits.make(options)))

/**
 * Stops sending attempts to an endpoint after too many failures. Calls then fail immediately with `CircuitOpenError`.
 *
 * A stream counts as a success when its response headers arrive. A call that is interrupted, for example by
 * `Effect.timeout`, does not count; use `Timeouts` so that slow responses count as failures.
 *
 * @since 0.1.0
 * @category limits
 */
export const circuitBreaker = (
  options: CircuitBreakerOptions & PerEndpoint<CircuitBreakerOptions> = {}
): ClientMiddleware<CircuitBreakers> =>
  wrapClient(() =>
    Layer.unwrapEffect(Effect.map(circuitBreakers.make(options), ({ interceptorOf, states }) =>
      Layer.merge(
        intercepted(Effect.succeed(interceptorOf)),
        Layer.succeed(CircuitBreakers, {
          state: (endpoint) =>
            Effect.map(
              states.get,
              (known) => Option.getOrElse(HashMap.get(known, endpoint), (): CircuitState => ({ _tag: "Closed" }))
            ),
          states
        })
      )))
  )

/**
 * Sends a failed call to other targets: another endpoint, or another variant or inference component of the same one.
 *
 * `targets` lists them in order, by the `EndpointName` of the call. A target replaces only the members that it has. If
 * it changes `EndpointName`, then `TargetVariant`, `TargetModel`, `TargetContainerHostname` and
 * `InferenceComponentName` of the call are removed. Each target gets its own retries and its own `total` timeout. Calls
 * with a `SessionId` have no fallback. A stream has no fallback after its response headers have arrived, and a
 * bidirectional stream has none after its `Body` has been run. If all targets fail, the call fails with the last error.
 *
 * @since 0.1.0
 * @category limits
 */
export const fallback = (
  targets: { readonly [EndpointName: string]: EndpointTarget | ReadonlyArray<EndpointTarget> },
  options: FallbackOptions = {}
): ClientMiddleware => wrapClient(() => fallbacks.layer(targets, options))

/**
 * Sends a call again that has no response after a time, and uses the first response.
 *
 * Use it for models whose latency varies much and that can process a request twice: each additional request costs as much
 * as the first one. The budget limits them per endpoint.
 *
 * `InvokeEndpoint` and `InvokeEndpointWithResponseStream` are sent again. A response stream counts as a response when its
 * headers arrive. Calls with a `SessionId` and other operations are sent once. Each request has its own retries and its
 * own `total` timeout. The other requests are interrupted once one has succeeded. A call fails if no request is left: it
 * does not wait for a further one.
 *
 * @example
 * ```ts
 * import { Resilience } from "effect-sagemaker-runtime"
 * import { NodeSageMaker } from "effect-sagemaker-runtime/node"
 *
 * export const live = NodeSageMaker.layer().pipe(
 *   Resilience.hedge({ after: "500 millis", max: 1, overrides: { "order-agent": { max: 0 } } })
 * )
 * ```
 *
 * @since 0.1.0
 * @category limits
 */
export const hedge = (options: HedgeOptions & PerEndpoint<HedgeOptions>): ClientMiddleware =>
  wrapClient(() => hedges.layer(options))

/**
 * Limits around the calls of a client: each is a function from the client's layer to a layer with the limit, and what is
 * written later stands further outside.
 *
 * Everything counts per endpoint, and nothing is on unless it is asked for. The client within stays one client, with its
 * one retry quota, however many limits are around it.
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
import * as breaking from "./internal/resilience/circuitBreaker.ts"
import { intercepted, wrapClient } from "./internal/resilience/clientLayer.ts"
import * as limiting from "./internal/resilience/concurrency.ts"
import * as falling from "./internal/resilience/fallback.ts"
import * as pacing from "./internal/resilience/rateLimit.ts"
import type { ConfigurationError } from "./SageMakerError.ts"
import type { SageMakerRuntime } from "./SageMakerRuntime.ts"

/**
 * Where a call goes, in AWS's members.
 *
 * @since 0.1.0
 * @category models
 */
export interface EndpointTarget {
  readonly EndpointName?: string | undefined
  readonly TargetVariant?: string | undefined
  readonly TargetModel?: string | undefined
  readonly TargetContainerHostname?: string | undefined
  readonly InferenceComponentName?: string | undefined
}

/**
 * What a limit counts by, and settings of its own for some.
 *
 * `key` names what a call counts under: by default its `EndpointName`, or its operation's name where it has none.
 * `overrides` are settings by that name, over the common ones.
 *
 * @since 0.1.0
 * @category models
 */
export interface PerEndpoint<A> {
  readonly key?: ((target: EndpointTarget) => string) | undefined
  readonly overrides?: { readonly [key: string]: Partial<A> } | undefined
}

/**
 * How many calls may run at once (`permits`) and how many more may wait (`queue`, none by default; `Infinity` for any).
 *
 * @since 0.1.0
 * @category models
 */
export interface ConcurrencyOptions {
  readonly permits: number
  readonly queue?: number | undefined
}

/**
 * How many attempts may begin in an interval.
 *
 * `algorithm` is that of Effect's `RateLimiter`: `token-bucket` (the default) lets a burst of `limit` through and then
 * spreads them evenly; `fixed-window` lets `limit` through at the start of every interval.
 *
 * @since 0.1.0
 * @category models
 */
export interface RateLimitOptions {
  readonly limit: number
  readonly interval: Duration.DurationInput
  readonly algorithm?: "token-bucket" | "fixed-window" | undefined
}

/**
 * When a circuit opens and for how long.
 *
 * - `failureRatio`: the share of failed attempts that opens it (0.5 by default).
 * - `minimumThroughput`: how many attempts there must be for a share to mean something (10).
 * - `samplingDuration`: how far back attempts count (30 seconds).
 * - `breakDuration`: how long it stays open before one attempt may try (10 seconds).
 * - `isFailure`: which errors count; by default those a later attempt may not have (lost or refused connections, 500, 502,
 *   503, 504), deadlines that passed, and failures behind the service (530). A refused or throttled request is an answer.
 *
 * @since 0.1.0
 * @category models
 */
export interface CircuitBreakerOptions {
  readonly failureRatio?: number | undefined
  readonly minimumThroughput?: number | undefined
  readonly samplingDuration?: Duration.DurationInput | undefined
  readonly breakDuration?: Duration.DurationInput | undefined
  readonly isFailure?: ((error: unknown) => boolean) | undefined
}

/**
 * The state of a circuit: closed, it lets attempts through; open, none before `retryAtMillis` (milliseconds since 1970);
 * half open, one that decides.
 *
 * An open circuit becomes half open with the first attempt after its time.
 *
 * @since 0.1.0
 * @category models
 */
export type CircuitState =
  | { readonly _tag: "Closed" }
  | { readonly _tag: "Open"; readonly retryAtMillis: number; readonly lastFailure: string | undefined }
  | { readonly _tag: "HalfOpen" }

/**
 * The circuits of a client, to look at and to follow.
 *
 * `state` is that of one endpoint, `states` those of all that are not closed, with their changes.
 *
 * @since 0.1.0
 * @category tags
 */
export class CircuitBreakers
  extends Context.Tag("effect-sagemaker-runtime/Resilience/CircuitBreakers")<CircuitBreakers, {
    readonly state: (endpoint: string) => Effect.Effect<CircuitState>
    readonly states: Subscribable.Subscribable<HashMap.HashMap<string, CircuitState>>
  }>()
{}

/**
 * Which failures are worth another place; by default those that sending again could help, and an open circuit.
 *
 * A request that this client stopped waiting for is none of them: it may still run.
 *
 * @since 0.1.0
 * @category models
 */
export interface FallbackOptions {
  readonly while?: ((error: unknown) => boolean) | undefined
}

/**
 * A layer with a client, in which that client is replaced by one with a limit.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClientMiddleware<out Given = never> {
  <Out, E, R>(
    client: Layer.Layer<Out | SageMakerRuntime, E, R>
  ): Layer.Layer<Out | SageMakerRuntime | Given, E | ConfigurationError, R>
}

/**
 * At most so many calls to an endpoint run at once; so many more wait, and one beyond them fails at once.
 *
 * It fails with `OverloadedError`, and nothing is sent. A call runs until it ends, with all its attempts; a response
 * stream until its connection is closed. The wait counts towards the `total` deadline.
 *
 * @since 0.1.0
 * @category limits
 */
export const concurrency = (options: ConcurrencyOptions & PerEndpoint<ConcurrencyOptions>): ClientMiddleware =>
  wrapClient(() => intercepted(limiting.make(options)))

/**
 * At most so many attempts to an endpoint begin in an interval; the others wait, up to the `total` deadline.
 *
 * How many may wait is said by `concurrency` around it.
 *
 * @since 0.1.0
 * @category limits
 */
export const rateLimit = (options: RateLimitOptions & PerEndpoint<RateLimitOptions>): ClientMiddleware =>
  wrapClient(() => intercepted(pacing.make(options)))

/**
 * No attempt is sent for a while to an endpoint of which too many have failed.
 *
 * Such an attempt ends its call at once with `CircuitOpenError`. A stream counts by its head. A call that is interrupted
 * from outside, by `Effect.timeout` too, says nothing of the endpoint: use `Timeouts`, so that a silent one is noticed.
 *
 * @since 0.1.0
 * @category limits
 */
export const circuitBreaker = (
  options: CircuitBreakerOptions & PerEndpoint<CircuitBreakerOptions> = {}
): ClientMiddleware<CircuitBreakers> =>
  wrapClient(() =>
    Layer.unwrapEffect(Effect.map(breaking.make(options), ({ guardOf, states }) =>
      Layer.merge(
        intercepted(Effect.succeed(guardOf)),
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
 * A call that an endpoint fails goes to the next place named for it: another endpoint, or a variant or inference component
 * of the same one.
 *
 * Only the members a place names are changed; what routes within one endpoint (`TargetVariant`, `TargetModel`,
 * `TargetContainerHostname`, `InferenceComponentName`) is left behind when the endpoint changes. Every place has the whole
 * retry policy and the whole `total` deadline to itself. A call in a session stays where the session is, and a stream is
 * never moved once its head has come. The last failure is the one told.
 *
 * @since 0.1.0
 * @category limits
 */
export const fallback = (
  places: { readonly [EndpointName: string]: EndpointTarget | ReadonlyArray<EndpointTarget> },
  options: FallbackOptions = {}
): ClientMiddleware => wrapClient(() => falling.layer(places, options))

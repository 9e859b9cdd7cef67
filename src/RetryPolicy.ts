/**
 * Retry policies: which failed attempts are retried, and after which delay.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import { type EffectOrStream, provideReference, type Same } from "./internal/context/effectOrStream.ts"
import { isFinal, markFinal, unmarkFinal } from "./internal/retry/markFinal.ts"
import * as retryQuota from "./internal/retry/quota.ts"
import * as sendRate from "./internal/retry/sendRate.ts"
import { retryOnMonotonicClock } from "./internal/time/monotonicClock.ts"
import * as retry from "./protocol/retry/retry.ts"
import { type Retryable, toRetryable } from "./SageMakerError.ts"

/**
 * A rate limit for the attempts of one client, shared by all its calls.
 *
 * @since 0.1.0
 * @category models
 */
export interface SendRate {
  /** Waits until the next attempt may be sent. */
  readonly acquire: Effect.Effect<void>
  /** Adjusts the rate after an attempt; `throttled` is `true` if the service throttled it. */
  readonly report: (throttled: boolean) => Effect.Effect<void>
}

/**
 * The retry quota of one client, shared by all its calls.
 *
 * @since 0.1.0
 * @category models
 */
export interface RetryQuota {
  /** The tokens that are left. */
  readonly tokens: Effect.Effect<number>
  /** Takes `amount` tokens and returns `true`; returns `false` and takes none if there are fewer. */
  readonly withdraw: (amount: number) => Effect.Effect<boolean>
  /** Returns the cost of the last retry to the quota, or one token after a success without retries (`undefined`). */
  readonly refund: (lastCost: number | undefined) => Effect.Effect<void>
  /** The client's send rate. The first policy that needs one creates it with `make`. */
  readonly sendRate: (make: () => SendRate) => SendRate
}

/**
 * A retry policy: a function around the attempts of a call.
 *
 * @since 0.1.0
 * @category models
 */
export interface Policy {
  /** Maximum number of attempts, if the policy has one. It is sent to the service in the header `amz-sdk-request`. */
  readonly maxAttempts?: number | undefined
  /** Wraps an attempt, given the client's quota: it can wait before the attempt and run it again. */
  readonly around: (quota: RetryQuota) => <A, E, R>(attempt: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/**
 * Options of AWS's standard and adaptive retry modes.
 *
 * @since 0.1.0
 * @category models
 */
export interface StandardRetryOptions {
  /** Maximum number of attempts, the first one included. At least 1. Default: 3. */
  readonly maxAttempts?: number | undefined
  /** Maximum exponential delay in milliseconds. Default: 20,000. */
  readonly maxDelayMillis?: number | undefined
  /** Whether to retry after a `TimeoutError` of a request that was sent. The model can then run twice. Default: `false`. */
  readonly retryTimeouts?: boolean | undefined
}

/**
 * Options of a policy made from a `Schedule`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ScheduleRetryOptions {
  /** Which errors are retried. Default: those whose `retry` is not `never`. */
  readonly while?: ((error: Retryable) => boolean) | undefined
  /**
   * Whether to retry after a `TimeoutError` of a request that was sent. The model can then run twice. Default: `false`.
   *
   * Ignored if `while` is set.
   */
  readonly retryTimeouts?: boolean | undefined
}

/**
 * Creates a retry quota. Default: AWS's quota of 500 tokens, which is also the maximum.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeQuota = (tokens: number = retry.quotaSize): RetryQuota => retryQuota.makeQuota(tokens)

/**
 * Creates the send rate of AWS's adaptive mode: no limit until the service throttles an attempt.
 *
 * After that it follows the CUBIC algorithm: at least one attempt every two seconds, at most twice the last measured
 * rate. A fiber that is interrupted while it waits uses no token.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeSendRate: () => SendRate = sendRate.make

const defaultMaxAttempts = 3

const retryClassOf = (error: Retryable, retryTimeouts: boolean): retry.RetryClass =>
  retryTimeouts && error._tag === "TimeoutError" ? "transient" : error.retry

/**
 * AWS's standard retry mode (November 2026): three attempts, exponential delays with jitter, and a retry quota.
 *
 * The delays respect `x-amz-retry-after` and `Retry-After`. One difference from AWS: a request that timed out after it
 * was sent is not retried unless `retryTimeouts` is `true`.
 *
 * @since 0.1.0
 * @category policies
 */
export const standard = (options: StandardRetryOptions = {}): Policy => {
  const requested = Math.floor(options.maxAttempts ?? defaultMaxAttempts)
  const maxAttempts = Number.isNaN(requested) ? defaultMaxAttempts : Math.max(1, requested)
  const retryTimeouts = options.retryTimeouts ?? false
  return {
    maxAttempts,
    around: (quota) => <A, E, R>(attempt: Effect.Effect<A, E, R>) => {
      const run = (attempts: number, lastCost: number | undefined): Effect.Effect<A, E, R> =>
        Effect.matchEffect(attempt, {
          onSuccess: (value) => Effect.as(quota.refund(lastCost), value),
          onFailure: (error) => retryOrFail(error, attempts)
        })
      const retryOrFail = (error: E, attempts: number): Effect.Effect<A, E, R> => {
        const retryable = toRetryable(error)
        const retryClass = retryClassOf(retryable, retryTimeouts)
        if (retryClass === "never" || attempts >= maxAttempts) {
          return Effect.fail(error)
        }
        const cost = retry.cost(retryClass)
        return Effect.if(quota.withdraw(cost), {
          onFalse: () => Effect.fail(error),
          onTrue: () =>
            Random.next.pipe(
              Effect.map((random) => retry.backoffMillis(retryClass, attempts - 1, random, options.maxDelayMillis)),
              Effect.flatMap((delay) => Effect.sleep(retry.clampHint(delay, retryable.retryAfterMillis))),
              Effect.zipRight(run(attempts + 1, cost))
            )
        })
      }
      return run(1, undefined)
    }
  }
}

/**
 * Limits the rate of attempts after the service has throttled an attempt, as in AWS's adaptive mode. It does not retry.
 *
 * All paced calls of a client share one rate. A throttled attempt lowers the rate. Any other result raises it. The wait
 * counts towards the `total` timeout but not towards `attempt`. Between attempts it is part of `totalRetryDelay`. Use
 * it for clients with one endpoint, because a throttled endpoint also slows down the calls to all others.
 *
 * @since 0.1.0
 * @category policies
 */
export const paced: Policy = { maxAttempts: 1, around: (quota) => sendRate.withSendRate(quota.sendRate(makeSendRate)) }

/**
 * Does not retry.
 *
 * @since 0.1.0
 * @category policies
 */
export const none: Policy = { maxAttempts: 1, around: () => (attempt) => attempt }

/**
 * Retries according to an Effect `Schedule`. The schedule's input has the error's tag, retry class and retry delay.
 *
 * The retry quota is not used. A schedule such as `Schedule.upTo` measures elapsed time: a change of the system time does
 * not change it. A schedule or predicate that throws ends the call with a defect.
 *
 * @example
 * ```ts
 * import { Schedule } from "effect"
 * import { invokeEndpoint, RetryPolicy } from "effect-sagemaker-runtime"
 *
 * const forOneMinute = Schedule.exponential("200 millis").pipe(Schedule.jittered, Schedule.upTo("1 minute"))
 *
 * export const prediction = invokeEndpoint({ EndpointName: "anomaly-v2", Body: "{}" }).pipe(
 *   RetryPolicy.use(RetryPolicy.fromSchedule(forOneMinute))
 * )
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const fromSchedule = <Out>(
  schedule: Schedule.Schedule<Out, Retryable>,
  options: ScheduleRetryOptions = {}
): Policy => {
  const shouldRetry = options.while ?? ((error) => retryClassOf(error, options.retryTimeouts ?? false) !== "never")
  return {
    around: () => (attempt) =>
      retryOnMonotonicClock(attempt, (attempts) =>
        Effect.retry(attempts, {
          schedule: Schedule.mapInput(schedule, toRetryable),
          while: (error) => !isFinal(error) && shouldRetry(toRetryable(error))
        }))
  }
}

/**
 * Nests two policies: one attempt of the outer policy is all attempts of the inner one.
 *
 * @example
 * ```ts
 * import { Schedule } from "effect"
 * import { RetryPolicy } from "effect-sagemaker-runtime"
 *
 * export const fourRetries = RetryPolicy.compose(RetryPolicy.fromSchedule(Schedule.recurs(4)), RetryPolicy.paced)
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const compose: {
  (inner: Policy): (outer: Policy) => Policy
  (outer: Policy, inner: Policy): Policy
} = dual(2, (outer: Policy, inner: Policy): Policy => ({
  maxAttempts: outer.maxAttempts === undefined || inner.maxAttempts === undefined
    ? undefined
    : outer.maxAttempts * inner.maxAttempts,
  around: (quota) => {
    const [outerAround, innerAround] = [outer.around(quota), inner.around(quota)]
    return (attempt) => outerAround(innerAround(attempt))
  }
}))

/**
 * Applies a policy to some errors only. All other errors fail the call without a retry.
 *
 * @example
 * ```ts
 * import { Schedule } from "effect"
 * import { RetryPolicy } from "effect-sagemaker-runtime"
 *
 * const isNotReady = ({ _tag }: { readonly _tag: string }) => _tag === "ModelNotReadyException"
 * const everyFiveSeconds = Schedule.spaced("5 seconds").pipe(Schedule.upTo("10 minutes"))
 *
 * export const waitForModel = RetryPolicy.compose(
 *   RetryPolicy.fromSchedule(everyFiveSeconds, { while: isNotReady }),
 *   RetryPolicy.whileError(RetryPolicy.standard(), (error) => !isNotReady(error))
 * )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const whileError: {
  (predicate: (error: Retryable) => boolean): (policy: Policy) => Policy
  (policy: Policy, predicate: (error: Retryable) => boolean): Policy
} = dual(2, (policy: Policy, predicate: (error: Retryable) => boolean): Policy => ({
  ...policy,
  around: (quota) => {
    const around = policy.around(quota)
    return <A, E, R>(attempt: Effect.Effect<A, E, R>) =>
      unmarkFinal(around(markFinal(attempt, (error) => !predicate(toRetryable(error)))))
  }
}))

/**
 * AWS's adaptive retry mode: `standard` with every attempt `paced`, the first one included.
 *
 * @since 0.1.0
 * @category policies
 */
export const adaptive = (options: StandardRetryOptions = {}): Policy => compose(standard(options), paced)

/**
 * The current retry policy. A policy in the context of a call overrides the policy of its client. Default:
 * `standard()`.
 *
 * @since 0.1.0
 * @category references
 */
export class RetryPolicy extends Context.Reference<RetryPolicy>()("effect-sagemaker-runtime/RetryPolicy", {
  defaultValue: (): Policy => standard()
}) {}

/**
 * Sets the policy for the clients built with this layer, or for the calls that it is provided to.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (policy: Policy): Layer.Layer<never> => Layer.succeed(RetryPolicy, policy)

/**
 * Sets the policy for the calls inside an effect or a stream.
 *
 * A stream is not retried after its response headers have arrived.
 *
 * @example
 * ```ts
 * import { invokeEndpoint, RetryPolicy } from "effect-sagemaker-runtime"
 *
 * export const once = invokeEndpoint({ EndpointName: "anomaly-v2", Body: "{}" }).pipe(
 *   RetryPolicy.use(RetryPolicy.none)
 * )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const use: {
  (policy: Policy): <Self extends EffectOrStream>(self: Self) => Same<Self>
  <Self extends EffectOrStream>(self: Self, policy: Policy): Same<Self>
} = dual(
  2,
  <Self extends EffectOrStream>(self: Self, policy: Policy): Same<Self> =>
    provideReference(self, RetryPolicy, () => policy)
)

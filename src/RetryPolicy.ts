/**
 * What happens around the attempts of a call.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import { markFinal, unmarkFinal } from "./internal/retry/markFinal.ts"
import * as sendRate from "./internal/retry/sendRate.ts"
import * as retry from "./protocol/retry/retry.ts"
import { type Retryable, toRetryable } from "./SageMakerError.ts"

/**
 * How fast one client may send, shared by all its calls.
 *
 * `acquire` waits for the next attempt's turn; `report` says whether an attempt was throttled.
 *
 * @since 0.1.0
 * @category models
 */
export interface SendRate {
  readonly acquire: Effect.Effect<void>
  readonly report: (throttled: boolean) => Effect.Effect<void>
}

/**
 * The retry tokens of one client, shared by all its calls.
 *
 * `sendRate` is the client's one rate, made by the first policy that asks for it.
 *
 * @since 0.1.0
 * @category models
 */
export interface RetryQuota {
  readonly tokens: Effect.Effect<number>
  readonly withdraw: (amount: number) => Effect.Effect<boolean>
  readonly refund: (lastCost: number | undefined) => Effect.Effect<void>
  readonly sendRate: (make: () => SendRate) => SendRate
}

/**
 * Behaviour around an attempt: it may run it again, wait before it, and draw on the client's quota.
 *
 * `maxAttempts`, where a policy knows it, is told to the service (`amz-sdk-request`).
 *
 * @since 0.1.0
 * @category models
 */
export interface Policy {
  readonly maxAttempts?: number | undefined
  readonly around: (quota: RetryQuota) => <A, E, R>(attempt: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/**
 * Settings of AWS's standard mode.
 *
 * `maxAttempts` counts the first one (3 by default, at least 1). `maxDelayMillis` caps the exponential delay (20,000).
 * `retryTimeouts` also sends again what this client stopped waiting for, which the model may then run twice.
 *
 * @since 0.1.0
 * @category models
 */
export interface StandardRetryOptions {
  readonly maxAttempts?: number | undefined
  readonly maxDelayMillis?: number | undefined
  readonly retryTimeouts?: boolean | undefined
}

/**
 * A full quota, or one of a given number of tokens.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeQuota = (tokens: number = retry.quotaSize): RetryQuota => {
  let left = tokens
  let rate: SendRate | undefined
  return {
    tokens: Effect.sync(() => left),
    withdraw: (amount) =>
      Effect.sync(() => {
        const [granted, rest] = retry.withdraw(left, amount)
        left = rest
        return granted
      }),
    refund: (lastCost) =>
      Effect.sync(() => {
        left = retry.refund(left, lastCost)
      }),
    sendRate: (make) => rate ??= make()
  }
}

/**
 * A send rate as in AWS's adaptive mode: without limit until the first throttling.
 *
 * From then on it follows CUBIC, never below one attempt in two seconds and never above twice the rate measured last.
 * A fiber that is interrupted while it waits has taken nothing.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeSendRate: () => SendRate = sendRate.make

const defaultMaxAttempts = 3

const kindOf = (error: Retryable, retryTimeouts: boolean): retry.RetryClass =>
  retryTimeouts && error._tag === "TimeoutError" ? "transient" : error.retry

/**
 * AWS's standard mode as of November 2026: three attempts, jittered exponential delays, the server's hints, and a quota.
 *
 * One difference: a request that this client stopped waiting for is not sent again unless `retryTimeouts` is set.
 *
 * @since 0.1.0
 * @category policies
 */
export const standard = (options: StandardRetryOptions = {}): Policy => {
  const given = Math.floor(options.maxAttempts ?? defaultMaxAttempts)
  const maxAttempts = Number.isNaN(given) ? defaultMaxAttempts : Math.max(1, given)
  const retryTimeouts = options.retryTimeouts ?? false
  return {
    maxAttempts,
    around: (quota) => <A, E, R>(attempt: Effect.Effect<A, E, R>) => {
      const run = (attempts: number, lastCost: number | undefined): Effect.Effect<A, E, R> =>
        Effect.matchEffect(attempt, {
          onSuccess: (value) => Effect.as(quota.refund(lastCost), value),
          onFailure: (error) => again(error, attempts)
        })
      const again = (error: E, attempts: number): Effect.Effect<A, E, R> => {
        const seen = toRetryable(error)
        const kind = kindOf(seen, retryTimeouts)
        if (kind === "never" || attempts >= maxAttempts) {
          return Effect.fail(error)
        }
        const cost = retry.cost(kind)
        return Effect.if(quota.withdraw(cost), {
          onFalse: () => Effect.fail(error),
          onTrue: () =>
            Random.next.pipe(
              Effect.map((random) => retry.backoffMillis(kind, attempts - 1, random, options.maxDelayMillis)),
              Effect.flatMap((delay) => Effect.sleep(retry.clampHint(delay, seen.retryAfterMillis))),
              Effect.zipRight(run(attempts + 1, cost))
            )
        })
      }
      return run(1, undefined)
    }
  }
}

/**
 * Attempts that each wait for the client's send rate, once the service has throttled one; none is sent again.
 *
 * The rate is shared by all paced calls of a client. It falls when an attempt is throttled and recovers with any other end
 * of one, success or not, as in AWS's SDKs. The wait counts towards the `total` deadline, never towards `attempt`, and
 * between attempts is part of `totalRetryDelay`. It suits a client with one endpoint: a throttled endpoint slows the calls
 * to all others as well.
 *
 * @since 0.1.0
 * @category policies
 */
export const paced: Policy = { maxAttempts: 1, around: (quota) => sendRate.withSendRate(quota.sendRate(makeSendRate)) }

/**
 * One attempt.
 *
 * @since 0.1.0
 * @category policies
 */
export const none: Policy = { maxAttempts: 1, around: () => (attempt) => attempt }

/**
 * Attempts as an Effect `Schedule` says; by default only where sending again can help.
 *
 * The schedule's input and `while` see what the error says of itself, the server's hint included. A request that this
 * client stopped waiting for is sent again only where `while` or `retryTimeouts` says so.
 *
 * @example
 * ```ts
 * import { Schedule } from "effect"
 * import { invokeEndpoint, RetryPolicy } from "effect-sagemaker-runtime"
 *
 * const patient = Schedule.exponential("200 millis").pipe(Schedule.jittered, Schedule.upTo("1 minute"))
 *
 * export const answer = invokeEndpoint({ EndpointName: "anomaly-v2", Body: "{}" }).pipe(
 *   RetryPolicy.use(RetryPolicy.fromSchedule(patient))
 * )
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const fromSchedule = <Out>(
  schedule: Schedule.Schedule<Out, Retryable>,
  options: {
    readonly while?: ((error: Retryable) => boolean) | undefined
    readonly retryTimeouts?: boolean | undefined
  } = {}
): Policy => {
  const wanted = options.while ?? ((error) => kindOf(error, options.retryTimeouts ?? false) !== "never")
  return {
    around: () => (attempt) =>
      Effect.retry(attempt, {
        schedule: Schedule.mapInput(schedule, toRetryable),
        while: (error) => wanted(toRetryable(error))
      })
  }
}

/**
 * One policy inside another: what is an attempt to the outer one is all that the inner one makes of it.
 *
 * @example
 * ```ts
 * import { Schedule } from "effect"
 * import { RetryPolicy } from "effect-sagemaker-runtime"
 *
 * export const steady = RetryPolicy.compose(RetryPolicy.fromSchedule(Schedule.recurs(4)), RetryPolicy.paced)
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
 * A policy for some errors only; any other ends what it is around.
 *
 * @example
 * ```ts
 * import { Schedule } from "effect"
 * import { RetryPolicy } from "effect-sagemaker-runtime"
 *
 * const isCold = ({ _tag }: { readonly _tag: string }) => _tag === "ModelNotReadyException"
 * const everyFiveSeconds = Schedule.spaced("5 seconds").pipe(Schedule.upTo("10 minutes"))
 *
 * export const patientWithColdModels = RetryPolicy.compose(
 *   RetryPolicy.fromSchedule(everyFiveSeconds, { while: isCold }),
 *   RetryPolicy.whileError(RetryPolicy.standard(), (error) => !isCold(error))
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
 * AWS's adaptive mode: `standard`, every attempt of which is `paced`, the first one too.
 *
 * @since 0.1.0
 * @category policies
 */
export const adaptive = (options: StandardRetryOptions = {}): Policy => compose(standard(options), paced)

/**
 * The policy in force: that of the client, overridden where a call's own context holds one.
 *
 * @since 0.1.0
 * @category references
 */
export class RetryPolicy extends Context.Reference<RetryPolicy>()("effect-sagemaker-runtime/RetryPolicy", {
  defaultValue: (): Policy => standard()
}) {}

/**
 * A policy for the clients built with this layer, or for the calls that see it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (policy: Policy): Layer.Layer<never> => Layer.succeed(RetryPolicy, policy)

/**
 * A policy for the calls inside one effect.
 *
 * @since 0.1.0
 * @category combinators
 */
export const use = (policy: Policy) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(effect, RetryPolicy, policy)

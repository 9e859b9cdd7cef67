/** Calls that fail immediately if the model is not ready, without retries by the retry policy. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { isNoCapacity, toRetryable } from "../../SageMakerError.ts"
import { markFinal, unmarkFinal } from "../retry/markFinal.ts"
import { addInterceptor, CurrentInterceptor, interceptor } from "./interceptor.ts"

/** Whether the model is still loading, or has no instance yet. */
export const isNotReady = (error: unknown): boolean =>
  toRetryable(error)._tag === "ModelNotReadyException" || isNoCapacity(error)

const reportNotReady = interceptor({
  wrapAttempt: () => <A, E, R>(attempt: Effect.Effect<A, E, R>) =>
    markFinal(attempt, isNotReady) as Effect.Effect<A, E, R>,
  wrapAttempts: (attempts) => unmarkFinal(attempts)
})

/** Runs calls whose retry policy does not retry a model that is not ready. */
export const withoutColdModelRetries = <A, E, R>(calls: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.mapInputContext(
    calls,
    (context: Context.Context<R>) =>
      Context.add(
        context,
        CurrentInterceptor,
        addInterceptor(context as Context.Context<never>, () => reportNotReady)
      )
  )

/** Calls that fail with `ModelNotReadyException` immediately, without retries by the retry policy. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { toRetryable } from "../../SageMakerError.ts"
import { markFinal, unmarkFinal } from "../retry/markFinal.ts"
import { addInterceptor, CurrentInterceptor, interceptor } from "./interceptor.ts"

const isNotReady = (error: unknown): boolean => toRetryable(error)._tag === "ModelNotReadyException"

const reportNotReady = interceptor({
  wrapAttempt: () => <A, E, R>(attempt: Effect.Effect<A, E, R>) =>
    markFinal(attempt, isNotReady) as Effect.Effect<A, E, R>,
  wrapAttempts: (attempts) => unmarkFinal(attempts)
})

/** Runs calls whose retry policy does not retry `ModelNotReadyException`. */
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

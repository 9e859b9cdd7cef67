/** Calls that tell of a model that is not ready instead of asking again themselves. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { toRetryable } from "../../SageMakerError.ts"
import { markFinal, unmarkFinal } from "../retry/markFinal.ts"
import { addInterceptor, CurrentInterceptor, interceptor } from "./interceptor.ts"

const isNotReady = (error: unknown): boolean => toRetryable(error)._tag === "ModelNotReadyException"

const telling = interceptor({
  attempt: () => <A, E, R>(attempt: Effect.Effect<A, E, R>) => markFinal(attempt, isNotReady) as Effect.Effect<A, E, R>,
  call: (call) => unmarkFinal(call)
})

/** Runs calls, in which a model that is not ready is not asked again, whatever the policy in force. */
export const withoutColdModelRetries = <A, E, R>(calls: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.mapInputContext(
    calls,
    (context: Context.Context<R>) =>
      Context.add(context, CurrentInterceptor, addInterceptor(context as Context.Context<never>, () => telling))
  )

/** Errors that a policy is not to send again, whatever they say of themselves. */
import * as Effect from "effect/Effect"
import { toRetryable } from "../../SageMakerError.ts"

class FinalError<E> {
  readonly retry = "never"
  readonly _tag: string
  readonly error: E
  constructor(error: E) {
    this.error = error
    this._tag = toRetryable(error)._tag
  }
}

/** An attempt some of whose errors end its call. */
export const markFinal = <A, E, R>(
  attempt: Effect.Effect<A, E, R>,
  which: (error: E) => boolean
): Effect.Effect<A, E | FinalError<E>, R> =>
  Effect.mapError(attempt, (error) => which(error) ? new FinalError(error) : error)

/** The call, with its errors as they were. */
export const unmarkFinal = <A, E, R>(call: Effect.Effect<A, E | FinalError<E>, R>): Effect.Effect<A, E, R> =>
  Effect.mapError(call, (error) => error instanceof FinalError ? error.error : error)

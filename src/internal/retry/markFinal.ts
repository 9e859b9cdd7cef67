/** Marks errors that an inner policy must not retry. */
import * as Effect from "effect/Effect"
import { toRetryable } from "../../SageMakerError.ts"
import { sharedInstances } from "../global/sharedInstances.ts"

class NeverRetried {
  readonly retry = "never"
}

class FinalError<E> extends sharedInstances(NeverRetried, "FinalError") {
  readonly _tag: string
  readonly error: E
  constructor(error: E) {
    super()
    this.error = error
    this._tag = toRetryable(error)._tag
  }
}

/** Wraps the errors of an attempt that must not be retried. */
export const markFinal = <A, E, R>(
  attempt: Effect.Effect<A, E, R>,
  isFinal: (error: E) => boolean
): Effect.Effect<A, E | FinalError<E>, R> =>
  Effect.mapError(attempt, (error) => isFinal(error) ? new FinalError(error) : error)

/** Restores the wrapped errors. */
export const unmarkFinal = <A, E, R>(call: Effect.Effect<A, E | FinalError<E>, R>): Effect.Effect<A, E, R> =>
  Effect.mapError(call, (error) => error instanceof FinalError ? error.error : error)

/** Whether an error is marked. A policy must not retry it, whatever its own conditions are. */
export const isFinal = (error: unknown): boolean => error instanceof FinalError

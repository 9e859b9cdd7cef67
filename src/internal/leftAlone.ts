/** Errors that a policy is not to send again, whatever they say of themselves. */
import * as Effect from "effect/Effect"
import { toRetryable } from "../SageMakerError.ts"

class LeftAlone<E> {
  readonly retry = "never"
  readonly _tag: string
  readonly error: E
  constructor(error: E) {
    this.error = error
    this._tag = toRetryable(error)._tag
  }
}

/** An attempt some of whose errors end its call. */
export const leftAlone = <A, E, R>(
  attempt: Effect.Effect<A, E, R>,
  which: (error: E) => boolean
): Effect.Effect<A, E | LeftAlone<E>, R> =>
  Effect.mapError(attempt, (error) => which(error) ? new LeftAlone(error) : error)

/** The call, with its errors as they were. */
export const restored = <A, E, R>(call: Effect.Effect<A, E | LeftAlone<E>, R>): Effect.Effect<A, E, R> =>
  Effect.mapError(call, (error) => error instanceof LeftAlone ? error.error : error)

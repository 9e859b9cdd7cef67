/** Whether a token stream ended with `[DONE]` or a final record. `Tokens.collect` reads it after the stream has ended. */
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Stream from "effect/Stream"

export interface StreamEnd {
  isComplete: boolean
}

/**
 * A member of the last token cannot contain this, because that token is emitted before the stream ends. A context
 * reference cannot contain it, because `Stream.provideLayer` replaces the context.
 */
const current = FiberRef.unsafeMake<StreamEnd | undefined>(undefined)

/** The end that the dialect of a stream records. */
export const currentStreamEnd: Effect.Effect<StreamEnd> = Effect.map(
  FiberRef.get(current),
  (end) => end ?? { isComplete: false }
)

/** Runs an effect whose token streams record their end. */
export const recordStreamEnd = <A, E, R>(use: (end: StreamEnd) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    const end: StreamEnd = { isComplete: false }
    return Effect.locally(use(end), current, end)
  })

/** Runs a stream whose token streams record their end. */
export const recordStreamEndOf = <A, E, R>(use: (end: StreamEnd) => Stream.Stream<A, E, R>): Stream.Stream<A, E, R> =>
  Stream.unwrapScoped(Effect.suspend(() => {
    const end: StreamEnd = { isComplete: false }
    return Effect.as(Effect.locallyScoped(current, end), use(end))
  }))

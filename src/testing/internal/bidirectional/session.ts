/** Starts the handler of a bidirectional stream, and waits until the response headers can be sent. */
import * as Cause from "effect/Cause"
import type * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/** A started response: its outputs, or the failure of a handler that has neither read a part nor returned one. */
export type Started<A> = Either.Either<Stream.Stream<A, unknown>, Cause.Cause<unknown>>

/** A failure, and not the end of the stream. */
const failureOf = (exit: Exit.Exit<unknown, Option.Option<unknown>>): Cause.Cause<unknown> | undefined => {
  if (Exit.isSuccess(exit)) {
    return undefined
  }
  const isEnd = Option.exists(Cause.failureOption(exit.cause), Option.isNone)
  return isEnd ? undefined : Cause.map(exit.cause, Option.getOrElse(() => undefined))
}

/**
 * Runs the outputs until the first one, until they end or fail, or until `ready` is done. They are interrupted if the scope
 * closes.
 */
export const startOutputs = <A>(
  outputs: Stream.Stream<A, unknown>,
  ready: Deferred.Deferred<void>
): Effect.Effect<Started<A>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const pull = yield* Stream.toPull(outputs)
    const first = yield* Effect.forkScoped(pull)
    yield* Effect.raceFirst(Deferred.await(ready), Effect.asVoid(Fiber.await(first)))
    const isReady = yield* Deferred.isDone(ready)
    const failure = isReady ? undefined : failureOf(yield* Fiber.await(first))
    if (failure !== undefined) {
      return Either.left(failure)
    }
    let next: Effect.Effect<Chunk.Chunk<A>, Option.Option<unknown>> = Fiber.join(first)
    return Either.right(Stream.repeatEffectChunkOption(Effect.suspend(() => {
      const pulled = next
      next = pull
      return pulled
    })))
  })

/** The end that a stream of events tells of itself, before its connection ends. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/**
 * A stream up to the element that says it is done.
 *
 * What comes after is read and dropped for at most a second, so that the connection can be used again.
 */
export const takeUntilDone =
  <A>(isDone: (element: A) => boolean) => <E, R>(stream: Stream.Stream<A, E, R>): Stream.Stream<A, E, R> =>
    Stream.unwrapScoped(Effect.map(Stream.toPull(stream), (pull) => {
      let done = false
      const settled = pull.pipe(
        Effect.forever,
        Effect.ignore,
        Effect.timeoutOption("1 second"),
        Effect.zipRight(Effect.fail(Option.none<E>()))
      )
      return Stream.repeatEffectChunkOption(Effect.suspend(() =>
        done ? settled : Effect.map(pull, (elements) => {
          const end = Chunk.findFirstIndex(elements, isDone)
          done = Option.isSome(end)
          return Option.match(end, { onNone: () => elements, onSome: (index) => Chunk.take(elements, index) })
        })
      ))
    }))

/** Ends a stream at an element such as `[DONE]`, which servers send before they close the connection. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/**
 * Takes the elements before the first element for which `isDone` returns `true`.
 *
 * The rest of the stream is read and dropped for at most a second. A connection can be reused only if its response was
 * read to the end.
 */
export const takeUntilDone =
  <A>(isDone: (element: A) => boolean) => <E, R>(stream: Stream.Stream<A, E, R>): Stream.Stream<A, E, R> =>
    Stream.unwrapScoped(Effect.map(Stream.toPull(stream), (pull) => {
      let done = false
      const drain = pull.pipe(
        Effect.forever,
        Effect.ignore,
        Effect.timeoutOption("1 second"),
        Effect.zipRight(Effect.fail(Option.none<E>()))
      )
      return Stream.repeatEffectChunkOption(Effect.suspend(() =>
        done ? drain : Effect.map(pull, (elements) => {
          const end = Chunk.findFirstIndex(elements, isDone)
          done = Option.isSome(end)
          return Option.match(end, { onNone: () => elements, onSome: (index) => Chunk.take(elements, index) })
        })
      ))
    }))

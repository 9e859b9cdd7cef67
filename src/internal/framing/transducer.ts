/**
 * Transforms streams by a pure step. Elements stay in chunks. Elements before a failure are emitted before the failure.
 */
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

export interface TransducerStep<S, B, E> {
  readonly state: S
  readonly out: ReadonlyArray<B>
  /** Fails the stream after `out`. */
  readonly failure?: E | undefined
}

type Out<B, E, R = never> = Channel.Channel<Chunk.Chunk<B>, unknown, E, unknown, unknown, unknown, R>

const emit = <B, E, R>(
  { failure, out }: Omit<TransducerStep<unknown, B, E>, "state">,
  next: Out<B, E, R>
): Out<B, E, R> => {
  const then = failure === undefined ? next : Channel.fail(failure)
  return out.length === 0 ? then : Channel.zipRight(Channel.write(Chunk.unsafeFromArray(out)), then)
}

const flatten = <B>(outs: ReadonlyArray<ReadonlyArray<B>>): ReadonlyArray<B> =>
  outs.length === 1 ? outs[0]! : outs.flat()

/** Runs a step for every element of a stream, and a final step at its end. */
export const transduce = <S, A, B, E>(options: {
  readonly initial: () => S
  readonly step: (state: S, element: A) => TransducerStep<S, B, E>
  readonly finish: (state: S) => Omit<TransducerStep<S, B, E>, "state">
}) =>
<E2, R>(stream: Stream.Stream<A, E2, R>): Stream.Stream<B, E | E2, R> => {
  const loop = (
    state: S
  ): Channel.Channel<Chunk.Chunk<B>, Chunk.Chunk<A>, E | E2, E2, unknown> =>
    Channel.readWith({
      onInput: (elements: Chunk.Chunk<A>) => {
        const outs: Array<ReadonlyArray<B>> = []
        let at = state
        for (const element of elements) {
          const next = options.step(at, element)
          outs.push(next.out)
          if (next.failure !== undefined) {
            return emit({ out: flatten(outs), failure: next.failure }, Channel.void) as ReturnType<typeof loop>
          }
          at = next.state
        }
        return emit({ out: flatten(outs) }, loop(at) as Out<B, E | E2>) as ReturnType<typeof loop>
      },
      onFailure: Channel.fail,
      onDone: () => emit(options.finish(state), Channel.void)
    })
  return Stream.suspend(() => Stream.fromChannel(Channel.pipeTo(Stream.toChannel(stream), loop(options.initial()))))
}

const decodeChunk = <A, B, E, R>(elements: Chunk.Chunk<A>, decode: (element: A) => Effect.Effect<B, E, R>) =>
  Effect.gen(function*() {
    const out: Array<B> = []
    for (const element of elements) {
      const decoded = yield* Effect.either(decode(element))
      if (decoded._tag === "Left") {
        return { out, failure: decoded.left }
      }
      out.push(decoded.right)
    }
    return { out }
  })

/** Decodes the elements of a stream sequentially. */
export const decodeEach =
  <A, B, E, R>(decode: (element: A) => Effect.Effect<B, E, R>) =>
  <E2, R2>(stream: Stream.Stream<A, E2, R2>): Stream.Stream<B, E | E2, R | R2> => {
    const loop: Channel.Channel<Chunk.Chunk<B>, Chunk.Chunk<A>, E | E2, E2, unknown, unknown, R> = Channel.readWith({
      onInput: (elements: Chunk.Chunk<A>) =>
        Channel.unwrap(
          Effect.map(decodeChunk(elements, decode), (step) => emit(step, loop as Out<B, E | E2, R>))
        ) as typeof loop,
      onFailure: Channel.fail,
      onDone: () => Channel.void
    })
    return Stream.fromChannel(Channel.pipeTo(Stream.toChannel(stream), loop))
  }

/** The bytes of an object to be stored: in memory up to a limit, else as a stream. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { addPiece, type Pieces, piecesInOrder } from "../../protocol/bytes/bytes.ts"

/** The first chunks of a stream, and the rest unless the stream has ended. */
export interface ReadAhead<E> {
  readonly pieces: ReadonlyArray<Uint8Array>
  readonly rest: Effect.Effect<Uint8Array, Option.Option<E>> | undefined
}

/** Runs the stream in the scope, one chunk ahead of its reader. */
const chunksOf = <E, R>(
  body: Stream.Stream<Uint8Array, E, R>
): Effect.Effect<Effect.Effect<Uint8Array, Option.Option<E>>, never, R | Scope.Scope> =>
  Effect.map(Stream.toQueueOfElements(body, { capacity: 1 }), (queue) => Effect.flatten(Queue.take(queue)))

/** Reads a stream until it ends or has more than `limit` bytes. */
export const readAhead = <E, R>(
  body: Stream.Stream<Uint8Array, E, R>,
  limit: number
): Effect.Effect<ReadAhead<E>, E, R | Scope.Scope> =>
  Effect.flatMap(chunksOf(body), (next) => {
    let pieces: Pieces | undefined
    let size = 0
    const read: Effect.Effect<ReadAhead<E>, E> = Effect.matchEffect(next, {
      onFailure: Option.match({
        onNone: () => Effect.succeed({ pieces: piecesInOrder(pieces), rest: undefined }),
        onSome: (error) => Effect.fail(error)
      }),
      onSuccess: (chunk) => {
        pieces = addPiece(pieces, chunk)
        size += chunk.byteLength
        return size > limit ? Effect.succeed({ pieces: piecesInOrder(pieces), rest: next }) : read
      }
    })
    return read
  })

/** A web stream of the chunks. `onFailure` receives the failure of the source, which the web stream reports as well. */
export const toWebStream = <E>(
  { pieces, rest }: ReadAhead<E>,
  runtime: Runtime.Runtime<never>,
  onFailure: (cause: Cause.Cause<E>) => void
): ReadableStream<Uint8Array> => {
  const first = pieces.filter(({ byteLength }) => byteLength > 0)
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    // The pieces are released as they are sent.
    const piece = first.shift()
    if (piece !== undefined) {
      controller.enqueue(piece)
      return
    }
    const exit = await Runtime.runPromiseExit(runtime)(rest ?? Effect.fail(Option.none<E>()))
    if (Exit.isSuccess(exit)) {
      controller.enqueue(exit.value)
      return
    }
    const failure = failureOf(exit.cause)
    if (failure === undefined) {
      controller.close()
    } else {
      onFailure(failure)
      controller.error(new Error("The source of the upload failed"))
    }
  }
  return new ReadableStream({ pull }, { highWaterMark: 0 })
}

/** `undefined` if the stream has ended. */
const failureOf = <E>(cause: Cause.Cause<Option.Option<E>>): Cause.Cause<E> | undefined =>
  Either.match(Cause.failureOrCause(cause), {
    onLeft: (failure) => Option.getOrUndefined(Option.map(failure, (error) => Cause.fail(error))),
    onRight: (defect) => defect
  })

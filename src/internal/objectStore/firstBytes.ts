/** Reads the bytes of a stream, up to a limit. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { addPiece, concat, type Pieces, piecesInOrder } from "../../protocol/bytes/bytes.ts"

/** Not an object, because Effect replaces failed objects with proxies if there is a span. */
const enough = Symbol("enough bytes")

/** The first bytes of a stream. It is left as soon as it had `limit` bytes, so the result can be a chunk longer. */
export const firstBytes = <E, R>(
  stream: Stream.Stream<Uint8Array, E, R>,
  limit: number = Infinity
): Effect.Effect<Uint8Array, E, R> =>
  Effect.suspend(() => {
    let pieces: Pieces | undefined
    let size = 0
    const read = Stream.runForEachChunk(stream, (chunk) => {
      for (const bytes of chunk) {
        pieces = addPiece(pieces, bytes)
        size += bytes.byteLength
      }
      return size >= limit ? Effect.fail(enough) : Effect.void
    })
    return read.pipe(
      Effect.catchIf((error): error is typeof enough => error === enough, () => Effect.void),
      Effect.map(() => concat(piecesInOrder(pieces)))
    )
  })

/** All bytes of a stream, or `undefined` as soon as it has more than `limit` bytes. */
export const bytesUpTo = <E, R>(
  stream: Stream.Stream<Uint8Array, E, R>,
  limit: number
): Effect.Effect<Uint8Array | undefined, E, R> =>
  Effect.map(firstBytes(stream, limit + 1), (bytes) => (bytes.byteLength > limit ? undefined : bytes))

import { Chunk, Effect, Either, Stream } from "effect"
import type { Framing } from "effect-sagemaker-runtime"

const encoder = new TextEncoder()

export const bytesOf = (
  text: string | Uint8Array
): Uint8Array => (typeof text === "string" ? encoder.encode(text) : text)

/** Splits bytes at these offsets. */
const cut = (bytes: Uint8Array, ...offsets: ReadonlyArray<number>): ReadonlyArray<Uint8Array> =>
  [...offsets, bytes.byteLength].map((end, at) => bytes.subarray(at === 0 ? 0 : offsets[at - 1], end))

/** Decodes chunks with a framing and returns the elements and the error message. */
export const decodeChunks = <A, E extends { readonly message: string }>(
  framing: Framing.Framing<A, E>,
  parts: ReadonlyArray<Uint8Array>,
  limits?: Framing.FramingLimits
) =>
  Effect.gen(function*() {
    const out: Array<A> = []
    const end = yield* Effect.either(
      Stream.runForEach(framing.frame(Stream.fromIterable(parts), limits), (each) => Effect.sync(() => out.push(each)))
    )
    return { out, failure: Either.isLeft(end) ? end.left.message : undefined }
  })

/** `decodeChunks` for byte arrays that arrive in one stream chunk. */
export const decodeChunksAtOnce = <A, E extends { readonly message: string }>(
  framing: Framing.Framing<A, E>,
  parts: ReadonlyArray<Uint8Array>
) =>
  decodeChunks(
    { ...framing, frame: (_, limits) => framing.frame(Stream.fromChunk(Chunk.fromIterable(parts)), limits) },
    []
  )

/** All splits into two chunks. */
export const everySplit = (bytes: Uint8Array): ReadonlyArray<ReadonlyArray<Uint8Array>> =>
  Array.from({ length: bytes.byteLength + 1 }, (_, at) => cut(bytes, at))

/** All splits into three chunks. */
export const everyPairOfSplits = (bytes: Uint8Array): ReadonlyArray<ReadonlyArray<Uint8Array>> =>
  Array.from(
    { length: bytes.byteLength + 1 },
    (_, first) => Array.from({ length: bytes.byteLength - first + 1 }, (_, more) => cut(bytes, first, first + more))
  ).flat()

/** One chunk per byte. */
export const byteByByte = (bytes: Uint8Array): ReadonlyArray<Uint8Array> =>
  Array.from(bytes, (byte) => Uint8Array.of(byte))

import { Chunk, Effect, Either, Stream } from "effect"
import type { Framing } from "effect-sagemaker-runtime"

const encoder = new TextEncoder()

export const bytesOf = (
  text: string | Uint8Array
): Uint8Array => (typeof text === "string" ? encoder.encode(text) : text)

/** The bytes cut at these offsets. */
const cut = (bytes: Uint8Array, ...offsets: ReadonlyArray<number>): ReadonlyArray<Uint8Array> =>
  [...offsets, bytes.byteLength].map((end, at) => bytes.subarray(at === 0 ? 0 : offsets[at - 1], end))

/** What a framing makes of these parts: its elements, and the message it fails with after them. */
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

/** The same where the parts arrive as one chunk of the stream. */
export const decodeChunksAtOnce = <A, E extends { readonly message: string }>(
  framing: Framing.Framing<A, E>,
  parts: ReadonlyArray<Uint8Array>
) =>
  decodeChunks(
    { ...framing, frame: (_, limits) => framing.frame(Stream.fromChunk(Chunk.fromIterable(parts)), limits) },
    []
  )

/** Every way to cut once. */
export const everySplit = (bytes: Uint8Array): ReadonlyArray<ReadonlyArray<Uint8Array>> =>
  Array.from({ length: bytes.byteLength + 1 }, (_, at) => cut(bytes, at))

/** Every way to cut twice. */
export const everyPairOfSplits = (bytes: Uint8Array): ReadonlyArray<ReadonlyArray<Uint8Array>> =>
  Array.from(
    { length: bytes.byteLength + 1 },
    (_, first) => Array.from({ length: bytes.byteLength - first + 1 }, (_, more) => cut(bytes, first, first + more))
  ).flat()

/** A byte at a time. */
export const byteByByte = (bytes: Uint8Array): ReadonlyArray<Uint8Array> =>
  Array.from(bytes, (byte) => Uint8Array.of(byte))

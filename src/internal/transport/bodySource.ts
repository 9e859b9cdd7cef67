/** The source of a body's chunks: one interface for `fetch`, undici and any other HTTP client. */
import type * as Effect from "effect/Effect"

/** Receives what a source has read. Neither method throws. */
export interface ChunkReceiver {
  /** Receives the next chunks, in order. `isLast` is `true` if no chunks follow. */
  readonly onChunks: (chunks: ReadonlyArray<Uint8Array>, isLast: boolean) => void
  readonly onError: (cause: unknown) => void
}

/** A body that is read on demand. */
export interface BodySource {
  /** Requests the next chunks. The source calls the receiver once, before or after this method returns. */
  readonly pull: (receiver: ChunkReceiver) => void
  /** Requests the whole body, if the source can read it faster than chunk by chunk. */
  readonly pullAll?: ((receiver: ChunkReceiver) => void) | undefined
  /** Stops reading, and closes the connection unless the body has ended. */
  readonly cancel: Effect.Effect<void>
}

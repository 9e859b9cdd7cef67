/** The body of a `Response` of `fetch`. */
import * as Effect from "effect/Effect"
import type { BodySource, ChunkReceiver } from "./bodySource.ts"

const notBytes = () => new TypeError("The body has a chunk that is not a Uint8Array")

const noop = () => {}

/** A body of at most this many bytes usually arrives in one chunk. */
const maxSingleChunkBytes = 64 * 1024

const isSingleChunk = ({ headers }: Response): boolean => {
  const length = headers.get("content-length")
  return length !== null && Number(length) <= maxSingleChunkBytes && headers.get("content-encoding") === null
}

const receive = (receiver: ChunkReceiver, { done, value }: ReadableStreamReadResult<Uint8Array>): void => {
  if (done) {
    receiver.onChunks([], true)
  } else if (value instanceof Uint8Array) {
    receiver.onChunks([value], false)
  } else {
    receiver.onError(notBytes())
  }
}

/** Reads the body of a response chunk by chunk, and a small one as a whole, which costs less. */
export const webSource = (response: Response): BodySource => {
  const { body } = response
  if (body === null) {
    return { pull: (receiver) => receiver.onChunks([], true), cancel: Effect.void }
  }
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  return {
    pull: (receiver) => {
      try {
        reader ??= body.getReader()
        void reader.read().then((result) => receive(receiver, result), (cause) => receiver.onError(cause))
      } catch (cause) {
        receiver.onError(cause)
      }
    },
    pullAll: isSingleChunk(response)
      ? (receiver) =>
        void response.arrayBuffer().then(
          (buffer) => receiver.onChunks([new Uint8Array(buffer)], true),
          (cause) => receiver.onError(cause)
        )
      : undefined,
    cancel: Effect.sync(() => void reader?.cancel().catch(noop))
  }
}

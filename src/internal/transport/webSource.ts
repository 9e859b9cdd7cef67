/** The body of a `Response` of `fetch`, or any other web stream of bytes. */
import * as Effect from "effect/Effect"
import type { LazyArg } from "effect/Function"
import { guard } from "../../protocol/function/guard.ts"
import { noop } from "../time/timer.ts"
import type { BodySource, ChunkReceiver } from "./bodySource.ts"

/** A body of at most this many bytes usually arrives in one chunk. */
const maxSingleChunkBytes = 64 * 1024

const isSingleChunk = ({ headers }: Response): boolean => {
  const length = headers.get("content-length")
  return length !== null && Number(length) <= maxSingleChunkBytes && headers.get("content-encoding") === null &&
    headers.get("transfer-encoding") === null
}

const fail = (receiver: ChunkReceiver) => (cause: unknown): void => receiver.onError(cause)

const receive = (receiver: ChunkReceiver) => ({ done, value }: ReadableStreamReadResult<Uint8Array>): void =>
  guard(() => {
    if (done || value instanceof Uint8Array) {
      receiver.onChunks(done ? [] : [value], done)
    } else {
      receiver.onError(new TypeError("The body has a chunk that is not a Uint8Array"))
    }
  }, fail(receiver))

const receiveAll = (receiver: ChunkReceiver) => (buffer: ArrayBuffer): void =>
  guard(() => receiver.onChunks([new Uint8Array(buffer)], true), fail(receiver))

/** Reads a web stream chunk by chunk. */
export const streamSource = (open: LazyArg<ReadableStream<Uint8Array>>): BodySource => {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  return {
    pull: (receiver) => {
      try {
        reader ??= open().getReader()
        void reader.read().then(receive(receiver), fail(receiver))
      } catch (cause) {
        receiver.onError(cause)
      }
    },
    cancel: Effect.sync(() => guard(() => void reader?.cancel().catch(noop), noop))
  }
}

/** Reads a response chunk by chunk. A small response is read as a whole, which is faster. */
export const responseSource = (response: Response): BodySource => {
  const { body } = response
  if (body === null) {
    return { pull: (receiver) => receiver.onChunks([], true), cancel: Effect.void }
  }
  const source = streamSource(() => body)
  return {
    ...source,
    cancel: Effect.suspend(() => body.locked ? source.cancel : Effect.sync(() => void body.cancel().catch(noop))),
    pullAll: isSingleChunk(response)
      ? (receiver) => void response.arrayBuffer().then(receiveAll(receiver), fail(receiver))
      : undefined
  }
}

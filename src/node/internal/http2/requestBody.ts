/** The request body of an HTTP/2 stream. */
import type * as Headers from "@effect/platform/Headers"
import type { HttpBody } from "@effect/platform/HttpBody"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ClientHttp2Stream } from "node:http2"
import { encodeBody } from "../http/httpClient.ts"

/** The bytes of a request body, if it has one, and the headers with its content type. */
export interface RequestContent {
  readonly body: Stream.Stream<Uint8Array, unknown> | undefined
  readonly headers: { readonly [name: string]: string }
}

export const contentOf = (body: HttpBody, headers: Headers.Headers): Effect.Effect<RequestContent, unknown> => {
  switch (body._tag) {
    case "Empty":
      return Effect.succeed({ body: undefined, headers })
    case "Uint8Array":
      return Effect.succeed({ body: Stream.make(body.body), headers })
    case "Stream":
      return Effect.succeed({ body: body.stream, headers })
    default:
      return Effect.map(
        Effect.tryPromise(() => encodeBody(body._tag === "FormData" ? body.formData : body.body, headers)),
        (content) => ({ body: Stream.make(content.body as Uint8Array), headers: content.headers })
      )
  }
}

/** Waits until the written bytes are sent. On a closed stream it waits until the request interrupts this fiber. */
const drained = (stream: ClientHttp2Stream): Effect.Effect<void> =>
  Effect.async((resume) => {
    const onDrain = () => resume(Effect.void)
    stream.once("drain", onDrain)
    return Effect.sync(() => void stream.off("drain", onDrain))
  })

/** The most bytes of a chunk that are written at once. The rest is written when the server has taken them. */
const maxWriteBytes = 64 * 1024

/** Writes chunks until the stream has enough. Returns what is left. */
const writeSome = (stream: ClientHttp2Stream, chunks: ReadonlyArray<Uint8Array>): ReadonlyArray<Uint8Array> => {
  stream.cork()
  let written = 0
  for (const [index, chunk] of chunks.entries()) {
    stream.write(chunk.byteLength > maxWriteBytes ? chunk.subarray(0, maxWriteBytes) : chunk)
    written += chunk.byteLength
    if (written > maxWriteBytes) {
      stream.uncork()
      const rest = chunks.slice(index + 1)
      return chunk.byteLength > maxWriteBytes ? [chunk.subarray(maxWriteBytes), ...rest] : rest
    }
  }
  stream.uncork()
  return []
}

const writeChunks = (stream: ClientHttp2Stream, chunks: ReadonlyArray<Uint8Array>): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (!stream.writable) {
      return Effect.never
    }
    const rest = writeSome(stream, chunks)
    const written = stream.writableNeedDrain ? drained(stream) : Effect.void
    return rest.length === 0 ? written : Effect.zipRight(written, writeChunks(stream, rest))
  })

/** Writes a body with backpressure, then ends the request. */
export const writeBody = <E>(stream: ClientHttp2Stream, body: Stream.Stream<Uint8Array, E>): Effect.Effect<void, E> =>
  Effect.zipRight(
    Stream.runForEachChunk(
      body,
      (chunks) => Chunk.isEmpty(chunks) ? Effect.void : writeChunks(stream, Chunk.toReadonlyArray(chunks))
    ),
    Effect.sync(() => void stream.end())
  )

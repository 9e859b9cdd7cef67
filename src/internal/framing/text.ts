/** Decodes a stream of bytes as UTF-8 text. */
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import * as utf8 from "../../protocol/bytes/utf8.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { undecodableStream } from "../codec/codecError.ts"
import { transduce } from "./transducer.ts"

const mediaType = "text/plain"

/** Decodes chunks. An incomplete character at the end of a chunk moves to the next element. */
export const decodeText: <E, R>(
  chunks: Stream.Stream<Uint8Array, E, R>
) => Stream.Stream<string, E | CodecError, R> = transduce({
  initial: () => new Uint8Array(),
  step: (rest: Uint8Array, chunk: Uint8Array) => {
    const next = utf8.step(rest, chunk)
    return {
      state: next.rest,
      out: next.text === "" ? [] : [next.text],
      failure: next.isInvalid ? undecodableStream(mediaType, "invalid UTF-8") : undefined
    }
  },
  finish: (rest) => ({
    out: [],
    failure: rest.byteLength === 0 ? undefined : undecodableStream(mediaType, "incomplete UTF-8 character at the end")
  })
})

export const decodeLine = (line: Uint8Array): Effect.Effect<string, CodecError> =>
  Effect.suspend(() => {
    const text = utf8.decode(line)
    return text === undefined
      ? Effect.fail(undecodableStream(mediaType, "invalid UTF-8", line))
      : Effect.succeed(text)
  })

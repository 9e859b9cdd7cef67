/** Splits a stream of bytes into lines of limited length. */
import * as Stream from "effect/Stream"
import * as protocol from "../../protocol/bytes/lines.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { undecodableStream } from "../codec/codecError.ts"
import { transduce } from "./transducer.ts"

export const tooLong = (mediaType: string, what: "a line" | "an event", maxLineBytes: number): CodecError =>
  undecodableStream(mediaType, `${what} is longer than ${maxLineBytes} bytes (maxLineBytes)`)

const split = (mediaType: string, settings: protocol.Settings) =>
  transduce({
    initial: () => protocol.initial,
    step: (state: protocol.State, chunk: Uint8Array) => {
      const next = protocol.step(state, chunk, settings)
      const failure = next.isTooLong ? tooLong(mediaType, "a line", settings.maxLineBytes) : undefined
      return { state: next.state, out: next.lines, failure }
    },
    finish: (state) => {
      const last = protocol.finish(state)
      return { out: last === undefined ? [] : [last] }
    }
  })

/** The lines of a stream without their line ends. The last line needs no line end. */
export const splitLines = (mediaType: string, settings: protocol.Settings) =>
<E, R>(
  chunks: Stream.Stream<Uint8Array, E, R>
): Stream.Stream<Uint8Array, E | CodecError, R> =>
  settings.maxLineBytes >= 0
    ? split(mediaType, settings)(chunks)
    : Stream.fail(undecodableStream(mediaType, "maxLineBytes must be a number of at least 0"))

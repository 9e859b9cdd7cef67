/** Lines of a stream of bytes, each whole and no longer than a limit. */
import type * as Stream from "effect/Stream"
import * as protocol from "../../protocol/bytes/lines.ts"
import { CodecError } from "../../SageMakerError.ts"
import { transduce } from "./transducer.ts"

/** What a stream that cannot be read fails with; `body` is the line, where there is one. */
export const undecodableStream = (mediaType: string, problem: string, body?: Uint8Array): CodecError =>
  new CodecError({
    message: `The stream cannot be read as ${mediaType}: ${problem}`,
    mediaType,
    direction: "decode",
    ...(body === undefined ? {} : { body })
  })

/** A line, or an event of several, goes beyond the limit. */
export const lineTooLong = (mediaType: string, what: "line" | "event", maxLineBytes: number): CodecError =>
  undecodableStream(mediaType, `it has ${what === "line" ? "a line" : "an event"} longer than ${maxLineBytes} bytes`)

/** The lines of a stream of bytes, without their ends; one that has none is the last. */
export const splitLines = (mediaType: string, settings: protocol.Settings) =>
<E, R>(
  parts: Stream.Stream<Uint8Array, E, R>
): Stream.Stream<Uint8Array, E | CodecError, R> =>
  transduce({
    initial: () => protocol.initial,
    step: (state: protocol.State, chunk: Uint8Array) => {
      const next = protocol.step(state, chunk, settings)
      const failure = next.isTooLong ? lineTooLong(mediaType, "line", settings.maxLineBytes) : undefined
      return { state: next.state, out: next.lines, failure }
    },
    finish: (state) => {
      const last = protocol.finish(state)
      return { out: last === undefined ? [] : [last] }
    }
  })(parts)

/** Splits a token stream into the texts of its events, in server-sent events or lines of JSON. */
import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { defaultMaxLineBytes, type FramingLimits } from "../../Framing.ts"
import { stripFromBytes } from "../../protocol/bytes/byteOrderMark.ts"
import { decode } from "../../protocol/bytes/utf8.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { undecodableStream } from "../codec/codecError.ts"
import { readMaxLineBytes } from "../framing/limits.ts"
import { splitLines } from "../framing/lines.ts"
import { type EventParser, makeParser, mediaType } from "../framing/serverSentEvents.ts"
import { decodeEach, transduce, type TransducerStep } from "../framing/transducer.ts"
import { takeUntilDone } from "../framing/untilDone.ts"

/** The format of a stream. The first line that is not blank determines it. */
type Format = "events" | "lines" | undefined

interface State {
  readonly format: Format
  readonly parser: EventParser
}

const formatOf = (line: string): Format => {
  if (line === "") {
    return undefined
  }
  return /^[[{]/.test(line) ? "lines" : "events"
}

const step = (state: State, bytes: Uint8Array): TransducerStep<State, string, CodecError> => {
  const line = state.format === undefined ? stripFromBytes(bytes) : bytes
  const text = decode(line)
  if (text === undefined) {
    return { state, out: [], failure: undecodableStream(mediaType, "invalid UTF-8", line) }
  }
  const format = state.format ?? formatOf(text.trim())
  if (format !== "events") {
    return { state: { ...state, format }, out: [text] }
  }
  const { failure, out } = state.parser.feed(line)
  return { state: { ...state, format }, out: out.map(({ data }) => data), failure }
}

/** Decodes the text of every event or line, up to `[DONE]` or the end of the stream. */
export const decodeEvents = <A, E, E2, R2>(
  chunks: Stream.Stream<Uint8Array, E2, R2>,
  limits: FramingLimits | undefined,
  decodeText: (text: string) => Effect.Effect<ReadonlyArray<A>, E>
): Stream.Stream<A, E | E2 | CodecError, R2> => {
  const maxLineBytes = readMaxLineBytes(limits) ?? defaultMaxLineBytes
  return chunks.pipe(
    splitLines(mediaType, { maxLineBytes, loneCr: true }),
    transduce({
      initial: (): State => ({ format: undefined, parser: makeParser(maxLineBytes, { strict: true }) }),
      step,
      finish: ({ parser }) => ({ out: parser.end().map(({ data }) => data) })
    }),
    Stream.filterMap((text) => Option.liftPredicate(text.trim(), (trimmed) => trimmed !== "")),
    takeUntilDone((text) => text === "[DONE]"),
    decodeEach(decodeText),
    Stream.mapConcat((decoded) => decoded)
  )
}

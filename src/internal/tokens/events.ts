/** Splits a token stream into its events: server-sent events, lines of JSON, or one JSON document of several lines. */
import * as Either from "effect/Either"
import type * as Stream from "effect/Stream"
import { defaultMaxLineBytes, type FramingLimits, type ServerSentEvent } from "../../Framing.ts"
import { stripFromBytes } from "../../protocol/bytes/byteOrderMark.ts"
import { decode } from "../../protocol/bytes/utf8.ts"
import { parseJson } from "../../protocol/payload/json.ts"
import { type JsonExtent, readExtent, startOfJson } from "../../protocol/payload/jsonExtent.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { undecodableStream } from "../codec/codecError.ts"
import { readMaxLineBytes } from "../framing/limits.ts"
import { splitLines } from "../framing/lines.ts"
import { type EventParser, makeParser, mediaType } from "../framing/serverSentEvents.ts"
import { transduce, type TransducerStep } from "../framing/transducer.ts"
import { takeUntilDone } from "../framing/untilDone.ts"

/** The text of an event and its JSON value, or why it is invalid. */
export interface EventText {
  readonly text: string
  /** Whether it is a server-sent event of type `error`. */
  readonly isError: boolean
  readonly value: Either.Either<unknown, string>
}

/** The tokens of an event, with the failure that ends the stream after them. */
export interface DecodedTokens<A, E> {
  readonly out: ReadonlyArray<A>
  readonly failure?: E | undefined
}

/** Decodes the events of one stream. */
export interface EventDecoder<A, E> {
  decode(event: EventText): DecodedTokens<A, E>
  /** Runs when the stream was read to its end without a failure. `isDone` reports whether `[DONE]` ended it. */
  finish(isDone: boolean): void
}

/** The format of a stream. The first line that is not blank determines it. */
type Format = "events" | "lines" | undefined

/** The lines so far of a JSON document that continues. The array is reused. */
interface Document {
  readonly lines: Array<string>
  readonly bytes: number
  readonly extent: JsonExtent
}

interface State {
  readonly format: Format
  readonly parser: EventParser
  readonly document?: Document | undefined
}

type Step = TransducerStep<State, EventText, CodecError>

const endOfStream = "[DONE]"

const isJson = (line: string): boolean => line.startsWith("{") || line.startsWith("[")

const formatOf = (line: string): Format => {
  if (line === "") {
    return undefined
  }
  return isJson(line) ? "lines" : "events"
}

/** Python writes numbers that JSON does not have. `1e999` is read as infinity. */
const nonFinite = /"[^"\\]*(?:\\[\s\S][^"\\]*)*(?:"|\\?$)|-?\b(?:NaN|Infinity)\b/g

const withoutNonFinite = (text: string): string =>
  text.replace(nonFinite, (found) => {
    if (found.startsWith("\"")) {
      return found
    }
    return found.endsWith("NaN") ? "null" : found.replace("Infinity", "1e999")
  })

const notJson: Either.Either<unknown, string> = Either.left("invalid JSON")

const readFiniteJson = (text: string): Either.Either<unknown, string> => {
  try {
    return Either.right(parseJson(withoutNonFinite(text)))
  } catch {
    return notJson
  }
}

const readJson = (text: string): Either.Either<unknown, string> => {
  try {
    return Either.right(parseJson(text))
  } catch {
    return /NaN|Infinity/.test(text) ? readFiniteJson(text) : notJson
  }
}

/** The event of a line or of a server-sent event. Blank ones and comments have none. */
const toEvents = (text: string, isError: boolean = false): ReadonlyArray<EventText> => {
  const trimmed = text.trim()
  if (trimmed === "") {
    return []
  }
  return [{ text: trimmed, isError, value: trimmed === endOfStream ? notJson : readJson(trimmed) }]
}

const toAllEvents = (events: ReadonlyArray<ServerSentEvent>): ReadonlyArray<EventText> =>
  events.flatMap(({ data, event }) => toEvents(data, event === "error"))

const tooLong = (maxBytes: number): CodecError =>
  undecodableStream("application/json", `a JSON value is longer than ${maxBytes} bytes (maxLineBytes)`)

/** Adds a line to a document. */
const continueDocument = (state: State, before: Document, line: string, bytes: number, maxBytes: number): Step => {
  before.lines.push(line)
  const document: Document = {
    lines: before.lines,
    bytes: before.bytes + bytes + 1,
    extent: readExtent(before.extent, `${line}\n`)
  }
  if (document.bytes > maxBytes) {
    return { state, out: [], failure: tooLong(maxBytes) }
  }
  return document.extent.isComplete
    ? { state: { ...state, document: undefined }, out: toEvents(document.lines.join("\n")) }
    : { state: { ...state, document }, out: [] }
}

/** Whether more lines can make a valid value of a line. */
const isUnfinished = ([event]: ReadonlyArray<EventText>): boolean =>
  event !== undefined && Either.isLeft(event.value) && event.text !== endOfStream && isJson(event.text) &&
  !readExtent(startOfJson, event.text).isComplete

/** Reads a line of JSON. An unfinished one begins a document of several lines. */
const readLine = (state: State, line: string, bytes: number, maxBytes: number): Step => {
  if (state.document !== undefined) {
    return continueDocument(state, state.document, line, bytes, maxBytes)
  }
  const events = toEvents(line)
  return isUnfinished(events)
    ? continueDocument(state, { lines: [], bytes: 0, extent: startOfJson }, line, bytes, maxBytes)
    : { state, out: events }
}

const makeStep = (maxBytes: number) => (before: State, bytes: Uint8Array): Step => {
  const line = before.format === undefined ? stripFromBytes(bytes) : bytes
  const text = decode(line)
  if (text === undefined) {
    return { state: before, out: [], failure: undecodableStream(mediaType, "invalid UTF-8", line) }
  }
  const state = before.format === undefined ? { ...before, format: formatOf(text.trim()) } : before
  if (state.format !== "events" || isJson(text)) {
    return readLine(state, text, line.byteLength, maxBytes)
  }
  const { failure, out } = state.parser.feed(line)
  return { state, out: toAllEvents(out), failure }
}

/** The events at the end of a stream: the last server-sent event, or an unfinished document. */
const lastEvents = ({ document, parser }: State): ReadonlyArray<EventText> =>
  document === undefined
    ? toAllEvents(parser.end())
    : toEvents(document.lines.join("\n"))

/** Decodes every event up to `[DONE]` or the end of the stream. */
export const decodeEvents = <A, E, E2, R2>(
  chunks: Stream.Stream<Uint8Array, E2, R2>,
  limits: FramingLimits | undefined,
  decoder: EventDecoder<A, E>
): Stream.Stream<A, E | E2 | CodecError, R2> => {
  const maxLineBytes = readMaxLineBytes(limits) ?? defaultMaxLineBytes
  let isDone = false
  return chunks.pipe(
    splitLines(mediaType, { maxLineBytes, loneCr: true }),
    transduce({
      initial: (): State => ({ format: undefined, parser: makeParser(maxLineBytes, { strict: true }) }),
      step: makeStep(maxLineBytes),
      finish: (state) => ({ out: lastEvents(state) })
    }),
    takeUntilDone(({ text }) => {
      isDone ||= text === endOfStream
      return isDone
    }),
    transduce({
      initial: () => undefined,
      step: (_, event: EventText) => ({ state: undefined, ...decoder.decode(event) }),
      finish: () => {
        decoder.finish(isDone)
        return { out: [] }
      }
    })
  )
}

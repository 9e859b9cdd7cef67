/** Parses lines as server-sent events. eventsource-parser interprets each line. */
import { createParser, type EventSourceMessage } from "eventsource-parser"
import { decode } from "../../protocol/bytes/utf8.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { undecodableStream } from "../codec/codecError.ts"
import { tooLong } from "./lines.ts"
import type { TransducerStep } from "./transducer.ts"

/** A parser of complete lines. It is stateful: each stream needs a parser. */
export interface EventParser {
  /** Parses a line and returns the events that it completes. */
  readonly feed: (line: Uint8Array) => Omit<TransducerStep<never, EventSourceMessage, CodecError>, "state">
  /** Completes the last event if no blank line follows it. */
  readonly end: () => ReadonlyArray<EventSourceMessage>
}

export const mediaType = "text/event-stream"

/** `strict` fails for a line that is not a field of an event. Otherwise such lines are ignored, as browsers do. */
export const makeParser = (maxLineBytes: number, { strict }: { readonly strict: boolean }): EventParser => {
  let complete: Array<EventSourceMessage> = []
  let eventBytes = 0
  let hasUnknownField = false
  const parser = createParser({
    onEvent: ({ data, event, id }) =>
      complete.push({ data, ...(event === undefined ? {} : { event }), ...(id === undefined ? {} : { id }) }),
    onError: ({ type }) => {
      hasUnknownField ||= strict && type === "unknown-field"
    }
  })
  const parse = (line: string): ReadonlyArray<EventSourceMessage> => {
    parser.feed(`${line}\n`)
    const out = complete
    complete = []
    return out
  }
  return {
    feed: (line) => {
      eventBytes = line.byteLength === 0 ? 0 : eventBytes + line.byteLength
      if (eventBytes > maxLineBytes) {
        return { out: [], failure: tooLong(mediaType, "an event", maxLineBytes) }
      }
      const text = decode(line)
      if (text === undefined) {
        return { out: [], failure: undecodableStream(mediaType, "invalid UTF-8", line) }
      }
      const out = parse(text)
      return hasUnknownField
        ? { out, failure: undecodableStream(mediaType, "a line is not a field of a server-sent event", line) }
        : { out }
    },
    end: () => parse("")
  }
}

/** Server-sent events out of lines: what a line means is eventsource-parser's work. */
import { createParser, type EventSourceMessage } from "eventsource-parser"
import { decode } from "../../protocol/bytes/utf8.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { lineTooLong, undecodableStream } from "./lines.ts"
import type { TransducerStep } from "./transducer.ts"

/** A parser of whole lines, and how many bytes the event it is in has so far. */
export interface Events {
  /** Takes a line. */
  readonly feed: (line: Uint8Array) => Omit<TransducerStep<never, EventSourceMessage, CodecError>, "state">
  /** Ends the event the stream ends in. */
  readonly end: () => ReadonlyArray<EventSourceMessage>
}

export const mediaType = "text/event-stream"

/** `strict` refuses lines that are no fields of an event, which a browser passes over. */
export const make = (maxLineBytes: number, { strict }: { readonly strict: boolean }): Events => {
  let complete: Array<EventSourceMessage> = []
  let size = 0
  let isStrange = false
  const parser = createParser({
    onEvent: ({ data, event, id }) =>
      complete.push({ data, ...(event === undefined ? {} : { event }), ...(id === undefined ? {} : { id }) }),
    onError: ({ type }) => {
      isStrange ||= strict && type === "unknown-field"
    }
  })
  const take = (text: string): ReadonlyArray<EventSourceMessage> => {
    parser.feed(`${text}\n`)
    const out = complete
    complete = []
    return out
  }
  return {
    feed: (line) => {
      size = line.byteLength === 0 ? 0 : size + line.byteLength
      if (size > maxLineBytes) {
        return { out: [], failure: lineTooLong(mediaType, "event", maxLineBytes) }
      }
      const text = decode(line)
      if (text === undefined) {
        return { out: [], failure: undecodableStream(mediaType, "it is not UTF-8", line) }
      }
      const out = take(text)
      return { out, failure: isStrange ? undecodableStream(mediaType, "it has a line of no event", line) : undefined }
    },
    end: () => take("")
  }
}

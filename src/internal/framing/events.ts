/** Splits a stream of bytes into server-sent events. */
import type * as Stream from "effect/Stream"
import type { EventSourceMessage } from "eventsource-parser"
import { stripFromBytes } from "../../protocol/bytes/byteOrderMark.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { splitLines } from "./lines.ts"
import { type EventParser, makeParser, mediaType } from "./serverSentEvents.ts"
import { transduce } from "./transducer.ts"

interface State {
  readonly parser: EventParser
  readonly isFirstLine: boolean
}

export const splitEvents =
  (maxLineBytes: number) =>
  <E, R>(chunks: Stream.Stream<Uint8Array, E, R>): Stream.Stream<EventSourceMessage, E | CodecError, R> =>
    chunks.pipe(
      splitLines(mediaType, { maxLineBytes, loneCr: true }),
      transduce({
        initial: (): State => ({ parser: makeParser(maxLineBytes, { strict: false }), isFirstLine: true }),
        step: ({ isFirstLine, parser }: State, line: Uint8Array) => ({
          state: { parser, isFirstLine: false },
          ...parser.feed(isFirstLine ? stripFromBytes(line) : line)
        }),
        finish: ({ parser }) => ({ out: parser.end() })
      })
    )

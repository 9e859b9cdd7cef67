/** What the events of a stream carry, whether the model writes server-sent events or lines of JSON. */
import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { defaultMaxLineBytes, type FramingLimits } from "../../Framing.ts"
import { decode } from "../../protocol/bytes/utf8.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { splitLines, undecodableStream } from "../framing/lines.ts"
import { stripByteOrderMark } from "../framing/mark.ts"
import * as events from "../framing/serverSentEvents.ts"
import { decodeEach, transduce } from "../framing/transducer.ts"
import { takeUntilDone } from "../framing/untilDone.ts"

/** How a stream is written; the first line that is not blank tells. */
type Form = "events" | "lines" | undefined

interface State {
  readonly form: Form
  readonly events: events.Events
}

const formOf = (line: string): Form => (line === "" ? undefined : /^[[{]/.test(line) ? "lines" : "events")

/** The text of every event, or line, and what `read` makes of it, up to `[DONE]`. */
export const decodeEvents = <A, E, E2, R2>(
  parts: Stream.Stream<Uint8Array, E2, R2>,
  limits: FramingLimits | undefined,
  read: (text: string) => Effect.Effect<ReadonlyArray<A>, E>
): Stream.Stream<A, E | E2 | CodecError, R2> => {
  const maxLineBytes = limits?.maxLineBytes ?? defaultMaxLineBytes
  return parts.pipe(
    splitLines(events.mediaType, { maxLineBytes, loneCr: true }),
    transduce({
      initial: (): State => ({ form: undefined, events: events.make(maxLineBytes, { strict: true }) }),
      step: (state: State, bytes: Uint8Array) => {
        const line = state.form === undefined ? stripByteOrderMark(bytes) : bytes
        const text = decode(line)
        if (text === undefined) {
          return { state, out: [], failure: undecodableStream(events.mediaType, "it is not UTF-8", line) }
        }
        const form = state.form ?? formOf(text.trim())
        if (form !== "events") {
          return { state: { ...state, form }, out: [text] }
        }
        const { failure, out } = state.events.feed(line)
        return { state: { ...state, form }, out: out.map(({ data }) => data), failure }
      },
      finish: (state) => ({ out: state.events.end().map(({ data }) => data) })
    }),
    Stream.filterMap((text) => Option.liftPredicate(text.trim(), (trimmed) => trimmed !== "")),
    takeUntilDone((text) => text === "[DONE]"),
    decodeEach(read),
    Stream.mapConcat((each) => each)
  )
}

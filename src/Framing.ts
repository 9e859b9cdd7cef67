/**
 * How the parts of a response stream become text, lines or events, wherever the network split them.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Codec from "./Codec.ts"
import { jsonLinesTypes, jsonTypes } from "./internal/codec/mediaTypes.ts"
import { splitLines as wholeLines, undecodableStream } from "./internal/framing/lines.ts"
import { stripByteOrderMark } from "./internal/framing/mark.ts"
import * as eventsOf from "./internal/framing/serverSentEvents.ts"
import { decodeEach, transduce } from "./internal/framing/transducer.ts"
import { takeUntilDone } from "./internal/framing/untilDone.ts"
import * as utf8 from "./protocol/bytes/utf8.ts"
import type { CodecError } from "./SageMakerError.ts"

/**
 * Limits of a framing.
 *
 * `maxLineBytes` is the longest line, or event of several lines, that is put together; it bounds what a stream holds in
 * memory, to twice as much. A longer one fails the stream with `CodecError`.
 *
 * @since 0.1.0
 * @category models
 */
export interface FramingLimits {
  readonly maxLineBytes?: number | undefined
}

/**
 * Makes elements of the parts of a stream: the same ones for every split of the same bytes.
 *
 * `mediaType` is what a request asks for, `reads` the media types and ranges of streams it can read. `frame` also works on
 * any stream of bytes. A framing of yours is an object with these members.
 *
 * @since 0.1.0
 * @category models
 */
export interface Framing<out A, out E = CodecError, out R = never> {
  readonly mediaType?: string | undefined
  readonly reads?: ReadonlyArray<string> | undefined
  readonly frame: <E2, R2>(
    parts: Stream.Stream<Uint8Array, E2, R2>,
    limits?: FramingLimits
  ) => Stream.Stream<A, E | E2, R | R2>
}

/**
 * The longest line a framing takes unless told otherwise: 16 MiB.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultMaxLineBytes: number = 16 * 1024 * 1024

const limited = (limits: FramingLimits | undefined): number => limits?.maxLineBytes ?? defaultMaxLineBytes

/**
 * The same framing with another longest line.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withMaxLineBytes = (maxLineBytes: number) => <A, E, R>(framing: Framing<A, E, R>): Framing<A, E, R> => ({
  ...framing,
  frame: (parts, limits) => framing.frame(parts, { maxLineBytes, ...limits })
})

/**
 * Text in UTF-8: no element ends inside a character. Bytes that are no UTF-8 fail with `CodecError`, after the text before.
 *
 * @since 0.1.0
 * @category framings
 */
export const text: Framing<string> = {
  mediaType: "text/plain",
  reads: ["*/*"],
  frame: transduce({
    initial: () => new Uint8Array(),
    step: (rest: Uint8Array, chunk: Uint8Array) => {
      const next = utf8.step(rest, chunk)
      return {
        state: next.rest,
        out: next.text === "" ? [] : [next.text],
        failure: next.isInvalid ? undecodableStream("text/plain", "it is not UTF-8") : undefined
      }
    },
    finish: (rest) => ({
      out: [],
      failure: rest.byteLength === 0 ? undefined : undecodableStream("text/plain", "it ends inside a character")
    })
  })
}

const textOf = (line: Uint8Array): Effect.Effect<string, CodecError> =>
  Effect.suspend(() => {
    const decodedLine = utf8.decode(line)
    return decodedLine === undefined
      ? Effect.fail(undecodableStream("text/plain", "it is not UTF-8", line))
      : Effect.succeed(decodedLine)
  })

/**
 * Lines of UTF-8 text, ended by LF or CRLF; blank ones too, and a last one without an end.
 *
 * @since 0.1.0
 * @category framings
 */
export const lines: Framing<string> = {
  mediaType: "text/plain",
  reads: ["*/*"],
  frame: (parts, limits) =>
    parts.pipe(
      wholeLines("text/plain", { maxLineBytes: limited(limits), loneCr: false }),
      decodeEach(textOf)
    )
}

const isBlank = (line: Uint8Array): boolean => line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)

/**
 * JSON Lines: each line a value of the schema; blank lines are skipped.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Framing, streamEndpoint } from "effect-sagemaker-runtime"
 *
 * const Progress = Framing.jsonLines(Schema.Struct({ done: Schema.Number }))
 *
 * export const progress = Progress.frame(streamEndpoint({ EndpointName: "trainer", Body: "{}" }))
 * ```
 *
 * @since 0.1.0
 * @category framings
 */
export const jsonLines = <A, I, R>(schema: Schema.Schema<A, I, R>): Framing<A, CodecError, R> => {
  const mediaType = "application/jsonlines"
  const line = Codec.withMediaType(mediaType)(Codec.json(schema))
  return {
    mediaType,
    reads: [...jsonLinesTypes, ...jsonTypes],
    frame: (parts, limits) =>
      parts.pipe(
        wholeLines(mediaType, { maxLineBytes: limited(limits), loneCr: false }),
        Stream.filter((bytes) => !isBlank(bytes)),
        decodeEach((bytes) => line.decode(bytes))
      )
  }
}

/**
 * A server-sent event: `data` is all its data lines, `event` its type and `id` its id, where it has them.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServerSentEvent {
  readonly data: string
  readonly event?: string | undefined
  readonly id?: string | undefined
}

interface Reading {
  readonly events: eventsOf.Events
  readonly isFirst: boolean
}

/**
 * Server-sent events, as the HTML standard has them: LF, CRLF or CR at the end of lines, comments left out.
 *
 * An event the stream ends in is given though no blank line follows.
 *
 * @since 0.1.0
 * @category framings
 */
export const sse: Framing<ServerSentEvent> = {
  mediaType: eventsOf.mediaType,
  reads: [eventsOf.mediaType],
  frame: (parts, limits) =>
    parts.pipe(
      wholeLines(eventsOf.mediaType, { maxLineBytes: limited(limits), loneCr: true }),
      transduce({
        initial: (): Reading => ({ events: eventsOf.make(limited(limits), { strict: false }), isFirst: true }),
        step: ({ events, isFirst }: Reading, line: Uint8Array) => ({
          state: { events, isFirst: false },
          ...events.feed(isFirst ? stripByteOrderMark(line) : line)
        }),
        finish: ({ events }) => ({ out: events.end() })
      })
    )
}

const isDone = ({ data }: ServerSentEvent): boolean => data.trim() === "[DONE]"

const encoder = new TextEncoder()

/**
 * Server-sent events whose data is JSON of a schema, up to `[DONE]` or the end of the stream; events without data are
 * skipped.
 *
 * @since 0.1.0
 * @category framings
 */
export const sseJson = <A, I, R>(schema: Schema.Schema<A, I, R>): Framing<A, CodecError, R> => {
  const data = Codec.withMediaType(eventsOf.mediaType)(Codec.json(schema))
  return {
    ...sse,
    frame: (parts, limits) =>
      sse.frame(parts, limits).pipe(
        takeUntilDone(isDone),
        Stream.filter((event) => event.data.trim() !== ""),
        decodeEach((event) => data.decode(encoder.encode(event.data)))
      )
  }
}

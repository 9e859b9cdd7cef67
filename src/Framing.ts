/**
 * Framings turn the chunks of a response stream into text, lines, JSON values or events.
 *
 * The elements do not depend on the chunk boundaries.
 *
 * @since 0.1.0
 */
import { dual } from "effect/Function"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type * as Types from "effect/Types"
import * as Codec from "./Codec.ts"
import { jsonLinesTypes, jsonTypes } from "./internal/codec/mediaTypes.ts"
import { splitEvents } from "./internal/framing/events.ts"
import { readMaxLineBytes } from "./internal/framing/limits.ts"
import { splitLines } from "./internal/framing/lines.ts"
import { mediaType as eventStream } from "./internal/framing/serverSentEvents.ts"
import { decodeLine, decodeText } from "./internal/framing/text.ts"
import { decodeEach } from "./internal/framing/transducer.ts"
import { takeUntilDone } from "./internal/framing/untilDone.ts"
import { isBlank } from "./protocol/bytes/lines.ts"
import type { CodecError } from "./SageMakerError.ts"

/**
 * Limits of a framing.
 *
 * @since 0.1.0
 * @category models
 */
export interface FramingLimits {
  /**
   * The maximum length of a line, or of a server-sent event, in bytes. Default: `defaultMaxLineBytes`, 16 MiB. A longer
   * line fails the stream with `CodecError`, and so does a limit that is not a number of at least 0. A stream buffers at
   * most twice as many bytes.
   */
  readonly maxLineBytes?: number | undefined
}

declare const types: unique symbol

/**
 * Turns the chunks of a response stream into elements. `make` makes a custom framing.
 *
 * @since 0.1.0
 * @category models
 */
export interface Framing<out A, out E = CodecError, out R = never> {
  /** The media type that `ModelEndpoint.stream` sends as `Accept`. Default: the endpoint sends no `Accept`. */
  readonly mediaType?: string | undefined
  /** Media types and ranges of streams that `frame` accepts. Default: all. */
  readonly reads?: ReadonlyArray<string> | undefined
  /** Transforms a stream of bytes. A malformed stream emits the elements before the error, then fails. */
  readonly frame: <E2, R2>(
    chunks: Stream.Stream<Uint8Array, E2, R2>,
    limits?: FramingLimits
  ) => Stream.Stream<A, Types.NoInfer<E> | E2, Types.NoInfer<R> | R2>
  /**
   * The types of the errors and the requirements. The member has no value: without it, TypeScript cannot infer the types
   * of an interface that extends `Framing`, or of a copy of a framing.
   */
  readonly [types]?: (_: never) => readonly [error: E, requirement: R]
}

/**
 * The type of the errors and the requirements of the stream that a custom framing transforms.
 *
 * @since 0.1.0
 * @category models
 */
export interface Upstream {
  readonly [types]: "upstream"
}

/**
 * Makes a custom framing from a function that transforms a stream of bytes.
 *
 * The function passes on the errors and the requirements of its argument. Their type is `Upstream`. Its own errors and
 * requirements become those of the framing. An object with the members of `Framing` is a framing too, but TypeScript
 * infers its types only if it is declared as `Framing<A, E, R>`.
 *
 * @example
 * ```ts
 * import { Stream } from "effect"
 * import { Framing } from "effect-sagemaker-runtime"
 *
 * export const words = Framing.make((chunks, limits) =>
 *   Framing.lines.frame(chunks, limits).pipe(Stream.mapConcat((line) => line.split(" ")))
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <A, E, R>(
  frame: (
    chunks: Stream.Stream<Uint8Array, Upstream, Upstream>,
    limits?: FramingLimits
  ) => Stream.Stream<A, E | Upstream, R | Upstream>,
  options: Pick<Framing<A>, "mediaType" | "reads"> = {}
): Framing<A, Exclude<E, Upstream>, Exclude<R, Upstream>> => ({
  ...options,
  frame: frame as unknown as Framing<A, Exclude<E, Upstream>, Exclude<R, Upstream>>["frame"]
})

/**
 * The default maximum length of a line: 16 MiB.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultMaxLineBytes: number = 16 * 1024 * 1024

/**
 * Changes the maximum length of a line, or of a server-sent event, in bytes.
 *
 * @example
 * ```ts
 * import { Framing } from "effect-sagemaker-runtime"
 *
 * export const shortLines = Framing.withMaxLineBytes(Framing.lines, 64 * 1024)
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const withMaxLineBytes: {
  (maxLineBytes: number): <A, E, R>(framing: Framing<A, E, R>) => Framing<A, E, R>
  <A, E, R>(framing: Framing<A, E, R>, maxLineBytes: number): Framing<A, E, R>
} = dual(2, <A, E, R>(framing: Framing<A, E, R>, maxLineBytes: number): Framing<A, E, R> => ({
  ...framing,
  frame: (chunks, limits) => framing.frame(chunks, { maxLineBytes: readMaxLineBytes(limits) ?? maxLineBytes })
}))

/**
 * Decodes UTF-8 text. No element ends inside a character.
 *
 * Invalid UTF-8 fails with `CodecError`, after the text before it.
 *
 * @since 0.1.0
 * @category framings
 */
export const text: Framing<string> = { mediaType: "text/plain", reads: ["*/*"], frame: decodeText }

/**
 * Splits UTF-8 text into lines that end with LF or CRLF.
 *
 * Blank lines are elements too. The last line needs no line end.
 *
 * @since 0.1.0
 * @category framings
 */
export const lines: Framing<string> = {
  mediaType: "text/plain",
  reads: ["*/*"],
  frame: (chunks, limits) =>
    chunks.pipe(
      splitLines("text/plain", { maxLineBytes: readMaxLineBytes(limits) ?? defaultMaxLineBytes, loneCr: false }),
      decodeEach(decodeLine)
    )
}

/**
 * Decodes JSON Lines: each line is a JSON value of the schema. Lines end with LF or CRLF. The last line needs no line
 * end.
 *
 * Blank lines are skipped: lines of spaces, tabs and CRs only. A line can start with a byte order mark. `Codec.jsonLines`
 * has the same rules and options.
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
export const jsonLines = <A, I, R>(
  schema: Schema.Schema<A, I, R>,
  options?: Codec.JsonOptions
): Framing<A, CodecError, R> => {
  const mediaType = "application/jsonlines"
  const codec = Codec.withMediaType(Codec.json(schema, options), mediaType)
  return {
    mediaType,
    reads: [...jsonLinesTypes, ...jsonTypes],
    frame: (chunks, limits) =>
      chunks.pipe(
        splitLines(mediaType, { maxLineBytes: readMaxLineBytes(limits) ?? defaultMaxLineBytes, loneCr: false }),
        Stream.filter((line) => !isBlank(line)),
        decodeEach((line) => codec.decode(line))
      )
  }
}

/**
 * A server-sent event.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServerSentEvent {
  /** The `data` lines of the event, joined with LF. */
  readonly data: string
  /** The event type, if the event has one. */
  readonly event?: string | undefined
  /** The event ID, if the event has one. */
  readonly id?: string | undefined
}

/**
 * Parses server-sent events, as the HTML standard defines them. Lines end with LF, CRLF or CR. Comments are dropped.
 *
 * Unlike in the standard, the last event needs no blank line after it.
 *
 * @since 0.1.0
 * @category framings
 */
export const sse: Framing<ServerSentEvent> = {
  mediaType: eventStream,
  reads: [eventStream],
  frame: (chunks, limits) => splitEvents(readMaxLineBytes(limits) ?? defaultMaxLineBytes)(chunks)
}

const isDone = ({ data }: ServerSentEvent): boolean => data.trim() === "[DONE]"

const encoder = new TextEncoder()

/**
 * Parses server-sent events and decodes their data as JSON of the schema. The options are those of `Codec.json`.
 *
 * The stream ends at the event `[DONE]` or at the end of the response. Events without data are skipped.
 *
 * @since 0.1.0
 * @category framings
 */
export const sseJson = <A, I, R>(
  schema: Schema.Schema<A, I, R>,
  options?: Codec.JsonOptions
): Framing<A, CodecError, R> => {
  const codec = Codec.withMediaType(Codec.json(schema, options), eventStream)
  return {
    mediaType: eventStream,
    reads: [eventStream],
    frame: (chunks, limits) =>
      sse.frame(chunks, limits).pipe(
        takeUntilDone(isDone),
        Stream.filter((event) => event.data.trim() !== ""),
        decodeEach((event) => codec.decode(encoder.encode(event.data)))
      )
  }
}

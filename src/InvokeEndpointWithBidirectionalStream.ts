/**
 * InvokeEndpointWithBidirectionalStream: sends parts to a deployed model while it receives parts of its response.
 *
 * `POST /endpoints/{EndpointName}/invocations-bidirectional-stream` over HTTP/2, API version 2025-10-01.
 *
 * @since 0.1.0
 */
import type * as Channel from "effect/Channel"
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { type DuplexTransport, frames } from "./DuplexTransport.ts"
import * as internalChannel from "./internal/bidirectional/channel.ts"
import { encodeParts } from "./internal/bidirectional/encodeParts.ts"
import { encodeStreamRequest } from "./internal/bidirectional/encodeStreamRequest.ts"
import { isStream } from "./internal/bidirectional/message.ts"
import * as internalParts from "./internal/bidirectional/parts.ts"
import * as internalReassemble from "./internal/bidirectional/reassemble.ts"
import { partStep } from "./internal/bidirectional/responseParts.ts"
import * as internalTexts from "./internal/bidirectional/texts.ts"
import { eventStreamBody } from "./internal/operation/eventStreamBody.ts"
import * as members from "./internal/operation/members.ts"
import { markOwn } from "./internal/telemetry/ownCode.ts"
import * as Op from "./Operation.ts"
import * as SageMakerError from "./SageMakerError.ts"
import { execute, type SageMakerRuntime } from "./SageMakerRuntime.ts"

/**
 * The input members that are sent as headers, with the header names and constraints of AWS's Smithy model.
 *
 * @since 0.1.0
 * @category wire
 */
export const requestHeaders = Op.headers(members.bidirectional)

/**
 * The output members that are received as headers.
 *
 * @since 0.1.0
 * @category wire
 */
export const responseHeaders = Op.headers({
  InvokedProductionVariant: ["x-amzn-invoked-production-variant", Schema.String]
})

/**
 * The input of `invokeEndpointWithBidirectionalStream`, with AWS's member names.
 *
 * @since 0.1.0
 * @category models
 */
export interface InvokeEndpointWithBidirectionalStreamInput<out E = never, out R = never>
  extends members.EndpointMembers
{
  /**
   * The parts to send, in order. `parts` and `messages` create them from text and bytes.
   *
   * The stream is run at most once per call, after the connection is open. It is interrupted when the response ends. If it
   * fails before the response headers arrive, the call fails with the same error. If it fails later, the output's `Body`
   * fails with that error.
   */
  readonly Body: Stream.Stream<RequestPart, E, R>
  /** The production variant to invoke. At most 63 letters, digits and hyphens. Default: the service selects one. */
  readonly TargetVariant?: string | undefined
  /**
   * The path of the container's WebSocket route, without a slash at its start. At most 100 characters.
   *
   * Default: `invocations-bidirectional-stream`.
   */
  readonly ModelInvocationPath?: string | undefined
  /**
   * The query of the container's WebSocket route, percent-encoded and without `?`. At most 2,048 characters. This client
   * redacts it. Default: none.
   */
  readonly ModelQueryString?: string | undefined
}

/**
 * The output of `invokeEndpointWithBidirectionalStream`, with AWS's member names.
 *
 * @since 0.1.0
 * @category models
 */
export interface InvokeEndpointWithBidirectionalStreamOutput<out E = never> {
  /**
   * The parts of the response as they arrive. `reassemble` and `texts` decode them. The stream can be run once.
   *
   * The request ends when this stream ends, fails or is interrupted, or when the scope closes. The input's `Body` is then
   * interrupted, and the HTTP/2 stream is closed.
   */
  readonly Body: Stream.Stream<ResponsePart, InvokeEndpointWithBidirectionalStreamBodyError | E>
  /** The production variant that was invoked. */
  readonly InvokedProductionVariant?: string | undefined
  /** The request ID, the HTTP status, and the attempts and retry delays of the call. */
  readonly $metadata: Op.ResponseMetadata
}

/**
 * The errors that AWS's Smithy model declares for the operation.
 *
 * @since 0.1.0
 * @category errors
 */
export type InvokeEndpointWithBidirectionalStreamModeledError =
  | SageMakerError.InputValidationError
  | SageMakerError.ModelError
  | SageMakerError.ModelStreamError
  | SageMakerError.InternalServerError
  | SageMakerError.InternalStreamFailure
  | SageMakerError.ServiceUnavailableError

/**
 * All errors of the operation before the response begins, except those of the input's `Body`.
 *
 * @since 0.1.0
 * @category errors
 */
export type InvokeEndpointWithBidirectionalStreamError =
  | InvokeEndpointWithBidirectionalStreamModeledError
  | SageMakerError.CommonError

/**
 * All errors of the output's `Body`, except those of the input's `Body`.
 *
 * `Body` fails with `InvalidInputError` or `PayloadTooLargeError` if a part cannot be sent, and with `CredentialsError` if
 * the credentials have expired.
 *
 * @since 0.1.0
 * @category errors
 */
export type InvokeEndpointWithBidirectionalStreamBodyError =
  | SageMakerError.StreamError
  | SageMakerError.InvalidInputError
  | SageMakerError.PayloadTooLargeError
  | SageMakerError.CredentialsError
  | SageMakerError.SigningError

/**
 * One `PayloadPart` event that is sent, with AWS's member names.
 *
 * @since 0.1.0
 * @category models
 */
export interface RequestPart {
  /** The payload. The bytes must not be changed until the stream has ended. */
  readonly Bytes: Uint8Array
  /** Whether `Bytes` is UTF-8 text or binary data. Default: SageMaker handles the part as `BINARY`. */
  readonly DataType?: "UTF8" | "BINARY" | undefined
  /** Whether the message continues in the next part (`PARTIAL`) or ends with this one (`COMPLETE`). Default: `COMPLETE`. */
  readonly CompletionState?: "PARTIAL" | "COMPLETE" | undefined
  /** Padding, which hides the length of the payload. Default: none. */
  readonly P?: string | undefined
}

/**
 * One `PayloadPart` event that is received, with AWS's member names.
 *
 * @since 0.1.0
 * @category models
 */
export interface ResponsePart {
  /** The payload. */
  readonly Bytes: Uint8Array
  /** Whether `Bytes` is text in UTF-8 or binary data: `UTF8`, `BINARY`, or a value that AWS adds later. */
  readonly DataType?: string | undefined
  /** Whether the message continues in the next part: `PARTIAL`, `COMPLETE`, or a value that AWS adds later. */
  readonly CompletionState?: string | undefined
  /** Padding, which hides the length of the payload. */
  readonly P?: string | undefined
}

/**
 * The types of a message, or of a piece of one. A string is sent in UTF-8.
 *
 * @since 0.1.0
 * @category models
 */
export type MessageContent = Exclude<Op.Payload, Op.BlobLike>

/**
 * Whether the payload of a part is UTF-8 text or binary data.
 *
 * @since 0.1.0
 * @category models
 */
export type DataType = "UTF8" | "BINARY"

/**
 * A message that is received, reassembled from its parts.
 *
 * @since 0.1.0
 * @category models
 */
export interface StreamMessage {
  /** The payload of all parts. */
  readonly Bytes: Uint8Array
  /** Whether `Bytes` is text in UTF-8 or binary data: the `DataType` of the first part that has one. */
  readonly DataType?: string | undefined
}

/**
 * Options of `parts` and `messages`.
 *
 * @since 0.1.0
 * @category models
 */
export interface PartsOptions {
  /** The `DataType` of the parts. Default: `UTF8` for a string, `BINARY` for bytes. */
  readonly DataType?: DataType | undefined
  /** The maximum size of a part in bytes, from 4 to 16,777,216 (16 MiB). Default: 1,048,576 (1 MiB). */
  readonly maxPartBytes?: number | undefined
}

/**
 * Options of `reassemble`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ReassembleOptions {
  /** The maximum size of a message in bytes, at least 1. Default: 67,108,864 (64 MiB). */
  readonly maxMessageBytes?: number | undefined
}

/**
 * Options of `texts`.
 *
 * @since 0.1.0
 * @category models
 */
export interface TextsOptions {
  /** Whether binary parts are skipped, or fail the stream with `CodecError`. Default: `skip`. */
  readonly binary?: "skip" | "fail" | undefined
}

type ErrorOf<M> = M extends Stream.Stream<infer _A, infer E, infer _R> ? E : never

type ContextOf<M> = M extends Stream.Stream<infer _A, infer _E, infer R> ? R : never

/**
 * Splits one message into parts. The message is text, bytes, or a stream of pieces of text or bytes.
 *
 * A message larger than `maxPartBytes` is split; text is split between characters. The last part is `COMPLETE`, the others
 * are `PARTIAL`. Each piece of a stream is sent as soon as it arrives, and an empty `COMPLETE` part follows the last piece.
 * Empty pieces are dropped.
 *
 * Fails with `InvalidInputError` if the content has another type, if text is not well-formed Unicode, if one message has
 * text and bytes and `DataType` is omitted, or if an option is invalid. Use `messages` for a stream of messages.
 *
 * @example
 * ```ts
 * import { Stream } from "effect"
 * import { InvokeEndpointWithBidirectionalStream as Bidirectional } from "effect-sagemaker-runtime"
 *
 * const audio = Stream.make(new Uint8Array(3200), new Uint8Array(3200))
 *
 * export const body = Bidirectional.parts(JSON.stringify({ type: "start" })).pipe(
 *   Stream.concat(Bidirectional.parts(audio))
 * )
 * ```
 *
 * @since 0.1.0
 * @category parts
 */
export const parts: <M extends MessageContent | Stream.Stream<MessageContent, unknown, unknown>>(
  message: M,
  options?: PartsOptions
) => Stream.Stream<RequestPart, ErrorOf<M> | SageMakerError.InvalidInputError, ContextOf<M>> = internalParts
  .parts as never

/**
 * Splits a stream of messages into parts. Each element is one message.
 *
 * Each element is sent as soon as it arrives. The size limits and the errors are those of `parts`.
 *
 * @example
 * ```ts
 * import { Stream } from "effect"
 * import { InvokeEndpointWithBidirectionalStream as Bidirectional } from "effect-sagemaker-runtime"
 *
 * export const body = Stream.make("What is the weather in Oslo?", "And tomorrow?").pipe(Bidirectional.messages())
 * ```
 *
 * @since 0.1.0
 * @category parts
 */
// One signature instead of overloads: TypeScript infers no type parameters of an overloaded function in a pipe.
export const messages: <S extends Stream.Stream<MessageContent, unknown, unknown> | PartsOptions = PartsOptions>(
  contents?: S,
  options?: PartsOptions
) => S extends Stream.Stream<MessageContent, infer E, infer R>
  ? Stream.Stream<RequestPart, E | SageMakerError.InvalidInputError, R>
  : <E, R>(
    contents: Stream.Stream<MessageContent, E, R>
  ) => Stream.Stream<RequestPart, E | SageMakerError.InvalidInputError, R> = dual(
    ([first]) => isStream(first),
    internalParts.messages
  )

/**
 * Reassembles messages from their parts. A part without `CompletionState` ends its message.
 *
 * A message of one part is not copied. Fails with `ModelStreamError` (`ErrorCode: "IncompleteStream"`) if the stream ends
 * inside a message. Fails with `PayloadTooLargeError` (`direction: "response"`) as soon as a message is larger than
 * `maxMessageBytes`. A stream buffers at most twice that number of bytes. Fails with `InvalidInputError` if an option is
 * invalid.
 *
 * @example
 * ```ts
 * import { Schema, Stream } from "effect"
 * import { Codec, InvokeEndpointWithBidirectionalStream as Bidirectional } from "effect-sagemaker-runtime"
 *
 * const Transcript = Codec.json(Schema.Struct({ text: Schema.String, isFinal: Schema.Boolean }))
 *
 * export const transcripts = <E, R>(parts: Stream.Stream<Bidirectional.ResponsePart, E, R>) =>
 *   parts.pipe(
 *     Bidirectional.reassemble,
 *     Stream.mapEffect(({ Bytes }) => Transcript.decode(Bytes))
 *   )
 * ```
 *
 * @since 0.1.0
 * @category messages
 */
export const reassemble: <S extends Stream.Stream<ResponsePart, unknown, unknown> | ReassembleOptions = object>(
  parts?: S,
  options?: ReassembleOptions
) => S extends Stream.Stream<ResponsePart, infer E, infer R> ? Stream.Stream<StreamMessage, E | ReassembleError, R>
  : <E, R>(parts: Stream.Stream<ResponsePart, E, R>) => Stream.Stream<StreamMessage, E | ReassembleError, R> = dual(
    ([first]) => isStream(first),
    internalReassemble.reassemble
  )

/**
 * The errors of `reassemble`.
 *
 * @since 0.1.0
 * @category errors
 */
export type ReassembleError =
  | SageMakerError.ModelStreamError
  | SageMakerError.PayloadTooLargeError
  | SageMakerError.InvalidInputError

/**
 * Decodes the text of the parts as they arrive. A character that is split between parts is in one element.
 *
 * A part without `DataType` has the type of the previous part of its message. The default for the first part is text. The
 * boundaries of messages are dropped: use `reassemble` for complete messages.
 *
 * Fails with `CodecError` after the valid text if UTF-8 is invalid, or if a message ends inside a character. Fails with
 * `ModelStreamError` (`ErrorCode: "IncompleteStream"`) if the stream ends inside a message, and with `InvalidInputError` if
 * an option is invalid.
 *
 * @since 0.1.0
 * @category messages
 */
export const texts: <S extends Stream.Stream<ResponsePart, unknown, unknown> | TextsOptions = object>(
  parts?: S,
  options?: TextsOptions
) => S extends Stream.Stream<ResponsePart, infer E, infer R> ? Stream.Stream<string, E | TextsError, R>
  : <E, R>(parts: Stream.Stream<ResponsePart, E, R>) => Stream.Stream<string, E | TextsError, R> = dual(
    ([first]) => isStream(first),
    internalTexts.texts
  )

/**
 * The errors of `texts`.
 *
 * @since 0.1.0
 * @category errors
 */
export type TextsError =
  | SageMakerError.CodecError
  | SageMakerError.ModelStreamError
  | SageMakerError.InvalidInputError

const streamErrors: ReadonlyArray<
  Op.ErrorClass<SageMakerError.ModelStreamError | SageMakerError.InternalStreamFailure>
> = [SageMakerError.ModelStreamError, SageMakerError.InternalStreamFailure]

const bytesOf = ({ Bytes }: ResponsePart): number => Bytes.byteLength

/**
 * The definition of the operation, which `SageMakerRuntime.execute` interprets.
 *
 * Its type has an input whose `Body` has no errors and no requirements.
 *
 * @since 0.1.0
 * @category operations
 */
export const operation: Op.Operation<
  InvokeEndpointWithBidirectionalStreamInput,
  InvokeEndpointWithBidirectionalStreamOutput,
  InvokeEndpointWithBidirectionalStreamModeledError,
  DuplexTransport | Scope.Scope
> = {
  name: "InvokeEndpointWithBidirectionalStream",
  encode: encodeStreamRequest(requestHeaders),
  frames: frames(({ Body }, settings) => encodeParts(Body, settings)),
  decode: markOwn(({ headers, metadata, observe, streamError, stream, unknownError }: Op.OperationResponse) =>
    Effect.map(stream, (bytes) => ({
      ...responseHeaders.decode(headers),
      Body: observe(
        eventStreamBody(bytes, partStep, { streamError: streamError(streamErrors), unknownError, metadata }),
        bytesOf
      ),
      $metadata: metadata
    }))
  ),
  errors: [
    ...streamErrors,
    SageMakerError.InputValidationError,
    SageMakerError.ModelError,
    SageMakerError.InternalServerError,
    SageMakerError.ServiceUnavailableError
  ],
  sensitive: ["x-amzn-sagemaker-model-query-string"],
  attributes: members.spanAttributes
}

/** The operation with the errors and requirements of a source: they become those of the call. */
const operationOf = <E, R>() =>
  operation as unknown as Op.Operation<
    InvokeEndpointWithBidirectionalStreamInput<E, R>,
    InvokeEndpointWithBidirectionalStreamOutput<E>,
    InvokeEndpointWithBidirectionalStreamModeledError | E,
    DuplexTransport | Scope.Scope | R
  >

/**
 * Sends parts to a deployed model while it receives parts of its response. Completes when the response headers arrive.
 *
 * `attempt` and `total` of `Timeouts` end when the response headers arrive. `idle` limits the time without a part in either
 * direction. The call is not retried after `Body` has started.
 *
 * @example
 * ```ts
 * import { Console, Effect, Stream } from "effect"
 * import {
 *   InvokeEndpointWithBidirectionalStream as Bidirectional,
 *   invokeEndpointWithBidirectionalStream
 * } from "effect-sagemaker-runtime"
 *
 * export const conversation = Effect.scoped(Effect.gen(function*() {
 *   const { Body } = yield* invokeEndpointWithBidirectionalStream({
 *     EndpointName: "assistant",
 *     Body: Bidirectional.messages(Stream.make("Hello", "How are you?"))
 *   })
 *   yield* Stream.runForEach(Bidirectional.texts(Body), Console.log)
 * }))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const invokeEndpointWithBidirectionalStream = <E = never, R = never>(
  input: InvokeEndpointWithBidirectionalStreamInput<E, R>
): Effect.Effect<
  InvokeEndpointWithBidirectionalStreamOutput<E>,
  InvokeEndpointWithBidirectionalStreamError | E,
  SageMakerRuntime | DuplexTransport | Scope.Scope | R
> => execute(operationOf<E, R>(), input)

/**
 * Creates a channel for `Stream.pipeThroughChannel`. It sends its input and returns the response as its output.
 *
 * Each run of the channel makes one call. The input is sent while the output is received. If the output ends or is
 * interrupted, the input is interrupted and the HTTP/2 stream is closed.
 *
 * @example
 * ```ts
 * import { Console, Stream } from "effect"
 * import { InvokeEndpointWithBidirectionalStream as Bidirectional } from "effect-sagemaker-runtime"
 *
 * export const transcribe = (audio: Stream.Stream<Uint8Array>) =>
 *   audio.pipe(
 *     Bidirectional.messages(),
 *     Stream.pipeThroughChannel(Bidirectional.channel({ EndpointName: "transcription" })),
 *     Bidirectional.texts,
 *     Stream.runForEach(Console.log)
 *   )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const channel = <E = never>(
  input: Omit<InvokeEndpointWithBidirectionalStreamInput, "Body">
): Channel.Channel<
  Chunk.Chunk<ResponsePart>,
  Chunk.Chunk<RequestPart>,
  InvokeEndpointWithBidirectionalStreamError | InvokeEndpointWithBidirectionalStreamBodyError | E,
  E,
  unknown,
  unknown,
  SageMakerRuntime | DuplexTransport
> =>
  internalChannel.channel(
    input,
    (withBody: InvokeEndpointWithBidirectionalStreamInput<E>) => invokeEndpointWithBidirectionalStream(withBody)
  )

/**
 * InvokeEndpointWithResponseStream: sends a request to a deployed model and streams its response.
 *
 * `POST /endpoints/{EndpointName}/invocations-response-stream`, API version 2017-05-13.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { encodeInvocation } from "./internal/operation/encodeInvocation.ts"
import { eventStreamBody } from "./internal/operation/eventStreamBody.ts"
import * as members from "./internal/operation/members.ts"
import { markOwn } from "./internal/telemetry/ownCode.ts"
import * as Op from "./Operation.ts"
import { step } from "./protocol/eventStream/eventStream.ts"
import * as SageMakerError from "./SageMakerError.ts"
import { execute, type SageMakerRuntime } from "./SageMakerRuntime.ts"

/**
 * The input members that are sent as headers, with the header names and constraints of AWS's Smithy model.
 *
 * @since 0.1.0
 * @category wire
 */
export const requestHeaders = Op.headers({
  ContentType: ["content-type", members.ascii(1024)],
  Accept: ["x-amzn-sagemaker-accept", members.ascii(1024)],
  ...members.common,
  ...members.routing,
  SessionId: ["x-amzn-sagemaker-session-id", members.sessionId]
})

/**
 * The output members that are received as headers.
 *
 * @since 0.1.0
 * @category wire
 */
export const responseHeaders = Op.headers({
  ContentType: ["x-amzn-sagemaker-content-type", Schema.String],
  ...members.responseMembers
})

/**
 * The optional input members of `invokeEndpointWithResponseStream` and `streamEndpoint`, with AWS's names.
 *
 * @since 0.1.0
 * @category models
 */
export interface InvokeEndpointWithResponseStreamOptions extends members.CommonOptions, members.RoutingOptions {
  /** The ID of the stateful session to continue. At most 256 characters. Start a session with `invokeEndpoint`. */
  readonly SessionId?: string | undefined
}

/**
 * The input of `invokeEndpointWithResponseStream` and `streamEndpoint`, with AWS's member names.
 *
 * @since 0.1.0
 * @category models
 */
export interface InvokeEndpointWithResponseStreamInput
  extends members.RealTimeMembers, InvokeEndpointWithResponseStreamOptions
{}

/**
 * The output of `invokeEndpointWithResponseStream`, with AWS's member names.
 *
 * @since 0.1.0
 * @category models
 */
export interface InvokeEndpointWithResponseStreamOutput {
  /**
   * The response body: one element per `PayloadPart` event. A part can end inside a line or a character; a `Framing`
   * reassembles them. The connection can be reused after the stream has ended. It is closed if the stream fails or is
   * interrupted, or if the scope closes first.
   */
  readonly Body: Stream.Stream<Uint8Array, SageMakerError.StreamError>
  /** The media type of `Body`. */
  readonly ContentType?: string | undefined
  /** The production variant that was invoked. */
  readonly InvokedProductionVariant?: string | undefined
  /** Additional information from the model's container. AWS declares it sensitive. */
  readonly CustomAttributes?: string | undefined
  /** The request ID, the HTTP status, and the attempts and retry delays of the call. */
  readonly $metadata: Op.ResponseMetadata
}

/**
 * The errors that AWS's Smithy model declares for the operation.
 *
 * @since 0.1.0
 * @category errors
 */
export type InvokeEndpointWithResponseStreamModeledError =
  | SageMakerError.ModelError
  | SageMakerError.ModelStreamError
  | SageMakerError.ValidationError
  | SageMakerError.InternalFailure
  | SageMakerError.InternalStreamFailure
  | SageMakerError.ServiceUnavailable

/**
 * All errors of the operation before the response stream begins. The stream itself fails with `StreamError`.
 *
 * @since 0.1.0
 * @category errors
 */
export type InvokeEndpointWithResponseStreamError =
  | InvokeEndpointWithResponseStreamModeledError
  | SageMakerError.CommonError

const streamErrors: ReadonlyArray<
  Op.ErrorClass<SageMakerError.ModelStreamError | SageMakerError.InternalStreamFailure>
> = [SageMakerError.ModelStreamError, SageMakerError.InternalStreamFailure]

/**
 * The definition of the operation, which `SageMakerRuntime.execute` interprets.
 *
 * @since 0.1.0
 * @category operations
 */
export const operation: Op.Operation<
  InvokeEndpointWithResponseStreamInput,
  InvokeEndpointWithResponseStreamOutput,
  InvokeEndpointWithResponseStreamModeledError,
  Scope.Scope
> = {
  name: "InvokeEndpointWithResponseStream",
  encode: encodeInvocation(requestHeaders, "invocations-response-stream"),
  decode: markOwn(({ headers, metadata, observe, streamError, stream, unknownError }: Op.OperationResponse) =>
    Effect.map(stream, (bytes) => ({
      ...responseHeaders.decode(headers),
      Body: observe(eventStreamBody(bytes, step, { streamError: streamError(streamErrors), unknownError, metadata })),
      $metadata: metadata
    }))
  ),
  errors: [
    ...streamErrors,
    SageMakerError.ModelError,
    SageMakerError.ValidationError,
    SageMakerError.InternalFailure,
    SageMakerError.ServiceUnavailable
  ],
  sensitive: members.sensitive,
  attributes: members.spanAttributes
}

/**
 * Sends a request to a deployed model. Completes when the response headers arrive, with `Body` as a stream.
 *
 * Use `streamEndpoint` if you need only the stream.
 *
 * @since 0.1.0
 * @category constructors
 */
export const invokeEndpointWithResponseStream = (
  input: InvokeEndpointWithResponseStreamInput
): Effect.Effect<
  InvokeEndpointWithResponseStreamOutput,
  InvokeEndpointWithResponseStreamError,
  SageMakerRuntime | Scope.Scope
> => execute(operation, input)

/**
 * Sends a request to a deployed model and streams the bytes of its response.
 *
 * Each run of the stream sends a request. Use a `Framing` or a `Tokens.Dialect` to decode the bytes.
 *
 * @example
 * ```ts
 * import { Console, Stream } from "effect"
 * import { Framing, streamEndpoint } from "effect-sagemaker-runtime"
 *
 * export const printed = Framing.lines.frame(streamEndpoint({ EndpointName: "story", Body: "Once upon a time" })).pipe(
 *   Stream.runForEach(Console.log)
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const streamEndpoint = (
  input: InvokeEndpointWithResponseStreamInput
): Stream.Stream<Uint8Array, InvokeEndpointWithResponseStreamError | SageMakerError.StreamError, SageMakerRuntime> =>
  Stream.unwrapScoped(Effect.map(invokeEndpointWithResponseStream(input), ({ Body }) => Body))

/**
 * InvokeEndpointWithResponseStream: one request to a deployed model, its answer as the model produces it.
 *
 * `POST /endpoints/{EndpointName}/invocations-response-stream`, API version 2017-05-13.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { execute } from "./internal/client/execute.ts"
import { encodeInvocation } from "./internal/operation/encodeInvocation.ts"
import { eventStreamBody } from "./internal/operation/eventStreamBody.ts"
import * as members from "./internal/operation/members.ts"
import * as Op from "./Operation.ts"
import * as SageMakerError from "./SageMakerError.ts"
import type { SageMakerRuntime } from "./SageMakerRuntime.ts"

/**
 * The request's members that travel as headers, with their limits.
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
 * The response's members that travel as headers.
 *
 * @since 0.1.0
 * @category wire
 */
export const responseHeaders = Op.headers({
  ContentType: ["x-amzn-sagemaker-content-type", Schema.String],
  ...members.responseMembers
})

/**
 * A request to a deployed model; members have AWS's names and limits.
 *
 * @since 0.1.0
 * @category models
 */
export interface InvokeEndpointWithResponseStreamInput extends members.CommonMembers, members.RoutingMembers {
  /** The endpoint's name. */
  readonly EndpointName: string
  /** The model's input; a string is sent as its UTF-8 bytes. */
  readonly Body: Op.Payload
  /** The media type of `Body`. */
  readonly ContentType?: string | undefined
  /** The media type wanted of the answer. */
  readonly Accept?: string | undefined
}

/**
 * The head of the model's answer, and the stream of its parts.
 *
 * A part is what the model wrote at a time: it can end inside a line or a character, which `Framing` puts right. Leaving the stream early, failing or
 * interrupting closes the connection at once; so does the end of the surrounding scope.
 *
 * @since 0.1.0
 * @category models
 */
export interface InvokeEndpointWithResponseStreamOutput {
  /** The parts, as the model sends them. */
  readonly Body: Stream.Stream<Uint8Array, SageMakerError.StreamError>
  /** The media type of the parts together. */
  readonly ContentType?: string | undefined
  /** The variant that answers. */
  readonly InvokedProductionVariant?: string | undefined
  /** What the model's container says besides its output. */
  readonly CustomAttributes?: string | undefined
  readonly $metadata: Op.ResponseMetadata
}

/**
 * The errors the operation's model names.
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
 * Everything the operation can fail with before its stream begins.
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
 * The operation as a value, for `SageMakerRuntime.execute`.
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
  decode: ({ headers, metadata, streamError, stream, unknownError }) =>
    Effect.map(stream, (bytes) => ({
      ...responseHeaders.decode(headers),
      Body: eventStreamBody(bytes, { streamError: streamError(streamErrors), unknownError, metadata }),
      $metadata: metadata
    })),
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
 * Sends a request to a deployed model and gives the head of its answer, whose `Body` streams.
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
 * Sends a request to a deployed model and streams the parts of its answer.
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

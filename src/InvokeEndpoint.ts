/**
 * InvokeEndpoint: sends a request to a deployed model and returns its complete response.
 *
 * `POST /endpoints/{EndpointName}/invocations`, API version 2017-05-13.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { encodeInvocation } from "./internal/operation/encodeInvocation.ts"
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
export const requestHeaders = Op.headers({
  ContentType: ["content-type", members.ascii(1024)],
  Accept: ["accept", members.ascii(1024)],
  ...members.common,
  ...members.routing,
  ...members.modelRouting,
  EnableExplanations: ["x-amzn-sagemaker-enable-explanations", members.enableExplanations]
})

/**
 * The output members that are received as headers.
 *
 * @since 0.1.0
 * @category wire
 */
export const responseHeaders = Op.headers({
  ContentType: ["content-type", Schema.String],
  ...members.responseMembers,
  NewSessionId: ["x-amzn-sagemaker-new-session-id", Schema.String],
  ClosedSessionId: ["x-amzn-sagemaker-closed-session-id", Schema.String]
})

/**
 * The optional input members of `invokeEndpoint`, with AWS's names.
 *
 * If `Accept` is omitted, `fetch` sends an `Accept` header for every media type to the model.
 *
 * @since 0.1.0
 * @category models
 */
export interface InvokeEndpointOptions extends members.CommonOptions, members.RoutingOptions {
  /** The ID of the stateful session to continue, or `NEW_SESSION` to start one. At most 256 characters. */
  readonly SessionId?: string | undefined
  /** The model to invoke, on a multi-model endpoint. At most 1,024 printable ASCII characters. */
  readonly TargetModel?: string | undefined
  /**
   * A JMESPath expression that enables explanations by SageMaker Clarify if it is true. It overrides the endpoint's
   * configuration. 1 to 64 characters.
   */
  readonly EnableExplanations?: string | undefined
}

/**
 * The input of `invokeEndpoint`, with AWS's member names.
 *
 * @since 0.1.0
 * @category models
 */
export interface InvokeEndpointInput extends members.RealTimeMembers, InvokeEndpointOptions {}

/**
 * The output of `invokeEndpoint`, with AWS's member names.
 *
 * @since 0.1.0
 * @category models
 */
export interface InvokeEndpointOutput {
  /** The response body of the model. Empty if the response has no body. */
  readonly Body: Uint8Array
  /** The media type of `Body`. */
  readonly ContentType?: string | undefined
  /** The production variant that was invoked. */
  readonly InvokedProductionVariant?: string | undefined
  /** Additional information from the model's container. AWS declares it sensitive. */
  readonly CustomAttributes?: string | undefined
  /** The ID of the session that the request started, as `<id>; Expires=<time>`. */
  readonly NewSessionId?: string | undefined
  /** The ID of the session that the request closed. */
  readonly ClosedSessionId?: string | undefined
  /** The request ID, the HTTP status, and the attempts and retry delays of the call. */
  readonly $metadata: Op.ResponseMetadata
}

/**
 * The errors that AWS's Smithy model declares for the operation.
 *
 * @since 0.1.0
 * @category errors
 */
export type InvokeEndpointModeledError =
  | SageMakerError.ModelError
  | SageMakerError.ModelNotReadyException
  | SageMakerError.ValidationError
  | SageMakerError.InternalFailure
  | SageMakerError.ServiceUnavailable
  | SageMakerError.InternalDependencyException

/**
 * All errors of the operation.
 *
 * @since 0.1.0
 * @category errors
 */
export type InvokeEndpointError = InvokeEndpointModeledError | SageMakerError.CommonError

/**
 * The definition of the operation, which `SageMakerRuntime.execute` interprets.
 *
 * @since 0.1.0
 * @category operations
 */
export const operation: Op.Operation<InvokeEndpointInput, InvokeEndpointOutput, InvokeEndpointModeledError> = {
  name: "InvokeEndpoint",
  encode: encodeInvocation(requestHeaders, "invocations"),
  decode: markOwn(({ bytes, headers, metadata }: Op.OperationResponse) =>
    Effect.map(bytes, (Body) => Object.assign(responseHeaders.decode(headers), { Body, $metadata: metadata }))
  ),
  errors: [
    SageMakerError.ModelError,
    SageMakerError.ModelNotReadyException,
    SageMakerError.ValidationError,
    SageMakerError.InternalFailure,
    SageMakerError.ServiceUnavailable,
    SageMakerError.InternalDependencyException
  ],
  sensitive: members.sensitive,
  attributes: members.spanAttributes
}

/**
 * Sends a request to a deployed model and returns its complete response.
 *
 * Use `streamEndpoint` for a model that streams its response.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { invokeEndpoint } from "effect-sagemaker-runtime"
 *
 * export const response = invokeEndpoint({
 *   EndpointName: "anomaly-v2",
 *   ContentType: "application/json",
 *   Body: JSON.stringify({ cpu: 0.2, load: 17 })
 * }).pipe(Effect.map(({ Body }) => new TextDecoder().decode(Body)))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const invokeEndpoint = (
  input: InvokeEndpointInput
): Effect.Effect<InvokeEndpointOutput, InvokeEndpointError, SageMakerRuntime> => execute(operation, input)

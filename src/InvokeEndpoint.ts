/**
 * InvokeEndpoint: one request to a deployed model, one answer.
 *
 * `POST /endpoints/{EndpointName}/invocations`, API version 2017-05-13.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { execute } from "./internal/client/execute.ts"
import { encodeInvocation } from "./internal/operation/encodeInvocation.ts"
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
  Accept: ["accept", members.ascii(1024)],
  ...members.common,
  ...members.routing,
  TargetModel: ["x-amzn-sagemaker-target-model", members.printable(1024)],
  EnableExplanations: ["x-amzn-sagemaker-enable-explanations", members.explanations]
})

/**
 * The response's members that travel as headers.
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
 * A request to a deployed model; members have AWS's names and limits.
 *
 * Where `ContentType` is missing the service sees `application/octet-stream`; where `Accept` is missing, `fetch` sends
 * `*` `/` `*`, which the model sees.
 *
 * @since 0.1.0
 * @category models
 */
export interface InvokeEndpointInput extends members.CommonMembers, members.RoutingMembers {
  /** The endpoint's name. */
  readonly EndpointName: string
  /** The model's input; a string is sent as its UTF-8 bytes. */
  readonly Body: Op.Payload
  /** The media type of `Body`. */
  readonly ContentType?: string | undefined
  /** The media type wanted of the answer. */
  readonly Accept?: string | undefined
  /** The model to use on a multi-model endpoint. */
  readonly TargetModel?: string | undefined
  /** A JMESPath expression that decides whether Clarify explains the answer. */
  readonly EnableExplanations?: string | undefined
}

/**
 * The model's answer.
 *
 * @since 0.1.0
 * @category models
 */
export interface InvokeEndpointOutput {
  /** The model's output; empty, never missing. */
  readonly Body: Uint8Array
  /** The media type of `Body`. */
  readonly ContentType?: string | undefined
  /** The variant that answered. */
  readonly InvokedProductionVariant?: string | undefined
  /** What the model's container says besides its output. */
  readonly CustomAttributes?: string | undefined
  /** The session that was opened, as `<id>; Expires=<time>`. */
  readonly NewSessionId?: string | undefined
  /** The session that was closed. */
  readonly ClosedSessionId?: string | undefined
  readonly $metadata: Op.ResponseMetadata
}

/**
 * The errors the operation's model names.
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
 * Everything the operation can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type InvokeEndpointError = InvokeEndpointModeledError | SageMakerError.CommonError

/**
 * The operation as a value, for `SageMakerRuntime.execute`.
 *
 * @since 0.1.0
 * @category operations
 */
export const operation: Op.Operation<InvokeEndpointInput, InvokeEndpointOutput, InvokeEndpointModeledError> = {
  name: "InvokeEndpoint",
  encode: encodeInvocation(requestHeaders, "invocations"),
  decode: ({ bytes, headers, metadata }) =>
    Effect.map(bytes, (Body) => Object.assign(responseHeaders.decode(headers), { Body, $metadata: metadata })),
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
 * Sends a request to a deployed model and gives its answer.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { invokeEndpoint } from "effect-sagemaker-runtime"
 *
 * export const answer = invokeEndpoint({
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

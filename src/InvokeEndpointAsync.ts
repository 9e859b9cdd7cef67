/**
 * InvokeEndpointAsync: hands work to a deployed model and says where its result will be.
 *
 * `POST /endpoints/{EndpointName}/async-invocations`, API version 2017-05-13.
 *
 * @since 0.1.0
 */
import type * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { execute } from "./internal/client/execute.ts"
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
  ContentType: ["x-amzn-sagemaker-content-type", members.ascii(1024)],
  Accept: ["x-amzn-sagemaker-accept", members.ascii(1024)],
  ...members.common,
  InputLocation: ["x-amzn-sagemaker-inputlocation", members.location],
  S3OutputPathExtension: ["x-amzn-sagemaker-s3outputpathextension", members.outputPath],
  Filename: ["x-amzn-sagemaker-filename", members.filename],
  RequestTTLSeconds: ["x-amzn-sagemaker-requestttlseconds", members.integerBetween(60, 21_600)],
  InvocationTimeoutSeconds: ["x-amzn-sagemaker-invocationtimeoutseconds", members.integerBetween(1, 3_600)]
})

/**
 * The response's members that travel as headers.
 *
 * @since 0.1.0
 * @category wire
 */
export const responseHeaders = Op.headers({
  OutputLocation: ["x-amzn-sagemaker-outputlocation", Schema.String],
  FailureLocation: ["x-amzn-sagemaker-failurelocation", Schema.String]
})

/**
 * The largest inline `Body`, in bytes.
 *
 * @since 0.1.0
 * @category constants
 */
export const maxInlineBytes = 128_000

/**
 * Work for a deployed model; members have AWS's names and limits. Exactly one of `Body` and `InputLocation` is given.
 *
 * @since 0.1.0
 * @category models
 */
export interface InvokeEndpointAsyncInput extends members.CommonMembers {
  /** The endpoint's name. */
  readonly EndpointName: string
  /** The model's input, up to 128,000 bytes; a string is sent as its UTF-8 bytes. */
  readonly Body?: Op.Payload | undefined
  /** Where the model's input is: an `s3:` or `https:` URL. */
  readonly InputLocation?: string | undefined
  /** The media type of the input. */
  readonly ContentType?: string | undefined
  /** The media type wanted of the result. */
  readonly Accept?: string | undefined
  /** What is appended to the endpoint's output path. */
  readonly S3OutputPathExtension?: string | undefined
  /** The result's file name. */
  readonly Filename?: string | undefined
  /** How long the work may wait in the queue, in seconds (60 to 21,600). */
  readonly RequestTTLSeconds?: number | undefined
  /** How long the model may work, in seconds (1 to 3,600). */
  readonly InvocationTimeoutSeconds?: number | undefined
}

/**
 * Where the result, or the failure, will be.
 *
 * @since 0.1.0
 * @category models
 */
export interface InvokeEndpointAsyncOutput {
  /** The work's id. */
  readonly InferenceId?: string | undefined
  /** Where the result will be. */
  readonly OutputLocation?: string | undefined
  /** Where the failure will be instead. */
  readonly FailureLocation?: string | undefined
  readonly $metadata: Op.ResponseMetadata
}

/**
 * The errors the operation's model names.
 *
 * @since 0.1.0
 * @category errors
 */
export type InvokeEndpointAsyncModeledError =
  | SageMakerError.ValidationError
  | SageMakerError.InternalFailure
  | SageMakerError.ServiceUnavailable

/**
 * Everything the operation can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type InvokeEndpointAsyncError = InvokeEndpointAsyncModeledError | SageMakerError.CommonError

const endpointName = Op.label("EndpointName", members.endpointName)

const octetStream = { "content-type": "application/octet-stream" }

const inlineReason = "an inline body, for which InputLocation is the way out, ends at"

const inlineLimit = ({ maxBodyBytes, validation }: Op.OperationSettings): number | false =>
  !validation.max ? maxBodyBytes : maxBodyBytes === false ? maxInlineBytes : Math.min(maxBodyBytes, maxInlineBytes)

const oneInput = (
  { Body, InputLocation }: Pick<InvokeEndpointAsyncInput, "Body" | "InputLocation">,
  settings: Op.OperationSettings
): Effect.Effect<
  HttpBody.HttpBody | undefined,
  SageMakerError.InvalidInputError | SageMakerError.PayloadTooLargeError
> =>
  Effect.suspend(() => {
    const isInline = Body !== undefined && Body !== null
    if (isInline === (InputLocation !== undefined && InputLocation !== null)) {
      return new SageMakerError.InvalidInputError({
        field: isInline ? "InputLocation" : "Body",
        constraint: isInline ? "left out where Body is given" : "given unless InputLocation is"
      })
    }
    return isInline
      ? Op.payload("Body", Body, { limit: inlineLimit(settings), reason: inlineReason })
      : Effect.succeed(undefined)
  })

const Accepted = Schema.parseJson(Schema.Struct({ InferenceId: Schema.optional(Schema.NullOr(Schema.String)) }))

const accepted = (bytes: Uint8Array, { attempts, requestId, totalRetryDelay }: Op.ResponseMetadata) =>
  bytes.byteLength === 0
    ? Effect.succeed({})
    : Schema.decodeUnknown(Accepted)(new TextDecoder().decode(bytes)).pipe(
      Effect.map(({ InferenceId }) => (typeof InferenceId === "string" ? { InferenceId } : {})),
      Effect.mapError(() =>
        new SageMakerError.ProtocolError({
          message: "The answer to an accepted request is not the JSON expected",
          requestId,
          attempts,
          totalRetryDelay
        })
      )
    )

/**
 * The operation as a value, for `SageMakerRuntime.execute`.
 *
 * @since 0.1.0
 * @category operations
 */
export const operation: Op.Operation<
  InvokeEndpointAsyncInput,
  InvokeEndpointAsyncOutput,
  InvokeEndpointAsyncModeledError
> = {
  name: "InvokeEndpointAsync",
  encode: ({ Body, EndpointName, ...fields }, settings) =>
    Effect.gen(function*() {
      const name = yield* endpointName(EndpointName, settings.validation)
      const body = yield* oneInput({ Body, InputLocation: fields.InputLocation }, settings)
      const headers = { ...octetStream, ...(yield* requestHeaders.encode(fields, settings.validation)) }
      return HttpClientRequest.post(`/endpoints/${name}/async-invocations`, { headers, body })
    }),
  decode: ({ bytes, headers, metadata }) =>
    Effect.gen(function*() {
      const body = yield* accepted(yield* bytes, metadata)
      return { ...responseHeaders.decode(headers), ...body, $metadata: metadata }
    }),
  errors: [SageMakerError.ValidationError, SageMakerError.InternalFailure, SageMakerError.ServiceUnavailable],
  sensitive: members.sensitive,
  attributes: members.spanAttributes
}

/**
 * Hands work to a deployed model and says where its result will be.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { invokeEndpointAsync } from "effect-sagemaker-runtime"
 *
 * export const location = invokeEndpointAsync({
 *   EndpointName: "transcription",
 *   InputLocation: "s3://recordings/monday.wav",
 *   ContentType: "audio/wav"
 * }).pipe(Effect.map(({ OutputLocation }) => OutputLocation))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const invokeEndpointAsync = (
  input: InvokeEndpointAsyncInput
): Effect.Effect<InvokeEndpointAsyncOutput, InvokeEndpointAsyncError, SageMakerRuntime> => execute(operation, input)

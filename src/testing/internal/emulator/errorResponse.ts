/** Error responses in the formats of the service. */
import * as Data from "effect/Data"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { sharedInstances } from "../../../internal/global/sharedInstances.ts"
import { validationReason } from "../../../protocol/error/validationReason.ts"
import * as SageMakerError from "../../../SageMakerError.ts"
import type { SignatureError } from "./authorization.ts"
import type { HttpResponseMessage } from "./httpMessage.ts"

const encoder = new TextEncoder()

/** A plain-text response. */
export const textResponse = (status: number, body: string): HttpResponseMessage => ({
  status,
  headers: { "content-type": "text/plain" },
  body: encoder.encode(body)
})

/** An error response in the restJson1 protocol: the code in a header, the members as JSON. */
export const errorResponse = (
  status: number,
  code: string,
  members: { readonly [name: string]: unknown },
  headers: { readonly [name: string]: string } = {}
): HttpResponseMessage => ({
  status,
  headers: { ...headers, "content-type": "application/json", "x-amzn-errortype": code },
  body: encoder.encode(JSON.stringify(members))
})

export const validationError = (message: string): HttpResponseMessage =>
  errorResponse(400, "ValidationError", { Message: message })

/** The response to a request of no known operation. */
export const unknownOperation = (Message = "The operation does not exist"): HttpResponseMessage =>
  errorResponse(404, "UnknownOperationException", { Message })

/** The response to a request whose signature is missing or invalid. */
export const signatureErrorResponse = ({ code, message, status }: SignatureError): HttpResponseMessage =>
  errorResponse(status, `${code}:http://internal.amazon.com/coral/com.amazon.coral.service/`, { message })

/** The emulated account. */
const account = "123456789012"

/** The endpoint that an error message names. */
export interface ErrorSource {
  readonly endpoint: string
  readonly region: string
}

/** An error response of a container. */
export class ContainerFailure extends sharedInstances(Data.TaggedError("ContainerError"), "ContainerError")<{
  readonly status: number
  readonly body: string | Uint8Array
  readonly contentType: string | undefined
}> {
  override get message(): string {
    return `The container responded with status ${this.status}`
  }
}

const isClientError = (status: number): boolean => status >= 400 && status <= 499

/** The service's message for an error response of a container. */
const containerMessage = (status: number, body: string, { endpoint, region }: ErrorSource): string =>
  `Received ${
    isClientError(status) ? "client" : "server"
  } error (${status}) from primary with message "${body}". See ` +
  `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}` +
  `#logEventViewer:group=/aws/sagemaker/Endpoints/${endpoint} in account ${account} for more information.`

const containerText = ({ body }: ContainerFailure): string =>
  typeof body === "string" ? body : new TextDecoder().decode(body)

const containerErrorResponse = (failure: ContainerFailure, source: ErrorSource): HttpResponseMessage => {
  const OriginalMessage = containerText(failure)
  return errorResponse(424, "ModelError", {
    ErrorCode: isClientError(failure.status) ? "CLIENT_ERROR_FROM_MODEL" : "INTERNAL_FAILURE_FROM_MODEL",
    LogStreamArn: `arn:aws:logs:${source.region}:${account}:log-group:/aws/sagemaker/Endpoints/${source.endpoint}`,
    Message: containerMessage(failure.status, OriginalMessage, source),
    OriginalMessage,
    OriginalStatusCode: failure.status
  })
}

const reasonTexts: { readonly [reason in SageMakerError.ValidationReason]: (endpoint: string) => string } = {
  "endpoint-not-found": (endpoint) => `Endpoint ${endpoint} of account ${account} not found.`,
  "inference-component-required": () =>
    "Inference Component Name header is required for endpoints to which you plan to deploy inference components. " +
    "Please include Inference Component Name header or consider using SageMaker models.",
  "no-capacity": () =>
    "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress (if " +
    "configured) or try to increase the capacity by invoking UpdateInferenceComponentRuntimeConfig API."
}

/** The response to a request for an endpoint that does not exist. */
export const unknownEndpoint = (endpoint: string, code = "ValidationError"): HttpResponseMessage =>
  errorResponse(400, code, {
    ErrorCode: "NO_SUCH_ENDPOINT",
    Message: reasonTexts["endpoint-not-found"](endpoint)
  })

/** The message of an error. An error with a `reason` has the service's text for it. */
const textOf = (error: { readonly message: string }, { endpoint }: ErrorSource): string =>
  error instanceof SageMakerError.ValidationError && error.reason !== undefined &&
    validationReason(error.message) !== error.reason
    ? reasonTexts[error.reason](endpoint)
    : error.message

const retryAfter = (error: { readonly retryAfterMillis?: number | undefined }): { readonly [name: string]: string } =>
  error.retryAfterMillis === undefined ? {} : { "x-amz-retry-after": String(error.retryAfterMillis) }

const unsafeMessageOf = (failure: unknown): string =>
  Predicate.hasProperty(failure, "message") && typeof failure.message === "string" ? failure.message : String(failure)

/** The text of a failure. A failure whose members throw has no text. */
export const messageOf = (failure: unknown): string =>
  Option.getOrElse(Option.liftThrowable(unsafeMessageOf)(failure), () => "The model failed")

/** A failure that is not an error of the service is a failure of the container. */
const toContainerFailure = (failure: unknown): ContainerFailure =>
  failure instanceof ContainerFailure
    ? failure
    : new ContainerFailure({ status: 500, body: messageOf(failure), contentType: undefined })

/** Whether a failure is a modeled error of the service or of a custom operation. */
const isServiceError = (
  failure: unknown
): failure is Exclude<SageMakerError.ServiceError, SageMakerError.UnknownServiceError> =>
  Predicate.hasProperty(failure, "_tag") && Predicate.hasProperty(failure, "status") &&
  typeof failure.status === "number" && Predicate.hasProperty(failure, "code") && typeof failure.code === "string"

const modeledMembers = ["OriginalStatusCode", "OriginalMessage", "LogStreamArn", "ErrorCode"]

/** The JSON members of an error. */
export const errorMembers = (
  error: { readonly message: string },
  source: ErrorSource
): { readonly [name: string]: unknown } => ({
  Message: textOf(error, source),
  ...Object.fromEntries(modeledMembers.map((name) => [name, Reflect.get(error, name)]))
})

/** The error event for a failure of a response stream that has started. */
export const streamError = (failure: unknown, source: ErrorSource) => {
  if (isServiceError(failure)) {
    return failure
  }
  const message = failure instanceof ContainerFailure
    ? containerMessage(failure.status, containerText(failure), source)
    : messageOf(failure)
  return new SageMakerError.ModelStreamError({ message, ErrorCode: "StreamBroken" })
}

const toFinalStatus = (status: number): number => (status >= 200 && status <= 599 ? status : 500)

const toErrorStatus = (status: number): number => (status >= 400 && status <= 599 ? status : 500)

const unsafeFailureResponse = (failure: unknown, source: ErrorSource): HttpResponseMessage => {
  if (failure instanceof SageMakerError.PayloadTooLargeError) {
    return textResponse(413, failure.message)
  }
  if (failure instanceof SageMakerError.UnknownServiceError) {
    return {
      ...textResponse(toFinalStatus(failure.status), failure.body ?? ""),
      headers: { ...retryAfter(failure), "content-type": "text/html" }
    }
  }
  return isServiceError(failure)
    ? errorResponse(toErrorStatus(failure.status), failure.code, errorMembers(failure, source), retryAfter(failure))
    : containerErrorResponse(toContainerFailure(failure), source)
}

/**
 * The response for a handler's failure; a failure that is not an error of the service becomes `ModelError`. So does a
 * failure whose members throw or have no JSON representation.
 */
export const failureResponse = (source: ErrorSource) => (failure: unknown): HttpResponseMessage =>
  Option.getOrElse(
    Option.liftThrowable(unsafeFailureResponse)(failure, source),
    () => containerErrorResponse(toContainerFailure(undefined), source)
  )

/** Error responses in the formats of the service. */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as SageMakerError from "../../../SageMakerError.ts"
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

const retryAfter = (error: { readonly retryAfterMillis?: number | undefined }): { readonly [name: string]: string } =>
  error.retryAfterMillis === undefined ? {} : { "x-amz-retry-after": String(error.retryAfterMillis) }

const unsafeMessageOf = (failure: unknown): string =>
  Predicate.hasProperty(failure, "message") && typeof failure.message === "string" ? failure.message : String(failure)

/** The text of a failure. A failure whose members throw has no text. */
export const messageOf = (failure: unknown): string =>
  Option.getOrElse(Option.liftThrowable(unsafeMessageOf)(failure), () => "The model failed")

const toModelError = (failure: unknown): SageMakerError.ModelError => {
  const OriginalMessage = messageOf(failure)
  return new SageMakerError.ModelError({
    message: `Received server error (500) from primary with message "${OriginalMessage}". See the container's log.`,
    OriginalStatusCode: 500,
    OriginalMessage
  })
}

/** Whether a failure is a modeled error of the service or of a custom operation. */
export const isServiceError = (
  failure: unknown
): failure is Exclude<SageMakerError.ServiceError, SageMakerError.UnknownServiceError> =>
  Predicate.hasProperty(failure, "_tag") && Predicate.hasProperty(failure, "status") &&
  typeof failure.status === "number" && Predicate.hasProperty(failure, "code") && typeof failure.code === "string"

const modeledMembers = ["OriginalStatusCode", "OriginalMessage", "LogStreamArn", "ErrorCode"]

/** The JSON members of an error. */
export const errorMembers = (error: { readonly message: string }): { readonly [name: string]: unknown } => ({
  Message: error.message,
  ...Object.fromEntries(modeledMembers.map((name) => [name, Reflect.get(error, name)]))
})

const toFinalStatus = (status: number): number => (status >= 200 && status <= 599 ? status : 500)

const toErrorStatus = (status: number): number => (status >= 400 && status <= 599 ? status : 500)

const modeledResponse = (
  error: Exclude<SageMakerError.ServiceError, SageMakerError.UnknownServiceError>
): HttpResponseMessage => errorResponse(toErrorStatus(error.status), error.code, errorMembers(error), retryAfter(error))

const unsafeFailureResponse = (failure: unknown): HttpResponseMessage => {
  if (failure instanceof SageMakerError.PayloadTooLargeError) {
    return textResponse(413, failure.message)
  }
  if (failure instanceof SageMakerError.UnknownServiceError) {
    return {
      ...textResponse(toFinalStatus(failure.status), failure.body ?? ""),
      headers: { ...retryAfter(failure), "content-type": "text/html" }
    }
  }
  return modeledResponse(isServiceError(failure) ? failure : toModelError(failure))
}

/**
 * The response for a handler's failure; a failure that is not an error of the service becomes `ModelError`. So does a
 * failure whose members throw or have no JSON representation.
 */
export const failureResponse = (failure: unknown): HttpResponseMessage =>
  Option.getOrElse(
    Option.liftThrowable(unsafeFailureResponse)(failure),
    () => modeledResponse(toModelError(undefined))
  )

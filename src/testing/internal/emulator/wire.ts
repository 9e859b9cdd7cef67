/** Messages as the emulator sees and sends them, below any HTTP library. */
import * as Predicate from "effect/Predicate"
import type * as Stream from "effect/Stream"
import * as SageMakerError from "../../../SageMakerError.ts"

/** A request as it came: `target` is the raw path with its query, header names are in lower case. */
export interface ReceivedRequest {
  readonly method: string
  readonly target: string
  readonly headers: { readonly [name: string]: string | undefined }
  readonly body: Uint8Array
}

/** A response as it goes out. */
export interface WireResponse {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly body: Uint8Array | Stream.Stream<Uint8Array, unknown>
}

const encoder = new TextEncoder()

/** Statuses of responses that have no body. */
export const withoutBody: ReadonlySet<number> = new Set([204, 205, 304])

/** A plain-text response. */
export const textResponse = (status: number, body: string): WireResponse => ({
  status,
  headers: { "content-type": "text/plain" },
  body: encoder.encode(body)
})

/** An error in the service's form: its code in a header, its members as JSON. */
export const errorResponse = (
  status: number,
  code: string,
  members: { readonly [name: string]: unknown },
  headers: { readonly [name: string]: string } = {}
): WireResponse => ({
  status,
  headers: { ...headers, "content-type": "application/json", "x-amzn-errortype": code },
  body: encoder.encode(JSON.stringify(members))
})

/** A request that breaks a constraint. */
export const validationError = (message: string): WireResponse =>
  errorResponse(400, "ValidationError", { Message: message })

const retryAfter = (error: { readonly retryAfterMillis?: number | undefined }): { readonly [name: string]: string } =>
  error.retryAfterMillis === undefined ? {} : { "x-amz-retry-after": String(error.retryAfterMillis) }

/** A failure in words. */
export const messageOf = (failure: unknown): string =>
  Predicate.hasProperty(failure, "message") && typeof failure.message === "string" ? failure.message : String(failure)

/** What the service makes of a container that fails. */
const containerFailed = (failure: unknown): SageMakerError.ModelError => {
  const OriginalMessage = messageOf(failure)
  return new SageMakerError.ModelError({
    message: `Received server error (500) from primary with message "${OriginalMessage}". See the container's log.`,
    OriginalStatusCode: 500,
    OriginalMessage
  })
}

/** Whether a failure is an error of the service, or of an operation of the user's own that looks like one. */
export const isServiceError = (
  failure: unknown
): failure is Exclude<SageMakerError.ServiceError, SageMakerError.UnknownServiceError> =>
  Predicate.hasProperty(failure, "_tag") && Predicate.hasProperty(failure, "status") &&
  typeof failure.status === "number" && Predicate.hasProperty(failure, "code") && typeof failure.code === "string"

const ofTheService = ["OriginalStatusCode", "OriginalMessage", "LogStreamArn", "ErrorCode"]

/** An error's members as the service writes them. */
export const membersOf = (error: { readonly message: string }): { readonly [name: string]: unknown } => ({
  Message: error.message,
  ...Object.fromEntries(ofTheService.map((name) => [name, Reflect.get(error, name)]))
})

/** A status a response can have. */
const answerable = (status: number): number => (status >= 200 && status <= 599 ? status : 500)

/** A status a failed request can have. */
const failing = (status: number): number => (status >= 400 && status <= 599 ? status : 500)

/** A handler's failure as the service would answer it; anything but an error of the service is the container's failure. */
export const failureResponse = (failure: unknown): WireResponse => {
  if (failure instanceof SageMakerError.PayloadTooLargeError) {
    return textResponse(413, failure.message)
  }
  if (failure instanceof SageMakerError.UnknownServiceError) {
    return {
      ...textResponse(answerable(failure.status), failure.body),
      headers: { ...retryAfter(failure), "content-type": "text/html" }
    }
  }
  const error = isServiceError(failure) ? failure : containerFailed(failure)
  return errorResponse(failing(error.status), error.code, membersOf(error), retryAfter(error))
}

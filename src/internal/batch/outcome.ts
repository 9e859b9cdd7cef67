/** What a batch does after a request failed: stop, send it again, divide its rows, or fail its rows. */
import {
  isAccessDenied,
  isEndpointNotFound,
  isInferenceComponentRequired,
  isNoCapacity,
  isThrottling,
  toRetryable
} from "../../SageMakerError.ts"

/** The fields of errors that a batch reads. */
interface Fields {
  readonly reason?: unknown
  readonly status?: unknown
  readonly OriginalStatusCode?: unknown
}

const fieldsOf = (error: unknown): Fields => Object(error) as Fields

const tagOf = (error: unknown): string => toRetryable(error)._tag

const clientTags = new Set(["ConfigurationError", "CredentialsError", "SigningError"])

/** Whether every other request of the batch would fail with the error, too. */
export const isBatchError = (error: unknown): boolean =>
  isAccessDenied(error) || isEndpointNotFound(error) || isInferenceComponentRequired(error) || isNoCapacity(error) ||
  clientTags.has(tagOf(error)) || (tagOf(error) === "ObjectStoreError" && fieldsOf(error).reason === "access-denied")

/** Whether the service has certainly not processed the request, because it or a limit of the client is overloaded. */
export const isThrottled = (error: unknown): boolean => isThrottling(error) || tagOf(error) === "CircuitOpenError"

/** Whether fewer rows can help, although no row is invalid. */
export const isTooLarge = (error: unknown): boolean => tagOf(error) === "PayloadTooLargeError"

const rowTags = new Set([
  "AsyncInferenceFailedError",
  "CodecError",
  "InvalidInputError",
  "ModelError",
  "ModelStreamError",
  "PayloadTooLargeError",
  "ValidationError"
])

/** Statuses that concern the body of a request. */
const rowStatuses: ReadonlySet<unknown> = new Set([400, 413, 415, 422])

/** Whether one row of a request can cause the error. */
export const isRowError = (error: unknown): boolean =>
  !isBatchError(error) &&
  (rowTags.has(tagOf(error)) || (tagOf(error) === "UnknownServiceError" && rowStatuses.has(fieldsOf(error).status)))

/**
 * Whether the service or the container rejected the request itself. The same rows are rejected again, so a row that must
 * be the cause needs no request to confirm it. A failure inside the container can be temporary.
 */
export const isRejection = (error: unknown): boolean => {
  const { OriginalStatusCode } = fieldsOf(error)
  return tagOf(error) === "ValidationError" ||
    (tagOf(error) === "ModelError" && typeof OriginalStatusCode === "number" && OriginalStatusCode >= 400 &&
      OriginalStatusCode < 500)
}

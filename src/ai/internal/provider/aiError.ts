/** The errors of the client as the errors of `@effect/ai`. The client's error is the cause. */
import * as AiError from "@effect/ai/AiError"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { SageMakerError } from "../../../SageMakerError.ts"

/** The call that failed. */
export interface Call {
  readonly module: "SageMakerLanguageModel" | "SageMakerEmbeddingModel"
  readonly method: string
  /** The name of the endpoint. */
  readonly endpoint: string
}

type Variant = "request" | "response" | "input" | "output" | "unknown"

const variants: { readonly [Tag in SageMakerError["_tag"]]?: Variant } = {
  TransportError: "request",
  TimeoutError: "request",
  ValidationError: "response",
  ModelError: "response",
  ModelNotReadyException: "response",
  InternalFailure: "response",
  ServiceUnavailable: "response",
  InternalDependencyException: "response",
  AccessDeniedError: "response",
  ThrottlingError: "response",
  UnknownServiceError: "response",
  InvalidInputError: "input",
  ConfigurationError: "input",
  ProtocolError: "output"
}

const variantOf = (error: SageMakerError): Variant => {
  if (error._tag === "CodecError") {
    return error.direction === "encode" ? "input" : "output"
  }
  if (error._tag === "PayloadTooLargeError") {
    return error.direction === "request" ? "input" : "output"
  }
  if (error._tag === "ModelStreamError") {
    return error.ErrorCode === "IncompleteStream" ? "output" : "unknown"
  }
  return variants[error._tag] ?? "unknown"
}

/** The host is not known here, and each kind of endpoint has its own path below this one. */
const requestOf = ({ endpoint }: Call): AiError.HttpRequestError["request"] => ({
  method: "POST",
  url: `/endpoints/${endpoint}`,
  urlParams: [],
  hash: Option.none(),
  headers: {}
})

/** `HttpResponseError` declares no cause. It is added as the `cause` that every JavaScript error can have. */
const withCause = (error: AiError.HttpResponseError, cause: SageMakerError): AiError.HttpResponseError =>
  Object.defineProperty(error, "cause", { value: cause, configurable: true, enumerable: false, writable: true })

const statusOf = (error: SageMakerError): number =>
  Predicate.hasProperty(error, "status") && typeof error.status === "number" ? error.status : 0

/** Converts an error of the client. `description` is its message, which contains no payload and no credentials. */
export const toAiError = (call: Call) => (cause: SageMakerError): AiError.AiError => {
  const { method, module } = call
  const fields = { module, method, description: cause.message }
  switch (variantOf(cause)) {
    case "request":
      return new AiError.HttpRequestError({ ...fields, reason: "Transport", request: requestOf(call), cause })
    case "response":
      return withCause(
        new AiError.HttpResponseError({
          ...fields,
          reason: "StatusCode",
          request: requestOf(call),
          response: { status: statusOf(cause), headers: {} }
        }),
        cause
      )
    case "input":
      return new AiError.MalformedInput({ ...fields, cause })
    case "output":
      return new AiError.MalformedOutput({ ...fields, cause })
    default:
      return new AiError.UnknownError({ ...fields, cause })
  }
}

const module = "SageMakerLanguageModel"

/** The error of a prompt, a tool or a setting that cannot be sent. */
export const malformedInput = (description: string, cause?: unknown): AiError.MalformedInput =>
  new AiError.MalformedInput({
    module,
    method: "makeRequest",
    description,
    ...(cause === undefined ? {} : { cause })
  })

/** The error of a response that cannot be read. `cause` contains the text of the model, which is not printed. */
export const malformedOutput = (description: string, cause: SageMakerError): AiError.MalformedOutput =>
  new AiError.MalformedOutput({ module, method: "readResponse", description, cause })

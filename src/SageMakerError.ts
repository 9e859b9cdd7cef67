/**
 * Every error a call can end with: tagged classes, their unions and the questions a program asks of them.
 *
 * Names are AWS's own or end in `Error`. No error holds a platform request or response, a key, a token, a request body
 * or `CustomAttributes`; text that came from the model or the service stands in members that are not enumerable.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { invokeEndpoint, SageMakerError } from "effect-sagemaker-runtime"
 *
 * export const told = invokeEndpoint({ EndpointName: "story", Body: "Once" }).pipe(
 *   Effect.map(({ Body }) => new TextDecoder().decode(Body)),
 *   Effect.catchTag("ModelError", ({ OriginalStatusCode }) => Effect.succeed(`the container: ${OriginalStatusCode}`)),
 *   Effect.catchIf(SageMakerError.isThrottling, () => Effect.succeed("busy"))
 * )
 * ```
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { hiddenFields } from "./internal/error/hiddenFields.ts"

/**
 * Whether sending the request again can help, and at which pace.
 *
 * @since 0.1.0
 * @category schemas
 */
export const RetryClass: Schema.Literal<["transient", "throttling", "never"]> = Schema.Literal(
  "transient",
  "throttling",
  "never"
)

/**
 * Whether sending the request again can help, and at which pace.
 *
 * @since 0.1.0
 * @category models
 */
export type RetryClass = typeof RetryClass.Type

/**
 * What a retry policy sees of an error, whoever defined it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Retryable {
  readonly _tag: string
  readonly retry: RetryClass
  readonly retryAfterMillis?: number | undefined
}

const withDefault = <A>(schema: Schema.Schema<A>, value: () => A) =>
  Schema.propertySignature(schema).pipe(Schema.withConstructorDefault(value))

const optional = <A>(schema: Schema.Schema<A>) => Schema.optional(schema)

const optionalString = optional(Schema.String)
const optionalNumber = optional(Schema.Number)
const isSent = withDefault(Schema.Boolean, () => true)
const none = withDefault(Schema.Number, () => 0)
const one = withDefault(Schema.Number, () => 1)

const retryFields = (retry: RetryClass) => ({
  retry: withDefault<RetryClass>(RetryClass, () => retry),
  retryAfterMillis: optionalNumber
})

const callFields = (message: string, retry: RetryClass) => ({
  message: withDefault(Schema.String, () => message),
  ...retryFields(retry),
  attempts: one,
  totalRetryDelay: none
})

/** A call, unlike a spread, is left out of a bundle that has no use for the class. */
const merged = <First, Second>(first: First, second: Second) => ({ ...first, ...second })

/**
 * The members every error of the service has, for error classes of your own operations.
 *
 * `status` is the HTTP status, `code` AWS's name of the error, `totalRetryDelay` milliseconds.
 *
 * @since 0.1.0
 * @category schemas
 */
export const serviceFields = (
  defaults: { readonly status: number; readonly code: string; readonly retry: RetryClass; readonly message: string }
) => ({
  ...callFields(defaults.message, defaults.retry),
  status: withDefault(Schema.Number, () => defaults.status),
  code: withDefault(Schema.String, () => defaults.code),
  requestId: optionalString
})

/**
 * The service refused the request as invalid (400); `message` is the service's own.
 *
 * @since 0.1.0
 * @category service errors
 */
export class ValidationError extends Schema.TaggedError<ValidationError>()(
  "ValidationError",
  serviceFields({ status: 400, code: "ValidationError", retry: "never", message: "The service refused the request" })
) {}

/**
 * The model's container failed or timed out (424); `OriginalStatusCode` is the container's own, 0 when it did not answer.
 *
 * `OriginalMessage` is the container's answer: it can repeat the request, so it is not enumerable and in no message.
 *
 * @since 0.1.0
 * @category service errors
 */
export class ModelError extends hiddenFields(
  Schema.TaggedError<ModelError>()(
    "ModelError",
    merged(serviceFields({ status: 424, code: "ModelError", retry: "never", message: "The model failed" }), {
      OriginalStatusCode: optionalNumber,
      OriginalMessage: optionalString,
      LogStreamArn: optionalString
    })
  ),
  "OriginalMessage"
) {}

/**
 * The model is not loaded yet (429); asking again later can succeed.
 *
 * @since 0.1.0
 * @category service errors
 */
export class ModelNotReadyException extends Schema.TaggedError<ModelNotReadyException>()(
  "ModelNotReadyException",
  serviceFields({
    status: 429,
    code: "ModelNotReadyException",
    retry: "throttling",
    message: "The model is not ready yet"
  })
) {}

/**
 * The service failed internally (500).
 *
 * @since 0.1.0
 * @category service errors
 */
export class InternalFailure extends Schema.TaggedError<InternalFailure>()(
  "InternalFailure",
  serviceFields({ status: 500, code: "InternalFailure", retry: "transient", message: "The service failed internally" })
) {}

/**
 * The service is unavailable (503).
 *
 * @since 0.1.0
 * @category service errors
 */
export class ServiceUnavailable extends Schema.TaggedError<ServiceUnavailable>()(
  "ServiceUnavailable",
  serviceFields({ status: 503, code: "ServiceUnavailable", retry: "transient", message: "The service is unavailable" })
) {}

/**
 * A service that SageMaker depends on failed (530); AWS does not retry it.
 *
 * @since 0.1.0
 * @category service errors
 */
export class InternalDependencyException extends Schema.TaggedError<InternalDependencyException>()(
  "InternalDependencyException",
  serviceFields({
    status: 530,
    code: "InternalDependencyException",
    retry: "never",
    message: "A service that SageMaker depends on failed"
  })
) {}

/**
 * The model's container failed while it streamed its answer; `ErrorCode` is `ModelInvocationTimeExceeded`, `StreamBroken`
 * or another the container gives.
 *
 * An error that a model wrote into its own stream (`Tokens`) is one too: `ErrorCode` is then the model's name for it,
 * `OriginalStatusCode` its number and `OriginalMessage` its words, which are not enumerable and in no message.
 *
 * @since 0.1.0
 * @category service errors
 */
export class ModelStreamError extends hiddenFields(
  Schema.TaggedError<ModelStreamError>()(
    "ModelStreamError",
    merged(
      serviceFields({ status: 200, code: "ModelStreamError", retry: "never", message: "The model's stream failed" }),
      {
        ErrorCode: optionalString,
        OriginalStatusCode: optionalNumber,
        OriginalMessage: optionalString
      }
    )
  ),
  "OriginalMessage"
) {}

/**
 * The service failed while it streamed an answer.
 *
 * @since 0.1.0
 * @category service errors
 */
export class InternalStreamFailure extends Schema.TaggedError<InternalStreamFailure>()(
  "InternalStreamFailure",
  serviceFields({
    status: 200,
    code: "InternalStreamFailure",
    retry: "never",
    message: "The service failed while it streamed"
  })
) {}

/**
 * AWS refused who is asking: authentication, signature, token or permission; `code` says which.
 *
 * @since 0.1.0
 * @category service errors
 */
export class AccessDeniedError extends Schema.TaggedError<AccessDeniedError>()(
  "AccessDeniedError",
  serviceFields({
    status: 403,
    code: "AccessDeniedException",
    retry: "never",
    message: "AWS refused the caller: check credentials, permissions, region and clock"
  })
) {}

/**
 * AWS throttled the request: any throttling code, or a 429 without a modelled code.
 *
 * @since 0.1.0
 * @category service errors
 */
export class ThrottlingError extends Schema.TaggedError<ThrottlingError>()(
  "ThrottlingError",
  serviceFields({
    status: 429,
    code: "ThrottlingException",
    retry: "throttling",
    message: "AWS throttled the request: send fewer requests or wait"
  })
) {}

/**
 * Any other answer that is not a success, readable or not: a redirect, a gateway's HTML, a code this client does not know.
 *
 * `body` is the first 1,024 characters of the answer, not enumerable.
 *
 * @since 0.1.0
 * @category service errors
 */
export class UnknownServiceError extends hiddenFields(
  Schema.TaggedError<UnknownServiceError>()(
    "UnknownServiceError",
    merged(callFields("The service answered with an error this client does not know", "never"), {
      status: Schema.Number,
      code: optionalString,
      requestId: optionalString,
      body: withDefault(Schema.String, () => "")
    })
  ),
  "body"
) {}

/**
 * A member of the input breaks a constraint; nothing was sent.
 *
 * `field` is the member's name, `constraint` what it must satisfy; the value is not repeated.
 *
 * @since 0.1.0
 * @category client errors
 */
export class InvalidInputError extends Schema.TaggedError<InvalidInputError>()(
  "InvalidInputError",
  merged(retryFields("never"), {
    field: Schema.String,
    constraint: Schema.String
  })
) {
  override get message(): string {
    return `${this.field} must be ${this.constraint}`
  }
}

/**
 * The request body is too large: over the client's own cap before sending, or refused by the service (413).
 *
 * `size` and `limit` are bytes and known for the client's cap; `status` and `requestId` come with the service's answer.
 *
 * @since 0.1.0
 * @category client errors
 */
export class PayloadTooLargeError extends Schema.TaggedError<PayloadTooLargeError>()(
  "PayloadTooLargeError",
  merged(callFields("The request body is too large", "never"), {
    size: optionalNumber,
    limit: optionalNumber,
    status: optionalNumber,
    code: optionalString,
    requestId: optionalString
  })
) {}

/**
 * No credentials could be had.
 *
 * `sources` names where they were looked for, `status` is the HTTP status and `exitCode` the exit code of a source that
 * failed; a provider's own text is left out because it can hold secrets.
 *
 * @since 0.1.0
 * @category client errors
 */
export class CredentialsError extends Schema.TaggedError<CredentialsError>()(
  "CredentialsError",
  merged(retryFields("never"), {
    message: Schema.String,
    sources: Schema.Array(Schema.String),
    status: optionalNumber,
    exitCode: optionalNumber
  })
) {}

/**
 * The request could not be signed.
 *
 * @since 0.1.0
 * @category client errors
 */
export class SigningError extends Schema.TaggedError<SigningError>()(
  "SigningError",
  merged(retryFields("never"), {
    message: Schema.String
  })
) {}

/**
 * The exchange with the service failed below HTTP.
 *
 * `requestSent` is `false` only when it is certain that the service saw nothing; `code` is the system's or HTTP client's.
 *
 * @since 0.1.0
 * @category client errors
 */
export class TransportError extends Schema.TaggedError<TransportError>()(
  "TransportError",
  merged(callFields("The connection to the service failed", "transient"), {
    reason: Schema.Literal("connect", "reset", "aborted", "tls", "other"),
    requestSent: isSent,
    code: optionalString
  })
) {}

/**
 * A deadline passed.
 *
 * `phase` is the deadline's name in `Timeouts`, or `connect`, which is the HTTP client's; `duration` its length in
 * milliseconds. A request that was sent may still run, so `retry` is then `never`.
 *
 * @since 0.1.0
 * @category client errors
 */
export class TimeoutError extends Schema.TaggedError<TimeoutError>()(
  "TimeoutError",
  merged(retryFields("never"), {
    phase: Schema.Literal("connect", "firstByte", "idle", "attempt", "total"),
    duration: Schema.Number,
    requestSent: isSent,
    attempts: one,
    totalRetryDelay: none
  })
) {
  override get message(): string {
    return `No result within ${this.duration} ms (${this.phase})`
  }
}

/**
 * A response breaks the protocol: it is no HTTP, or a success that no success of the service looks like.
 *
 * @since 0.1.0
 * @category client errors
 */
export class ProtocolError extends Schema.TaggedError<ProtocolError>()(
  "ProtocolError",
  merged(callFields("The response breaks the protocol", "never"), {
    requestId: optionalString
  })
) {}

/**
 * A limit of `Resilience` has no room for the call: nothing was sent.
 *
 * `endpoint` is what the limit goes by, `permits` how many of its calls may run and `queue` how many may wait.
 *
 * @since 0.1.0
 * @category client errors
 */
export class OverloadedError extends Schema.TaggedError<OverloadedError>()(
  "OverloadedError",
  merged(retryFields("throttling"), {
    endpoint: Schema.String,
    permits: Schema.Number,
    queue: Schema.Number
  })
) {
  override get message(): string {
    return `${this.permits} calls of ${this.endpoint} run and ${this.queue} wait, which is the limit`
  }
}

/**
 * The circuit breaker of `Resilience` lets no attempt through, because too many have failed; this one was not sent.
 *
 * `endpoint` is what the breaker goes by, `lastFailure` the tag of the failure that opened it, `retryAfterMillis` the time
 * until it tries again; `attempts` counts those of this call that were sent before.
 *
 * @since 0.1.0
 * @category client errors
 */
export class CircuitOpenError extends Schema.TaggedError<CircuitOpenError>()(
  "CircuitOpenError",
  merged(retryFields("never"), {
    endpoint: Schema.String,
    lastFailure: optionalString,
    attempts: none,
    totalRetryDelay: none
  })
) {
  override get message(): string {
    return `The circuit of ${this.endpoint} is open${
      this.lastFailure === undefined ? "" : ` after ${this.lastFailure}`
    }`
  }
}

/**
 * A setting of the client is wrong; the wrong value is not repeated.
 *
 * @since 0.1.0
 * @category client errors
 */
export class ConfigurationError extends Schema.TaggedError<ConfigurationError>()(
  "ConfigurationError",
  merged(retryFields("never"), {
    setting: Schema.String,
    problem: Schema.String,
    source: optionalString
  })
) {
  override get message(): string {
    return this.source === undefined
      ? `${this.setting} ${this.problem}`
      : `${this.setting} (${this.source}) ${this.problem}`
  }
}

/**
 * A value could not be written as, or read from, a model's payload.
 *
 * `mediaType` is the payload's, `issues` where it does not fit (paths, never values), `body` the raw payload when reading,
 * not enumerable.
 *
 * @since 0.1.0
 * @category client errors
 */
export class CodecError extends hiddenFields(
  Schema.TaggedError<CodecError>()(
    "CodecError",
    merged(retryFields("never"), {
      message: Schema.String,
      mediaType: Schema.String,
      direction: Schema.Literal("encode", "decode"),
      issues: withDefault<ReadonlyArray<string>>(Schema.Array(Schema.String), () => []),
      body: optional(Schema.Uint8ArrayFromSelf)
    })
  ),
  "body"
) {}

/**
 * A session is over: its time has passed, or the model no longer knows it.
 *
 * `expires` is when it was to end, where the model said so.
 *
 * @since 0.1.0
 * @category client errors
 */
export class SessionExpiredError extends Schema.TaggedError<SessionExpiredError>()(
  "SessionExpiredError",
  merged(retryFields("never"), {
    endpoint: Schema.String,
    expires: optional(Schema.DateTimeUtcFromSelf),
    requestId: optionalString
  })
) {
  override get message(): string {
    return `The session with ${this.endpoint} is over`
  }
}

/**
 * The errors any operation can end with besides those its model names.
 *
 * @since 0.1.0
 * @category models
 */
export type CommonError =
  | AccessDeniedError
  | ThrottlingError
  | UnknownServiceError
  | InvalidInputError
  | PayloadTooLargeError
  | CredentialsError
  | SigningError
  | TransportError
  | TimeoutError
  | ProtocolError
  | OverloadedError
  | CircuitOpenError

/**
 * The errors that can end a response stream.
 *
 * @since 0.1.0
 * @category models
 */
export type StreamError =
  | ModelStreamError
  | InternalStreamFailure
  | AccessDeniedError
  | ThrottlingError
  | UnknownServiceError
  | TransportError
  | TimeoutError
  | ProtocolError

/**
 * The errors that are an answer of the service.
 *
 * @since 0.1.0
 * @category models
 */
export type ServiceError =
  | ValidationError
  | ModelError
  | ModelNotReadyException
  | InternalFailure
  | ServiceUnavailable
  | InternalDependencyException
  | ModelStreamError
  | InternalStreamFailure
  | AccessDeniedError
  | ThrottlingError
  | UnknownServiceError

/**
 * Every error of this package.
 *
 * @since 0.1.0
 * @category models
 */
export type SageMakerError =
  | CommonError
  | ServiceError
  | ConfigurationError
  | CodecError
  | SessionExpiredError

/**
 * What a policy may know of any error: its `retry` and `retryAfterMillis`, or `never` where it does not say.
 *
 * @since 0.1.0
 * @category guards
 */
export const toRetryable = (error: unknown): Retryable => {
  const { _tag, retry, retryAfterMillis } = (Predicate.isRecord(error) ? error : {}) as Partial<Retryable>
  return {
    _tag: typeof _tag === "string" ? _tag : "Unknown",
    retry: retry === "transient" || retry === "throttling" ? retry : "never",
    retryAfterMillis: typeof retryAfterMillis === "number" ? retryAfterMillis : undefined
  }
}

/**
 * Whether sending the request again can help.
 *
 * @since 0.1.0
 * @category guards
 */
export const isRetryable = (error: unknown): boolean => toRetryable(error).retry !== "never"

/**
 * Whether the request was turned away for want of capacity.
 *
 * @since 0.1.0
 * @category guards
 */
export const isThrottling = (error: unknown): boolean => toRetryable(error).retry === "throttling"

/**
 * Whether AWS refused who is asking.
 *
 * @since 0.1.0
 * @category guards
 */
export const isAccessDenied: (error: unknown) => error is AccessDeniedError = (error): error is AccessDeniedError =>
  error instanceof AccessDeniedError

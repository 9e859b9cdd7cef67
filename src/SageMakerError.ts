/**
 * The typed errors of this package, their union types, and predicates over them.
 *
 * Errors that AWS defines have AWS's names. The names of all other errors end in `Error`. No error contains an
 * HTTP request or response object, credentials, a token, a request body or `CustomAttributes`. Fields that contain text
 * from the model or the service are not enumerable, so that loggers do not print them.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { invokeEndpoint, SageMakerError } from "effect-sagemaker-runtime"
 *
 * export const text = invokeEndpoint({ EndpointName: "story", Body: "Once" }).pipe(
 *   Effect.map(({ Body }) => new TextDecoder().decode(Body)),
 *   Effect.catchTag("ModelError", ({ OriginalStatusCode }) => Effect.succeed(`container status: ${OriginalStatusCode}`)),
 *   Effect.catchIf(SageMakerError.isThrottling, () => Effect.succeed("throttled"))
 * )
 * ```
 *
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { Job } from "./AsyncInference.ts"
import { errorClass } from "./internal/error/errorClass.ts"
import { jobClass } from "./internal/error/jobClass.ts"
import { objectStoreMessage } from "./internal/error/objectStoreMessage.ts"
import { taggedError } from "./internal/error/taggedError.ts"
import { validationReason } from "./protocol/error/validationReason.ts"
import { lazy } from "./protocol/function/lazy.ts"

/**
 * Whether a retry can succeed, and with which delay and cost.
 *
 * - `transient`: a retry can succeed; short delays.
 * - `throttling`: a retry can succeed after longer delays.
 * - `never`: a retry cannot succeed, or could run the model twice.
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
 * Whether a retry can succeed, and with which delay and cost.
 *
 * @since 0.1.0
 * @category models
 */
export type RetryClass = typeof RetryClass.Type

/**
 * The fields of an error that a retry policy reads. Errors of custom operations can have them, too.
 *
 * @since 0.1.0
 * @category models
 */
export interface Retryable {
  /** The name of the error class. */
  readonly _tag: string
  /** Whether a retry can succeed, and with which delay and cost. */
  readonly retry: RetryClass
  /** The delay in milliseconds that the service requests before a retry. */
  readonly retryAfterMillis?: number | undefined
}

/**
 * The fields of every error that ends a call after it has started.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallErrorFields extends Retryable {
  /** What happened, without credentials and without the payload. */
  readonly message: string
  /** Number of attempts of the call, the first one included. */
  readonly attempts: number
  /** Milliseconds spent waiting between attempts. */
  readonly totalRetryDelay: number
}

/**
 * The fields of every error response of the service.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServiceErrorFields extends CallErrorFields {
  /** HTTP status code of the response. */
  readonly status: number
  /** AWS's error code, such as `ValidationError`. */
  readonly code: string
  /**
   * AWS's request ID (`x-amzn-requestid`). `undefined` if the response has none, or if it is a part of the request. Also
   * `undefined` if it has characters other than letters, digits, `_`, `.` and `-`.
   */
  readonly requestId?: string | undefined
  /**
   * The complete message of the service, as received.
   *
   * It can repeat the request, so it is not enumerable and is not printed. `message` has the same text, on one line and
   * up to 4,096 characters, if it repeats no part of the request that the client recognises.
   */
  readonly serviceMessage?: string | undefined
}

const withDefault = <A>(schema: Schema.Schema<A>, value: () => A) =>
  Schema.propertySignature(schema).pipe(Schema.withConstructorDefault(value))

const optional = <A>(schema: Schema.Schema<A>) => Schema.optional(schema)

const optionalString = lazy(() => optional(Schema.String))
const optionalNumber = lazy(() => optional(Schema.Number))
const defaultTrue = lazy(() => withDefault(Schema.Boolean, () => true))
const defaultZero = lazy(() => withDefault(Schema.Number, () => 0))
const defaultOne = lazy(() => withDefault(Schema.Number, () => 1))

const retryFields = (retry: RetryClass) => ({
  retry: withDefault<RetryClass>(RetryClass, () => retry),
  retryAfterMillis: optionalNumber()
})

const callFields = (message: string, retry: RetryClass) => ({
  message: withDefault(Schema.String, () => message),
  ...retryFields(retry),
  attempts: defaultOne(),
  totalRetryDelay: defaultZero()
})

/** A function call, because bundlers keep an unused class whose fields are an object spread. */
const merged = <First, Second>(first: First, second: Second) => ({ ...first, ...second })

/**
 * The schema fields of an error response, for the error classes of custom operations.
 *
 * `defaults` are the values that the constructor uses for omitted fields.
 *
 * @since 0.1.0
 * @category schemas
 */
export const serviceFields = (
  defaults: {
    /** HTTP status code of the response. */
    readonly status: number
    /** AWS's error code. */
    readonly code: string
    /** Whether a retry can succeed. */
    readonly retry: RetryClass
    /** The message for responses that have none. */
    readonly message: string
  }
) => ({
  ...callFields(defaults.message, defaults.retry),
  status: withDefault(Schema.Number, () => defaults.status),
  code: withDefault(Schema.String, () => defaults.code),
  requestId: optionalString()
})

/**
 * Why the service rejected a request, for the rejections that a program can handle.
 *
 * - `endpoint-not-found`: the account has no endpoint of this name in this region.
 * - `inference-component-required`: the endpoint hosts inference components, and `InferenceComponentName` is missing.
 * - `no-capacity`: the endpoint or the inference component is scaled to zero.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ValidationReason: Schema.Literal<
  ["endpoint-not-found", "inference-component-required", "no-capacity"]
> = Schema.Literal("endpoint-not-found", "inference-component-required", "no-capacity")

/**
 * Why the service rejected a request, for the rejections that a program can handle.
 *
 * @since 0.1.0
 * @category models
 */
export type ValidationReason = typeof ValidationReason.Type

/**
 * The service rejected the request as invalid (HTTP 400).
 *
 * @since 0.1.0
 * @category service errors
 */
export class ValidationError extends errorClass<ServiceErrorFields>()(
  taggedError<ValidationError>()(
    "ValidationError",
    () =>
      merged(
        serviceFields({
          status: 400,
          code: "ValidationError",
          retry: "never",
          message: "The service rejected the request as invalid"
        }),
        { reason: optional(ValidationReason) }
      )
  )
) {
  /**
   * The reason, if the client recognises it in the service's text. It is known even if `message` does not contain the
   * text.
   *
   * @since 0.1.0
   */
  declare readonly reason?: ValidationReason | undefined
}

/**
 * The model's container returned an error or timed out (HTTP 424).
 *
 * @since 0.1.0
 * @category service errors
 */
export class ModelError extends errorClass<ServiceErrorFields>()(
  taggedError<ModelError>()(
    "ModelError",
    () =>
      merged(
        serviceFields({
          status: 424,
          code: "ModelError",
          retry: "never",
          message: "The model's container returned an error"
        }),
        {
          OriginalStatusCode: optionalNumber(),
          OriginalMessage: optionalString(),
          LogStreamArn: optionalString(),
          ErrorCode: optionalString()
        }
      )
  ),
  "OriginalMessage"
) {
  /**
   * HTTP status code of the container's response. `0` if the container timed out.
   *
   * @since 0.1.0
   */
  declare readonly OriginalStatusCode?: number | undefined
  /**
   * Body of the container's response. It can repeat the request, so it is not enumerable and not part of `message`.
   *
   * @since 0.1.0
   */
  declare readonly OriginalMessage?: string | undefined
  /**
   * ARN of the container's CloudWatch log stream.
   *
   * @since 0.1.0
   */
  declare readonly LogStreamArn?: string | undefined
  /**
   * The service's code of the error. Only `invokeEndpointWithBidirectionalStream` has it.
   *
   * @since 0.1.0
   */
  declare readonly ErrorCode?: string | undefined
}

/**
 * The model is not loaded yet (HTTP 429). A retry can succeed after the model is loaded.
 *
 * @since 0.1.0
 * @category service errors
 */
export class ModelNotReadyException extends errorClass<ServiceErrorFields>()(
  taggedError<ModelNotReadyException>()(
    "ModelNotReadyException",
    () =>
      serviceFields({
        status: 429,
        code: "ModelNotReadyException",
        retry: "throttling",
        message: "The model is not loaded yet: retry later"
      })
  )
) {}

/**
 * The service failed internally (HTTP 500).
 *
 * @since 0.1.0
 * @category service errors
 */
export class InternalFailure extends errorClass<ServiceErrorFields>()(
  taggedError<InternalFailure>()(
    "InternalFailure",
    () =>
      serviceFields({
        status: 500,
        code: "InternalFailure",
        retry: "transient",
        message: "The service failed internally"
      })
  )
) {}

/**
 * The service is unavailable (HTTP 503).
 *
 * @since 0.1.0
 * @category service errors
 */
export class ServiceUnavailable extends errorClass<ServiceErrorFields>()(
  taggedError<ServiceUnavailable>()(
    "ServiceUnavailable",
    () =>
      serviceFields({
        status: 503,
        code: "ServiceUnavailable",
        retry: "transient",
        message: "The service is unavailable"
      })
  )
) {}

/**
 * The input of `invokeEndpointWithBidirectionalStream` is invalid (HTTP 400).
 *
 * @since 0.1.0
 * @category service errors
 */
export class InputValidationError extends errorClass<ServiceErrorFields>()(
  taggedError<InputValidationError>()(
    "InputValidationError",
    () =>
      merged(
        serviceFields({
          status: 400,
          code: "InputValidationError",
          retry: "never",
          message: "The service rejected the input"
        }),
        { ErrorCode: optionalString() }
      )
  )
) {
  /**
   * The service's code of the error, if it has one.
   *
   * @since 0.1.0
   */
  declare readonly ErrorCode?: string | undefined
}

/**
 * The service failed internally in `invokeEndpointWithBidirectionalStream` (HTTP 500).
 *
 * @since 0.1.0
 * @category service errors
 */
export class InternalServerError extends errorClass<ServiceErrorFields>()(
  taggedError<InternalServerError>()(
    "InternalServerError",
    () =>
      merged(
        serviceFields({
          status: 500,
          code: "InternalServerError",
          retry: "transient",
          message: "The service failed internally"
        }),
        { ErrorCode: optionalString() }
      )
  )
) {
  /**
   * The service's code of the error, if it has one.
   *
   * @since 0.1.0
   */
  declare readonly ErrorCode?: string | undefined
}

/**
 * The service is unavailable for `invokeEndpointWithBidirectionalStream` (HTTP 503).
 *
 * @since 0.1.0
 * @category service errors
 */
export class ServiceUnavailableError extends errorClass<ServiceErrorFields>()(
  taggedError<ServiceUnavailableError>()(
    "ServiceUnavailableError",
    () =>
      merged(
        serviceFields({
          status: 503,
          code: "ServiceUnavailableError",
          retry: "transient",
          message: "The service is unavailable"
        }),
        { ErrorCode: optionalString() }
      )
  )
) {
  /**
   * The service's code of the error, if it has one.
   *
   * @since 0.1.0
   */
  declare readonly ErrorCode?: string | undefined
}

/**
 * A service that SageMaker depends on failed (HTTP 530). AWS's standard mode does not retry it.
 *
 * @since 0.1.0
 * @category service errors
 */
export class InternalDependencyException extends errorClass<ServiceErrorFields>()(
  taggedError<InternalDependencyException>()(
    "InternalDependencyException",
    () =>
      serviceFields({
        status: 530,
        code: "InternalDependencyException",
        retry: "never",
        message: "A service that SageMaker depends on failed"
      })
  )
) {}

/**
 * The container failed during the response stream.
 *
 * A `Tokens.Dialect` also fails with it if the model server writes an error into the stream.
 *
 * @since 0.1.0
 * @category service errors
 */
export class ModelStreamError extends errorClass<ServiceErrorFields>()(
  taggedError<ModelStreamError>()(
    "ModelStreamError",
    () =>
      merged(
        serviceFields({
          status: 200,
          code: "ModelStreamError",
          retry: "never",
          message: "The container failed during the response stream"
        }),
        {
          ErrorCode: optionalString(),
          OriginalStatusCode: optionalNumber(),
          OriginalMessage: optionalString()
        }
      )
  ),
  "OriginalMessage"
) {
  /**
   * `ModelInvocationTimeExceeded`, `StreamBroken`, or another code that the container returns.
   *
   * @since 0.1.0
   */
  declare readonly ErrorCode?: string | undefined
  /**
   * Status code that the model wrote into its stream.
   *
   * @since 0.1.0
   */
  declare readonly OriginalStatusCode?: number | undefined
  /**
   * Error text that the model wrote into its stream. It is not enumerable and not part of `message`.
   *
   * @since 0.1.0
   */
  declare readonly OriginalMessage?: string | undefined
}

/**
 * The service failed during the response stream.
 *
 * @since 0.1.0
 * @category service errors
 */
export class InternalStreamFailure extends errorClass<ServiceErrorFields>()(
  taggedError<InternalStreamFailure>()(
    "InternalStreamFailure",
    () =>
      serviceFields({
        status: 200,
        code: "InternalStreamFailure",
        retry: "never",
        message: "The service failed during the response stream"
      })
  )
) {}

/**
 * AWS rejected the caller: authentication, signature, token or permission. `code` is AWS's reason.
 *
 * @since 0.1.0
 * @category service errors
 */
export class AccessDeniedError extends errorClass<ServiceErrorFields>()(
  taggedError<AccessDeniedError>()(
    "AccessDeniedError",
    () =>
      serviceFields({
        status: 403,
        code: "AccessDeniedException",
        retry: "never",
        message: "AWS denied access: check credentials, permissions, region and clock"
      })
  )
) {}

/**
 * AWS throttled the request: any throttling code, or HTTP 429 without a known code.
 *
 * @since 0.1.0
 * @category service errors
 */
export class ThrottlingError extends errorClass<ServiceErrorFields>()(
  taggedError<ThrottlingError>()(
    "ThrottlingError",
    () =>
      serviceFields({
        status: 429,
        code: "ThrottlingException",
        retry: "throttling",
        message: "AWS throttled the request: reduce the request rate"
      })
  )
) {}

/**
 * Any other error response: a redirect, a gateway's HTML page, or an unknown error code.
 *
 * @since 0.1.0
 * @category service errors
 */
export class UnknownServiceError extends errorClass<CallErrorFields>()(
  taggedError<UnknownServiceError>()(
    "UnknownServiceError",
    () =>
      merged(callFields("The service returned an unknown error", "never"), {
        status: Schema.Number,
        code: optionalString(),
        requestId: optionalString(),
        body: optionalString()
      })
  ),
  "body"
) {
  /**
   * HTTP status code of the response.
   *
   * @since 0.1.0
   */
  declare readonly status: number
  /**
   * Error code of the response, if it has one.
   *
   * @since 0.1.0
   */
  declare readonly code?: string | undefined
  /**
   * AWS's request ID (`x-amzn-requestid`), if the response has one.
   *
   * @since 0.1.0
   */
  declare readonly requestId?: string | undefined
  /**
   * The first 1,024 characters of the response body. Not enumerable.
   *
   * @since 0.1.0
   */
  declare readonly body?: string | undefined
}

/**
 * A member of the input does not satisfy a constraint. No request was sent.
 *
 * @since 0.1.0
 * @category client errors
 */
export class InvalidInputError extends errorClass<Retryable>()(
  taggedError<InvalidInputError>()(
    "InvalidInputError",
    () =>
      merged(retryFields("never"), {
        field: Schema.String,
        constraint: Schema.String
      })
  )
) {
  /**
   * Name of the member, such as `EndpointName`.
   *
   * @since 0.1.0
   */
  declare readonly field: string
  /**
   * What the member must be, such as `at most 63 characters long`. The value is not included.
   *
   * @since 0.1.0
   */
  declare readonly constraint: string
  /**
   * The field and its constraint, such as `EndpointName must be at most 63 characters long`.
   *
   * @since 0.1.0
   */
  override get message(): string {
    return `${this.field} must be ${this.constraint}`
  }
}

/**
 * A body is too large: a request body larger than `maxBodyBytes` or rejected by the service (HTTP 413), or a response body
 * larger than `maxResponseBytes`. In a bidirectional stream, a part that is sent or a message that is received is too
 * large.
 *
 * @since 0.1.0
 * @category client errors
 */
export class PayloadTooLargeError extends errorClass<CallErrorFields>()(
  taggedError<PayloadTooLargeError>()(
    "PayloadTooLargeError",
    () =>
      merged(callFields("The request body is too large", "never"), {
        direction: withDefault<"request" | "response">(Schema.Literal("request", "response"), () => "request"),
        size: optionalNumber(),
        limit: optionalNumber(),
        status: optionalNumber(),
        code: optionalString(),
        requestId: optionalString()
      })
  )
) {
  /**
   * Which body is too large. Default: `request`.
   *
   * @since 0.1.0
   */
  declare readonly direction: "request" | "response"
  /**
   * Size of the request body in bytes. Absent if the service rejected it.
   *
   * @since 0.1.0
   */
  declare readonly size?: number | undefined
  /**
   * The client's limit in bytes: `maxBodyBytes` or `maxResponseBytes`. Absent if the service rejected the body.
   *
   * @since 0.1.0
   */
  declare readonly limit?: number | undefined
  /**
   * HTTP status code of the response, if the service rejected the body.
   *
   * @since 0.1.0
   */
  declare readonly status?: number | undefined
  /**
   * Error code of the response, if it has one.
   *
   * @since 0.1.0
   */
  declare readonly code?: string | undefined
  /**
   * AWS's request ID (`x-amzn-requestid`), if the response has one.
   *
   * @since 0.1.0
   */
  declare readonly requestId?: string | undefined
}

/**
 * No credentials could be loaded. The text of the failed provider is omitted, because it can contain secrets.
 *
 * @since 0.1.0
 * @category client errors
 */
export class CredentialsError extends errorClass<Retryable>()(
  taggedError<CredentialsError>()(
    "CredentialsError",
    () =>
      merged(retryFields("never"), {
        message: Schema.String,
        sources: Schema.Array(Schema.String),
        status: optionalNumber(),
        exitCode: optionalNumber()
      })
  )
) {
  /**
   * Names of the credential sources that were tried, in order.
   *
   * @since 0.1.0
   */
  declare readonly sources: ReadonlyArray<string>
  /**
   * HTTP status code of the source that failed, such as STS or the instance metadata service.
   *
   * @since 0.1.0
   */
  declare readonly status?: number | undefined
  /**
   * Exit code of the `credential_process` that failed.
   *
   * @since 0.1.0
   */
  declare readonly exitCode?: number | undefined
}

/**
 * The request could not be signed.
 *
 * @since 0.1.0
 * @category client errors
 */
export class SigningError extends errorClass<Retryable>()(
  taggedError<SigningError>()(
    "SigningError",
    () =>
      merged(retryFields("never"), {
        message: Schema.String
      })
  )
) {}

/**
 * A network error: the connection could not be established, or it was lost. `reason` is the kind of failure.
 *
 * @since 0.1.0
 * @category client errors
 */
export class TransportError extends errorClass<CallErrorFields>()(
  taggedError<TransportError>()(
    "TransportError",
    () =>
      merged(callFields("The connection to the service failed", "transient"), {
        reason: Schema.Literal("connect", "reset", "aborted", "tls", "other"),
        requestSent: defaultTrue(),
        code: optionalString(),
        host: optionalString(),
        port: optionalNumber()
      })
  )
) {
  /**
   * - `connect`: no connection could be established.
   * - `reset`: the connection was lost.
   * - `aborted`: this client closed the connection.
   * - `tls`: the TLS handshake failed, or the certificate is not trusted.
   * - `other`: any other failure.
   *
   * @since 0.1.0
   */
  declare readonly reason: "connect" | "reset" | "aborted" | "tls" | "other"
  /**
   * Whether the service may have received the request. A retry after `false` cannot run the model twice.
   *
   * @since 0.1.0
   */
  declare readonly requestSent: boolean
  /**
   * Error code of the operating system or of the HTTP client, such as `ECONNRESET`.
   *
   * @since 0.1.0
   */
  declare readonly code?: string | undefined
  /**
   * Hostname of the request's URL.
   *
   * @since 0.1.0
   */
  declare readonly host?: string | undefined
  /**
   * Port of the request's URL, the default port included (`443` for `https`).
   *
   * @since 0.1.0
   */
  declare readonly port?: number | undefined
}

const timeoutMessages = {
  connect: "No connection was established",
  firstByte: "No response headers arrived",
  idle: "No part of the response body arrived",
  attempt: "The attempt did not complete",
  total: "The call did not complete"
}

/**
 * A timeout expired.
 *
 * `retry` is `never` if the request was sent, because the model may still process it.
 *
 * @since 0.1.0
 * @category client errors
 */
export class TimeoutError extends errorClass<CallErrorFields>()(
  taggedError<TimeoutError>()(
    "TimeoutError",
    () =>
      merged(retryFields("never"), {
        phase: Schema.Literal("connect", "firstByte", "idle", "attempt", "total"),
        duration: Schema.Number,
        requestSent: defaultTrue(),
        attempts: defaultOne(),
        totalRetryDelay: defaultZero()
      })
  )
) {
  /**
   * Name of the timeout in `Timeouts`, or `connect` for the HTTP client's connect timeout.
   *
   * @since 0.1.0
   */
  declare readonly phase: "connect" | "firstByte" | "idle" | "attempt" | "total"
  /**
   * Length of the timeout in milliseconds.
   *
   * @since 0.1.0
   */
  declare readonly duration: number
  /**
   * Whether the service may have received the request. A retry after `false` cannot run the model twice.
   *
   * @since 0.1.0
   */
  declare readonly requestSent: boolean
  /**
   * Which timeout expired, its length, and what to check.
   *
   * @since 0.1.0
   */
  override get message(): string {
    const advice = this.phase === "connect"
      ? "check the network or the connect timeout"
      : `increase Timeouts.${this.phase} if the model needs longer`
    return `${timeoutMessages[this.phase]} within ${this.duration} ms: ${advice}`
  }
}

/**
 * The response is not valid HTTP, or not a valid response of the operation.
 *
 * @since 0.1.0
 * @category client errors
 */
export class ProtocolError extends errorClass<CallErrorFields>()(
  taggedError<ProtocolError>()(
    "ProtocolError",
    () =>
      merged(callFields("The response violates the protocol", "never"), {
        requestId: optionalString()
      })
  )
) {
  /**
   * AWS's request ID (`x-amzn-requestid`), if the response has one.
   *
   * @since 0.1.0
   */
  declare readonly requestId?: string | undefined
}

/**
 * `Resilience.concurrency` rejected the call, because its queue is full. No request was sent.
 *
 * @since 0.1.0
 * @category client errors
 */
export class OverloadedError extends errorClass<Retryable>()(
  taggedError<OverloadedError>()(
    "OverloadedError",
    () =>
      merged(retryFields("throttling"), {
        endpoint: Schema.String,
        permits: Schema.Number,
        queue: Schema.Number
      })
  )
) {
  /**
   * Key of the limit: the endpoint's name, or the result of the option `key`.
   *
   * @since 0.1.0
   */
  declare readonly endpoint: string
  /**
   * Maximum number of concurrent calls.
   *
   * @since 0.1.0
   */
  declare readonly permits: number
  /**
   * Maximum number of calls that wait for a permit.
   *
   * @since 0.1.0
   */
  declare readonly queue: number
  /**
   * The endpoint and its limits.
   *
   * @since 0.1.0
   */
  override get message(): string {
    return `The concurrency limit for ${this.endpoint} is reached: ${this.permits} calls are running and ` +
      `${this.queue} are queued. Retry later, or increase permits or queue`
  }
}

/**
 * `Resilience.circuitBreaker` rejected the attempt, because too many earlier attempts failed. The attempt was not sent.
 *
 * `attempts` is the number of attempts of this call that were sent.
 *
 * @since 0.1.0
 * @category client errors
 */
export class CircuitOpenError extends errorClass<CallErrorFields>()(
  taggedError<CircuitOpenError>()(
    "CircuitOpenError",
    () =>
      merged(retryFields("never"), {
        endpoint: Schema.String,
        lastFailure: optionalString(),
        attempts: defaultZero(),
        totalRetryDelay: defaultZero()
      })
  )
) {
  /**
   * Key of the circuit: the endpoint's name, or the result of the option `key`.
   *
   * @since 0.1.0
   */
  declare readonly endpoint: string
  /**
   * Tag of the last error that counted as a failure, such as `ServiceUnavailable`.
   *
   * @since 0.1.0
   */
  declare readonly lastFailure?: string | undefined
  /**
   * The endpoint and its last failure.
   *
   * @since 0.1.0
   */
  override get message(): string {
    const cause = this.lastFailure === undefined ? "" : ` (last failure: ${this.lastFailure})`
    const wait = (this.retryAfterMillis ?? 0) > 0 ? `in ${this.retryAfterMillis} ms` : "later"
    return `The circuit breaker for ${this.endpoint} is open${cause}: retry ${wait}`
  }
}

/**
 * A setting of the client is missing or invalid. The value is not included.
 *
 * @since 0.1.0
 * @category client errors
 */
export class ConfigurationError extends errorClass<Retryable>()(
  taggedError<ConfigurationError>()(
    "ConfigurationError",
    () =>
      merged(retryFields("never"), {
        setting: Schema.String,
        problem: Schema.String,
        source: optionalString()
      })
  )
) {
  /**
   * Name of the option, environment variable or profile key.
   *
   * @since 0.1.0
   */
  declare readonly setting: string
  /**
   * What was expected, such as `must be a positive integer`.
   *
   * @since 0.1.0
   */
  declare readonly problem: string
  /**
   * Where the setting was read: `environment`, `profile <name>` or `instance metadata`. Absent if it was set in code.
   *
   * @since 0.1.0
   */
  declare readonly source?: string | undefined
  /**
   * The setting, its source and what was expected.
   *
   * @since 0.1.0
   */
  override get message(): string {
    return `${this.setting}${this.source === undefined ? "" : ` (${this.source})`} ${this.problem}`
  }
}

/**
 * A value could not be encoded as, or decoded from, a payload.
 *
 * @since 0.1.0
 * @category client errors
 */
export class CodecError extends errorClass<Retryable>()(
  taggedError<CodecError>()(
    "CodecError",
    () =>
      merged(retryFields("never"), {
        message: Schema.String,
        mediaType: Schema.String,
        direction: Schema.Literal("encode", "decode"),
        issues: withDefault<ReadonlyArray<string>>(Schema.Array(Schema.String), () => []),
        line: optionalNumber(),
        row: optionalNumber(),
        endpoint: optionalString(),
        requestId: optionalString(),
        body: optional(Schema.Uint8ArrayFromSelf)
      })
  ),
  "body"
) {
  /**
   * Media type of the payload, such as `application/json`. For a response it is the one of its content type, if it has
   * one other than `application/octet-stream` and `text/plain`.
   *
   * @since 0.1.0
   */
  declare readonly mediaType: string
  /**
   * `encode` for a request, `decode` for a response.
   *
   * @since 0.1.0
   */
  declare readonly direction: "encode" | "decode"
  /**
   * The paths that do not match the schema, such as `score: expected number, found string`. They never contain values.
   * At most 20, then the number of the others.
   *
   * @since 0.1.0
   */
  declare readonly issues: ReadonlyArray<string>
  /**
   * Line of the payload with the first problem, from 1. Only for JSON, JSON Lines and LIBSVM.
   *
   * @since 0.1.0
   */
  declare readonly line?: number | undefined
  /**
   * Row of the table with the first problem, from 1, without the header. Only for CSV.
   *
   * @since 0.1.0
   */
  declare readonly row?: number | undefined
  /**
   * Name of the endpoint, if a call failed.
   *
   * @since 0.1.0
   */
  declare readonly endpoint?: string | undefined
  /**
   * AWS's request ID (`x-amzn-requestid`) of the response that could not be decoded.
   *
   * @since 0.1.0
   */
  declare readonly requestId?: string | undefined
  /**
   * The payload that could not be decoded. Not enumerable.
   *
   * @since 0.1.0
   */
  declare readonly body?: Uint8Array | undefined
}

/**
 * The session has expired, or the model no longer recognizes its ID.
 *
 * @since 0.1.0
 * @category client errors
 */
export class SessionExpiredError extends errorClass<Retryable>()(
  taggedError<SessionExpiredError>()(
    "SessionExpiredError",
    () =>
      merged(retryFields("never"), {
        endpoint: Schema.String,
        expires: optional(Schema.DateTimeUtcFromSelf),
        requestId: optionalString()
      })
  )
) {
  /**
   * Name of the session's endpoint.
   *
   * @since 0.1.0
   */
  declare readonly endpoint: string
  /**
   * Expiry time of the session, if the model returned one.
   *
   * @since 0.1.0
   */
  declare readonly expires?: DateTime.Utc | undefined
  /**
   * AWS's request ID (`x-amzn-requestid`) of the response that rejected the session's ID.
   *
   * @since 0.1.0
   */
  declare readonly requestId?: string | undefined
  /**
   * The endpoint of the session.
   *
   * @since 0.1.0
   */
  override get message(): string {
    return `The session with ${this.endpoint} has expired: open a new session`
  }
}

/**
 * The name of a method of `ObjectStore`.
 *
 * @since 0.1.0
 * @category models
 */
export type ObjectStoreOperation = "get" | "put" | "head" | "list" | "remove"

/**
 * Why a request to an object store failed.
 *
 * - `access-denied`: the credentials do not allow the operation. Amazon S3 also reports an absent object so, if the
 *   credentials do not allow `s3:ListBucket`.
 * - `not-found`: there is no object at the location.
 * - `unavailable`: the store did not respond, or not completely, after its retries. A later request can succeed.
 * - `other`: any other reason, such as an invalid location, or a bucket that does not exist.
 *
 * @since 0.1.0
 * @category models
 */
export type ObjectStoreErrorReason = "access-denied" | "not-found" | "unavailable" | "other"

/**
 * A request to an object store failed.
 *
 * `message` does not contain text of the store. `retry` is `transient` if the store was unavailable, else `never`.
 *
 * @since 0.1.0
 * @category client errors
 */
export class ObjectStoreError extends errorClass<Retryable>()(
  taggedError<ObjectStoreError>()("ObjectStoreError", () => ({
    operation: Schema.Literal("get", "put", "head", "list", "remove"),
    location: Schema.String,
    reason: Schema.Literal("access-denied", "not-found", "unavailable", "other"),
    problem: Schema.optional(Schema.String),
    status: Schema.optional(Schema.Number),
    requestId: Schema.optional(Schema.String)
  }))
) {
  /**
   * The method that failed.
   *
   * @since 0.1.0
   */
  declare readonly operation: ObjectStoreOperation
  /**
   * The location of the object, or the prefix of `list`. A location that is not valid is not included.
   *
   * @since 0.1.0
   */
  declare readonly location: string
  /**
   * Why the request failed.
   *
   * @since 0.1.0
   */
  declare readonly reason: ObjectStoreErrorReason
  /**
   * What is wrong and what to do, if more is known than `reason`.
   *
   * @since 0.1.0
   */
  declare readonly problem?: string | undefined
  /**
   * HTTP status code of the response, if there was one.
   *
   * @since 0.1.0
   */
  declare readonly status?: number | undefined
  /**
   * The request ID of the store, such as `x-amz-request-id` of Amazon S3.
   *
   * @since 0.1.0
   */
  declare readonly requestId?: string | undefined
  /**
   * `transient` if the store was unavailable, else `never`.
   *
   * @since 0.1.0
   */
  get retry(): RetryClass {
    return this.reason === "unavailable" ? "transient" : "never"
  }
  /**
   * The method, the location, the reason and the status.
   *
   * @since 0.1.0
   */
  override get message(): string {
    return objectStoreMessage(this)
  }
}

/** The text of a hidden field: not encoded, and empty after decoding. */
const hiddenString = () =>
  optionalString().pipe(
    Schema.withConstructorDefault(() => "")
  ) as unknown as Schema.PropertySignature<":", string, never, "?:", string | undefined, true>

class ErrorJob extends jobClass<Job>() {}

/**
 * The model or the service could not process the request. A failure object or a notification reports the failure.
 *
 * @since 0.1.0
 * @category client errors
 */
export class AsyncInferenceFailedError extends errorClass<Retryable>()(
  taggedError<AsyncInferenceFailedError>()("AsyncInferenceFailedError", () => ({
    job: ErrorJob,
    failure: hiddenString()
  })),
  "failure"
) {
  /**
   * The request that failed.
   *
   * @since 0.1.0
   */
  declare readonly job: Job
  /**
   * The text of the failure object, up to 1 MiB, or the reason in the notification.
   *
   * It can repeat the request, so it is not enumerable, not printed and not encoded.
   *
   * @since 0.1.0
   */
  declare readonly failure: string
  /**
   * `never`: the request is not sent again.
   *
   * @since 0.1.0
   */
  get retry(): "never" {
    return "never"
  }
  /**
   * The endpoint, the ID of the request and where the failure is.
   *
   * @since 0.1.0
   */
  override get message(): string {
    const { endpoint, failureLocation, inferenceId } = this.job
    const location = failureLocation === undefined ? "" : ` or at ${failureLocation}`
    return `The asynchronous inference request ${inferenceId} to ${endpoint} failed: read the reason in failure${location}`
  }
}

/**
 * No result appeared in time. The request can still be in progress: a later call of `result` can return its result.
 *
 * @since 0.1.0
 * @category client errors
 */
export class AsyncInferenceTimeoutError extends errorClass<Retryable>()(
  taggedError<AsyncInferenceTimeoutError>()("AsyncInferenceTimeoutError", () => ({
    job: ErrorJob,
    elapsed: Schema.Number
  }))
) {
  /**
   * The request without a result.
   *
   * @since 0.1.0
   */
  declare readonly job: Job
  /**
   * How long the call waited, in milliseconds.
   *
   * @since 0.1.0
   */
  declare readonly elapsed: number
  /**
   * `never`: the request is not sent again.
   *
   * @since 0.1.0
   */
  get retry(): "never" {
    return "never"
  }
  /**
   * The endpoint, the ID of the request and how long the call waited.
   *
   * @since 0.1.0
   */
  override get message(): string {
    const { endpoint, inferenceId } = this.job
    return `The asynchronous inference request ${inferenceId} to ${endpoint} had no result after ${this.elapsed} ms: ` +
      "wait again with the job, or increase timeout"
  }
}

/**
 * The errors that every operation can fail with, in addition to the errors that its model defines.
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
 * The errors that a response stream can fail with.
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
 * The errors that are error responses of the service.
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
  | InputValidationError
  | InternalServerError
  | ServiceUnavailableError
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
  | ObjectStoreError
  | AsyncInferenceFailedError
  | AsyncInferenceTimeoutError

/**
 * Reads the fields that a retry policy needs from any error. An error without `retry` is never retried.
 *
 * @since 0.1.0
 * @category predicates
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
 * Whether a retry can succeed.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isRetryable = (error: unknown): boolean => toRetryable(error).retry !== "never"

/**
 * Whether the error is a throttled or overloaded request, for which a retry can succeed after a delay.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isThrottling = (error: unknown): boolean => toRetryable(error).retry === "throttling"

/**
 * Whether AWS denied access: authentication, signature, token or permission.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isAccessDenied: (error: unknown) => error is AccessDeniedError = (error): error is AccessDeniedError =>
  error instanceof AccessDeniedError

/**
 * A `ValidationError` with a reason. The field `reason` is absent if the error was made with a message only.
 *
 * @since 0.1.0
 * @category models
 */
export type ValidationErrorWith<R extends ValidationReason> = ValidationError & { readonly reason?: R | undefined }

const hasReason = <R extends ValidationReason>(reason: R) => (error: unknown): error is ValidationErrorWith<R> =>
  error instanceof ValidationError &&
  (error.reason ?? validationReason(error.serviceMessage ?? error.message)) === reason

/**
 * Whether the account and the region of the call have no endpoint with the name.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isEndpointNotFound: (error: unknown) => error is ValidationErrorWith<"endpoint-not-found"> = hasReason(
  "endpoint-not-found"
)

/**
 * Whether the endpoint hosts inference components and the request has no `InferenceComponentName`.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isInferenceComponentRequired: (
  error: unknown
) => error is ValidationErrorWith<"inference-component-required"> = hasReason("inference-component-required")

/**
 * Whether the endpoint or the inference component is scaled to zero.
 *
 * The rejected request starts an instance if auto scaling is configured. The start takes minutes. `ModelEndpoint.warmUp`
 * waits for it.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { invokeEndpoint, SageMakerError } from "effect-sagemaker-runtime"
 *
 * export const score = invokeEndpoint({ EndpointName: "fraud-v2", Body: "{}" }).pipe(
 *   Effect.catchIf(SageMakerError.isNoCapacity, () => invokeEndpoint({ EndpointName: "fraud-v1", Body: "{}" }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category predicates
 */
export const isNoCapacity: (error: unknown) => error is ValidationErrorWith<"no-capacity"> = hasReason("no-capacity")

/**
 * Operations as values: how an input is encoded, how a response is decoded, and which errors the service returns.
 *
 * Use it to define a custom operation.
 *
 * @since 0.1.0
 */
import type * as Headers from "@effect/platform/Headers"
import type * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Call } from "./internal/client/call.ts"
import type { CallFrames } from "./internal/client/frames.ts"
import * as headerTable from "./internal/operation/headerTable.ts"
import * as internal from "./internal/operation/payload.ts"
import type {
  AccessDeniedError,
  CommonError,
  CredentialsError,
  InvalidInputError,
  PayloadTooLargeError,
  ProtocolError,
  SigningError,
  ThrottlingError,
  TimeoutError,
  TransportError,
  UnknownServiceError
} from "./SageMakerError.ts"
import type { SigningScope } from "./Signer.ts"

/**
 * An operation, which `SageMakerRuntime.execute` runs.
 *
 * @example
 * ```ts
 * import { HttpClientRequest } from "@effect/platform"
 * import { Effect } from "effect"
 * import { Operation, SageMakerRuntime } from "effect-sagemaker-runtime"
 *
 * const health: Operation.Operation<void, string> = {
 *   name: "Health",
 *   encode: () => Effect.succeed(HttpClientRequest.get("/health")),
 *   decode: ({ bytes }) => Effect.map(bytes, (body) => new TextDecoder().decode(body)),
 *   errors: []
 * }
 *
 * export const isHealthy = SageMakerRuntime.execute(health, undefined)
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface Operation<in I, out O, out E = never, out R = never> {
  /** The operation's name, which appears in its span and in error messages. */
  readonly name: string
  /** Encodes an input as a request. The request's URL is a path below the service URL. */
  readonly encode: (
    input: I,
    settings: OperationSettings
  ) => Effect.Effect<HttpClientRequest.HttpClientRequest, InvalidInputError | PayloadTooLargeError>
  /** Decodes a response with a status from 200 to 299. */
  readonly decode: (response: OperationResponse) => Effect.Effect<O, E | CommonError, R>
  /** The errors that the service reports for this operation. The code of an error is the `_tag` of its class. */
  readonly errors: ReadonlyArray<ErrorClass<E>>
  /** Request headers, in lower case, whose values are removed from the service's error messages. Default: none. */
  readonly sensitive?: ReadonlyArray<string> | undefined
  /** Attributes of the call's span. They must not contain credentials or payloads. */
  readonly attributes?: ((input: I) => SpanAttributes) | undefined
  /**
   * Authorizes the request of each attempt in place of the client's `Signer`, for an operation with another
   * authentication. Default: the client's `Signer`.
   */
  readonly sign?:
    | ((
      request: HttpClientRequest.HttpClientRequest,
      scope: SigningScope
    ) => Effect.Effect<HttpClientRequest.HttpClientRequest, CredentialsError | SigningError, R>)
    | undefined
  /**
   * The frames of the request body, made by `DuplexTransport.frames`, for an operation that sends and receives at the
   * same time.
   *
   * Default: none. The body of the encoded request is sent with the client's `HttpClient`.
   */
  readonly frames?: Frames<I, R> | undefined
  /**
   * Reads an error response in another format than the protocol restJson1. It must not throw. Default: the code is the
   * header `x-amzn-errortype`, else `__type` or `code` of the JSON body.
   */
  readonly parseError?: ((response: ErrorResponse) => ParsedError) | undefined
}

/**
 * The frames of a request body, which are sent while the response is received.
 *
 * @since 0.1.0
 * @category models
 */
export interface Frames<in I, out R> {
  /** Prepares the frames of a call. The client calls it. */
  readonly prepare: (input: I, settings: OperationSettings, call: Call) => CallFrames<R>
}

/**
 * An error response, for an operation's `parseError`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ErrorResponse {
  /** The HTTP status. */
  readonly status: number
  /** The response headers, with names in lower case. */
  readonly headers: Headers.Headers
  /** The body as text, at most 256 KiB of it. */
  readonly body: string
}

/**
 * What an operation's `parseError` has read.
 *
 * @since 0.1.0
 * @category models
 */
export interface ParsedError {
  /** The error code, which selects the error class. Without one, the status does. */
  readonly code: string | undefined
  /** The text of the error's `message`, unless it could repeat the request. */
  readonly message: string | undefined
  /** The fields of the error class by name. */
  readonly members: { readonly [name: string]: unknown }
  /** The complete text of the service, which is not printed. Default: the body of the response. */
  readonly body?: string
}

/**
 * Attributes of a span, by name.
 *
 * @since 0.1.0
 * @category models
 */
export interface SpanAttributes {
  readonly [name: string]: string | number | boolean
}

/**
 * An error class of an operation, as `Schema.TaggedError` makes it.
 *
 * @since 0.1.0
 * @category models
 */
export interface ErrorClass<out E> {
  /** The error code of the service. */
  readonly _tag: string
  /** The fields of the class. Members of the error response that match a field are kept. */
  readonly fields: Schema.Struct.Fields
  /** Creates an error from the values of its fields. */
  new(props: never): E
}

/**
 * Settings of the client that apply to every operation.
 *
 * @since 0.1.0
 * @category models
 */
export interface OperationSettings {
  /** Which constraints are checked before a request is sent. */
  readonly validation: Validation
  /** The largest request body in bytes; `false` for no limit. */
  readonly maxBodyBytes: number | false
}

/**
 * Which kinds of constraints the client checks. The service checks all of them.
 *
 * @since 0.1.0
 * @category models
 */
export interface Validation {
  /** Whether minimum lengths and values are checked. */
  readonly min: boolean
  /** Whether maximum lengths and values are checked. */
  readonly max: boolean
  /** Whether patterns are checked. */
  readonly pattern: boolean
}

/**
 * Metadata of a response, the `$metadata` of every output.
 *
 * @since 0.1.0
 * @category models
 */
export interface ResponseMetadata {
  /** AWS's request ID (`x-amzn-requestid`), if the response has one. AWS Support uses it to find a request. */
  readonly requestId?: string | undefined
  /** The HTTP status. */
  readonly httpStatusCode: number
  /** The number of attempts, including the successful one. */
  readonly attempts: number
  /** The total time between attempts in milliseconds. */
  readonly totalRetryDelay: number
}

/**
 * Errors that every response stream can fail with, in addition to the errors of its operation.
 *
 * @since 0.1.0
 * @category errors
 */
export type StreamServiceError = AccessDeniedError | ThrottlingError | UnknownServiceError

/**
 * Errors of reading a response body.
 *
 * @since 0.1.0
 * @category errors
 */
export type BodyError = TransportError | TimeoutError | ProtocolError

/**
 * A successful response, for an operation's `decode`. Its body can be read once.
 *
 * @since 0.1.0
 * @category models
 */
export interface OperationResponse {
  /** The HTTP status. */
  readonly status: number
  /** The response headers, with names in lower case. */
  readonly headers: Headers.Headers
  /** The metadata of the call. */
  readonly metadata: ResponseMetadata
  /** Reads the whole body, up to `maxResponseBytes` of the client. */
  readonly bytes: Effect.Effect<Uint8Array, BodyError | PayloadTooLargeError>
  /** Transfers the connection to the scope and returns the body's chunks. Closing the scope closes the connection. */
  readonly stream: Effect.Effect<Stream.Stream<Uint8Array, BodyError>, never, Scope.Scope>
  /**
   * Reports the parts and the end of a response stream to spans, metrics and logs. A stream that is not reported ends for
   * them when its scope closes.
   */
  readonly observe: {
    <E>(parts: Stream.Stream<Uint8Array, E>): Stream.Stream<Uint8Array, E>
    <A, E>(parts: Stream.Stream<A, E>, bytesOf: (part: A) => number): Stream.Stream<A, E>
  }
  /** Makes the typed error of an exception event in a response stream, from its code and its payload as JSON. */
  readonly streamError: <E>(
    errors: ReadonlyArray<ErrorClass<E>>
  ) => (code: string, members: string) => E | StreamServiceError
  /** Makes the error of an error event in a response stream whose code matches no error class. */
  readonly unknownError: (code: string | undefined, message: string | undefined) => UnknownServiceError
}

/**
 * The types of a request body. A string is sent in UTF-8; one with a lone surrogate fails with `InvalidInputError`.
 *
 * @since 0.1.0
 * @category models
 */
export type Payload = string | Uint8Array | ArrayBuffer | ArrayBufferView | BlobLike

/**
 * The part of a `Blob` that a request body needs.
 *
 * @since 0.1.0
 * @category models
 */
export interface BlobLike {
  /** The size in bytes. */
  readonly size: number
  /** Reads the bytes. */
  readonly arrayBuffer: () => Promise<ArrayBuffer>
}

/**
 * The members of an operation that are sent as headers: for each one, its header name and its schema.
 *
 * @since 0.1.0
 * @category headers
 */
export interface HeaderTable {
  readonly [member: string]: readonly [header: string, schema: Schema.Schema<string> | Schema.Schema<number>]
}

/**
 * The members of a header table, with the types of their schemas.
 *
 * @since 0.1.0
 * @category headers
 */
export type HeaderMembers<T extends HeaderTable> = {
  readonly [K in keyof T]?: T[K][1]["Type"] | undefined
}

/**
 * Encodes members as headers, and decodes headers as members.
 *
 * @since 0.1.0
 * @category headers
 */
export interface HeaderCodec<T extends HeaderTable> {
  /** The table that the codec was made from. */
  readonly table: T
  /** Encodes members; fails for the first member that violates a constraint. */
  readonly encode: (
    members: HeaderMembers<T>,
    validation: Validation
  ) => Either.Either<Record<string, string>, InvalidInputError>
  /** Decodes headers, whose names are in lower case. A header without a member is ignored. */
  readonly decode: (headers: { readonly [name: string]: string | undefined }) => HeaderMembers<T>
}

/**
 * Makes a codec from a header table.
 *
 * Encoding checks each member against its schema. `validation` enables or disables the checks of lengths, patterns and
 * numeric bounds. A character outside tab and printable ASCII always fails with `InvalidInputError`.
 *
 * @since 0.1.0
 * @category headers
 */
export const headers: <const T extends HeaderTable>(table: T) => HeaderCodec<T> = headerTable.headers

/**
 * Makes the encoder of a required member that is one segment of the path.
 *
 * An empty string, `.`, `..` and a string that is not well-formed Unicode always fail with `InvalidInputError`.
 *
 * @since 0.1.0
 * @category path
 */
export const label: (
  field: string,
  schema: Schema.Schema<string>
) => (value: unknown, validation: Validation) => Either.Either<string, InvalidInputError> = headerTable.label

/**
 * Options of `payload`.
 *
 * @since 0.1.0
 * @category options
 */
export interface PayloadOptions {
  /** The largest body in bytes; `false` for no limit. */
  readonly limit: number | false
  /** The text before the limit in the error message. Default: `the client's limit (maxBodyBytes) is`. */
  readonly reason?: string | undefined
  /** The media type of the body. Default: `application/octet-stream`. */
  readonly contentType?: string | undefined
}

/**
 * Makes a request body. Bytes are copied only if their buffer is shared or resizable.
 *
 * A body over the limit fails with `PayloadTooLargeError`, a `Blob` before it is read. Any other type fails with
 * `InvalidInputError`, which names `field`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const payload: (
  field: string,
  body: unknown,
  options: PayloadOptions
) => Effect.Effect<HttpBody.Uint8Array, InvalidInputError | PayloadTooLargeError> = internal.payload

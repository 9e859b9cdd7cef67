/**
 * What an operation is: how its input becomes a request, how a response becomes its output, which errors it names.
 *
 * @since 0.1.0
 */
import type * as Headers from "@effect/platform/Headers"
import type * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { constraint, isNumber } from "./internal/operation/constraint.ts"
import * as internal from "./internal/operation/payload.ts"
import { encodeSegment } from "./protocol/endpoint/path.ts"
import { memoize } from "./protocol/function/memoize.ts"
import type {
  AccessDeniedError,
  CommonError,
  PayloadTooLargeError,
  ProtocolError,
  ThrottlingError,
  TimeoutError,
  TransportError,
  UnknownServiceError
} from "./SageMakerError.ts"
import { InvalidInputError } from "./SageMakerError.ts"

/**
 * An operation as a value; `SageMakerRuntime.execute` interprets it.
 *
 * `encode` builds a request whose URL is a path below the service URL. `errors` are the classes of the errors the
 * service can answer with: the name of the error on the wire is the class's `_tag`. `sensitive` names the request
 * headers whose values are cut out of the service's messages. `attributes` are put on the call's span.
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
 * export const isHealthy = Effect.flatMap(
 *   SageMakerRuntime.SageMakerRuntime,
 *   ({ execute }) => execute(health, undefined)
 * )
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface Operation<in I, out O, out E = never, out R = never> {
  readonly name: string
  readonly encode: (
    input: I,
    settings: OperationSettings
  ) => Effect.Effect<HttpClientRequest.HttpClientRequest, InvalidInputError | PayloadTooLargeError>
  readonly decode: (response: OperationResponse) => Effect.Effect<O, E | CommonError, R>
  readonly errors: ReadonlyArray<ErrorClass<E>>
  readonly sensitive?: ReadonlyArray<string> | undefined
  readonly attributes?: ((input: I) => SpanAttributes) | undefined
}

/**
 * What a span may tell of a call's input.
 *
 * @since 0.1.0
 * @category models
 */
export interface SpanAttributes {
  readonly [name: string]: string | number | boolean
}

/**
 * An error class an operation names, as `Schema.TaggedError` makes them.
 *
 * @since 0.1.0
 * @category models
 */
export interface ErrorClass<out E> {
  readonly _tag: string
  readonly fields: Schema.Struct.Fields
  new(props: never): E
}

/**
 * Which constraints on the input are checked before sending, and the largest body in bytes.
 *
 * @since 0.1.0
 * @category models
 */
export interface OperationSettings {
  readonly validation: Validation
  readonly maxBodyBytes: number | false
}

/**
 * The kinds of constraints that can be left to the service.
 *
 * @since 0.1.0
 * @category models
 */
export interface Validation {
  readonly min: boolean
  readonly max: boolean
  readonly pattern: boolean
}

/**
 * What every output tells of the call: `totalRetryDelay` is in milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface ResponseMetadata {
  readonly requestId?: string | undefined
  readonly httpStatusCode: number
  readonly attempts: number
  readonly totalRetryDelay: number
}

/**
 * Errors the service can put into a stream besides those a model names.
 *
 * @since 0.1.0
 * @category models
 */
export type StreamServiceError = AccessDeniedError | ThrottlingError | UnknownServiceError

/**
 * What can go wrong while a body is read.
 *
 * @since 0.1.0
 * @category models
 */
export type BodyError = TransportError | TimeoutError | ProtocolError

/**
 * A successful response, its failures already mapped.
 *
 * `bytes` is the whole body. `stream` is the body as it arrives, owned by the caller's scope: closing the scope closes
 * the connection. `refuse` makes the typed error of an exception inside a stream, from its code and its members as JSON;
 * `unknown` that of an error the model does not name.
 *
 * @since 0.1.0
 * @category models
 */
export interface OperationResponse {
  readonly status: number
  readonly headers: Headers.Headers
  readonly metadata: ResponseMetadata
  readonly bytes: Effect.Effect<Uint8Array, BodyError>
  readonly stream: Effect.Effect<Stream.Stream<Uint8Array, BodyError>, never, Scope.Scope>
  readonly streamError: <E>(
    errors: ReadonlyArray<ErrorClass<E>>
  ) => (code: string, members: string) => E | StreamServiceError
  readonly unknownError: (code: string | undefined, message: string | undefined) => UnknownServiceError
}

/**
 * What a request body can be given as; a string is its UTF-8 bytes.
 *
 * @since 0.1.0
 * @category models
 */
export type Payload = string | Uint8Array | ArrayBuffer | ArrayBufferView | BlobLike

/**
 * The part of a `Blob` that a body needs.
 *
 * @since 0.1.0
 * @category models
 */
export interface BlobLike {
  readonly size: number
  readonly arrayBuffer: () => Promise<ArrayBuffer>
}

/**
 * Members of an operation that travel as headers: each one's header name and schema, the only place either is written.
 *
 * @since 0.1.0
 * @category models
 */
export interface HeaderTable {
  readonly [member: string]: readonly [header: string, schema: Schema.Schema<string> | Schema.Schema<number>]
}

/**
 * The members a header table describes.
 *
 * @since 0.1.0
 * @category models
 */
export type HeaderMembers<T extends HeaderTable> = {
  readonly [K in keyof T]?: T[K][1]["Type"] | undefined
}

/**
 * Members as headers, and headers as members.
 *
 * @since 0.1.0
 * @category models
 */
export interface HeaderCodec<T extends HeaderTable> {
  readonly table: T
  readonly encode: (
    members: HeaderMembers<T>,
    validation: Validation
  ) => Either.Either<Record<string, string>, InvalidInputError>
  readonly decode: (headers: { readonly [name: string]: string | undefined }) => HeaderMembers<T>
}

const headerText = /^[\t\x20-\x7e]*$/

/**
 * Compiles a header table once into what writes and reads the headers.
 *
 * Writing checks each member against its schema; `minLength`, `maxLength` and `pattern` filters (for numbers the two
 * bounds) can be switched off by kind. A character outside tab and printable ASCII is refused in any case.
 *
 * @since 0.1.0
 * @category constructors
 */
export const headers = <const T extends HeaderTable>(table: T): HeaderCodec<T> => {
  const members = Object.entries(table).map(([field, [header, schema]]) => ({
    field,
    header,
    broken: constraint(schema),
    read: isNumber(schema) ? Number : String
  }))
  return {
    table,
    encode(values, validation) {
      const out: Record<string, string> = {}
      for (const { broken, field, header } of members) {
        const value = values[field]
        if (value === undefined || value === null) {
          continue
        }
        const problem = broken(value, validation) ??
          (headerText.test(`${value}`) ? undefined : "tabs and printable ASCII characters only")
        if (problem !== undefined) {
          return refused(field, problem)
        }
        out[header] = `${value}`
      }
      return Either.right(out)
    },
    decode(received) {
      const out: Record<string, string | number> = {}
      for (const { field, header, read } of members) {
        const text = received[header]
        if (text !== undefined) {
          out[field] = read(text)
        }
      }
      return out
    }
  }
}

/**
 * Writes a required member as one segment of the path.
 *
 * An empty segment, `.`, `..` and text that is not well-formed Unicode are refused in any case.
 *
 * @since 0.1.0
 * @category constructors
 */
export const label = (
  field: string,
  schema: Schema.Schema<string>
): (value: unknown, validation: Validation) => Either.Either<string, InvalidInputError> => {
  const brokenBy = constraint(schema)
  const segmentOf = memoize((text) => Either.try(() => encodeSegment(text)))
  return (value, validation) => {
    if (typeof value !== "string" || value === "") {
      return refused(field, "a string that is not empty")
    }
    if (value === "." || value === "..") {
      return refused(field, "a name, not a relative path")
    }
    const broken = brokenBy(value, validation)
    if (broken !== undefined) {
      return refused(field, broken)
    }
    const segment = segmentOf(value)
    return Either.orElse(segment, () => refused(field, "well-formed Unicode"))
  }
}

const refused = (field: string, expected: string): Either.Either<never, InvalidInputError> =>
  Either.left(new InvalidInputError({ field, constraint: expected }))

/**
 * Makes a request body of bytes from what the caller gave; bytes are not copied.
 *
 * A body over `limit` bytes is refused, a `Blob` before it is read; `reason` says in the error whose limit it is.
 *
 * @since 0.1.0
 * @category constructors
 */
export const payload: (
  field: string,
  body: unknown,
  options: {
    readonly limit: number | false
    readonly reason?: string | undefined
    readonly contentType?: string | undefined
  }
) => Effect.Effect<HttpBody.Uint8Array, InvalidInputError | PayloadTooLargeError> = internal.payload

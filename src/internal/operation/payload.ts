/** Converts the payloads that callers pass to request bodies. */
import * as HttpBody from "@effect/platform/HttpBody"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { BlobLike } from "../../Operation.ts"
import { InvalidInputError, PayloadTooLargeError } from "../../SageMakerError.ts"

interface PayloadOptions {
  readonly limit: number | false
  readonly reason?: string | undefined
  readonly contentType?: string | undefined
}

const encoder = new TextEncoder()

const isBlob = (body: unknown): body is BlobLike =>
  Predicate.hasProperty(body, "arrayBuffer") && typeof body.arrayBuffer === "function" &&
  Predicate.hasProperty(body, "size") && typeof body.size === "number"

/** Checks the tag, because a buffer of another realm (an iframe, a `vm` context) has another class. */
const isArrayBuffer = (body: unknown): body is ArrayBuffer =>
  Predicate.hasProperty(body, Symbol.toStringTag) && body[Symbol.toStringTag] === "ArrayBuffer"

/** Throws for a detached buffer. */
const unsafeViewOf = (body: unknown): Uint8Array | undefined => {
  if (ArrayBuffer.isView(body)) {
    return new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
  }
  return isArrayBuffer(body) ? new Uint8Array(body) : undefined
}

const viewOf = (body: unknown): Uint8Array | undefined =>
  Option.getOrUndefined(Option.liftThrowable(unsafeViewOf)(body))

const invalidBody = (field: string) =>
  new InvalidInputError({
    field,
    constraint: "a string, Uint8Array, ArrayBuffer, ArrayBuffer view or readable Blob"
  })

const checkSize = (size: number, { limit, reason }: PayloadOptions): Either.Either<number, PayloadTooLargeError> => {
  if (limit === false || size <= limit) {
    return Either.right(size)
  }
  const message = `The request body has ${size} bytes; ${reason ?? "the client's limit (maxBodyBytes) is"} ${limit}`
  return Either.left(new PayloadTooLargeError({ message, size, limit, attempts: 0 }))
}

const fromBlob = (
  field: string,
  blob: BlobLike,
  options: PayloadOptions
): Effect.Effect<HttpBody.Uint8Array, InvalidInputError | PayloadTooLargeError> =>
  Effect.gen(function*() {
    yield* checkSize(blob.size, options)
    const buffer = yield* Effect.tryPromise({ try: () => blob.arrayBuffer(), catch: () => invalidBody(field) })
    const bytes = viewOf(buffer)
    if (bytes === undefined) {
      return yield* invalidBody(field)
    }
    yield* checkSize(bytes.byteLength, options)
    return HttpBody.uint8Array(bytes, options.contentType)
  })

/** Bytes are not copied. A `Blob` is checked against the limit before it is read. */
export const payload = (
  field: string,
  body: unknown,
  options: PayloadOptions
): Effect.Effect<HttpBody.Uint8Array, InvalidInputError | PayloadTooLargeError> => {
  const bytes = typeof body === "string" ? encoder.encode(body) : viewOf(body)
  if (bytes !== undefined) {
    return Either.map(checkSize(bytes.byteLength, options), () => HttpBody.uint8Array(bytes, options.contentType))
  }
  return isBlob(body) ? fromBlob(field, body, options) : Either.left(invalidBody(field))
}

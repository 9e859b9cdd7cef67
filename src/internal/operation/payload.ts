/** Converts the payloads that callers pass to request bodies. */
import * as HttpBody from "@effect/platform/HttpBody"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { BlobLike } from "../../Operation.ts"
import { isWellFormed } from "../../protocol/bytes/utf8.ts"
import { InvalidInputError, PayloadTooLargeError } from "../../SageMakerError.ts"

interface PayloadOptions {
  readonly limit: number | false
  readonly reason?: string | undefined
  readonly contentType?: string | undefined
}

const encoder = new TextEncoder()

/** Throws for any value but an `ArrayBuffer`. Works for a buffer of another realm (an iframe, a `vm` context) too. */
const requireArrayBuffer = (body: unknown): unknown => Reflect.get(ArrayBuffer.prototype, "byteLength", body)

const isArrayBuffer = (body: unknown): body is ArrayBuffer => {
  try {
    requireArrayBuffer(body)
    return true
  } catch {
    return false
  }
}

/** Whether the bytes of a buffer can change or disappear while the request is sent. */
const isVolatile = (buffer: ArrayBufferLike): boolean =>
  !isArrayBuffer(buffer) || ("resizable" in buffer && buffer.resizable === true)

/** Throws for a detached buffer. */
const unsafeViewOf = (body: unknown): Uint8Array | undefined => {
  if (ArrayBuffer.isView(body)) {
    return new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
  }
  return isArrayBuffer(body) ? new Uint8Array(body) : undefined
}

export const viewOf = (body: unknown): Uint8Array | undefined =>
  Option.getOrUndefined(Option.liftThrowable(unsafeViewOf)(body))

/** The members of a `Blob`, each read once. */
const blobOf = (body: unknown): BlobLike | undefined => {
  if (!Predicate.hasProperty(body, "arrayBuffer") || !Predicate.hasProperty(body, "size")) {
    return undefined
  }
  const { arrayBuffer, size } = body
  return typeof arrayBuffer === "function" && typeof size === "number" && size >= 0
    ? { size, arrayBuffer: () => Reflect.apply(arrayBuffer, body, []) as Promise<ArrayBuffer> }
    : undefined
}

const invalidBody = (field: string) =>
  new InvalidInputError({
    field,
    constraint: "a well-formed string, Uint8Array, ArrayBuffer, ArrayBuffer view or readable Blob"
  })

const checkSize = (size: number, { limit, reason }: PayloadOptions): Either.Either<number, PayloadTooLargeError> => {
  if (limit === false || size <= limit) {
    return Either.right(size)
  }
  const message = `The request body has ${size} bytes; ${reason ?? "the client's limit (maxBodyBytes) is"} ${limit}`
  return Either.left(new PayloadTooLargeError({ message, size, limit, attempts: 0 }))
}

const toBody = (
  bytes: Uint8Array,
  options: PayloadOptions
): Either.Either<HttpBody.Uint8Array, PayloadTooLargeError> =>
  Either.map(
    checkSize(bytes.byteLength, options),
    () => HttpBody.uint8Array(isVolatile(bytes.buffer) ? bytes.slice() : bytes, options.contentType)
  )

const fromBlob = (
  field: string,
  blob: BlobLike,
  options: PayloadOptions
): Effect.Effect<HttpBody.Uint8Array, InvalidInputError | PayloadTooLargeError> =>
  Effect.gen(function*() {
    yield* checkSize(blob.size, options)
    const buffer = yield* Effect.tryPromise({
      try: async () => await blob.arrayBuffer(),
      catch: () => invalidBody(field)
    })
    const bytes = viewOf(buffer)
    if (bytes === undefined) {
      return yield* invalidBody(field)
    }
    return yield* toBody(bytes, options)
  })

const bytesOf = (body: unknown): Uint8Array | undefined => {
  if (typeof body !== "string") {
    return viewOf(body)
  }
  return isWellFormed(body) ? encoder.encode(body) : undefined
}

/** Bytes are copied only if another thread can change them or if their buffer can shrink. */
export const payload = (
  field: string,
  body: unknown,
  options: PayloadOptions
): Effect.Effect<HttpBody.Uint8Array, InvalidInputError | PayloadTooLargeError> => {
  const bytes = bytesOf(body)
  if (bytes !== undefined) {
    return toBody(bytes, options)
  }
  const blob = Option.getOrUndefined(Option.liftThrowable(blobOf)(body))
  return blob === undefined ? Either.left(invalidBody(field)) : fromBlob(field, blob, options)
}

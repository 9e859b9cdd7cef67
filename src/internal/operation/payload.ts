import * as HttpBody from "@effect/platform/HttpBody"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { BlobLike } from "../../Operation.ts"
import { InvalidInputError, PayloadTooLargeError } from "../../SageMakerError.ts"

const isBlob = (body: unknown): body is BlobLike =>
  Predicate.hasProperty(body, "arrayBuffer") && typeof body.arrayBuffer === "function" &&
  Predicate.hasProperty(body, "size") && typeof body.size === "number"

const encoder = new TextEncoder()

/** The bytes of a buffer or a view of one; it throws where the buffer was given away. */
const viewOf = (body: unknown): Uint8Array | undefined =>
  ArrayBuffer.isView(body)
    ? new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
    : Predicate.hasProperty(body, Symbol.toStringTag) && body[Symbol.toStringTag] === "ArrayBuffer"
    ? new Uint8Array(body as ArrayBuffer)
    : undefined

const refusedBody = (field: string) =>
  new InvalidInputError({ field, constraint: "text, bytes, an ArrayBuffer, a view of one, or a Blob that can be read" })

const tooLarge = (size: number, limit: number, reason: string) =>
  new PayloadTooLargeError({
    message: `The request body has ${size} bytes; ${reason} ${limit}`,
    size,
    limit,
    attempts: 0
  })

/** Makes a request body of bytes from what the caller gave. */
export const payload = (
  field: string,
  body: unknown,
  options: {
    readonly limit: number | false
    readonly reason?: string | undefined
    readonly contentType?: string | undefined
  }
): Effect.Effect<HttpBody.Uint8Array, InvalidInputError | PayloadTooLargeError> => {
  const capped = (size: number) =>
    options.limit !== false && size > options.limit ?
      Either.left(tooLarge(size, options.limit, options.reason ?? "the client's cap (maxBodyBytes) is"))
      : Either.right(size)
  const bytes = typeof body === "string"
    ? encoder.encode(body)
    : Option.getOrUndefined(Option.liftThrowable(viewOf)(body))
  if (bytes !== undefined) {
    return Either.map(capped(bytes.byteLength), () => HttpBody.uint8Array(bytes, options.contentType))
  }
  if (!isBlob(body)) {
    return Either.left(refusedBody(field))
  }
  return Effect.gen(function*() {
    yield* capped(body.size)
    const read = yield* Effect.tryPromise({ try: () => body.arrayBuffer(), catch: () => refusedBody(field) })
    const whole = Option.getOrUndefined(Option.liftThrowable(viewOf)(read))
    if (whole === undefined) {
      return yield* refusedBody(field)
    }
    yield* capped(whole.byteLength)
    return HttpBody.uint8Array(whole, options.contentType)
  })
}

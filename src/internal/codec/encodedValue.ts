/** The result of a codec: bytes, or bytes with their own content type. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Codec, EncodedPayload, EncodedValue } from "../../Codec.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { guardReads } from "../operation/readMembers.ts"
import { unencodable } from "./codecError.ts"

/** Custom codecs can be written in JavaScript, so the members are checked. */
const toPayload = (encoded: EncodedValue): EncodedPayload | undefined => {
  const { body, contentType, customAttributes } = encoded
  return ArrayBuffer.isView(body)
    ? {
      Body: body,
      ...(contentType === undefined ? {} : { ContentType: contentType }),
      ...(customAttributes === undefined ? {} : { CustomAttributes: customAttributes })
    }
    : undefined
}

const withoutBytes = "the codec did not return bytes"

const readPayload = (
  encoded: EncodedValue,
  mediaType: string
): Either.Either<EncodedPayload, CodecError> =>
  guardReads("value", () => toPayload(encoded)).pipe(
    Either.filterOrLeft((payload) => payload !== undefined, () => undefined),
    Either.mapLeft(() => unencodable(mediaType, withoutBytes))
  )

/** Encodes a value. The payload has the content type and the custom attributes that belong to this value only. */
export const encodeValue = <A, R>(
  codec: Pick<Codec<A, R>, "encode" | "mediaType">,
  value: A
): Effect.Effect<EncodedPayload, CodecError, R> =>
  Effect.flatMap(
    Effect.suspend(() => codec.encode(value)),
    (encoded) => ArrayBuffer.isView(encoded) ? Effect.succeed({ Body: encoded }) : readPayload(encoded, codec.mediaType)
  )

/** Drops the content type of a value, because another media type replaces it. */
export const withoutContentType = (encoded: Uint8Array | EncodedValue): Uint8Array | EncodedValue =>
  ArrayBuffer.isView(encoded) ? encoded : { ...encoded, contentType: undefined }

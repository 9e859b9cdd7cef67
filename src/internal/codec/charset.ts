/** Encodes text as UTF-8, and decodes it in the character set of its content type. */
import * as Either from "effect/Either"
import { decode, isWellFormed } from "../../protocol/bytes/utf8.ts"
import { parse } from "../../protocol/payload/mediaType.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { undecodable, unencodable } from "./codecError.ts"
import { mediaTypeRead } from "./mediaTypes.ts"

const isUtf8 = (charset: string | undefined): boolean =>
  charset === undefined || ["utf-8", "utf8", "us-ascii", "ascii"].includes(charset.toLowerCase())

/** The decoder of a character set, `undefined` if the platform does not have it. */
const decoderOf = (charset: string): TextDecoder | undefined => {
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true })
  } catch {
    return undefined
  }
}

/** The text of bytes in a character set. One that is unknown is read as UTF-8. */
const decodeCharset = (charset: string, body: Uint8Array): string | undefined => {
  const decoder = decoderOf(charset)
  try {
    return decoder === undefined ? decode(body) : decoder.decode(body)
  } catch {
    return undefined
  }
}

const encoder = new TextEncoder()

/** Text in UTF-8. UTF-8 cannot encode a lone surrogate. */
export const encodeText = (mediaType: string, text: unknown): Either.Either<Uint8Array, CodecError> => {
  if (typeof text !== "string") {
    return Either.left(unencodable(mediaType, "the value must be a string"))
  }
  return isWellFormed(text)
    ? Either.right(encoder.encode(text))
    : Either.left(unencodable(mediaType, "the text has a lone surrogate"))
}

/** The text of a body, in the `charset` of its content type, by default UTF-8. */
export const decodeText = (
  mediaType: string,
  body: Uint8Array,
  contentType: string | undefined
): Either.Either<string, CodecError> => {
  const charset = parse(contentType ?? "")?.parameters.get("charset")
  const text = charset === undefined || isUtf8(charset) ? decode(body) : decodeCharset(charset, body)
  if (text !== undefined) {
    return Either.right(text)
  }
  const problem = isUtf8(charset) ? "invalid UTF-8" : "invalid text for the charset of its content type"
  return Either.left(undecodable(mediaTypeRead(mediaType, contentType), body, problem))
}

/** Decodes the text of a payload in the character set of its content type. */
import * as Either from "effect/Either"
import { decode } from "../../protocol/bytes/utf8.ts"
import { parse } from "../../protocol/payload/mediaType.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { undecodable } from "./codecError.ts"

const isUtf8 = (charset: string | undefined): boolean =>
  charset === undefined || ["utf-8", "utf8", "us-ascii", "ascii"].includes(charset.toLowerCase())

const decodeCharset = (charset: string, body: Uint8Array): string | undefined => {
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    return undefined
  }
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
  return Either.left(undecodable(mediaType, body, problem))
}

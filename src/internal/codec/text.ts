/** Text of a payload, in the character set it says it is in. */
import * as Either from "effect/Either"
import { decode } from "../../protocol/bytes/utf8.ts"
import { parse } from "../../protocol/payload/mediaType.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { undecodable } from "./codecError.ts"

const isUtf8 = (charset: string | undefined): boolean =>
  charset === undefined || ["utf-8", "utf8", "us-ascii", "ascii"].includes(charset.toLowerCase())

const inCharset = (charset: string, body: Uint8Array): string | undefined => {
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    return undefined
  }
}

/** The text of a body; UTF-8 unless its media type names another character set. */
export const decodeText = (
  mediaType: string,
  body: Uint8Array,
  contentType: string | undefined
): Either.Either<string, CodecError> => {
  const charset = parse(contentType ?? "")?.parameters.get("charset")
  const text = charset === undefined || isUtf8(charset) ? decode(body) : inCharset(charset, body)
  return text === undefined
    ? Either.left(
      undecodable(mediaType, body, isUtf8(charset) ? "it is not UTF-8" : "it is not in the character set it names")
    )
    : Either.right(text)
}

/** The text without the byte order mark some programs begin a file with. */
export const stripByteOrderMark = (text: string): string => (text.startsWith("\ufeff") ? text.slice(1) : text)

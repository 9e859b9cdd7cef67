/** Base64 (RFC 4648) on Node, with `Buffer`. */
import { decodedLength, unpaddedLength } from "../../../protocol/bytes/base64.ts"

/**
 * Decodes text in either alphabet, with or without padding. Returns `undefined` if the text is invalid.
 *
 * `Buffer` skips invalid characters, so fewer bytes than expected mean an invalid text. It reads only the low byte of a
 * character beyond Latin-1, so the text must be ASCII.
 */
export const decodeBase64 = (text: string): Uint8Array | undefined => {
  const digits = unpaddedLength(text)
  if (digits === undefined || Buffer.byteLength(text) !== text.length) {
    return undefined
  }
  const buffer = Buffer.allocUnsafeSlow(decodedLength(digits))
  return buffer.write(text, "base64") === buffer.length ? new Uint8Array(buffer.buffer) : undefined
}

/** Encodes bytes in the standard alphabet, with padding. */
export const encodeBase64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")

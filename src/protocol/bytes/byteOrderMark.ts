/** Removes the byte order mark that some programs write at the start of UTF-8 text. */
const utf8Mark = [0xef, 0xbb, 0xbf]

/** Bytes of UTF-8 text without a leading byte order mark. */
export const stripFromBytes = (bytes: Uint8Array): Uint8Array =>
  utf8Mark.every((byte, at) => bytes[at] === byte) ? bytes.subarray(utf8Mark.length) : bytes

/** Decoded text without a leading byte order mark. */
export const stripFromText = (text: string): string => (text.startsWith("\ufeff") ? text.slice(1) : text)

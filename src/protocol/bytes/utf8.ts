/** Decodes UTF-8, whole or chunk by chunk. */
import { concat } from "./bytes.ts"

const fatal = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

export interface Step {
  /** The complete characters so far. */
  readonly text: string
  /** The bytes of an incomplete character at the end. */
  readonly rest: Uint8Array
  /** Whether the bytes after `text` are invalid UTF-8. */
  readonly isInvalid: boolean
}

const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

/** Whether a string has no lone surrogate. UTF-8 cannot encode one. */
export const isWellFormed = (text: string): boolean => {
  const { isWellFormed: native } = text as { readonly isWellFormed?: () => boolean }
  return native === undefined ? !loneSurrogate.test(text) : native.call(text)
}

/** How many bytes a string has in UTF-8. A lone surrogate counts as its replacement character. */
export const byteLength = (text: string): number => {
  let bytes = text.length
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (unit >= 0x80) {
      bytes += unit < 0x800 ? 1 : 2
    }
    const isPair = unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00
    if (isPair) {
      index += 1
    }
  }
  return bytes
}

/** The text of UTF-8 bytes, `undefined` for invalid bytes. */
export const decode = (bytes: Uint8Array): string | undefined => {
  try {
    return fatal.decode(bytes)
  } catch {
    return undefined
  }
}

const sequenceLength = (lead: number): number => {
  if (lead >= 0xf0) {
    return 4
  }
  if (lead >= 0xe0) {
    return 3
  }
  return lead >= 0xc0 ? 2 : 1
}

/** How many bytes at the end belong to an incomplete character. */
const incompleteLength = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(3, bytes.byteLength); back += 1) {
    const byte = bytes[bytes.byteLength - back]!
    if ((byte & 0xc0) !== 0x80) {
      return sequenceLength(byte) > back ? back : 0
    }
  }
  return 0
}

const isValidPrefix = (bytes: Uint8Array): boolean => {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true })
    return true
  } catch {
    return false
  }
}

/** The text before the first invalid byte, found by binary search. */
const validText = (bytes: Uint8Array): string => {
  let valid = 0
  let invalid = bytes.byteLength
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1
    if (isValidPrefix(bytes.subarray(0, middle))) {
      valid = middle
    } else {
      invalid = middle
    }
  }
  const prefix = bytes.subarray(0, valid)
  return fatal.decode(prefix.subarray(0, prefix.byteLength - incompleteLength(prefix)))
}

/** Decodes the next chunk. `rest` is the incomplete character at the end of the previous chunk. */
export const step = (rest: Uint8Array, chunk: Uint8Array): Step => {
  const bytes = rest.byteLength === 0 ? chunk : concat([rest, chunk])
  const completeLength = bytes.byteLength - incompleteLength(bytes)
  const text = decode(bytes.subarray(0, completeLength))
  return text === undefined
    ? { text: validText(bytes), rest: bytes, isInvalid: true }
    : { text, rest: bytes.slice(completeLength), isInvalid: false }
}

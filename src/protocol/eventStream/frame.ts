/** Frames of event streams: the decoder of their headers, and an encoder. */
import { crc32 } from "#crc32"

/** Number of bytes before a frame's headers. */
export const preludeLength = 12

/** Number of bytes of a frame without headers and payload. */
export const overhead = preludeLength + 4

/** The largest headers of a frame in bytes. */
export const maxHeadersLength = 128 * 1024

/** The largest value of a header in bytes. Its length has 16 bits. */
export const maxHeaderValueLength = 65_535

/** The largest payload of a frame in bytes. */
export const maxPayloadLength = 24 * 1024 * 1024

/** The value of a header: the number of its type, its bytes, and its text if it is a string (type 7). */
export interface HeaderValue {
  readonly type: number
  readonly bytes: Uint8Array
  readonly text: string | undefined
}

/** The headers of a frame, by name. */
export type Headers = ReadonlyMap<string, HeaderValue>

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const fixedLengths: ReadonlyArray<number> = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16]

/** Decodes the headers of a frame; `undefined` if a length, a type or a text is invalid, or a name occurs twice. */
export const decodeHeaders = (bytes: Uint8Array): Headers | undefined => {
  const headers = new Map<string, HeaderValue>()
  let at = 0
  try {
    while (at < bytes.length) {
      const nameEnd = at + 1 + bytes[at]!
      const name = decoder.decode(bytes.subarray(at + 1, nameEnd))
      const type = bytes[nameEnd] ?? -1
      const fixed = fixedLengths[type]
      const start = nameEnd + (fixed === -1 ? 3 : 1)
      const length = fixed === -1 ? (bytes[nameEnd + 1]! << 8) | bytes[nameEnd + 2]! : fixed
      if (length === undefined || name === "" || start + length > bytes.length || headers.has(name)) {
        return undefined
      }
      const value = bytes.subarray(start, start + length)
      headers.set(name, { type, bytes: value, text: type === 7 ? decoder.decode(value) : undefined })
      at = start + length
    }
    return headers
  } catch {
    return undefined
  }
}

const encoder = new TextEncoder()

/** Encodes headers that are all strings. */
export const encodeHeaders = (headers: { readonly [name: string]: string }): Uint8Array => {
  const encoded = Object.entries(headers).map(([name, value]) => [encoder.encode(name), encoder.encode(value)] as const)
  const bytes = new Uint8Array(encoded.reduce((length, [name, value]) => length + 4 + name.length + value.length, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const [name, value] of encoded) {
    bytes[at] = name.length
    bytes.set(name, at + 1)
    at += 1 + name.length
    bytes[at] = 7
    view.setUint16(at + 1, value.length)
    bytes.set(value, at + 3)
    at += 3 + value.length
  }
  return bytes
}

/** Encodes a frame from its encoded headers and its payload. */
export const encodeFrame = (headers: Uint8Array, payload: Uint8Array): Uint8Array => {
  const frame = new Uint8Array(overhead + headers.length + payload.length)
  const view = new DataView(frame.buffer)
  view.setUint32(0, frame.length)
  view.setUint32(4, headers.length)
  view.setUint32(8, crc32(frame, 0, 8))
  frame.set(headers, preludeLength)
  frame.set(payload, preludeLength + headers.length)
  view.setUint32(frame.length - 4, crc32(frame, 0, frame.length - 4))
  return frame
}

/** Encodes a frame whose headers are all strings. */
export const encode = (headers: { readonly [name: string]: string }, payload: Uint8Array): Uint8Array =>
  encodeFrame(encodeHeaders(headers), payload)

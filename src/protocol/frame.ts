import { crc32 } from "#crc32"

/** Bytes of a frame before its headers. */
export const preludeLength = 12

/** Bytes of a frame besides its headers and its payload. */
export const overhead = preludeLength + 4

/** A header's value by the number of its type on the wire. */
export type HeaderValue =
  | { readonly type: 0 | 1; readonly value: boolean }
  | { readonly type: 2 | 3 | 4; readonly value: number }
  | { readonly type: 5 | 8; readonly value: bigint }
  | { readonly type: 6 | 9; readonly value: Uint8Array }
  | { readonly type: 7; readonly value: string }

/** A frame's headers by name. */
export type Headers = ReadonlyMap<string, HeaderValue>

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const fixedLengths: ReadonlyArray<number> = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16]

const valueOf = (type: number, view: DataView, bytes: Uint8Array): HeaderValue | undefined => {
  switch (type) {
    case 0:
    case 1:
      return { type, value: type === 0 }
    case 2:
      return { type, value: view.getInt8(0) }
    case 3:
      return { type, value: view.getInt16(0) }
    case 4:
      return { type, value: view.getInt32(0) }
    case 5:
    case 8:
      return { type, value: view.getBigInt64(0) }
    case 6:
    case 9:
      return { type, value: bytes }
    case 7:
      return { type, value: decoder.decode(bytes) }
    default:
      return undefined
  }
}

/** Reads a frame's headers; `undefined` where a length or a type does not fit, or a name stands twice. */
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
      if (length === undefined || name === "" || start + length > bytes.length) {
        return undefined
      }
      const value = bytes.subarray(start, start + length)
      const decoded = valueOf(type, new DataView(value.buffer, value.byteOffset, value.byteLength), value)
      if (decoded === undefined || headers.has(name)) {
        return undefined
      }
      headers.set(name, decoded)
      at = start + length
    }
    return headers
  } catch {
    return undefined
  }
}

const encoder = new TextEncoder()

/** Writes a frame whose headers are all text. */
export const encode = (headers: { readonly [name: string]: string }, payload: Uint8Array): Uint8Array => {
  const encoded = Object.entries(headers).map(([name, value]) => [encoder.encode(name), encoder.encode(value)] as const)
  const headersLength = encoded.reduce((length, [name, value]) => length + 1 + name.length + 3 + value.length, 0)
  const frame = new Uint8Array(overhead + headersLength + payload.length)
  const view = new DataView(frame.buffer)
  view.setUint32(0, frame.length)
  view.setUint32(4, headersLength)
  view.setUint32(8, crc32(frame, 0, 8))
  let at = preludeLength
  for (const [name, value] of encoded) {
    frame[at] = name.length
    frame.set(name, at + 1)
    at += 1 + name.length
    frame[at] = 7
    view.setUint16(at + 1, value.length)
    frame.set(value, at + 3)
    at += 3 + value.length
  }
  frame.set(payload, at)
  view.setUint32(frame.length - 4, crc32(frame, 0, frame.length - 4))
  return frame
}

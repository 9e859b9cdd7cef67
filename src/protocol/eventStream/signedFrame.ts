/** Signed frames: a frame whose payload is another frame, with the time and the signature of that frame as headers. */
import { encodeFrame } from "./frame.ts"

const encoder = new TextEncoder()

const timestampType = 8
const bytesType = 6

const dateName = encoder.encode(":date")
const signatureName = encoder.encode(":chunk-signature")

const writeName = (target: Uint8Array, at: number, name: Uint8Array): number => {
  target[at] = name.length
  target.set(name, at + 1)
  return at + 1 + name.length
}

const dateHeaderLength = 1 + dateName.length + 1 + 8

/** The encoded header `:date`. */
export const encodeDateHeader = (date: Date): Uint8Array => {
  const header = new Uint8Array(dateHeaderLength)
  const at = writeName(header, 0, dateName)
  header[at] = timestampType
  new DataView(header.buffer).setBigInt64(at + 1, BigInt(date.getTime()))
  return header
}

/** Encodes a signed frame. The last frame of a stream has an empty payload. */
export const encodeSigned = (frame: Uint8Array, date: Date, signature: Uint8Array): Uint8Array => {
  const headers = new Uint8Array(dateHeaderLength + 1 + signatureName.length + 3 + signature.length)
  headers.set(encodeDateHeader(date))
  const at = writeName(headers, dateHeaderLength, signatureName)
  headers[at] = bytesType
  new DataView(headers.buffer).setUint16(at + 1, signature.length)
  headers.set(signature, at + 3)
  return encodeFrame(headers, frame)
}

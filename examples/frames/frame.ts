/** Reads event-stream frames for a picture. It does not check them. */
type HeaderValue = string | Date | Uint8Array

export interface Frame {
  readonly headers: { readonly [name: string]: HeaderValue }
  readonly headerBytes: number
  readonly payload: Uint8Array
  readonly totalBytes: number
}

const decoder = new TextDecoder()

const [timestamp, bytes] = [8, 6]

const readHeaders = (view: DataView, from: number, end: number) => {
  const headers: Record<string, HeaderValue> = {}
  let at = from
  const take = (length: number) => {
    const taken = new Uint8Array(view.buffer, view.byteOffset + at, length)
    at += length
    return taken
  }
  while (at < end) {
    const name = decoder.decode(take(view.getUint8(at++)))
    const type = view.getUint8(at++)
    if (type === timestamp) {
      headers[name] = new Date(Number(view.getBigInt64(at)))
      at += 8
    } else {
      const length = view.getUint16(at)
      at += 2
      headers[name] = type === bytes ? take(length) : decoder.decode(take(length))
    }
  }
  return headers
}

const readFrame = (stream: Uint8Array): Frame => {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength)
  const [totalBytes, headerBytes] = [view.getUint32(0), view.getUint32(4)]
  return {
    headers: readHeaders(view, 12, 12 + headerBytes),
    headerBytes,
    payload: stream.subarray(12 + headerBytes, totalBytes - 4),
    totalBytes
  }
}

export const readFrames = (stream: Uint8Array): ReadonlyArray<Frame> => {
  const frames: Array<Frame> = []
  for (let at = 0; at < stream.byteLength;) {
    const frame = readFrame(stream.subarray(at))
    frames.push(frame)
    at += frame.totalBytes
  }
  return frames
}

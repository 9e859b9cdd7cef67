/** Splits a request body into the frames of an event stream. */
import { crc32 } from "#crc32"
import { addPiece, concat, type Pieces, piecesInOrder } from "../../../protocol/bytes/bytes.ts"
import {
  decodeHeaders,
  type Headers,
  maxHeadersLength,
  maxPayloadLength,
  overhead,
  preludeLength
} from "../../../protocol/eventStream/frame.ts"

/** A complete frame, whose checksums match. */
export interface Frame {
  readonly headers: Headers
  /** The encoded headers. */
  readonly headerBytes: Uint8Array
  readonly payload: Uint8Array
}

/** What is wrong with bytes that are not a frame. */
export interface BrokenFrame {
  readonly problem: string
}

export const isBroken = (frame: Frame | BrokenFrame): frame is BrokenFrame => "problem" in frame

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** The length of the frame that starts with this prelude. */
const frameLength = (prelude: Uint8Array): number | BrokenFrame => {
  const view = viewOf(prelude)
  const length = view.getUint32(0)
  const headersLength = view.getUint32(4)
  if (crc32(prelude, 0, 8) !== view.getUint32(8)) {
    return { problem: "the checksum of a frame's prelude does not match" }
  }
  if (headersLength > maxHeadersLength || length < overhead + headersLength) {
    return { problem: "the length of a frame's headers is invalid" }
  }
  return length - overhead - headersLength > maxPayloadLength
    ? { problem: `the payload of a frame is longer than ${maxPayloadLength} bytes` }
    : length
}

const decodeFrame = (bytes: Uint8Array): Frame | BrokenFrame => {
  const view = viewOf(bytes)
  const end = bytes.length - 4
  if (crc32(bytes, 0, end) !== view.getUint32(end)) {
    return { problem: "the checksum of a frame does not match" }
  }
  const payloadStart = preludeLength + view.getUint32(4)
  const headerBytes = bytes.subarray(preludeLength, payloadStart)
  const headers = decodeHeaders(headerBytes)
  return headers === undefined
    ? { problem: "the headers of a frame are invalid" }
    : { headers, headerBytes, payload: bytes.subarray(payloadStart, end) }
}

/** Collects bytes until a frame is complete. The lengths of a frame are checked before its payload is kept. */
export class FrameSplitter {
  #pending: Pieces | undefined
  #size = 0
  #needed = preludeLength

  /** Whether the bytes so far end with a complete frame. */
  get isComplete(): boolean {
    return this.#size === 0
  }

  /** The frames that the bytes complete. A broken frame is the last one. */
  push(bytes: Uint8Array): ReadonlyArray<Frame | BrokenFrame> {
    const frames: Array<Frame | BrokenFrame> = []
    let at = 0
    while (at < bytes.length) {
      const part = bytes.subarray(at, at + this.#needed - this.#size)
      this.#pending = addPiece(this.#pending, part)
      this.#size += part.length
      at += part.length
      const frame = this.#size === this.#needed ? this.#next() : undefined
      if (frame !== undefined) {
        frames.push(frame)
        if (isBroken(frame)) {
          return frames
        }
      }
    }
    return frames
  }

  /** The frame if it is complete; after its prelude, the length of the frame is needed. */
  #next(): Frame | BrokenFrame | undefined {
    const bytes = concat(piecesInOrder(this.#pending))
    if (this.#needed === preludeLength) {
      const length = frameLength(bytes)
      if (typeof length !== "number") {
        return length
      }
      this.#needed = length
      return undefined
    }
    this.#pending = undefined
    this.#size = 0
    this.#needed = preludeLength
    return decodeFrame(bytes)
  }
}

/** Decodes bytes that must be exactly one frame. */
export const decodeOnly = (bytes: Uint8Array): Frame | BrokenFrame => {
  const splitter = new FrameSplitter()
  const [frame, ...others] = splitter.push(bytes)
  return frame === undefined || others.length > 0 || !splitter.isComplete
    ? (frame !== undefined && isBroken(frame) ? frame : { problem: "the payload of a signed frame is not one frame" })
    : frame
}

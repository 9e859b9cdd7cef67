/** Keeps the first bytes that are sent as frames, because an error of the service can repeat them. */
import { concat } from "../../protocol/bytes/bytes.ts"
import { overhead, preludeLength } from "../../protocol/eventStream/frame.ts"
import { maxComparedBytes } from "../redaction/redaction.ts"

/** The payload of a frame; the whole frame of another format. */
const payloadOf = (frame: Uint8Array): Uint8Array => {
  if (frame.length < overhead) {
    return frame
  }
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  const headersLength = view.getUint32(4)
  return view.getUint32(0) === frame.length && headersLength <= frame.length - overhead
    ? frame.subarray(preludeLength + headersLength, frame.length - 4)
    : frame
}

/** Keeps at most one byte more than is compared. With that byte, errors of the call contain no text of the service. */
export class SentBytes {
  readonly #pieces: Array<Uint8Array> = []
  #size = 0

  add(frame: Uint8Array): void {
    if (this.#size <= maxComparedBytes) {
      const piece = payloadOf(frame).slice(0, maxComparedBytes + 1 - this.#size)
      this.#pieces.push(piece)
      this.#size += piece.length
    }
  }

  get bytes(): Uint8Array {
    return concat(this.#pieces)
  }
}

import { crc32 } from "#crc32"
import { concat } from "../bytes/bytes.ts"
import { decodeHeaders, type Headers, overhead, preludeLength } from "./frame.ts"

/** What ends a stream before its time. */
export type Failure =
  | { readonly _tag: "Broken"; readonly problem: string }
  | { readonly _tag: "Exception"; readonly code: string; readonly payload: Uint8Array }
  | { readonly _tag: "Error"; readonly code: string | undefined; readonly message: string | undefined }

/** What a frame is, as its headers tell. */
type Meaning = Failure | { readonly _tag: "Part" } | { readonly _tag: "Skip" } | {
  readonly _tag: "ExceptionOf"
  readonly code: string
}

/** Bytes of a frame that has not come whole yet, newest first. */
interface Pending {
  readonly bytes: Uint8Array
  readonly before: Pending | undefined
}

/** Where a stream stands between two chunks of bytes. */
export interface State {
  readonly pending: Pending | undefined
  readonly size: number
  readonly needed: number
  readonly known: Known | undefined
}

/** A frame's bytes before its payload, their checksum, and what they mean: most frames of a stream have the same. */
interface Known {
  readonly head: DataView
  readonly crc: number
  readonly total: number
  readonly meaning: Meaning
}

/** The payloads that became complete with a chunk, in order, and what ends the stream after them. */
export interface Step {
  readonly state: State
  readonly parts: Array<Uint8Array>
  readonly failure: Failure | undefined
}

const maxHeadersLength = 128 * 1024
const maxPayloadLength = 24 * 1024 * 1024

/** Before the first byte. */
export const initial: State = { pending: undefined, size: 0, needed: preludeLength, known: undefined }

const broken = (problem: string): Failure => ({ _tag: "Broken", problem })

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const textOf = (headers: Headers, name: string): string | undefined => headers.get(name)?.text

const meaningOf = (head: Uint8Array): Meaning => {
  const headers = decodeHeaders(head.subarray(preludeLength))
  if (headers === undefined) {
    return broken("a frame's headers cannot be read")
  }
  switch (textOf(headers, ":message-type")) {
    case "event": {
      const type = textOf(headers, ":event-type")
      return type === undefined
        ? broken("a frame has no :event-type")
        : { _tag: type === "PayloadPart" ? "Part" : "Skip" }
    }
    case "exception": {
      const code = textOf(headers, ":exception-type")
      return code === undefined ? broken("a frame has no :exception-type") : { _tag: "ExceptionOf", code }
    }
    case "error":
      return { _tag: "Error", code: textOf(headers, ":error-code"), message: textOf(headers, ":error-message") }
    default:
      return broken("a frame has no :message-type that is known")
  }
}

/** The length of the frame whose prelude stands at `at`, or what is wrong with the prelude. */
const frameLength = (bytes: Uint8Array, view: DataView, at: number): number | Failure => {
  if (crc32(bytes, at, at + 8) !== view.getUint32(at + 8)) {
    return broken("a frame's prelude does not match its checksum")
  }
  const total = view.getUint32(at)
  const headersLength = view.getUint32(at + 4)
  return headersLength > maxHeadersLength
    ? broken(`a frame's headers are longer than ${maxHeadersLength} bytes`)
    : total < overhead + headersLength
    ? broken("a frame is shorter than its headers")
    : total - overhead - headersLength > maxPayloadLength
    ? broken(`a frame's payload is longer than ${maxPayloadLength} bytes`)
    : total
}

/** Whether the bytes at `at` are a known head's, from an offset on; there are as many. */
const isHead = (head: DataView, view: DataView, at: number, from = 0): boolean => {
  const length = head.byteLength
  let index = from
  for (; index <= length - 4; index += 4) {
    if (head.getUint32(index) !== view.getUint32(at + index)) {
      return false
    }
  }
  for (; index < length; index++) {
    if (head.getUint8(index) !== view.getUint8(at + index)) {
      return false
    }
  }
  return true
}

const headOf = (head: Uint8Array): Known => {
  const view = viewOf(head)
  return { head: view, crc: crc32(head, 0, head.length), total: view.getUint32(0), meaning: meaningOf(head) }
}

/** Pieces smaller than this are joined as they come, so that a frame in tiny pieces takes no more memory than its bytes. */
const smallPiece = 4_096

const push = (before: Pending | undefined, piece: Uint8Array): Pending => {
  let bytes = piece
  let rest = before
  while (rest !== undefined && rest.bytes.length <= bytes.length && bytes.length < smallPiece) {
    bytes = concat([rest.bytes, bytes])
    rest = rest.before
  }
  return { bytes, before: rest }
}

const join = (pending: Pending): Uint8Array => {
  const chunks: Array<Uint8Array> = []
  for (let link: Pending | undefined = pending; link !== undefined; link = link.before) {
    chunks.push(link.bytes)
  }
  return concat(chunks.toReversed())
}

/**
 * Takes the next chunk of bytes.
 *
 * Payloads are views of the chunk; only a frame that is split over chunks is copied. A frame's lengths are checked before
 * more of it is kept.
 */
export const step = (state: State, chunk: Uint8Array): Step => {
  const parts: Array<Uint8Array> = []
  let { known, needed, pending, size } = state
  let failure: Failure | undefined
  let at = 0

  const takePayload = (bytes: Uint8Array, start: number, end: number, meaning: Meaning): void => {
    if (meaning._tag === "Part") {
      parts.push(new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start))
    } else if (meaning._tag === "ExceptionOf") {
      failure = { _tag: "Exception", code: meaning.code, payload: bytes.slice(start, end) }
    } else if (meaning._tag !== "Skip") {
      failure = meaning
    }
  }

  const takeFrame = (bytes: Uint8Array, view: DataView, start: number, total: number): void => {
    const end = start + total - 4
    if (crc32(bytes, start, end) !== view.getUint32(end)) {
      failure = broken("a frame does not match its checksum")
      return
    }
    const payloadStart = start + preludeLength + view.getUint32(start + 4)
    if (known?.head.byteLength !== payloadStart - start || !isHead(known.head, view, start, preludeLength)) {
      known = headOf(bytes.slice(start, payloadStart))
    }
    takePayload(bytes, payloadStart, end, known.meaning)
  }

  /** Takes a frame that begins as the known one does, if it is one and whole. */
  const takeKnown = (
    bytes: Uint8Array,
    view: DataView,
    start: number,
    { crc, head, meaning, total }: Known
  ): boolean => {
    if (total > bytes.length - start || !isHead(head, view, start)) {
      return false
    }
    const [payloadStart, end] = [start + head.byteLength, start + total - 4]
    if (crc32(bytes, payloadStart, end, crc) === view.getUint32(end)) {
      takePayload(bytes, payloadStart, end, meaning)
    } else {
      failure = broken("a frame does not match its checksum")
    }
    return true
  }

  const chunkView = viewOf(chunk)
  while (at < chunk.length && failure === undefined) {
    if (size > 0 || chunk.length - at < preludeLength) {
      const taken = Math.min(needed - size, chunk.length - at)
      pending = push(pending, chunk.subarray(at, at + taken))
      size += taken
      at += taken
      if (size === needed) {
        const bytes = join(pending)
        if (needed === preludeLength) {
          const total = frameLength(bytes, viewOf(bytes), 0)
          if (typeof total === "number") {
            needed = total
          } else {
            failure = total
          }
        } else {
          takeFrame(bytes, viewOf(bytes), 0, needed)
          pending = undefined
          size = 0
          needed = preludeLength
        }
      }
    } else if (known !== undefined && takeKnown(chunk, chunkView, at, known)) {
      at += known.total
    } else {
      const total = frameLength(chunk, chunkView, at)
      if (typeof total !== "number") {
        failure = total
      } else if (total <= chunk.length - at) {
        takeFrame(chunk, chunkView, at, total)
        at += total
      } else {
        pending = { bytes: chunk.subarray(at), before: undefined }
        size = chunk.length - at
        needed = total
        at = chunk.length
      }
    }
  }
  return { state: { known, needed, pending, size }, parts, failure }
}

/** What is wrong with a stream that ends in this state. */
export const finish = (state: State): Failure | undefined =>
  state.size === 0 ? undefined : broken("the stream ends inside a frame")

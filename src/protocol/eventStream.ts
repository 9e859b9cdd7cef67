import { crc32 } from "#crc32"
import { concat } from "./bytes.ts"
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
  /** The headers of the last frame and what they mean: most frames of a stream have the same. */
  readonly known: { readonly headers: Uint8Array; readonly meaning: Meaning } | undefined
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

const uint32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! * 0x1000000) + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!)

const textOf = (headers: Headers, name: string): string | undefined => {
  const header = headers.get(name)
  return header?.type === 7 ? header.value : undefined
}

const meaningOf = (bytes: Uint8Array): Meaning => {
  const headers = decodeHeaders(bytes)
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
const frameLength = (bytes: Uint8Array, at: number): number | Failure => {
  if (crc32(bytes, at, at + 8) !== uint32(bytes, at + 8)) {
    return broken("a frame's prelude does not match its checksum")
  }
  const total = uint32(bytes, at)
  const headersLength = uint32(bytes, at + 4)
  return headersLength > maxHeadersLength
    ? broken(`a frame's headers are longer than ${maxHeadersLength} bytes`)
    : total < overhead + headersLength
    ? broken("a frame is shorter than its headers")
    : total - overhead - headersLength > maxPayloadLength
    ? broken(`a frame's payload is longer than ${maxPayloadLength} bytes`)
    : total
}

const sameBytes = (known: Uint8Array, bytes: Uint8Array, at: number): boolean => {
  for (let index = 0; index < known.length; index++) {
    if (known[index] !== bytes[at + index]) {
      return false
    }
  }
  return true
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

  const takeFrame = (bytes: Uint8Array, start: number, total: number): void => {
    const end = start + total - 4
    if (crc32(bytes, start, end) !== uint32(bytes, end)) {
      failure = broken("a frame does not match its checksum")
      return
    }
    const headersStart = start + preludeLength
    const payloadStart = headersStart + uint32(bytes, start + 4)
    if (known?.headers.length !== payloadStart - headersStart || !sameBytes(known.headers, bytes, headersStart)) {
      const headers = bytes.slice(headersStart, payloadStart)
      known = { headers, meaning: meaningOf(headers) }
    }
    const { meaning } = known
    if (meaning._tag === "Part") {
      parts.push(bytes.subarray(payloadStart, end))
    } else if (meaning._tag === "ExceptionOf") {
      failure = { _tag: "Exception", code: meaning.code, payload: bytes.slice(payloadStart, end) }
    } else if (meaning._tag !== "Skip") {
      failure = meaning
    }
  }

  while (at < chunk.length && failure === undefined) {
    if (size === 0 && chunk.length - at >= preludeLength) {
      const total = frameLength(chunk, at)
      if (typeof total !== "number") {
        failure = total
      } else if (total <= chunk.length - at) {
        takeFrame(chunk, at, total)
        at += total
      } else {
        pending = { bytes: chunk.subarray(at), before: undefined }
        size = chunk.length - at
        needed = total
        at = chunk.length
      }
    } else {
      const taken = Math.min(needed - size, chunk.length - at)
      pending = push(pending, chunk.subarray(at, at + taken))
      size += taken
      at += taken
      if (size === needed) {
        const bytes = join(pending)
        if (needed === preludeLength) {
          const total = frameLength(bytes, 0)
          if (typeof total === "number") {
            needed = total
          } else {
            failure = total
          }
        } else {
          takeFrame(bytes, 0, needed)
          pending = undefined
          size = 0
          needed = preludeLength
        }
      }
    }
  }
  return { state: { known, needed, pending, size }, parts, failure }
}

/** What is wrong with a stream that ends in this state. */
export const finish = (state: State): Failure | undefined =>
  state.size === 0 ? undefined : broken("the stream ends inside a frame")

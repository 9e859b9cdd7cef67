/** Decodes event streams (`application/vnd.amazon.eventstream`) chunk by chunk. */
import { crc32 } from "#crc32"
import { addPiece, concat, type Pieces, piecesInOrder } from "../bytes/bytes.ts"
import { decodeHeaders, type Headers, maxHeadersLength, maxPayloadLength, overhead, preludeLength } from "./frame.ts"

/** Why a stream ends with an error. `Broken` is a violation of the format. The service sent all other errors. */
export type Failure =
  | { readonly _tag: "Broken"; readonly problem: string }
  | { readonly _tag: "Exception"; readonly code: string; readonly payload: Uint8Array }
  | { readonly _tag: "Error"; readonly code: string | undefined; readonly message: string | undefined }

/** What to do with the payload of a frame, according to its headers. */
type FrameType =
  | Failure
  | { readonly _tag: "Part"; readonly headers: Headers }
  | { readonly _tag: "Skip" }
  | { readonly _tag: "ExceptionWithCode"; readonly code: string }

/** The prelude and headers of the last frame, because most frames of a stream have equal headers. */
interface LastHeaders {
  /** The bytes before the payload. */
  readonly view: DataView
  readonly crc: number
  readonly frameLength: number
  readonly type: FrameType
}

/** The state of a decoder between two chunks. */
export interface State {
  /** The bytes of an incomplete frame. */
  readonly pending: Pieces | undefined
  /** Number of pending bytes. */
  readonly size: number
  /** Number of bytes that the prelude or the frame needs. */
  readonly needed: number
  readonly lastHeaders: LastHeaders | undefined
}

/** Makes a part from the payload and the headers of its frame. */
export type MakePart<A> = (payload: Uint8Array, headers: Headers) => A

/** The result of decoding a chunk: the parts that are now complete, and the error that follows them. */
export interface Step<A = Uint8Array> {
  readonly state: State
  readonly parts: Array<A>
  readonly failure: Failure | undefined
}

/** The state before the first chunk. */
export const initial: State = { pending: undefined, size: 0, needed: preludeLength, lastHeaders: undefined }

const broken = (problem: string): Failure => ({ _tag: "Broken", problem })

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const textHeader = (headers: Headers, name: string): string | undefined => headers.get(name)?.text

const eventFrame = (type: string, headers: Headers): FrameType =>
  type === "PayloadPart" ? { _tag: "Part", headers } : { _tag: "Skip" }

const frameType = (beforePayload: Uint8Array): FrameType => {
  const headers = decodeHeaders(beforePayload.subarray(preludeLength))
  if (headers === undefined) {
    return broken("a frame has invalid headers")
  }
  switch (textHeader(headers, ":message-type")) {
    case "event": {
      const type = textHeader(headers, ":event-type")
      return type === undefined
        ? broken("a frame has no :event-type header")
        : eventFrame(type, headers)
    }
    case "exception": {
      const code = textHeader(headers, ":exception-type")
      return code === undefined
        ? broken("a frame has no :exception-type header")
        : { _tag: "ExceptionWithCode", code }
    }
    case "error":
      return {
        _tag: "Error",
        code: textHeader(headers, ":error-code"),
        message: textHeader(headers, ":error-message")
      }
    default:
      return broken("a frame has no known :message-type header")
  }
}

/** The length of the frame whose prelude starts at `start`, or the error in the prelude. */
const frameLength = (bytes: Uint8Array, view: DataView, start: number): number | Failure => {
  if (crc32(bytes, start, start + 8) !== view.getUint32(start + 8)) {
    return broken("the checksum of a frame's prelude does not match")
  }
  const length = view.getUint32(start)
  const headersLength = view.getUint32(start + 4)
  if (headersLength > maxHeadersLength) {
    return broken(`a frame's headers are longer than ${maxHeadersLength} bytes`)
  }
  if (length < overhead + headersLength) {
    return broken("a frame is shorter than its headers")
  }
  return length - overhead - headersLength > maxPayloadLength
    ? broken(`a frame's payload is longer than ${maxPayloadLength} bytes`)
    : length
}

/** Whether the bytes at `start` equal those of `expected`, compared from the offset `from`. */
const isEqual = (expected: DataView, view: DataView, start: number, from = 0): boolean => {
  const length = expected.byteLength
  let index = from
  for (; index <= length - 4; index += 4) {
    if (expected.getUint32(index) !== view.getUint32(start + index)) {
      return false
    }
  }
  for (; index < length; index++) {
    if (expected.getUint8(index) !== view.getUint8(start + index)) {
      return false
    }
  }
  return true
}

const readHeaders = (beforePayload: Uint8Array): LastHeaders => {
  const view = viewOf(beforePayload)
  return {
    view,
    crc: crc32(beforePayload, 0, beforePayload.length),
    frameLength: view.getUint32(0),
    type: frameType(beforePayload)
  }
}

/** Reads the frames of one chunk. It is mutable, because this is the hot path of a stream. */
class ChunkReader<A> {
  readonly parts: Array<A> = []
  failure: Failure | undefined = undefined
  readonly #chunk: Uint8Array
  readonly #makePart: MakePart<A>
  readonly #view: DataView
  #position = 0
  #pending: Pieces | undefined
  #size: number
  #needed: number
  #lastHeaders: LastHeaders | undefined

  constructor(state: State, chunk: Uint8Array, makePart: MakePart<A>) {
    this.#chunk = chunk
    this.#makePart = makePart
    this.#view = viewOf(chunk)
    this.#pending = state.pending
    this.#size = state.size
    this.#needed = state.needed
    this.#lastHeaders = state.lastHeaders
  }

  get state(): State {
    return { pending: this.#pending, size: this.#size, needed: this.#needed, lastHeaders: this.#lastHeaders }
  }

  read(): void {
    const { length } = this.#chunk
    while (this.#position < length && this.failure === undefined) {
      if (this.#size > 0 || length - this.#position < preludeLength) {
        this.#readPending()
      } else if (!this.#readFrameWithLastHeaders()) {
        this.#readNext()
      }
    }
  }

  /** Adds bytes to a prelude or frame that is split over chunks. */
  #readPending(): void {
    const length = Math.min(this.#needed - this.#size, this.#chunk.length - this.#position)
    const pending = addPiece(this.#pending, this.#chunk.subarray(this.#position, this.#position + length))
    this.#pending = pending
    this.#size += length
    this.#position += length
    if (this.#size < this.#needed) {
      return
    }
    const bytes = concat(piecesInOrder(pending))
    if (this.#needed > preludeLength) {
      this.#readFrame(bytes, viewOf(bytes), 0, this.#needed)
      this.#pending = undefined
      this.#size = 0
      this.#needed = preludeLength
      return
    }
    const total = frameLength(bytes, viewOf(bytes), 0)
    if (typeof total === "number") {
      this.#needed = total
    } else {
      this.failure = total
    }
  }

  /** Reads a complete frame whose bytes before the payload equal those of the last frame; `false` if they do not. */
  #readFrameWithLastHeaders(): boolean {
    const last = this.#lastHeaders
    const start = this.#position
    if (
      last === undefined || last.frameLength > this.#chunk.length - start || !isEqual(last.view, this.#view, start)
    ) {
      return false
    }
    const payloadStart = start + last.view.byteLength
    const end = start + last.frameLength - 4
    if (crc32(this.#chunk, payloadStart, end, last.crc) === this.#view.getUint32(end)) {
      this.#readPayload(this.#chunk, payloadStart, end, last.type)
    } else {
      this.failure = broken("the checksum of a frame does not match")
    }
    this.#position += last.frameLength
    return true
  }

  /** Reads the next frame, or keeps its bytes if the chunk does not contain all of it. */
  #readNext(): void {
    const total = frameLength(this.#chunk, this.#view, this.#position)
    if (typeof total !== "number") {
      this.failure = total
    } else if (total <= this.#chunk.length - this.#position) {
      this.#readFrame(this.#chunk, this.#view, this.#position, total)
      this.#position += total
    } else {
      this.#pending = { bytes: this.#chunk.subarray(this.#position), before: undefined }
      this.#size = this.#chunk.length - this.#position
      this.#needed = total
      this.#position = this.#chunk.length
    }
  }

  #readFrame(bytes: Uint8Array, view: DataView, start: number, length: number): void {
    const end = start + length - 4
    if (crc32(bytes, start, end) !== view.getUint32(end)) {
      this.failure = broken("the checksum of a frame does not match")
      return
    }
    const payloadStart = start + preludeLength + view.getUint32(start + 4)
    let last = this.#lastHeaders
    if (last?.view.byteLength !== payloadStart - start || !isEqual(last.view, view, start, preludeLength)) {
      last = readHeaders(bytes.slice(start, payloadStart))
      this.#lastHeaders = last
    }
    this.#readPayload(bytes, payloadStart, end, last.type)
  }

  #readPayload(bytes: Uint8Array, start: number, end: number, type: FrameType): void {
    if (type._tag === "Part") {
      this.parts.push(this.#makePart(new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start), type.headers))
    } else if (type._tag === "ExceptionWithCode") {
      this.failure = { _tag: "Exception", code: type.code, payload: bytes.slice(start, end) }
    } else if (type._tag !== "Skip") {
      this.failure = type
    }
  }
}

/**
 * Decodes the next chunk.
 *
 * Payloads are views of the chunk; only frames that are split over chunks are copied. The lengths of a frame are
 * checked before more than its prelude is kept.
 */
export const stepWith = <A>(makePart: MakePart<A>) => (state: State, chunk: Uint8Array): Step<A> => {
  const reader = new ChunkReader(state, chunk, makePart)
  reader.read()
  return { state: reader.state, parts: reader.parts, failure: reader.failure }
}

/** Decodes the next chunk into the payloads of its frames. */
export const step = stepWith((payload) => payload)

/** The error of a stream that ends in this state: it must end after a complete frame. */
export const finish = (state: State): Failure | undefined =>
  state.size === 0 ? undefined : broken("the stream ends inside a frame")

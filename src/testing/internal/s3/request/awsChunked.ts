/** Decodes the content encoding `aws-chunked`: chunks with a size and a signature, then trailers. */
import { concat } from "../../../../protocol/bytes/bytes.ts"

/** What bytes of the encoded body contain. */
export type ChunkedEvent =
  | { readonly _tag: "Data"; readonly bytes: Uint8Array }
  /** The end of a chunk. The last chunk has the size 0. */
  | { readonly _tag: "ChunkEnd"; readonly size: number; readonly signature: string | undefined }
  | { readonly _tag: "Invalid"; readonly problem: "malformed" | "small-chunk" | "trailers-too-long" }

/** The trailers: pairs of a name in lowercase and a value, in the order of their arrival. */
export type Trailers = ReadonlyArray<readonly [name: string, value: string]>

export interface ChunkedDecoder {
  /** Decodes bytes. An `Invalid` event is the last event of a body. */
  readonly push: (bytes: Uint8Array) => ReadonlyArray<ChunkedEvent>
  /** The trailers, or `undefined` if the body is not complete or if the trailers are not valid. */
  readonly end: () => Trailers | undefined
}

const maxHeaderLength = 1_024
const maxTrailersLength = 16_384

/** Amazon S3 rejects chunks that are smaller than this, except the last. */
const minChunkLength = 8_192

const lineFeed = 0x0a
const chunkHeader = /^([0-9a-f]{1,13})(?:;(.*))?\r$/i
const chunkSignature = /^chunk-signature=([0-9a-f]{64})$/

const decoder = new TextDecoder("latin1")

const parseTrailers = (text: string): Trailers | undefined => {
  const trailers: Array<readonly [string, string]> = []
  for (const line of text.split("\n").map((part) => part.trim())) {
    const colon = line.indexOf(":")
    if (line !== "" && colon < 1) {
      return undefined
    }
    if (line !== "") {
      trailers.push([line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()])
    }
  }
  return trailers
}

const invalid = (problem: (ChunkedEvent & { _tag: "Invalid" })["problem"]): ChunkedEvent => ({
  _tag: "Invalid",
  problem
})

class Decoder implements ChunkedDecoder {
  #state: "header" | "data" | "dataEnd" | "trailers" | "invalid" = "header"
  /** The bytes of an incomplete header or of the trailers. */
  #text: Uint8Array = new Uint8Array()
  #size = 0
  #remaining = 0
  #signature: string | undefined
  #previousSize = minChunkLength

  readonly push = (bytes: Uint8Array): ReadonlyArray<ChunkedEvent> => {
    const events: Array<ChunkedEvent> = []
    let at = 0
    while (at < bytes.length && this.#state !== "invalid") {
      at += this.#step(bytes.subarray(at), events)
    }
    return events
  }

  readonly end = (): Trailers | undefined =>
    this.#state === "trailers" ? parseTrailers(decoder.decode(this.#text)) : undefined

  /** Handles the start of the bytes and returns how many it handled. */
  #step(bytes: Uint8Array, events: Array<ChunkedEvent>): number {
    switch (this.#state) {
      case "header":
        return this.#header(bytes, events)
      case "data": {
        const data = bytes.subarray(0, this.#remaining)
        this.#remaining -= data.length
        events.push({ _tag: "Data", bytes: data })
        this.#state = this.#remaining === 0 ? "dataEnd" : "data"
        return data.length
      }
      case "dataEnd":
        return this.#dataEnd(bytes, events)
      default:
        if (this.#text.length + bytes.length > maxTrailersLength) {
          this.#fail(events, "trailers-too-long")
        } else {
          this.#text = concat([this.#text, bytes])
        }
        return bytes.length
    }
  }

  #header(bytes: Uint8Array, events: Array<ChunkedEvent>): number {
    const index = bytes.indexOf(lineFeed)
    const part = index === -1 ? bytes : bytes.subarray(0, index)
    if (this.#text.length + part.length > maxHeaderLength) {
      this.#fail(events, "malformed")
      return bytes.length
    }
    this.#text = concat([this.#text, part])
    if (index !== -1) {
      this.#startChunk(decoder.decode(this.#text), events)
      this.#text = new Uint8Array()
    }
    return index === -1 ? bytes.length : index + 1
  }

  #startChunk(line: string, events: Array<ChunkedEvent>): void {
    const [matched, digits = "", extension] = chunkHeader.exec(line) ?? []
    const signature = extension === undefined ? undefined : chunkSignature.exec(extension)?.[1]
    if (matched === undefined || (extension !== undefined && signature === undefined)) {
      return this.#fail(events, "malformed")
    }
    this.#size = Number.parseInt(digits, 16)
    this.#remaining = this.#size
    this.#signature = signature
    if (this.#size === 0) {
      this.#state = "trailers"
      events.push({ _tag: "ChunkEnd", size: 0, signature })
    } else if (this.#previousSize < minChunkLength) {
      this.#fail(events, "small-chunk")
    } else {
      this.#previousSize = this.#size
      this.#state = "data"
    }
  }

  /** Reads CR and LF after the data. `#remaining` counts down from 0 to -2. */
  #dataEnd([byte]: Uint8Array, events: Array<ChunkedEvent>): number {
    const expected = this.#remaining === 0 ? 0x0d : lineFeed
    if (byte !== expected) {
      this.#fail(events, "malformed")
    } else if (this.#remaining === 0) {
      this.#remaining = -1
    } else {
      this.#state = "header"
      events.push({ _tag: "ChunkEnd", size: this.#size, signature: this.#signature })
    }
    return 1
  }

  #fail(events: Array<ChunkedEvent>, problem: (ChunkedEvent & { _tag: "Invalid" })["problem"]): void {
    this.#state = "invalid"
    events.push(invalid(problem))
  }
}

export const makeChunkedDecoder = (): ChunkedDecoder => new Decoder()

/** Decodes the content encoding of a response body: gzip, deflate, br and, where Node has it, zstd. */
import * as Effect from "effect/Effect"
import type { Transform } from "node:stream"
import * as zlib from "node:zlib"
import { noop } from "../../../internal/time/timer.ts"
import type { BodySource, ChunkReceiver } from "../../../internal/transport/bodySource.ts"
import { guard } from "../../../protocol/function/guard.ts"
import type { RawHeaders } from "./dispatch.ts"

/** Makes a decoder for a body that starts with this byte. */
type MakeDecoder = (firstByte: number) => Transform

/** In bytes of decoded data. A decoder waits while this much has not been read. */
const chunkSize = 64 * 1024

/** Some servers send raw deflate data, others data in the zlib format, whose first byte names the method 8. */
const inflate: MakeDecoder = (firstByte) =>
  (firstByte & 0x0f) === 8 ? zlib.createInflate({ chunkSize }) : zlib.createInflateRaw({ chunkSize })

const gunzip: MakeDecoder = () => zlib.createGunzip({ chunkSize })

/** `zlib.createZstdDecompress`, which Node has from version 22.15. */
const createZstd: unknown = Reflect.get(zlib, "createZstdDecompress")

/** The largest window of the content encoding zstd is 8 MB (RFC 9659). The decoder allocates it. */
const zstdParams = { [Number(Reflect.get(zlib.constants, "ZSTD_d_windowLogMax"))]: 23 }

const zstd: MakeDecoder | undefined = typeof createZstd === "function"
  ? () => Reflect.apply(createZstd, undefined, [{ chunkSize, params: zstdParams }]) as Transform
  : undefined

const decoders = new Map<string, MakeDecoder | undefined>([
  ["gzip", gunzip],
  ["x-gzip", gunzip],
  ["deflate", inflate],
  ["br", () => zlib.createBrotliDecompress({ chunkSize })],
  ["zstd", zstd]
])

/** `fetch` has the same limit. Each encoding multiplies the work for a byte of the response. */
const maxEncodings = 5

/** Deno's brotli and zstd decoders fail without a code. */
const withCode = (cause: NodeJS.ErrnoException): Error =>
  cause.code === undefined
    ? Object.assign(new Error("The content encoding is invalid", { cause }), { code: "ERR_ZLIB_INVALID_DATA" })
    : cause

/** The body of a source, decoded. It reads the source only when all decoded data has been read. */
class DecodedSource implements BodySource, ChunkReceiver {
  readonly #encoded: BodySource
  readonly #makeDecoder: MakeDecoder
  #decoder: Transform | undefined
  #receiver: ChunkReceiver | undefined
  /** Whether the source or the decoder is working. */
  #isBusy = false
  #isEncodedEnd = false
  #isDecodedEnd = false
  #failure: { readonly cause: unknown } | undefined

  constructor(encoded: BodySource, makeDecoder: MakeDecoder) {
    this.#encoded = encoded
    this.#makeDecoder = makeDecoder
  }

  pull(receiver: ChunkReceiver): void {
    this.#receiver = receiver
    this.#advance()
  }

  get cancel(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#decoder?.destroy()
      return this.#encoded.cancel
    })
  }

  onChunks(chunks: ReadonlyArray<Uint8Array>, isLast: boolean): void {
    this.#guarded(() => {
      this.#isEncodedEnd = isLast
      if (this.#isDecodedEnd) {
        this.#written()
      } else {
        this.#write(chunks.filter(({ byteLength }) => byteLength > 0))
      }
    })
  }

  onError(cause: unknown): void {
    this.#failure ??= { cause }
    this.#decoder?.destroy()
    this.#advance()
  }

  #write(chunks: ReadonlyArray<Uint8Array>): void {
    const [first] = chunks
    this.#decoder ??= first && this.#open(first[0] ?? 0)
    if (this.#decoder === undefined) {
      this.#isDecodedEnd = this.#isEncodedEnd
    }
    const last = chunks.length - 1
    chunks.forEach((chunk, index) =>
      this.#decoder?.write(chunk, index === last ? () => this.#guarded(() => this.#written()) : noop)
    )
    if (this.#isEncodedEnd) {
      this.#decoder?.end()
    }
    if (first === undefined) {
      this.#written()
    }
  }

  #written(): void {
    this.#isBusy = false
    this.#advance()
  }

  #open(firstByte: number): Transform {
    const end = () => {
      this.#isDecodedEnd = true
      this.#advance()
    }
    return this.#makeDecoder(firstByte)
      .on("readable", () => this.#advance())
      .on("end", end)
      .on("error", (cause) => this.onError(withCode(cause)))
  }

  /** Delivers what the receiver waits for, or reads on. */
  #advance(): void {
    this.#guarded(() => {
      if (this.#receiver === undefined) {
        return
      }
      const chunk: unknown = this.#failure === undefined && !this.#isDecodedEnd ? this.#decoder?.read() : null
      if (chunk instanceof Uint8Array) {
        this.#deliver((receiver) => receiver.onChunks([chunk], false))
      } else if (this.#failure !== undefined) {
        const { cause } = this.#failure
        this.#deliver((receiver) => receiver.onError(cause))
      } else if (this.#isDecodedEnd && this.#isEncodedEnd) {
        this.#deliver((receiver) => receiver.onChunks([], true))
      } else if (!this.#isBusy && !this.#isEncodedEnd) {
        this.#isBusy = true
        this.#encoded.pull(this)
      }
    })
  }

  #deliver(to: (receiver: ChunkReceiver) => void): void {
    const receiver = this.#receiver
    this.#receiver = undefined
    if (receiver !== undefined) {
      to(receiver)
    }
  }

  /** Fails the body if `step` throws. */
  #guarded(step: () => void): void {
    guard(step, (cause) => {
      this.#failure ??= { cause }
      this.#decoder?.destroy()
      this.#deliver((receiver) => receiver.onError(cause))
    })
  }
}

const tooManyEncodings = Object.assign(new Error("The response has too many content encodings"), {
  code: "ERR_ZLIB_TOO_MANY_ENCODINGS"
})

/** The encodings of a body, first to last; none if one of them is unknown. */
const encodingsOf = (header: string | ReadonlyArray<string>): ReadonlyArray<MakeDecoder> => {
  const names = String(header).toLowerCase().split(",")
  const known = names.flatMap((name) => decoders.get(name.trim()) ?? [])
  return known.length === names.length ? known : []
}

/** The decoded body of a response. A body in an unknown encoding is not changed, as in `fetch`. */
export const decodedSource = (source: BodySource, headers: RawHeaders): BodySource => {
  const header = headers["content-encoding"]
  if (header === undefined) {
    return source
  }
  const encodings = encodingsOf(header)
  return encodings.length > maxEncodings
    ? { pull: (receiver) => receiver.onError(tooManyEncodings), cancel: source.cancel }
    : encodings.reduceRight((encoded, makeDecoder) => new DecodedSource(encoded, makeDecoder), source)
}

import { EventStreamCodec } from "@smithy/core/event-streams"
import { SignatureV4 } from "@smithy/signature-v4"
import { Chunk, Effect, Stream } from "effect"
import { createHash, createHmac } from "node:crypto"
import type { RequestPart } from "../../src/InvokeEndpointWithBidirectionalStream.ts"

type Message = Parameters<EventStreamCodec["encode"]>[0]

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** AWS's encoder and decoder of event streams. */
export const codec = new EventStreamCodec(
  (input) => (typeof input === "string" ? input : decoder.decode(input)),
  (input) => encoder.encode(input)
)

class Sha256 {
  readonly #hash
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", Buffer.from(secret as Uint8Array))
  }
  update(data: string | ArrayBuffer | ArrayBufferView) {
    this.#hash.update(data as Uint8Array)
  }
  digest() {
    return Promise.resolve(new Uint8Array(this.#hash.digest()))
  }
}

export const emulatorKeys = { accessKeyId: "AKIDEMULATOR", secretAccessKey: "emulator-secret-access-key" }

const signerWith = (credentials: typeof emulatorKeys & { readonly sessionToken?: string }) =>
  new SignatureV4({ service: "sagemaker", region: "eu-west-1", credentials, sha256: Sha256 })

export const utf8 = (text: string): Uint8Array => encoder.encode(text)
export const text = (bytes: Uint8Array): string => decoder.decode(bytes)

const string = (value: string) => ({ type: "string", value }) as const

/** The frame of one part, without a signature. */
export const partFrame = (
  { Bytes, ...members }: RequestPart,
  headers: Message["headers"] = {}
): Uint8Array => {
  const present = Object.entries(members).filter(([, value]) => value !== undefined)
  return codec.encode({
    headers: {
      ":message-type": string("event"),
      ":event-type": string("PayloadPart"),
      ":content-type": string("application/octet-stream"),
      ...Object.fromEntries(present.map(([name, value]) => [name, string(value as string)])),
      ...headers
    },
    body: Bytes
  })
}

export const textFrame = (value: string): Uint8Array => partFrame({ Bytes: utf8(value), DataType: "UTF8" })

/** Options of a signed request. */
export interface SignedRequestOptions {
  readonly endpoint?: string
  readonly headers?: Record<string, string>
  readonly date?: Date
  readonly credentials?: typeof emulatorKeys & { readonly sessionToken?: string }
  /** Signs `:authority` in place of `host`, as AWS SDK for JavaScript does with HTTP/2. */
  readonly authority?: boolean
}

/** A request that is signed by AWS's signer, and the signer of its frames. */
export const signedRequest = (host: string, options: SignedRequestOptions = {}) =>
  Effect.promise(async () => {
    const { credentials = emulatorKeys, date = new Date(), endpoint = "echo" } = options
    const signer = signerWith(credentials)
    const path = `/endpoints/${endpoint}/invocations-bidirectional-stream`
    const { headers } = await signer.sign({
      method: "POST",
      protocol: "http:",
      hostname: host,
      path,
      headers: {
        [options.authority === true ? ":authority" : "host"]: host,
        "content-type": "application/vnd.amazon.eventstream",
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-EVENTS",
        ...options.headers
      }
    }, { signingDate: date })
    let priorSignature = /Signature=([0-9a-f]+)/.exec(headers["authorization"]!)![1]!
    const signFrame = (frame: Uint8Array, at: Date = new Date()) =>
      Effect.promise(async () => {
        const message: Message = { headers: { ":date": { type: "timestamp", value: at } }, body: frame }
        const { signature } = await signer.sign({ message, priorSignature }, { signingDate: at })
        priorSignature = signature
        return codec.encode({
          headers: { ...message.headers, ":chunk-signature": { type: "binary", value: Buffer.from(signature, "hex") } },
          body: frame
        })
      })
    return { path, headers, signFrame }
  })

/** Signs frames and the empty last frame. */
export const signAll = (
  frames: ReadonlyArray<Uint8Array>,
  signFrame: (frame: Uint8Array) => Effect.Effect<Uint8Array>
): Effect.Effect<ReadonlyArray<Uint8Array>> =>
  Effect.forEach([...frames, new Uint8Array()], (frame) => signFrame(frame))

/** A received frame: its headers as plain values, and its payload as text. */
export interface ReceivedFrame {
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

/** Decodes a stream of bytes with AWS's codec. */
export const receivedFrames = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<ReceivedFrame, E, R> =>
  Stream.suspend(() => {
    let pending = Buffer.alloc(0)
    return Stream.mapChunks(bytes, (chunk) => {
      pending = Buffer.concat([pending, ...chunk])
      const frames: Array<ReceivedFrame> = []
      while (pending.length >= 4 && pending.length >= pending.readUInt32BE(0)) {
        const { body, headers } = codec.decode(new Uint8Array(pending.subarray(0, pending.readUInt32BE(0))))
        pending = pending.subarray(pending.readUInt32BE(0))
        frames.push({
          headers: Object.fromEntries(Object.entries(headers).map(([name, { value }]) => [name, value])),
          body: text(body)
        })
      }
      return Chunk.unsafeFromArray(frames)
    })
  })

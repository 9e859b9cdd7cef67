import { assert, it } from "@effect/vitest"
import { Effect, FastCheck, Stream } from "effect"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { describe } from "vitest"
import type { RequestPart } from "../../src/InvokeEndpointWithBidirectionalStream.ts"
import { frameSignature, signingKey } from "../../src/testing/internal/emulator/signature.ts"
import { exchange, host, send } from "../support/bidirectionalEmulator.ts"
import {
  codec,
  emulatorKeys,
  partFrame,
  signAll,
  signedRequest,
  type SignedRequestOptions,
  text,
  textFrame,
  utf8
} from "../support/bidirectionalFrames.ts"
import { hasCorpora, needsCorpora, readCorpusJson } from "../support/corpora.ts"

const echo = Emulator.bidirectional("echo", (parts) => Stream.map(parts, ({ Bytes }) => text(Bytes)))

const emulator = (options: Partial<Emulator.EmulatorOptions> = {}) =>
  Emulator.layerDuplexTransport({ endpoints: [echo], ...options })

const frames = ["one", "two", "three"].map(textFrame)

type Change = (signed: ReadonlyArray<Uint8Array>) => ReadonlyArray<Uint8Array>

/** Encodes a frame again, so that its checksum matches. */
const changed = (frame: Uint8Array, change: (message: ReturnType<typeof codec.decode>) => void): Uint8Array => {
  const { body, headers } = codec.decode(frame)
  const message = { headers: { ...headers }, body: new Uint8Array(body) }
  change(message)
  return codec.encode(message)
}

const withChangedEnd = (frame: Uint8Array): Uint8Array => frame.with(frame.length - 1, frame.at(-1)! ^ 1)

const changedAt = (index: number, change: (message: ReturnType<typeof codec.decode>) => void): Change => (signed) =>
  signed.map((frame, at) => (at === index ? changed(frame, change) : frame))

const mismatch = /^InvalidSignatureException: The signature of a frame does not match/
const missing = /^InvalidSignatureException: A frame of a signed request must have the headers/

const refusals: ReadonlyArray<readonly [what: string, change: Change, before: number, problem: RegExp]> = [
  [
    "with a changed payload",
    changedAt(1, ({ body }) => {
      body[body.length - 6]! ^= 1
    }),
    1,
    mismatch
  ],
  [
    "with a changed date",
    changedAt(1, ({ headers }) => {
      headers[":date"] = { type: "timestamp", value: new Date(Date.now() + 2_000) }
    }),
    1,
    mismatch
  ],
  [
    "with a changed signature",
    changedAt(0, ({ headers }) => {
      headers[":chunk-signature"] = { type: "binary", value: new Uint8Array(32) }
    }),
    0,
    mismatch
  ],
  [
    "with another header",
    changedAt(1, ({ headers }) => {
      headers["extra"] = { type: "string", value: "a" }
    }),
    1,
    mismatch
  ],
  [
    "without a date",
    changedAt(1, ({ headers }) => {
      delete headers[":date"]
    }),
    1,
    missing
  ],
  [
    "without a signature",
    changedAt(1, ({ headers }) => {
      delete headers[":chunk-signature"]
    }),
    1,
    missing
  ],
  [
    "with a signature as text",
    changedAt(1, ({ headers }) => {
      headers[":chunk-signature"] = { type: "string", value: "00" }
    }),
    1,
    missing
  ],
  [
    "with a date as text",
    changedAt(1, ({ headers }) => {
      headers[":date"] = { type: "string", value: "2026-11-28" }
    }),
    1,
    missing
  ],
  ["that is not signed", ([first, ...rest]) => [first!, textFrame("x"), ...rest], 1, missing],
  ["after a missing frame", (signed) => signed.filter((_, at) => at !== 1), 1, mismatch],
  ["that is out of order", ([first, second, ...rest]) => [second!, first!, ...rest], 0, mismatch],
  ["that is sent again", ([first, ...rest]) => [first!, first!, ...rest], 1, mismatch],
  [
    "that ends the request too early",
    (signed) => [signed[0]!, signed.at(-1)!],
    1,
    mismatch
  ],
  [
    "with a changed last frame",
    changedAt(3, ({ headers }) => {
      headers[":chunk-signature"] = { type: "binary", value: new Uint8Array(32) }
    }),
    3,
    mismatch
  ],
  [
    "after the last frame",
    (signed) => [...signed, signed[0]!],
    3,
    /^SerializationException: .*a frame follows the last frame/
  ],
  [
    "with a wrong checksum",
    ([first, second, ...rest]) => [first!, withChangedEnd(second!), ...rest],
    1,
    /^SerializationException: .*the checksum of a frame does not match/
  ],
  [
    "with a wrong checksum of its prelude",
    ([first, second, ...rest]) => [first!, second!.with(9, second![9]! ^ 1), ...rest],
    1,
    /^SerializationException: .*the checksum of a frame's prelude does not match/
  ],
  [
    "that is cut off",
    (signed) => [signed[0]!, signed[1]!.subarray(0, 20)],
    1,
    /^SerializationException: .*the body ends inside a frame/
  ],
  ["of bytes that are no frame", () => [utf8("GET / HTTP/1.1\r\n\r\n")], 0, /^SerializationException: /]
]

describe("The emulator refuses a frame", () => {
  for (const [what, change, before, problem] of refusals) {
    it.live(what, () =>
      Effect.gen(function*() {
        const { received } = yield* exchange(
          frames,
          {},
          (all, signFrame) => Effect.map(signAll(all, signFrame), change)
        )
        assert.deepStrictEqual(received.slice(0, before), ["one", "two", "three"].slice(0, before))
        assert.strictEqual(received.length, before + 1)
        assert.match(received.at(-1)!, problem)
      }).pipe(Effect.provide(emulator())))
  }

  it.live("with a date that is too far from the clock", () =>
    Effect.gen(function*() {
      for (const minutes of [-6, 6, 1e9]) {
        const { received } = yield* exchange(frames, {}, (all, signFrame) =>
          Effect.map(signFrame(all[0]!, new Date(Date.now() + Math.min(minutes * 60_000, 8e15))), (frame) => [frame]))
        assert.match(received[0]!, /^InvalidSignatureException: The :date of a frame must be within 5 minutes of/)
      }
      const { received } = yield* exchange(frames, {}, (all, signFrame) =>
        Effect.map(signFrame(all[0]!, new Date(Date.now() - 4 * 60_000)), (frame) => [frame]))
      assert.deepStrictEqual(received, ["one"])
    }).pipe(Effect.provide(emulator())))

  const inner: ReadonlyArray<readonly [what: string, frame: Uint8Array, problem: RegExp]> = [
    [
      "an unknown event",
      partFrame({ Bytes: utf8("a") }, { ":event-type": { type: "string", value: "Other" } }),
      /:event-type/
    ],
    [
      "an unknown message",
      partFrame({ Bytes: utf8("a") }, { ":message-type": { type: "string", value: "exception" } }),
      /:message-type/
    ],
    [
      "a DataType that is not text",
      partFrame({ Bytes: utf8("a") }, { DataType: { type: "boolean", value: true } }),
      /DataType of a frame is not a string/
    ],
    [
      "an invalid DataType",
      partFrame({ Bytes: utf8("a"), DataType: "TEXT" as "UTF8" }),
      /^InputValidationError: .*DataType/
    ],
    [
      "an invalid CompletionState",
      partFrame({ Bytes: utf8("a"), CompletionState: "DONE" as "PARTIAL" }),
      /^InputValidationError: .*CompletionState/
    ],
    ["two frames", Buffer.concat([textFrame("a"), textFrame("b")]), /not one frame/],
    ["bytes that are no frame", utf8("text"), /not one frame/],
    ["a broken frame", withChangedEnd(textFrame("a")), /checksum/]
  ]
  for (const [what, frame, problem] of inner) {
    it.live(`that contains ${what}`, () =>
      Effect.gen(function*() {
        const { received } = yield* exchange([textFrame("one"), frame])
        assert.strictEqual(received.length, 2)
        assert.match(received[1]!, problem)
      }).pipe(Effect.provide(emulator())))
  }
})

it.live("The emulator accepts a request without the empty last frame", () =>
  Effect.gen(function*() {
    const { received } = yield* exchange(
      frames,
      {},
      (all, signFrame) => Effect.forEach(all, (frame) => signFrame(frame))
    )
    assert.deepStrictEqual(received, ["one", "two", "three"])
  }).pipe(Effect.provide(emulator())))

it.live("The emulator accepts the end of the parts before the end of the request", () =>
  Effect.gen(function*() {
    const request = yield* signedRequest(host)
    const signed = yield* signAll(frames, request.signFrame)
    const { received } = yield* send(Stream.concat(Stream.fromIterable(signed), Stream.never), request)
    assert.deepStrictEqual(received, ["one", "two", "three"])
  }).pipe(Effect.provide(emulator())))

it.live("The emulator interrupts the handler at the first invalid frame", () =>
  Effect.gen(function*() {
    let isInterrupted = false
    const reading = Emulator.bidirectional("echo", (parts) =>
      Stream.concat(Stream.drain(parts), Stream.never).pipe(
        Stream.ensuring(Effect.sync(() => {
          isInterrupted = true
        }))
      ))
    const { received } = yield* exchange([textFrame("a")], {}, () => Effect.succeed([textFrame("a")])).pipe(
      Effect.provide(emulator({ endpoints: [reading] }))
    )
    assert.match(received[0]!, missing)
    assert.isTrue(isInterrupted)
  }))

describe("The emulator refuses a request", () => {
  const requests: ReadonlyArray<readonly [what: string, options: SignedRequestOptions, code: RegExp]> = [
    [
      "with another secret",
      { credentials: { ...emulatorKeys, secretAccessKey: "other" } },
      /^InvalidSignatureException:/
    ],
    ["with another access key", { credentials: { ...emulatorKeys, accessKeyId: "AKIDOTHER" } }, /^UnrecognizedClient/],
    [
      "with an unexpected session token",
      { credentials: { ...emulatorKeys, sessionToken: "t" } },
      /^UnrecognizedClient/
    ],
    ["that is too old", { date: new Date(Date.now() - 6 * 60_000) }, /^InvalidSignatureException:/],
    [
      "with an unsigned payload",
      { headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } },
      /^InvalidSignatureException:/
    ],
    [
      "with the hash of an empty body",
      { headers: { "x-amz-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" } },
      /^InvalidSignatureException:/
    ]
  ]
  for (const [what, options, code] of requests) {
    it.live(what, () =>
      Effect.gen(function*() {
        const response = yield* exchange(frames, options)
        assert.strictEqual(response.status, 403)
        assert.match(response.code!, code)
      }).pipe(Effect.provide(emulator())))
  }

  it.live("without a signature", () =>
    Effect.gen(function*() {
      const { path } = yield* signedRequest(host)
      const response = yield* send(Stream.fromIterable(frames), { path, headers: {} })
      assert.strictEqual(response.status, 403)
      assert.match(response.code!, /^MissingAuthenticationToken/)
    }).pipe(Effect.provide(emulator())))

  it.live("for another region", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* exchange(frames)).status, 403)
    }).pipe(Effect.provide(emulator({ region: "us-east-1" }))))
})

it.live("The emulator verifies frames with temporary credentials", () =>
  Effect.gen(function*() {
    const credentials = { ...emulatorKeys, sessionToken: "token" }
    const { received } = yield* exchange(frames, { credentials }).pipe(Effect.provide(emulator({ credentials })))
    assert.deepStrictEqual(received, ["one", "two", "three"])
  }))

it.live("Without credentials, the emulator accepts frames with and without signatures", () =>
  Effect.gen(function*() {
    const { path, signFrame } = yield* signedRequest(host)
    const [signed, last] = yield* signAll([frames[1]!], signFrame)
    const invalid = changed(signed!, ({ headers }) => {
      headers[":chunk-signature"] = { type: "binary", value: new Uint8Array(32) }
    })
    const { received } = yield* send(Stream.make(frames[0]!, invalid, frames[2]!, last!), { path, headers: {} })
    assert.deepStrictEqual(received, ["one", "two", "three"])
    const unsigned = yield* send(Stream.fromIterable(frames), { path, headers: {} })
    assert.deepStrictEqual(unsigned.received, ["one", "two", "three"])
  }).pipe(Effect.provide(emulator({ credentials: "anonymous" }))))

const parts = FastCheck.array(
  FastCheck.record({
    Bytes: FastCheck.uint8Array({ maxLength: 300 }),
    DataType: FastCheck.constantFrom("UTF8" as const, "BINARY" as const),
    CompletionState: FastCheck.constantFrom("PARTIAL" as const, "COMPLETE" as const),
    P: FastCheck.string({ maxLength: 40 })
  }, { requiredKeys: ["Bytes"] }),
  { maxLength: 12 }
)

it.live.prop(
  "The emulator receives the parts of any request, however it is split into chunks",
  { parts, sizes: FastCheck.array(FastCheck.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 6 }) },
  ({ parts, sizes }) =>
    Effect.gen(function*() {
      const seen: Array<RequestPart> = []
      const recording = Emulator.bidirectional("echo", (received) =>
        Stream.mapConcat(received, (part) => {
          seen.push({ ...part, Bytes: part.Bytes.slice() })
          return []
        }))
      const request = yield* signedRequest(host)
      const body = Buffer.concat(yield* signAll(parts.map((part) => partFrame(part)), request.signFrame))
      const chunks: Array<Uint8Array> = []
      for (let at = 0; at < body.length;) {
        const size = sizes[chunks.length % sizes.length]!
        chunks.push(new Uint8Array(body.subarray(at, at + size)))
        at += size
      }
      const { received } = yield* send(Stream.fromIterable(chunks), request).pipe(
        Effect.provide(emulator({ endpoints: [recording] }))
      )
      assert.deepStrictEqual(received, [])
      assert.deepStrictEqual(seen, parts)
    }),
  { fastCheck: { numRuns: 30 } }
)

it.live.prop(
  "The emulator receives no part of a changed request that differs from the original",
  {
    at: FastCheck.nat(),
    change: FastCheck.constantFrom("flip", "insert", "remove", "cut", "repeat"),
    byte: FastCheck.integer({ min: 1, max: 255 })
  },
  ({ at, byte, change }) =>
    Effect.gen(function*() {
      const request = yield* signedRequest(host)
      const body = Buffer.concat(yield* signAll(frames, request.signFrame))
      const index = at % body.length
      const [before, after] = [body.subarray(0, index), body.subarray(index)]
      const changes = {
        flip: [before, Buffer.from([after[0]! ^ byte]), after.subarray(1)],
        insert: [before, Buffer.from([byte]), after],
        remove: [before, after.subarray(1)],
        cut: [before],
        repeat: [before, before, after]
      }
      const { received } = yield* send(Stream.fromIterable(changes[change as keyof typeof changes]), request)
      const texts = received.filter((value) => !value.includes("Exception: "))
      assert.deepStrictEqual(texts, ["one", "two", "three"].slice(0, texts.length))
      assert.isAtMost(received.length - texts.length, 1)
      if (change !== "cut" && index > 0) {
        assert.strictEqual(received.length - texts.length, 1)
      }
    }).pipe(Effect.provide(emulator())),
  { fastCheck: { numRuns: 60 } }
)

interface SigningCase {
  readonly secretAccessKey: string
  readonly region: string
  readonly service: string
  readonly date: string
  readonly prior_signature_hex: string
  readonly inner_message_b64: string
  readonly date_header_b64: string
  readonly signature_hex: string
}

it.effect.skipIf(!hasCorpora)(
  needsCorpora("The signature of a frame equals the published vector"),
  () =>
    Effect.gen(function*() {
      const { cases } = readCorpusJson("eventstream/event-signing.json") as {
        readonly cases: ReadonlyArray<SigningCase>
      }
      for (const vector of cases) {
        const scope = { date: vector.date.slice(0, 8), region: vector.region, service: vector.service }
        const key = yield* Effect.promise(() => signingKey(vector.secretAccessKey, scope))
        const signature = yield* Effect.promise(() =>
          frameSignature(key, {
            amzDate: vector.date,
            scope,
            prior: vector.prior_signature_hex,
            headers: Buffer.from(vector.date_header_b64, "base64"),
            payload: Buffer.from(vector.inner_message_b64, "base64")
          })
        )
        assert.strictEqual(signature, vector.signature_hex)
      }
    })
)

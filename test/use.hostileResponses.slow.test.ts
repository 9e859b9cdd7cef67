import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Schema, Stream } from "effect"
import { Codec, Framing, Tokens } from "effect-sagemaker-runtime"
import * as eventStream from "../src/protocol/eventStream/eventStream.ts"

const cells = Schema.Union(Schema.Number, Schema.Boolean, Schema.String)

type Decode = (body: Uint8Array) => Effect.Effect<unknown, unknown>

const decoderOf = (codec: { readonly decode: (body: Uint8Array) => Effect.Effect<unknown, unknown> }): Decode =>
  codec.decode

const framed = (framing: Framing.Framing<unknown, unknown>): Decode => (body) =>
  Stream.runDrain(framing.frame(Stream.make(body)))

const framings = {
  "Framing.text": Framing.text,
  "Framing.lines": Framing.lines,
  "Framing.jsonLines": Framing.jsonLines(Schema.Unknown),
  "Framing.sse": Framing.sse,
  "Framing.sseJson": Framing.sseJson(Schema.Unknown),
  "Tokens.openAi": Tokens.openAi,
  "Tokens.tgi": Tokens.tgi,
  "Tokens.lmi": Tokens.lmi,
  "Tokens.detected": Tokens.detected
}

const decoders: ReadonlyArray<readonly [name: string, decode: Decode]> = [
  ["Codec.json", decoderOf(Codec.json(Schema.Record({ key: Schema.String, value: Schema.Unknown })))],
  ["Codec.jsonLines", decoderOf(Codec.jsonLines(Schema.Unknown))],
  ["Codec.csv of lists", decoderOf(Codec.csv(Schema.Array(Schema.Array(cells))))],
  [
    "Codec.csv with a header",
    decoderOf(Codec.csv(Schema.Array(Schema.Record({ key: Schema.String, value: Schema.String })), { header: true }))
  ],
  ["Codec.npy", decoderOf(Codec.npy)],
  ["Codec.text", decoderOf(Codec.text)],
  ...Object.entries(framings).map(([name, framing]) => [name, framed(framing)] as const)
]

const pieces = [
  "a",
  "1",
  "9",
  " ",
  "\t",
  "\n",
  "\r",
  "\r\n",
  ",",
  "\"",
  "\"\"",
  "\"x\"y,",
  "\"a\n",
  "[",
  "{\"a\":",
  "[[],",
  "\\",
  "\"\\",
  "\\ud800",
  "-",
  "1e9",
  "NaN,",
  "é",
  "\ufeff",
  "1,",
  "a,b\n",
  "{}\n",
  ":\n",
  "data:\n\n",
  "data: a\n",
  "id: a\n",
  "retry: 1\n\n",
  "data: {\"choices\":[]}\n\n",
  "data: [DONE]\n\n",
  "{\"token\":{\"text\":\"a\"}}\n"
]

const repeated = (piece: string) => (size: number) => Buffer.from(piece.repeat(Math.ceil(size / piece.length)))

const after = (prefix: string, piece: string) => (size: number) =>
  Buffer.concat([Buffer.from(prefix), repeated(piece)(size)])

const bodies: ReadonlyArray<readonly [name: string, make: (size: number) => Uint8Array]> = [
  ...pieces.map((piece) => [JSON.stringify(piece), repeated(piece)] as const),
  ["0xff", (size) => new Uint8Array(size).fill(0xff)],
  ["0x80", (size) => new Uint8Array(size).fill(0x80)],
  ["0xc3", (size) => new Uint8Array(size).fill(0xc3)],
  ["a quoted field without end", after("\"", "a,b\n")],
  ["a JSON string of escapes", after("[\"", "\\\"")],
  ["an NPY header of brackets", after("\x93NUMPY\x02\0\0\xff\0\0", "(")]
]

const run = (decode: Decode, body: Uint8Array, name: string) =>
  Effect.gen(function*() {
    // Vitest's worker must answer between two runs.
    yield* Effect.sleep("1 millis")
    const start = performance.now()
    const exit = yield* Effect.exit(Effect.suspend(() => decode(body)))
    const defects = Exit.isFailure(exit) ? Array.from(Cause.defects(exit.cause)) : []
    assert.deepStrictEqual(defects, [], name)
    return performance.now() - start
  })

describe("A response of one repeated text is decoded or rejected in linear time, without a defect:", () => {
  for (const [decoder, decode] of decoders) {
    it.live(decoder, () =>
      Effect.gen(function*() {
        for (const [name, make] of bodies) {
          const short = yield* run(decode, make(32 * 1024), name)
          const long = yield* run(decode, make(256 * 1024), name)
          // Quadratic time would be 64 times as long.
          assert.isBelow(long, Math.max(1_000, 30 * short), name)
        }
      }))
  }
})

describe("Chunks of one byte are decoded without a defect:", () => {
  for (const [name, framing] of Object.entries(framings)) {
    it.live(name, () =>
      Effect.gen(function*() {
        for (const [body, make] of bodies) {
          const chunks = Stream.fromIterable(Array.from(make(8_192), (byte) => Uint8Array.of(byte)))
          yield* run(
            () => Stream.runDrain((framing as Framing.Framing<unknown, unknown>).frame(chunks)),
            new Uint8Array(),
            body
          )
        }
      }))
  }
})

it("An event stream of any repeated byte fails without an exception", () => {
  for (let byte = 0; byte < 256; byte += 1) {
    const step = eventStream.step(eventStream.initial, new Uint8Array(1024 * 1024).fill(byte))
    assert.strictEqual(step.failure?._tag, "Broken")
  }
})

it.live("CSV with more than 16,777,216 cells is rejected before it is split", () =>
  Effect.gen(function*() {
    for (const piece of ["\n", ",", "\r\n"]) {
      const body = repeated(piece)(40 * 1024 * 1024)
      const error = yield* Effect.flip(Codec.csv(Schema.Array(Schema.Array(cells))).decode(body))
      assert.match(error.message, /more than 16777216 cells$/)
    }
  }))

it.live("CSV has a hundred thousand columns or a million rows", () =>
  Effect.gen(function*() {
    const list = Codec.csv(Schema.Array(Schema.Array(Schema.Number)))
    const wide = yield* list.decode(repeated("1,")(200_000 - 1).subarray(0, -1))
    assert.strictEqual(wide[0]?.length, 100_000)
    const long = yield* list.decode(repeated("1,2\n")(4_000_000))
    assert.strictEqual(long.length, 1_000_000)
  }))

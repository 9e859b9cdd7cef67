import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, FastCheck, Schema, Stream } from "effect"
import { Codec, Framing } from "effect-sagemaker-runtime"

const encoder = new TextEncoder()
const Entry = Schema.Struct({ n: Schema.Number, word: Schema.String })
const entries = Codec.jsonLines(Entry)

const entry = FastCheck.record({
  n: FastCheck.double({ noNaN: true, noDefaultInfinity: true }).filter((_) => !Object.is(_, -0)),
  word: FastCheck.string({ unit: FastCheck.constantFrom("a", "\n", "\r\n", "\u2028", "🙂", "\"") })
})

describe("JSON Lines", () => {
  it.effect.prop(
    "round-trip",
    [FastCheck.array(entry)],
    ([values]) =>
      Effect.map(
        Effect.flatMap(Codec.encode(values, entries), Codec.decode(entries)),
        (back) => assert.deepStrictEqual(back, values)
      )
  )

  it.effect.prop(
    "have one line per value",
    [FastCheck.array(entry, { minLength: 1 })],
    ([values]) =>
      Effect.map(Codec.encode(values, entries), ({ Body }) => {
        const lines = new TextDecoder().decode(Body).split("\n")
        assert.deepStrictEqual(lines.map((line): unknown => JSON.parse(line)), values)
      })
  )

  it.effect("can have blank lines, CRLF, a byte order mark and a final line break", () =>
    Effect.map(
      entries.decode(encoder.encode(`\ufeff{"n":1,"word":"a"}\r\n\r\n  \n{"n":2,"word":"b"}\n`)),
      (read) => assert.deepStrictEqual(read, [{ n: 1, word: "a" }, { n: 2, word: "b" }])
    ))

  it.effect("that cannot be decoded fail with the line and the path", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(entries.decode(encoder.encode(`{"n":1,"word":"a"}\n{"n":"hunter2","word":"b"}`)))
      assert.match(error.message, /application\/jsonlines: line 2, n: expected number, found string$/)
      const broken = yield* Effect.flip(entries.decode(encoder.encode(`{"n":1`)))
      assert.match(broken.message, /invalid JSON at line 1, column 7: unexpected end$/)
    }))
})

const piece = FastCheck.constantFrom(
  "1",
  "\"a\"",
  " ",
  "\t",
  "\r",
  "\r\n",
  "\n",
  "\ufeff",
  "\v",
  "\u00a0",
  "\u2028",
  "[",
  "]"
)

describe("Codec.jsonLines and Framing.jsonLines", () => {
  const both = (text: string) =>
    Effect.all([
      Effect.either(Codec.jsonLines(Schema.Unknown).decode(encoder.encode(text))),
      Effect.either(
        Effect.map(
          Stream.runCollect(Framing.jsonLines(Schema.Unknown).frame(Stream.make(encoder.encode(text)))),
          Chunk.toReadonlyArray
        )
      )
    ])

  it.effect("skip the same blank lines", () =>
    Effect.gen(function*() {
      for (const blank of ["", " ", "\t \t", "\r", "\ufeff", "\ufeff "]) {
        const [whole, framed] = yield* both(`1\n${blank}\n2\n${blank}`)
        assert.deepInclude(whole, { _tag: "Right", right: [1, 2] })
        assert.deepInclude(framed, { _tag: "Right", right: [1, 2] })
      }
      for (const text of ["\v", "\f", "\u00a0", "\u2028"]) {
        const [whole, framed] = yield* both(`1\n${text}\n2`)
        assert.strictEqual(whole._tag, "Left")
        assert.strictEqual(framed._tag, "Left")
      }
    }))

  it.effect.prop(
    "agree on any text",
    [FastCheck.array(piece, { maxLength: 12 })],
    ([pieces]) =>
      Effect.map(both(pieces.join("")), ([whole, framed]) => {
        assert.strictEqual(framed._tag, whole._tag)
        assert.deepStrictEqual(whole._tag === "Right" ? whole.right : [], framed._tag === "Right" ? framed.right : [])
      })
  )
})

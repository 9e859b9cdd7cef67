import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck, Schema } from "effect"
import { Codec } from "effect-sagemaker-runtime"

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
        Effect.flatMap(entries.encode(values), (body) => entries.decode(body)),
        (back) => assert.deepStrictEqual(back, values)
      )
  )

  it.effect.prop(
    "have one line per value",
    [FastCheck.array(entry, { minLength: 1 })],
    ([values]) =>
      Effect.map(entries.encode(values), (body) => {
        const lines = new TextDecoder().decode(body).split("\n")
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
      assert.match(error.message, /application\/jsonlines: 1\.n must be number$/)
      const broken = yield* Effect.flip(entries.decode(encoder.encode(`{"n":1`)))
      assert.match(broken.message, /invalid JSON Lines$/)
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Either, FastCheck, Schema, Stream } from "effect"
import { Batch, Codec } from "effect-sagemaker-runtime"

const encode = (text: string) => new TextEncoder().encode(text)

const readChunks = <A>(format: Batch.StreamFormat<A>, chunks: ReadonlyArray<Uint8Array>) =>
  Effect.map(Stream.runCollect(format.read(Stream.fromIterable(chunks))), Chunk.toReadonlyArray)

/** A text in chunks of the lengths, in turn. */
const chunksOf = (text: string, lengths: ReadonlyArray<number>) => {
  const bytes = encode(text)
  const chunks: Array<Uint8Array> = []
  for (let at = 0, next = 0; at < bytes.length; next += 1) {
    const length = lengths[next % lengths.length]!
    chunks.push(bytes.subarray(at, at + length))
    at += length
  }
  return chunks
}

const cell = FastCheck.oneof(
  FastCheck.constantFrom("", "a", "é", "\"", "\"\"", "a\nb", "a\r\nb", "\r", "x,y", " pad "),
  FastCheck.string({ maxLength: 4 })
)

const lengths = FastCheck.array(FastCheck.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 })

const Row = Schema.Struct({ a: Schema.String, b: Schema.String })

describe("CSV in chunks", () => {
  it.effect.prop(
    "has the rows of the whole text",
    [FastCheck.array(FastCheck.record({ a: cell, b: cell })), FastCheck.boolean(), lengths],
    ([rows, header, lengths]) =>
      Effect.gen(function*() {
        const format = Batch.csv(Row, { header })
        const written = yield* Stream.runCollect(format.write(Stream.fromIterable(rows)))
        const text = Chunk.toReadonlyArray(written).map((bytes) => new TextDecoder().decode(bytes)).join("")
        assert.deepStrictEqual(yield* readChunks(format, chunksOf(text, lengths)), rows)
      })
  )

  const texts = [
    "a,b\nc,d",
    "a,b\rc,d\r",
    "a,b\r\nc,d\r\n",
    "a,b\n\r\nc,d\r\r\n\n",
    "\"a\nb\",c\r\n\"d\"\"\n\",\"\"\n",
    "a\"b,c\"\nd,e\n",
    "a, \"b\nc,d\n",
    "\ufeffa,b\nc,d\n",
    "\"a\" ,b\n\"c\"\t,d",
    "\"unclosed,b\nc,d"
  ]

  it.effect("agrees with the codec of whole texts, also about invalid ones", () =>
    Effect.forEach(texts, (text) =>
      Effect.forEach([[1], [2], [3, 1], [100]], (lengths) =>
        Effect.gen(function*() {
          const codec = Codec.csv(Schema.Array(Schema.Tuple(Schema.String, Schema.String)))
          const whole = yield* Effect.either(codec.decode(encode(text)))
          const parts = yield* Effect.either(
            readChunks(Batch.csv(Schema.Tuple(Schema.String, Schema.String)), chunksOf(text, lengths))
          )
          assert.deepStrictEqual(
            Either.mapLeft(parts, ({ issues, message, row }) => ({ issues, message, row })),
            Either.mapLeft(whole, ({ issues, message, row }) => ({ issues, message, row })),
            JSON.stringify(text)
          )
        }))))

  it.effect("reports the row in the whole text", () =>
    Effect.gen(function*() {
      const format = Batch.csv(Schema.Struct({ a: Schema.Number }), { header: true })
      const error = yield* Effect.flip(readChunks(format, chunksOf("a\n1\n2\n3\nx\n5\n", [2])))
      assert.strictEqual(error.row, 4)
      assert.deepStrictEqual(error.issues.map((issue) => issue.includes("row 4")), [true])
    }))

  it.effect("fails for a row that does not end", () =>
    Effect.gen(function*() {
      const chunk = encode("a".repeat(1_000_000))
      const format = Batch.csv(Row)
      const error = yield* Effect.flip(Stream.runDrain(format.read(Stream.forever(Stream.make(chunk))))).pipe(
        Effect.timeout("20 seconds")
      )
      assert.strictEqual(error._tag, "CodecError")
    }))
})

describe("JSON Lines", () => {
  it.effect.prop("has the rows that were written", [FastCheck.array(FastCheck.record({ a: cell, b: cell })), lengths], (
    [rows, lengths]
  ) =>
    Effect.gen(function*() {
      const format = Batch.jsonLines(Row)
      const written = yield* Stream.runCollect(format.write(Stream.rechunk(Stream.fromIterable(rows), 2)))
      const text = Chunk.toReadonlyArray(written).map((bytes) => new TextDecoder().decode(bytes)).join("")
      assert.deepStrictEqual(yield* readChunks(format, chunksOf(text, lengths)), rows)
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, pipe, Schema } from "effect"
import { Codec } from "effect-sagemaker-runtime"

const encoder = new TextEncoder()

const Score = Schema.Struct({ score: Schema.Number })
const json = Codec.json(Score)
const csv = Codec.csv(Score)

const read = <A>(codec: Codec.Codec<A>, body: string, ContentType?: string) =>
  Codec.decode({ Body: encoder.encode(body), ContentType }, codec)

describe("For the media type of a response,", () => {
  it.effect.each([
    ["application/json"],
    ["Application/JSON; charset=utf-8"],
    ["application/vnd.score+json"],
    ["application/octet-stream"],
    ["text/plain;charset=UTF-8"],
    [""],
    [undefined]
  ])(
    "JSON is decoded from %s",
    ([contentType]) =>
      Effect.map(read(json, `{"score":1}`, contentType), (value) => assert.deepStrictEqual(value, { score: 1 }))
  )

  it.effect.each([
    ["text/html; charset=utf-8", "of media type text/html"],
    ["text/csv", "of media type text/csv"],
    ["json", "with an invalid content type"],
    ["application/json+xml", "of media type application/json+xml"]
  ])("but not from %s", ([contentType, found]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(read(json, `{"score":1}`, contentType))
      assert.strictEqual(
        error.message,
        `Cannot decode a payload ${found}: expected application/json, application/*+json`
      )
      assert.deepStrictEqual(error.body, encoder.encode(`{"score":1}`))
      assert.strictEqual(error.direction, "decode")
    }))

  it.effect("text is decoded from any text type, in its character set", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* read(Codec.text, "<p>", "text/html"), "<p>")
      const latin1 = { Body: Uint8Array.of(0xe9), ContentType: "text/plain; charset=ISO-8859-1" }
      assert.strictEqual(yield* Codec.decode(Codec.text)(latin1), "é")
      assert.isTrue(Either.isLeft(yield* Effect.either(read(Codec.text, "{}", "application/json"))))
    }))

  it.effect("bytes are decoded from any type", () =>
    Effect.map(read(Codec.bytes, "x", "image/png"), (bytes) => assert.deepStrictEqual(bytes, encoder.encode("x"))))

  it.effect.each(["jsonlines", "jsonl", "x-ndjson", "x-jsonlines"])(
    "JSON Lines are decoded from application/%s",
    (name) =>
      Effect.map(
        read(Codec.jsonLines(Score), `{"score":1}`, `application/${name}`),
        (lines) => assert.deepStrictEqual(lines, [{ score: 1 }])
      )
  )
})

describe("For several media types,", () => {
  it.effect.each([
    "application/json, application/json",
    "application/json; charset=utf-8,application/json; charset=utf-8",
    "text/csv, application/json",
    "text/plain, application/json",
    "text/html, text/plain",
    "application/json,",
    ", application/json",
    "json, application/json",
    "multipart/x; boundary=\"a, b\\\"\", application/json",
    "application/json; profile=\"a, text/html\"",
    "application/json; charset=\"utf-8"
  ])(
    "JSON is decoded from %s",
    (contentType) =>
      Effect.map(read(json, `{"score":1}`, contentType), (value) => assert.deepStrictEqual(value, { score: 1 }))
  )

  it.effect.each([
    ["text/html, text/csv, text/html", "of media type text/html, text/csv"],
    ["text/html; a=\", application/json\"", "of media type text/html"],
    [",", "with an invalid content type"]
  ])("JSON is not decoded from %s", ([contentType, found]) =>
    Effect.map(
      Effect.flip(read(json, `{"score":1}`, contentType)),
      ({ message }) => assert.include(message, `${found}: expected application/json`)
    ))

  it.effect("the first that a codec reads selects the codec, with its parameters", () =>
    Effect.gen(function*() {
      const either = Codec.oneOf(json, csv)
      const types = "text/html, text/csv; header=present, application/json"
      assert.deepStrictEqual(yield* read(either, "score\n0.5", types), { score: 0.5 })
      assert.deepStrictEqual(yield* either.decode(encoder.encode("score\n0.5"), types), { score: 0.5 })
      assert.deepStrictEqual(yield* read(csv, "score\n0.5", "text/html, text/csv;header=\"present\""), { score: 0.5 })
    }))

  it.effect("a character set that the platform does not have is read as UTF-8", () =>
    Effect.gen(function*() {
      for (const charset of ["utf8mb4", "'utf-8'", "\"\"", "None"]) {
        assert.strictEqual(yield* read(Codec.text, "é", `text/plain; charset=${charset}`), "é")
      }
      const latin1 = { Body: Uint8Array.of(0x22, 0xe9, 0x22), ContentType: "application/json; charset=latin1" }
      assert.strictEqual(yield* Codec.decode(latin1, Codec.json(Schema.String)), "é")
      assert.strictEqual(yield* read(Codec.json(Schema.String), "\"é\"", "application/json; charset=latin1"), "é")
    }))
})

describe("For several codecs,", () => {
  const either = Codec.oneOf(json, csv)

  it.effect("the one that matches the response decodes it", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* read(either, "0.5", "text/csv; header=absent"), { score: 0.5 })
      assert.deepStrictEqual(yield* read(either, "score\n0.5", "text/csv; header=present"), { score: 0.5 })
      assert.deepStrictEqual(yield* read(either, `{"score":1}`, "application/json"), { score: 1 })
      assert.deepStrictEqual(yield* read(either, `{"score":1}`), { score: 1 })
      assert.include(
        (yield* Effect.flip(read(either, "x", "text/html"))).message,
        "expected application/json, application/*+json, text/csv"
      )
    }))

  it.effect("an exact match precedes a codec that accepts plain text", () =>
    Effect.map(
      read(Codec.oneOf(Codec.json(Schema.String), Codec.text), "\"a\"", "text/plain"),
      (value) => assert.strictEqual(value, "\"a\"")
    ))

  it.effect("the first one encodes", () =>
    Effect.gen(function*() {
      assert.strictEqual(either.mediaType, "application/json")
      assert.strictEqual(new TextDecoder().decode((yield* Codec.encode({ score: 1 }, either)).Body), `{"score":1}`)
    }))
})

describe("a codec", () => {
  it.effect("with another media type still reads its previous one", () =>
    Effect.gen(function*() {
      for (
        const own of [
          Codec.withMediaType("application/vnd.score")(json),
          Codec.withMediaType(json, "application/vnd.score")
        ]
      ) {
        assert.strictEqual(own.mediaType, "application/vnd.score")
        assert.deepStrictEqual(yield* read(own, `{"score":1}`, "application/vnd.score"), { score: 1 })
        assert.deepStrictEqual(yield* read(own, `{"score":1}`, "application/json"), { score: 1 })
      }
    }))

  it.effect("reads additional media types", () =>
    Effect.gen(function*() {
      const codecs = [
        Codec.alsoReads("text/html", "text/xml")(json),
        Codec.alsoReads(json, "text/html", "text/xml"),
        Codec.alsoReads()(Codec.alsoReads(Codec.alsoReads(json, "text/html")))
      ]
      for (const codec of codecs) {
        assert.deepStrictEqual(yield* read(codec, `{"score":1}`, "text/html; charset=utf-8"), { score: 1 })
      }
    }))

  it.effect("can be composed with a schema", () =>
    Effect.gen(function*() {
      const piped = pipe(Codec.text, Codec.compose(Schema.NumberFromString))
      for (const score of [piped, Codec.compose(Codec.text, Schema.NumberFromString)]) {
        assert.strictEqual(yield* read(score, "0.5", "text/plain"), 0.5)
        assert.strictEqual(new TextDecoder().decode((yield* Codec.encode(0.5, score)).Body), "0.5")
        assert.match(
          (yield* Effect.flip(read(score, "hunter2"))).message,
          /^Cannot decode the payload as text\/plain: /
        )
      }
    }))

  it.effect("can be a plain object", () =>
    Effect.gen(function*() {
      const reversed: Codec.Codec<string> = {
        mediaType: "text/x-reversed",
        encode: (value) => Effect.succeed(encoder.encode(value).toReversed()),
        decode: (body) => Effect.succeed(new TextDecoder().decode(body.toReversed()))
      }
      assert.strictEqual(yield* read(reversed, "cba", "text/x-reversed"), "abc")
      assert.include(
        (yield* Effect.flip(read(reversed, "cba", "text/html"))).message,
        "expected text/x-reversed"
      )
    }))
})

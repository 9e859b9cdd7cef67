import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Codec, SageMakerError } from "effect-sagemaker-runtime"
import { withOrigin } from "../src/internal/codec/codecError.ts"

const encoder = new TextEncoder()

const failure = <A>(codec: Codec.Codec<A>, text: string, contentType?: string) =>
  Effect.flip(codec.decode(encoder.encode(text), contentType))

const Text = Schema.Struct({ type: Schema.Literal("text"), text: Schema.String })
const Image = Schema.Struct({
  type: Schema.Literal("image"),
  image: Schema.Struct({ url: Schema.String, detail: Schema.Number })
})
const Score = Schema.Struct({ score: Schema.Number })
const part = Codec.json(Schema.Union(Text, Image, Score, Schema.String, Schema.Array(Schema.Number)))

const Shape = Codec.json(Schema.Union(
  Schema.Struct({ a: Schema.Struct({ b: Schema.Number, c: Schema.String }) }),
  Schema.Struct({ d: Schema.Number, e: Schema.optional(Schema.String) }),
  Schema.Struct({ a: Schema.String, f: Schema.Number })
))

describe("The error of a union describes", () => {
  it.effect.each(
    [
      ["the struct with the literal", part, `{"type":"text","text":1}`, "text: expected string, found number"],
      ["a member below it", part, `{"type":"image","image":{"url":"a"}}`, "image.detail is missing"],
      ["the literals, if none matches", part, `{"type":"hunter2"}`, `type: expected "text" | "image", found string`],
      ["a struct without literals", part, `{"score":"hunter2"}`, "score: expected number, found string"],
      ["the array", part, `[1,"hunter2"]`, "1: expected number, found string"],
      ["the kinds, if none matches", part, "5", "expected object | string | array, found number"],
      ["null", part, "null", "expected object | string | array, found null"],
      ["the deepest match", Shape, `{"a":{"b":1,"c":2}}`, "a.c: expected string, found number"],
      ["the struct with the most members", Shape, `{"d":1,"e":2}`, "e: expected string | undefined, found number"],
      ["the struct with the kind of the member", Shape, `{"a":"x","f":"y"}`, "f: expected number, found string"]
    ] as const
  )("%s", ([, codec, text, issue]) =>
    Effect.map(failure(codec as Codec.Codec<unknown>, text), (error) => {
      assert.deepStrictEqual(error.issues, [issue])
      assert.strictEqual(error.message, `Cannot decode the payload as application/json: ${issue}`)
    }))
})

describe("An error of a codec", () => {
  it.effect.each(
    [
      ["a member", Codec.json(Score), `{"score":"a"}`, "score: expected number, found string", {}],
      ["a line", Codec.jsonLines(Score), `{"score":1}\n\n{"score":[]}`, "line 3, score: expected number, found array", {
        line: 3
      }],
      ["a whole line", Codec.jsonLines(Score), `{"score":1}\n5`, "line 2: expected object, found number", { line: 2 }],
      [
        "an invalid line",
        Codec.jsonLines(Score),
        `\n{"score":1}\r\n{"score" 1}`,
        "invalid JSON at line 3, column 10: unexpected character",
        { line: 3 }
      ],
      [
        "invalid JSON",
        Codec.json(Score),
        `{\r\n"score":1,\r}`,
        "invalid JSON at line 3, column 1: unexpected character",
        { line: 3 }
      ],
      ["an empty payload", Codec.json(Score), " \n", "the payload is empty", {}],
      [
        "a row",
        Codec.csv(Schema.Array(Score), { header: true }),
        "score\n1\na",
        "row 2, column score: expected number, found string",
        { row: 2 }
      ],
      [
        "a cell",
        Codec.csv(Schema.Array(Schema.Array(Schema.Number))),
        "1\n2,a",
        "row 2, cell 2: expected number, found string",
        { row: 2 }
      ],
      ["a cell of one row", Codec.csv(Schema.Array(Schema.Number)), "1,a", "cell 2: expected number, found string", {}],
      ["quotes", Codec.csv(Schema.Array(Score), { header: true }), "score\n1\n\"a", "row 2 has malformed quotes", {
        row: 2
      }]
    ] as const
  )(
    "has the place of %s",
    ([, codec, text, problem, place]) =>
      Effect.map(failure(codec as unknown as Codec.Codec<unknown>, text), (error) => {
        assert.isTrue(error.message.endsWith(`: ${problem}`), error.message)
        assert.deepInclude({ line: error.line, row: error.row }, place)
        assert.notProperty(Object.assign({}, error), "line" in place ? "row" : "line")
      })
  )

  it.effect("has the place of a value that cannot be encoded", () =>
    Effect.gen(function*() {
      const invalid = [{ score: 1 }, { score: "hunter2" }] as never
      const line = yield* Effect.flip(Codec.jsonLines(Score).encode(invalid))
      assert.deepInclude(line, { line: 2, issues: ["line 2, score: expected number, found string"] })
      const row = yield* Effect.flip(Codec.csv(Schema.Array(Score)).encode(invalid))
      assert.deepInclude(row, { row: 2, issues: ["row 2, column score: expected number, found string"] })
    }))

  it.effect("names the media type that was read", () =>
    Effect.gen(function*() {
      const either = Codec.oneOf(Codec.json(Score), Codec.csv(Score))
      const named = Codec.withMediaType(Codec.json(Score), "application/vnd.score")
      const cases = [
        [either, "text/csv", "text/csv"],
        [either, "application/vnd.x+json; charset=utf-8", "application/vnd.x+json"],
        [either, "text/plain", "application/json"],
        [either, undefined, "application/json"],
        [Codec.alsoReads(Codec.json(Score), "text/html"), "text/html", "text/html"],
        [named, undefined, "application/vnd.score"],
        [named, "application/json", "application/json"],
        [Codec.compose(Codec.text, Schema.NumberFromString), "text/markdown", "text/markdown"]
      ] as ReadonlyArray<readonly [Codec.Codec<unknown>, string | undefined, string]>
      for (const [codec, contentType, mediaType] of cases) {
        const error = yield* failure(codec, "hunter2", contentType)
        assert.strictEqual(error.mediaType, mediaType)
        assert.isTrue(error.message.startsWith(`Cannot decode the payload as ${mediaType}: `), error.message)
      }
      const encoding = yield* Effect.flip(named.encode({ score: "a" } as never))
      assert.strictEqual(encoding.mediaType, "application/vnd.score")
      assert.isTrue(encoding.message.startsWith("Cannot encode the value as application/vnd.score: "))
    }))

  it.effect("has at most 20 issues of limited length", () =>
    Effect.gen(function*() {
      const fields = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`field${at}`, Schema.Number] as const))
      const all = Codec.json(Schema.Struct(fields).annotations({ parseOptions: { errors: "all" } }))
      const { issues, message } = yield* failure(all as never as Codec.Codec<unknown>, "{}")
      assert.strictEqual(issues.length, 21)
      assert.strictEqual(issues.at(-1), "30 more")
      assert.isBelow(message.length, 1_000)
      const literals = Codec.json(Schema.Literal(...Array.from({ length: 500 }, (_, at) => `literal ${at}`)))
      assert.isBelow((yield* failure(literals as never as Codec.Codec<unknown>, "1")).message.length, 400)
    }))

  it.effect("gets the endpoint and the request ID of a call", () =>
    Effect.gen(function*() {
      const error = yield* failure(Codec.jsonLines(Score), "5")
      const origin = withOrigin("anomaly-v2", "4711")(error)
      assert.deepInclude(origin, { endpoint: "anomaly-v2", requestId: "4711", line: 1, issues: error.issues })
      assert.strictEqual(origin.message, error.message)
      assert.deepStrictEqual(origin.body, error.body)
      assert.include(JSON.stringify(origin), `"endpoint":"anomaly-v2"`)
      const other = new SageMakerError.SigningError({ message: "x" })
      assert.strictEqual(withOrigin("anomaly-v2")(other), other)
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck, Schema } from "effect"
import { Codec } from "effect-sagemaker-runtime"
import { hasCorpora, needsCorpora, readCorpus, readCorpusJson } from "./support/corpora.ts"

const encoder = new TextEncoder()

const read = <A>(codec: Codec.Codec<A>, text: string, contentType?: string) =>
  codec.decode(encoder.encode(text), contentType)

const written = <A>(codec: Codec.Codec<A>, value: A) =>
  Effect.map(Codec.encode(value, codec), ({ Body }) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(Body))

const there = <A>(codec: Codec.Codec<A>, value: A) => Effect.flatMap(Codec.encode(value, codec), Codec.decode(codec))

const texts = Codec.csv(Schema.Array(Schema.Array(Schema.String)))
const numbers = Schema.Array(Schema.Number)

const quoted = (cell: string) => `"${cell.replaceAll("\"", "\"\"")}"`

describe("A row of CSV ends", () => {
  it.effect.prop(
    "with LF, CRLF or CR, mixed in one text, and quoted cells keep their line ends",
    [FastCheck.array(
      FastCheck.tuple(
        FastCheck.array(FastCheck.string({ unit: FastCheck.constantFrom("a", "\r", "\n", "\r\n", "\"", ",", " ") }), {
          minLength: 2,
          maxLength: 4
        }),
        FastCheck.constantFrom("\n", "\r\n", "\r")
      )
    )],
    ([lines]) =>
      Effect.map(
        read(texts, lines.map(([cells, end]) => cells.map(quoted).join(",") + end).join("")),
        (rows) => assert.deepStrictEqual(rows, lines.map(([cells]) => cells))
      )
  )

  it.effect("with CR after rows that end with LF", () =>
    Effect.map(
      read(Codec.csv(Schema.Array(numbers)), "1,2\n3,4\r5,6\r\n7,8"),
      (rows) => assert.deepStrictEqual(rows, [[1, 2], [3, 4], [5, 6], [7, 8]])
    ))
})

describe("An empty cell", () => {
  const Row = Schema.Struct({
    optional: Schema.optional(Schema.String),
    nullable: Schema.NullOr(Schema.String),
    text: Schema.String,
    number: Schema.NullOr(Schema.Number)
  })

  it.effect("in quotes is the empty string, without quotes it is absent or null", () =>
    Effect.gen(function*() {
      const row = Codec.csv(Row)
      assert.deepStrictEqual(yield* read(row, "\"\",\"\",\"\",\"\""), {
        optional: "",
        nullable: "",
        text: "",
        number: null
      })
      assert.deepStrictEqual(yield* read(row, ",,,"), { nullable: null, text: "", number: null })
    }))

  it.effect.prop(
    "round-trips as null, absent and empty text",
    [FastCheck.array(FastCheck.record({
      nullable: FastCheck.option(FastCheck.constantFrom("", "a")),
      text: FastCheck.constantFrom("", " "),
      number: FastCheck.option(FastCheck.double())
    }))],
    ([rows]) => Effect.map(there(Codec.csv(Schema.Array(Row)), rows), (back) => assert.deepStrictEqual(back, rows))
  )

  it.effect.prop(
    "round-trips alone in its row",
    [FastCheck.array(FastCheck.tuple(FastCheck.option(FastCheck.constantFrom("", "a", " "))))],
    ([rows]) =>
      Effect.map(
        there(Codec.csv(Schema.Array(Schema.Tuple(Schema.NullOr(Schema.String)))), rows),
        (back) => assert.deepStrictEqual(back, rows)
      )
  )

  it.effect("of a blank line is no row of numbers", () =>
    Effect.map(
      read(Codec.csv(Schema.Array(numbers)), "\n1\n \n2\n\n\n"),
      (rows) => assert.deepStrictEqual(rows, [[1], [2]])
    ))
})

describe("A cell is", () => {
  const unchanged = ["007", "1e5", "NaN", "true", "TRUE", " 1", "-0", "9007199254740993", "inf"]

  it.effect.each(
    [
      ["a string or a number", Schema.Union(Schema.Number, Schema.String)],
      ["a string or a boolean", Schema.Union(Schema.Boolean, Schema.String)],
      ["unknown", Schema.Unknown],
      ["any", Schema.Any]
    ] as const
  )("text if the schema is %s", ([, schema]) =>
    Effect.map(
      read(Codec.csv(Schema.Array(schema as Schema.Schema<unknown, string>)), unchanged.join(",")),
      (cells) => assert.deepStrictEqual(cells, unchanged)
    ))

  it.effect.each(
    [
      ["a number, if that or null is accepted", Schema.NullOr(Schema.Number), "007", 7],
      ["a number of a literal", Schema.Literal(1, 2), "1.0", 1],
      ["the text of a literal", Schema.Union(Schema.Number, Schema.Literal("007")), "007", "007"],
      ["a number beside other literals", Schema.Union(Schema.Number, Schema.Literal("none")), "007", 7],
      [
        "the text of a template",
        Schema.Union(Schema.Number, Schema.TemplateLiteral("1e", Schema.Number)),
        "1e5",
        "1e5"
      ],
      ["a boolean or a number", Schema.Union(Schema.Number, Schema.Boolean), "True", true],
      ["a number or a boolean", Schema.Union(Schema.Number, Schema.Boolean), "1", 1],
      ["a large integer", Schema.BigIntFromSelf, "-9007199254740993", -9_007_199_254_740_993n],
      [
        "a number or a large integer",
        Schema.Union(Schema.Number, Schema.BigIntFromSelf),
        "9007199254740993",
        9_007_199_254_740_993n
      ],
      ["a small number or a large integer", Schema.Union(Schema.Number, Schema.BigIntFromSelf), "7", 7],
      ["a large integer as text", Schema.BigInt, "9007199254740993", 9_007_199_254_740_993n]
    ] as const
  )(
    "%s",
    ([, schema, text, value]) =>
      Effect.map(
        read(Codec.csv(schema as unknown as Schema.Schema<unknown, string>), text),
        (cell) => assert.strictEqual(cell, value)
      )
  )
})

describe("A column of CSV", () => {
  const column = Codec.csv(numbers, { orientation: "column" })
  const either = Codec.csv(numbers, { orientation: "either" })

  it.effect("has one value per line, as numpy.savetxt writes it", () =>
    Effect.gen(function*() {
      const text = "1.000000000000000056e-01\n9.000000000000000222e-01\n"
      for (const codec of [column, either]) {
        assert.deepStrictEqual(yield* read(codec, text), [0.1, 0.9])
        assert.deepStrictEqual(yield* read(codec, "score\n0.5\n", "text/csv; header=present"), [0.5])
      }
      assert.deepStrictEqual(yield* read(either, "0.1,0.9\n"), [0.1, 0.9])
      assert.deepStrictEqual(yield* read(either, "0.1"), [0.1])
      assert.match((yield* Effect.flip(read(column, "1\n2,3"))).message, /row 2 must have 1 cell, found 2$/)
      assert.match((yield* Effect.flip(read(either, "1\n2,3"))).message, /expected 1 row, found 2$/)
    }))

  it.effect.prop(
    "round-trips",
    [FastCheck.array(FastCheck.option(FastCheck.double()), { minLength: 1 })],
    ([values]) =>
      Effect.gen(function*() {
        const nullable = Codec.csv(Schema.Array(Schema.NullOr(Schema.Number)), { orientation: "column" })
        assert.deepStrictEqual(yield* there(nullable, values), values)
        assert.strictEqual((yield* written(nullable, values)).split("\n").length, values.length)
      })
  )

  it.effect("can be a struct or a tuple", () =>
    Effect.gen(function*() {
      const Score = Schema.Struct({ score: Schema.Number, label: Schema.String })
      const score = Codec.csv(Score, { orientation: "column" })
      assert.strictEqual(yield* written(score, { score: 1, label: "a,b" }), "1\n\"a,b\"")
      assert.deepStrictEqual(yield* there(score, { score: 1, label: "a\nb" }), { score: 1, label: "a\nb" })
    }))
})

describe("The header of CSV", () => {
  const points = Codec.csv(Schema.Array(Schema.Struct({ x: Schema.Number })), { header: true })

  it.effect("can have white space around names, and other columns without a name", () =>
    Effect.map(read(points, ",y, x,,\n0,a,1,b,c"), (rows) => assert.deepStrictEqual(rows, [{ x: 1 }])))
})

interface PapaparseCase {
  readonly description: string
  readonly input: string
  readonly config?: object
  readonly expected: {
    readonly data: ReadonlyArray<ReadonlyArray<string>>
    readonly errors: ReadonlyArray<{ readonly type: string }>
  }
}

const delimiters = [",", ";", "\t", "|"] as const

const papaparseCases = (): ReadonlyArray<PapaparseCase> => {
  const { core, parse } = readCorpusJson("peers/papaparse.json") as {
    readonly core: ReadonlyArray<PapaparseCase>
    readonly parse: ReadonlyArray<PapaparseCase>
  }
  return [...core, ...parse].filter(({ config = {}, input }) =>
    typeof input === "string" && Object.keys(config).every((key) => ["delimiter", "newline"].includes(key)) &&
    delimiters.includes((config as { readonly delimiter?: "," }).delimiter ?? ",")
  )
}

/** papaparse guesses delimiters and one line end for the whole text. */
const differs = /guessed|Mixed slash n and slash r/

describe.skipIf(!hasCorpora)(needsCorpora("CSV of papaparse's tests"), () => {
  for (const { config = {}, description, expected, input } of hasCorpora ? papaparseCases() : []) {
    if (differs.test(description) || expected.errors.some(({ type }) => type === "Delimiter")) {
      continue
    }
    it.effect(`is read as expected: ${description}`, () =>
      Effect.gen(function*() {
        const { delimiter = "," } = config as Codec.CsvOptions
        const result = yield* Effect.either(
          read(Codec.csv(Schema.Array(Schema.Array(Schema.String)), { delimiter }), input)
        )
        if (expected.errors.some(({ type }) => type === "Quotes")) {
          assert.strictEqual(result._tag, "Left")
          return
        }
        const last = expected.data.at(-1)
        const rows = /[\r\n]$/.test(input) && last?.length === 1 && last[0] === ""
          ? expected.data.slice(0, -1)
          : expected.data
        assert.deepStrictEqual(result._tag === "Right" ? result.right : result.left.message, rows)
      }))
  }
})

/** The JSON of `location_coordinates` has another phone number than its CSV. */
describe.skipIf(!hasCorpora)(needsCorpora("The files of csv-spectrum"), () => {
  const names = ["comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "newlines"]
    .concat(["newlines_crlf", "quotes_and_newlines", "simple", "simple_crlf", "utf8"])

  it.effect.each(names)("are read as expected: %s", (name) =>
    Effect.gen(function*() {
      const codec = Codec.csv(Schema.Array(Schema.Record({ key: Schema.String, value: Schema.String })), {
        header: true
      })
      const rows = yield* read(codec, readCorpus(`peers/csv-spectrum/csvs/${name}.csv`))
      assert.deepStrictEqual(rows, readCorpusJson(`peers/csv-spectrum/json/${name}.json`))
    }))
})

describe("A text with too many cells", () => {
  it.effect("is rejected before it is split", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(texts.decode(new Uint8Array(16_777_217).fill(0x0a)))
      assert.match(error.message, /more than 16777216 cells$/)
    }))
})

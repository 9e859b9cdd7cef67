import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck, Schema } from "effect"
import { Codec } from "effect-sagemaker-runtime"
import Papa from "papaparse"

const encoder = new TextEncoder()

const written = <A>(codec: Codec.Codec<A>, value: A) =>
  Effect.map(Codec.encode(value, codec), ({ Body }) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(Body))

const readFrom = <A>(codec: Codec.Codec<A>, text: string, contentType?: string) =>
  codec.decode(encoder.encode(text), contentType)

const there = <A>(codec: Codec.Codec<A>, value: A) => Effect.flatMap(Codec.encode(value, codec), Codec.decode(codec))

const text = FastCheck.string({
  unit: FastCheck.constantFrom("a", "é", "🙂", "\"", ",", ";", "\n", "\r", "\r\n", " ", "\ufeff", "'", "=")
})
const number = FastCheck.double()

/** `Schema.NumberFromString` writes `-0` as "0". */
const numberAsText = number.map((value) => value + 0)

const Reading = Schema.Struct({
  name: Schema.String,
  cpu: Schema.Number,
  ok: Schema.Boolean,
  at: Schema.optional(Schema.NumberFromString),
  note: Schema.NullOr(Schema.Number)
})

const reading = FastCheck.record({
  name: text,
  cpu: number,
  ok: FastCheck.boolean(),
  note: FastCheck.option(number)
}).chain((fields) => FastCheck.option(numberAsText).map((at) => (at === null ? fields : { ...fields, at })))

describe("A table round-trips", () => {
  for (const header of [false, true]) {
    for (const delimiter of [",", ";", "\t", "|"] as const) {
      it.effect.prop(
        `with many rows, ${header ? "with" : "without"} a header, separated by ${JSON.stringify(delimiter)}`,
        [FastCheck.array(reading)],
        ([rows]) =>
          Effect.map(
            there(Codec.csv(Schema.Array(Reading), { header, delimiter }), rows),
            (back) => assert.deepStrictEqual(back, rows)
          ),
        { fastCheck: { numRuns: 40 } }
      )
    }
  }

  it.effect.prop(
    "with one row",
    [reading],
    ([row]) => Effect.map(there(Codec.csv(Reading), row), (back) => assert.deepStrictEqual(back, row))
  )

  it.effect.prop(
    "as tuples",
    [FastCheck.array(FastCheck.tuple(text, number))],
    ([rows]) =>
      Effect.map(
        there(Codec.csv(Schema.Array(Schema.Tuple(Schema.String, Schema.Number))), rows),
        (back) => assert.deepStrictEqual(back, rows)
      )
  )

  it.effect.prop(
    "as arrays of any length",
    [FastCheck.array(FastCheck.array(text, { minLength: 1 }))],
    ([rows]) =>
      Effect.map(
        there(Codec.csv(Schema.Array(Schema.Array(Schema.String))), rows),
        (back) => assert.deepStrictEqual(back, rows)
      )
  )

  it.effect.prop(
    "as an array of numbers",
    [FastCheck.array(number, { minLength: 1 })],
    ([row]) =>
      Effect.map(there(Codec.csv(Schema.Array(Schema.Number)), row), (back) => assert.deepStrictEqual(back, row))
  )

  it.effect.prop(
    "as one column with empty cells",
    [FastCheck.array(FastCheck.tuple(FastCheck.option(number)))],
    ([rows]) =>
      Effect.map(
        there(Codec.csv(Schema.Array(Schema.Tuple(Schema.NullOr(Schema.Number)))), rows),
        (back) => assert.deepStrictEqual(back, rows)
      )
  )

  it.effect.prop(
    "as a single cell",
    [number],
    ([cell]) => Effect.map(there(Codec.csv(Schema.Number), cell), (back) => assert.deepStrictEqual(back, cell))
  )

  it.effect.prop(
    "with any column names",
    [FastCheck.array(FastCheck.record({ a: number, "b,\"": number }), { minLength: 1 })],
    ([rows]) =>
      Effect.map(
        there(
          Codec.csv(Schema.Array(Schema.Record({ key: Schema.String, value: Schema.Number })), { header: true }),
          rows
        ),
        (back) => assert.deepStrictEqual(back, rows.map((row) => ({ ...row })))
      )
  )
})

describe("Cells with the name of a member of Object.prototype", () => {
  const names = ["constructor", "__proto__", "toString", "valueOf", "hasOwnProperty"]

  it.effect.each(names)("are text: %s", (name) =>
    Effect.gen(function*() {
      const body = new TextEncoder().encode(`${name}\n`)
      const scalar = Schema.Union(Schema.Number, Schema.Boolean, Schema.String)
      assert.deepStrictEqual(yield* Codec.csv(Schema.Array(Schema.Tuple(scalar))).decode(body), [[name]])
      const error = yield* Effect.flip(Codec.csv(Schema.Array(Schema.Tuple(Schema.Number))).decode(body))
      assert.strictEqual(error._tag, "CodecError")
    }))
})

describe("papaparse", () => {
  it.effect.prop(
    "reads what the codec writes",
    [FastCheck.array(FastCheck.array(text, { minLength: 2, maxLength: 4 }), { minLength: 1 })],
    ([rows]) =>
      Effect.map(written(Codec.csv(Schema.Array(Schema.Array(Schema.String))), rows), (csv) => {
        const { data, errors } = Papa.parse<ReadonlyArray<string>>(csv, { delimiter: "," })
        assert.deepStrictEqual(errors, [])
        assert.deepStrictEqual(data, rows.map((row) => [...row]))
      })
  )

  it.effect.prop(
    "writes what the codec reads",
    [
      FastCheck.array(FastCheck.array(text, { minLength: 3, maxLength: 3 }), { minLength: 1 }),
      FastCheck.constantFrom("\n", "\r\n")
    ],
    ([rows, newline]) =>
      Effect.map(
        readFrom(
          Codec.csv(Schema.Array(Schema.Tuple(Schema.String, Schema.String, Schema.String))),
          Papa.unparse(rows, { newline, quotes: true })
        ),
        (back) => assert.deepStrictEqual(back as unknown, rows)
      )
  )
})

const Point = Schema.Struct({ x: Schema.Number, label: Schema.optional(Schema.String) })
const point = Codec.csv(Point)
const points = Codec.csv(Schema.Array(Point), { header: true })

describe("CSV text", () => {
  it.effect("has one line per row without a final line break, and a header line first", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* written(point, { x: 0.2, label: "a,b" }), "0.2,\"a,b\"")
      assert.strictEqual(
        yield* written(points, [{ x: 1 }, { x: -0, label: "say \"hi\"" }]),
        "x,label\n1,\n-0,\"say \"\"hi\"\"\""
      )
      assert.strictEqual(yield* written(points, []), "x,label")
      assert.strictEqual(yield* written(Codec.csv(Schema.Array(Point)), []), "")
    }))

  it.effect("has an empty cell for null and a quoted one for an empty string", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* written(point, { x: 1, label: "" }), "1,\"\"")
      assert.strictEqual(yield* written(point, { x: 1 }), "1,")
    }))

  it.effect("keeps the byte order mark of the first cell", () =>
    Effect.gen(function*() {
      const texts = Codec.csv(Schema.Tuple(Schema.String, Schema.String))
      assert.strictEqual(yield* written(texts, ["\ufeffa", "b"]), "\"\ufeffa\",b")
      assert.deepStrictEqual(yield* there(texts, ["\ufeffa", "b"]), ["\ufeffa", "b"])
    }))

  it.effect.each(
    [
      ["a number in Python's notation", "1e-05,nan\n", { x: 1e-5, label: "nan" }],
      ["white space around a number", " 2 ,b\r\n", { x: 2, label: "b" }],
      ["infinity", "-inf,", { x: -Infinity }],
      ["a byte order mark", "\ufeff3,c", { x: 3, label: "c" }],
      ["a text with blank lines", "\n3,c\n\n", { x: 3, label: "c" }],
      ["a line break in quotes", "3,\"c\r\nd\"\r\n", { x: 3, label: "c\r\nd" }]
    ] as const
  )(
    "%s is decoded",
    ([, text, value]) => Effect.map(readFrom(point, text), (read) => assert.deepStrictEqual(read, value))
  )

  it.effect("is decoded by column name, and unknown columns are ignored", () =>
    Effect.map(
      readFrom(points, "other,label,x\n9,a,1\n8,,2\n"),
      (read) => assert.deepStrictEqual(read, [{ x: 1, label: "a" }, { x: 2 }])
    ))

  it.effect("has a header if the media type has header=present", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* readFrom(point, "label,x\na,1", "text/csv; header=present"), { x: 1, label: "a" })
      assert.deepStrictEqual(yield* readFrom(points, "1,a", "text/csv;header=\"absent\""), [{ x: 1, label: "a" }])
    }))

  it.effect("has the character set of the media type", () =>
    Effect.gen(function*() {
      const latin1 = Uint8Array.of(0x31, 0x2c, 0xe9)
      assert.deepStrictEqual(yield* point.decode(latin1, "text/csv; charset=iso-8859-1"), { x: 1, label: "é" })
      assert.match((yield* Effect.flip(point.decode(latin1))).message, /invalid UTF-8$/)
      assert.match(
        (yield* Effect.flip(point.decode(latin1, "text/csv; charset=utf-16le"))).message,
        /invalid text for the charset of its content type$/
      )
    }))
})

describe("A table is rejected", () => {
  it.effect.each(
    [
      ["an open quote", point, "1,\"a", /malformed quotes$/],
      ["text after a quote", point, "1,\"a\"b", /malformed quotes$/],
      ["a short row", points, "x,label\n1", /row 1 must have 2 cells, found 1$/],
      ["a long row", point, "1,a,b", /row 1 must have 2 cells, found 3$/],
      ["no row", point, "", /expected 1 row, found 0$/],
      ["two rows", point, "1,a\n2,b", /expected 1 row, found 2$/],
      ["a cell that is no number", points, "x,label\nhunter2,a", /row 1, column x: expected number, found string$/],
      ["hexadecimal", point, "0x10,a", /column x: expected number, found string$/],
      ["an empty cell where none may be", point, ",a", /column x: expected number, found string$/],
      ["a missing column", points, "label\na", /row 1, column x is missing$/],
      ["two columns of one name", points, "x,x\n1,2", /the header has duplicate column names$/]
    ] as const
  )(
    "for %s",
    ([, codec, text, problem]) =>
      Effect.map(Effect.flip(readFrom(codec as Codec.Codec<unknown>, text)), (error) => {
        assert.strictEqual(error.direction, "decode")
        assert.match(error.message, problem)
        assert.notInclude(error.message, "hunter2")
        assert.deepStrictEqual(error.body, encoder.encode(text))
      })
  )

  it.effect.each(
    [
      [
        "an array in one cell",
        Codec.csv(Schema.Struct({ a: Schema.Unknown }) as never),
        { a: { b: 1 } },
        /row 1, cell 1 must be a string, a number, a boolean or null$/
      ],
      ["a row without cells", Codec.csv(Schema.Array(Schema.String)), [], /row 1 has no cells$/],
      [
        "a header without names",
        Codec.csv(Schema.Array(Schema.Tuple(Schema.Number)), { header: true }),
        [[1]],
        /a header requires rows with named columns$/
      ]
    ] as const
  )(
    "when written: %s",
    ([, codec, value, problem]) =>
      Effect.map(Effect.flip((codec as Codec.Codec<unknown>).encode(value)), (error) => {
        assert.strictEqual(error.direction, "encode")
        assert.match(error.message, problem)
      })
  )
})

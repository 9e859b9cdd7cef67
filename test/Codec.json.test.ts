import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, FastCheck, Schema, Stream } from "effect"
import { Codec, Framing } from "effect-sagemaker-runtime"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { hasCorpora, needsCorpora } from "./support/corpora.ts"

const encoder = new TextEncoder()

const read = <A>(codec: Codec.Codec<A>, text: string) => codec.decode(encoder.encode(text))

const written = <A>(codec: Codec.Codec<A>, value: A) =>
  Effect.map(Codec.encode(value, codec), ({ Body }) => new TextDecoder().decode(Body))

const python = Codec.json(Schema.Unknown, { nonFinite: true })
const exact = Codec.json(Schema.Unknown, { largeIntegers: "bigint" })
const both = Codec.json(Schema.Unknown, { nonFinite: true, largeIntegers: "bigint" })

describe("Non-finite numbers of Python", () => {
  it.effect("are read outside of strings only, at any depth", () =>
    Effect.gen(function*() {
      const text = ` {"a":[NaN, Infinity ,\t-Infinity,{"NaN":"NaN, \\"Infinity"}],"b":-1e-5,"c":NaN\n}`
      assert.deepStrictEqual(yield* read(python, text), {
        a: [Number.NaN, Infinity, -Infinity, { NaN: "NaN, \"Infinity" }],
        b: -1e-5,
        c: Number.NaN
      })
      for (const value of [Number.NaN, Infinity, -Infinity]) {
        assert.deepStrictEqual(yield* read(python, String(value)), value)
        assert.strictEqual(
          yield* written(python, { a: [value, null, undefined], b: undefined }),
          `{"a":[${value},null,null]}`
        )
      }
    }))

  it.effect.each(["-NaN", "+Infinity", "nan", "inf", "Nan", "NaN1", "[NaN,]", "Infinity.5", "{NaN:1}", "- Infinity"])(
    "are no other words: %s",
    (text) =>
      Effect.map(Effect.flip(read(python, text)), ({ message }) => assert.match(message, /invalid JSON at line 1/))
  )

  it.effect("are invalid without the option, which the message names", () =>
    Effect.gen(function*() {
      const strict = Codec.json(Schema.Unknown)
      assert.match(
        (yield* Effect.flip(read(strict, "{\"a\":\n [1, NaN]}"))).message,
        /invalid JSON at line 2, column 6: NaN and Infinity require the option nonFinite$/
      )
      assert.match(
        (yield* Effect.flip(strict.encode({ a: Number.NaN }))).message,
        /: a non-finite number requires the option nonFinite$/
      )
    }))

  it.effect("are read from lines and streams", () =>
    Effect.gen(function*() {
      const lines = Codec.jsonLines(Schema.Number, { nonFinite: true })
      assert.deepStrictEqual(yield* read(lines, "1\nNaN\n-Infinity"), [1, Number.NaN, -Infinity])
      assert.strictEqual(yield* written(lines, [Number.NaN, 1]), "NaN\n1")
      const framing = Framing.jsonLines(Schema.Number, { nonFinite: true })
      const framed = yield* Stream.runCollect(framing.frame(Stream.make(encoder.encode("NaN\n2\n"))))
      assert.deepStrictEqual(Chunk.toReadonlyArray(framed), [Number.NaN, 2])
    }))
})

describe("Large integers", () => {
  const Item = Schema.Struct({
    id: Schema.BigIntFromSelf,
    score: Schema.Number,
    parents: Schema.Array(Schema.BigIntFromSelf),
    other: Schema.optional(Schema.Unknown)
  })
  const item = Codec.json(Item, { largeIntegers: "bigint" })

  it.effect("are exact where the schema has a bigint, numbers where it has a number", () =>
    Effect.gen(function*() {
      const text =
        `{"id":9007199254740993,"score":12345678901234567890,"parents":[1,-18446744073709551615],"other":[1,9007199254740993]}`
      assert.deepStrictEqual(yield* read(item, text), {
        id: 9_007_199_254_740_993n,
        score: Number("12345678901234567890"),
        parents: [1n, -18_446_744_073_709_551_615n],
        other: [1, 9_007_199_254_740_993n]
      })
      assert.deepStrictEqual(yield* read(item, `{"id":1,"score":2,"parents":[]}`), { id: 1n, score: 2, parents: [] })
    }))

  it.effect("have the type of the best matching member of a union", () =>
    Effect.gen(function*() {
      const Event = Schema.Union(
        Schema.Struct({ type: Schema.Literal("a"), n: Schema.BigIntFromSelf }),
        Schema.Struct({ type: Schema.Literal("b"), n: Schema.Number })
      )
      const events = Codec.json(Schema.Array(Event), { largeIntegers: "bigint" })
      assert.deepStrictEqual(yield* read(events, `[{"type":"a","n":1},{"type":"b","n":1}]`), [
        { type: "a", n: 1n },
        { type: "b", n: 1 }
      ])
    }))

  it.effect("are written as integers, also if BigInt has a toJSON method", () =>
    Effect.gen(function*() {
      const prototype = BigInt.prototype as { toJSON?: () => string }
      prototype.toJSON = () => "polyfilled"
      const text = yield* Effect.ensuring(
        written(exact, { id: 9_007_199_254_740_993n, list: [1n, { toJSON: () => 2n }], at: new Date(0) }),
        Effect.sync(() => delete prototype.toJSON)
      )
      assert.strictEqual(text, `{"id":9007199254740993,"list":[1,2],"at":"1970-01-01T00:00:00.000Z"}`)
    }))

  it.effect.each(
    [
      ["9007199254740991", 9_007_199_254_740_991],
      ["9007199254740992", 9_007_199_254_740_992n],
      ["-9007199254740992", -9_007_199_254_740_992n],
      ["1e20", 1e20],
      ["12345678901234567890.0", Number("12345678901234567890")],
      ["\"12345678901234567890\"", "12345678901234567890"]
    ] as const
  )("%s is %s", ([text, value]) => Effect.map(read(exact, text), (found) => assert.strictEqual(found, value)))

  it.effect("fail with more digits than Python reads", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* read(exact, "9".repeat(4_300)), BigInt("9".repeat(4_300)))
      const error = yield* Effect.flip(read(exact, "9".repeat(5_000)))
      assert.match(error.message, /invalid JSON at line 1, column 1: an integer has more than 4300 digits$/)
      assert.strictEqual(yield* read(Codec.json(Schema.Unknown), "9".repeat(5_000)), Infinity)
    }))

  it.effect("are rounded without the option", () =>
    Effect.map(
      read(Codec.json(Schema.Unknown), "9007199254740993"),
      (value) => assert.strictEqual(value, 9_007_199_254_740_992)
    ))
})

const json = FastCheck.letrec<{ readonly value: unknown }>((tie) => ({
  value: FastCheck.oneof(
    { maxDepth: 3 },
    FastCheck.double().map((number) => number + 0),
    FastCheck.bigInt().filter((integer) => !Number.isSafeInteger(Number(integer))),
    FastCheck.string({ unit: "binary" }).filter((text) => !/\p{Surrogate}/u.test(text)),
    FastCheck.constantFrom<unknown>(null, true, false, "__proto__", "NaN", "\"", "\\"),
    FastCheck.array(tie("value")),
    FastCheck.dictionary(FastCheck.constantFrom("a", "NaN", "\"", "\\\"", "1", ""), tie("value"))
  )
})).value

describe("JSON with both options", () => {
  it.effect.prop("round-trips", [json], ([value]) =>
    Effect.gen(function*() {
      const text = yield* written(both, value)
      const back = yield* read(both, text)
      assert.strictEqual(yield* written(both, back), text)
      assert.strictEqual(typeof back, typeof value === "number" && Number.isInteger(value) ? typeof back : typeof value)
    }))

  it.effect.prop(
    "is read as JSON.parse reads it",
    [FastCheck.json({ maxDepth: 4 })],
    ([text]) =>
      Effect.map(read(both, `[1234567890123456.5,${text}]`), (value) =>
        assert.strictEqual(
          JSON.stringify(value, (_, member: unknown) => (typeof member === "bigint" ? Number(member) : member)),
          JSON.stringify(JSON.parse(`[1234567890123456.5,${text}]`))
        ))
  )

  it.effect("has a limit for its nesting, the last of several members, and no prototype", () =>
    Effect.gen(function*() {
      const nested = (depth: number) => "[".repeat(depth) + "NaN" + "]".repeat(depth)
      assert.isArray(yield* read(both, nested(512)))
      assert.match((yield* Effect.flip(read(both, nested(513)))).message, /nested more than 512 levels deep$/)
      assert.strictEqual((yield* Effect.flip(read(both, nested(100_000))))._tag, "CodecError")
      assert.deepStrictEqual(yield* read(both, `{"a":NaN,"b":1,"a":2}`), { a: 2, b: 1 })
      const value = yield* read(both, `{"__proto__":{"a":NaN}}`)
      assert.isTrue(Object.hasOwn(value as object, "__proto__"))
      assert.strictEqual(Object.getPrototypeOf(value), Object.prototype)
    }))
})

const folder = fileURLToPath(new URL("../../shared/corpora/peers/jsontestsuite/", import.meta.url))

const tolerated = new Set(["n_number_NaN.json", "n_number_infinity.json", "n_number_minus_infinity.json"])

const cases = hasCorpora ? readdirSync(folder).filter((name) => name.endsWith(".json")) : []

const expectation = (name: string, body: Uint8Array): "accepted" | "rejected" | undefined => {
  if (name.startsWith("y_") || tolerated.has(name)) {
    return "accepted"
  }
  return name.startsWith("n_") && body.length > 0 ? "rejected" : undefined
}

describe.skipIf(!hasCorpora)(needsCorpora("JSONTestSuite"), () => {
  it.effect("is read as expected by the tolerant reader", () =>
    Effect.gen(function*() {
      assert.isAbove(cases.length, 300)
      for (const name of cases) {
        const body = readFileSync(`${folder}${name}`)
        const result = yield* Effect.either(both.decode(body))
        const found = result._tag === "Right" ? "accepted" : "rejected"
        const expected = expectation(name, body)
        if (expected !== undefined) {
          assert.strictEqual(found, expected, name)
        }
      }
    }))

  it.effect("has a place for every invalid text", () =>
    Effect.gen(function*() {
      const strict = Codec.json(Schema.Unknown)
      for (const name of cases.filter((each) => each.startsWith("n_"))) {
        const error = yield* Effect.flip(strict.decode(readFileSync(`${folder}${name}`)))
        assert.match(error.message, /invalid JSON at line \d+, column \d+: |invalid UTF-8$|the payload is empty$/, name)
      }
    }))
})

describe("The tolerant reader takes time in proportion to the text:", () => {
  it.effect.each([
    ["escaped quotes", `["${"\\\"".repeat(1_000_000)}",NaN]`],
    ["backslashes", `["${"\\\\".repeat(1_000_000)}",NaN]`],
    ["open strings", `[${"\"".repeat(1_000_001)}`],
    ["large integers", `[NaN,${Array.from({ length: 200_000 }, () => "9007199254740993").join()}]`],
    ["members of one name", `{${Array.from({ length: 200_000 }, () => `"__proto__":NaN`).join()}}`]
  ])("%s", ([, text]) =>
    Effect.gen(function*() {
      const start = performance.now()
      yield* Effect.either(read(both, text!))
      assert.isBelow(performance.now() - start, 5_000)
    }))
})

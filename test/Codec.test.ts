import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, FastCheck, Schema } from "effect"
import { Codec, type SageMakerError } from "effect-sagemaker-runtime"
import { inspect } from "node:util"

const encoder = new TextEncoder()

const there = <A>(codec: Codec.Codec<A>, value: A) => Effect.flatMap(Codec.encode(value, codec), Codec.decode(codec))

const Reading = Schema.Struct({ cpu: Schema.Number, at: Schema.Date, tags: Schema.Array(Schema.String) })
const reading = Codec.json(Reading)

describe("A value round-trips", () => {
  it.effect.prop(
    "as any JSON",
    [FastCheck.json().map((_): unknown => JSON.parse(_))],
    ([value]) => Effect.map(there(Codec.json(Schema.Unknown), value), (back) => assert.deepStrictEqual(back, value))
  )

  it.effect.prop(
    "as JSON of a schema, through its encoded side",
    [FastCheck.record({
      cpu: FastCheck.double({ noNaN: true, noDefaultInfinity: true }).filter((_) => !Object.is(_, -0)),
      at: FastCheck.date({ noInvalidDate: true }),
      tags: FastCheck.array(FastCheck.string({ unit: "binary" }))
    })],
    ([value]) => Effect.map(there(reading, value), (back) => assert.deepStrictEqual(back, value))
  )

  it.effect.prop(
    "as text",
    [FastCheck.string({ unit: "binary" }).filter((_) => !/\p{Surrogate}/u.test(_))],
    ([value]) => Effect.map(there(Codec.text, value), (back) => assert.strictEqual(back, value))
  )

  it.effect("as text that begins with a byte order mark", () =>
    Effect.map(there(Codec.text, "\ufeffcpu"), (back) => assert.strictEqual(back, "\ufeffcpu")))

  it.effect.prop(
    "as bytes",
    [FastCheck.uint8Array()],
    ([value]) => Effect.map(there(Codec.bytes, value), (back) => assert.deepStrictEqual(back, value))
  )
})

describe("A codec", () => {
  it("has a media type", () => {
    assert.deepStrictEqual(
      [reading.mediaType, Codec.text.mediaType, Codec.bytes.mediaType],
      ["application/json", "text/plain", "application/octet-stream"]
    )
  })

  it.effect("can have another media type", () =>
    Effect.gen(function*() {
      const csv = Codec.withMediaType("text/csv")(Codec.text)
      assert.strictEqual(csv.mediaType, "text/csv")
      assert.strictEqual(yield* there(csv, "1,2"), "1,2")
      assert.strictEqual(Codec.text.mediaType, "text/plain")
    }))
})

const secret = "hunter2"

const fromText = <A>(codec: Codec.Codec<A>, text: string) => Effect.flip(codec.decode(encoder.encode(text)))

const Secret = Schema.Struct({
  n: Schema.Number,
  choice: Schema.optional(Schema.Literal("a", "b")),
  count: Schema.optional(Schema.NumberFromString),
  when: Schema.optional(Schema.Date),
  short: Schema.optional(Schema.String.pipe(Schema.maxLength(3))),
  said: Schema.optional(Schema.String.pipe(Schema.filter((_) => `${_} will not do`))),
  either: Schema.optional(Schema.Union(Schema.Number, Schema.Struct({ a: Schema.Number }))),
  nested: Schema.optional(Schema.parseJson(Schema.Struct({ a: Schema.Number }))),
  list: Schema.optional(Schema.Array(Schema.Number))
})

interface Tree {
  readonly below: { readonly [name: string]: Tree }
}

const Tree: Schema.Schema<Tree> = Schema.Struct({
  below: Schema.Record({ key: Schema.String, value: Schema.suspend(() => Tree) })
})

const unreadable: ReadonlyArray<readonly [what: string, payload: string, problem: RegExp]> = [
  ["is empty", "", /the payload is empty$/],
  ["is broken JSON", `{"n": ${secret}}`, /invalid JSON at line 1, column 7: unexpected character$/],
  ["is cut off", `{\n"n": "${secret}`, /invalid JSON at line 2, column 14: unexpected end$/],
  ["is JSON of another kind", `"${secret}"`, /json: expected object, found string$/],
  ["lacks a member", `{"x": "${secret}"}`, /n is missing$/],
  ["has a member of another type", `{"n": "${secret}"}`, /n: expected number, found string$/],
  [
    "has a value outside of a literal union",
    `{"n": 1, "choice": "${secret}"}`,
    /choice: expected "a" \| "b" \| undefined, found string$/
  ],
  ["has an invalid number", `{"n": 1, "count": "${secret}"}`, /count: expected NumberFromString, found string$/],
  ["has an invalid date", `{"n": 1, "when": "${secret}"}`, /when/],
  [
    "has a text that is too long",
    `{"n": 1, "short": "${secret}"}`,
    /short: expected a string at most 3 character\(s\) long, found string$/
  ],
  [
    "has a text that its filter repeats",
    `{"n": 1, "said": "${secret}"}`,
    /said does not match the schema \(Refinement\)$/
  ],
  [
    "matches no member of a union",
    `{"n": 1, "either": {"a": "${secret}"}}`,
    /either\.a: expected number, found string$/
  ],
  ["contains invalid JSON in a string", `{"n": 1, "nested": "${secret}"}`, /nested/],
  ["contains JSON of another shape in a string", `{"n": 1, "nested": "{\\"a\\": \\"${secret}\\"}"}`, /nested/],
  ["has a wrong element", `{"n": 1, "list": [1, "${secret}"]}`, /list\.1: expected number, found string$/]
]

const assertSilent = (error: SageMakerError.CodecError) => {
  const printed = [
    error.message,
    String(error),
    error.stack ?? "",
    inspect(error, { depth: 10 }),
    inspect({ error }),
    JSON.stringify(error),
    JSON.stringify(Object.assign({}, error)),
    error.issues.join(),
    Cause.pretty(Cause.fail(error)),
    Cause.pretty(Cause.fail(error), { renderErrorCause: true }),
    inspect(Exit.fail(error)),
    JSON.stringify(Exit.fail(error))
  ]
  for (const text of printed) {
    assert.notInclude(text, secret)
    assert.notInclude(text, String(encoder.encode(secret)))
  }
}

describe("A payload that cannot be decoded", () => {
  it.effect.each(unreadable.map(([what, payload, problem]) => ({ what, payload, problem })))(
    "because it $what fails without showing it",
    ({ payload, problem }) =>
      Effect.gen(function*() {
        const error = yield* fromText(Codec.json(Secret), payload)
        assert.strictEqual(error._tag, "CodecError")
        assert.match(error.message, /^Cannot decode the payload as application\/json: /)
        assert.match(error.message, problem)
        assert.deepStrictEqual(error.body, encoder.encode(payload))
        assertSilent(error)
      })
  )

  it.effect("because invalid UTF-8 fails without showing it", () =>
    Effect.gen(function*() {
      for (const codec of [Codec.json(Schema.String), Codec.text]) {
        const body = Uint8Array.of(...encoder.encode(secret), 0xff)
        const error = yield* Effect.flip(codec.decode(body))
        assert.strictEqual(error.message, `Cannot decode the payload as ${codec.mediaType}: invalid UTF-8`)
        assert.strictEqual(error.body, body)
        assertSilent(error)
      }
    }))

  it.effect("is never retried", () =>
    Effect.map(fromText(reading, "{}"), ({ direction, retry }) => {
      assert.deepStrictEqual({ direction, retry }, { direction: "decode", retry: "never" })
    }))

  it.effect.prop(
    "fails with CodecError and no other error",
    [FastCheck.oneof(FastCheck.uint8Array(), FastCheck.json().map((_) => encoder.encode(_)))],
    ([body]) =>
      Effect.map(Effect.either(reading.decode(body)), (result) => {
        assert.isTrue(result._tag === "Right" || result.left._tag === "CodecError")
      })
  )
})

describe("A CodecError does not show the keys of a record:", () => {
  const scores = Schema.Record({ key: Schema.String, value: Schema.Number })
  const wrong = `{"${secret}": "x"}`

  it.effect.each([
    { what: "at the top level", schema: scores, payload: wrong, issue: "*: expected number, found string" },
    {
      what: "below a declared key, which is shown",
      schema: Schema.Struct({ scores }),
      payload: `{"scores": ${wrong}}`,
      issue: "scores.*: expected number, found string"
    },
    {
      what: "above a declared key, which is shown",
      schema: Schema.Record({ key: Schema.String, value: Schema.Struct({ n: Schema.Number }) }),
      payload: `{"${secret}": {"n": "x"}}`,
      issue: "*.n: expected number, found string"
    },
    {
      what: "of digits",
      schema: Schema.Struct({ scores: Schema.mutable(scores) }),
      payload: `{"scores": {"4711": "x"}}`,
      issue: "scores.*: expected number, found string"
    },
    {
      what: "next to declared keys",
      schema: Schema.Struct({ n: Schema.Number }, scores),
      payload: `{"n": 1, "${secret}": "x"}`,
      issue: "*: expected number, found string"
    },
    {
      what: "in a recursive schema",
      schema: Tree,
      payload: `{"below": {"a": {"below": {"${secret}": {"below": 1}}}}}`,
      issue: "below.*.below.*.below"
    }
  ])("$what", ({ issue, payload, schema }) =>
    Effect.gen(function*() {
      const error = yield* fromText(Codec.json<unknown, never, never>(schema as never), payload)
      assert.include(error.message, issue)
      assert.isTrue(error.issues.some((_) => _.startsWith(issue)))
      assert.notInclude(error.message, "4711")
      assertSilent(error)
    }))

  it.effect("when encoding", () =>
    Effect.gen(function*() {
      const short = Schema.Record({ key: Schema.String, value: Schema.String.pipe(Schema.maxLength(3)) })
      const error = yield* Effect.flip(Codec.json(Schema.Struct({ short })).encode({ short: { [secret]: "long one" } }))
      assert.match(error.issues.join(), /^short\.\*: expected /)
      assertSilent(error)
    }))
})

describe("A value that cannot be encoded", () => {
  const circular: { self?: unknown; secret?: string } = { secret }
  circular.self = circular
  const throwing = {
    toJSON: () => {
      throw new Error(secret)
    }
  }

  it.effect.each([
    ["undefined", undefined],
    ["a function", () => secret],
    ["a big integer", { secret, n: 5n }],
    ["a circular object", circular],
    ["an object whose toJSON throws", throwing]
  ])("as JSON fails without showing it: %s", ([, value]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Codec.json(Schema.Unknown).encode(value))
      assert.strictEqual(
        error.message,
        "Cannot encode the value as application/json: the value has no JSON representation"
      )
      assert.strictEqual(error.direction, "encode")
      assertSilent(error)
    }))

  it.effect("because it violates its schema fails without showing it", () =>
    Effect.gen(function*() {
      const short = Codec.json(Schema.Struct({ a: Schema.String.pipe(Schema.maxLength(3)) }))
      const error = yield* Effect.flip(short.encode({ a: secret }))
      assert.match(error.message, /^Cannot encode the value as application\/json: a: expected /)
      assertSilent(error)
    }))
})

describe("A number that JSON encodes as null is rejected:", () => {
  const reading = Codec.json(Schema.Struct({ cpu: Schema.NullOr(Schema.Number) }))
  for (const cpu of [Number.NaN, Infinity, -Infinity]) {
    it.effect(String(cpu), () =>
      Effect.gen(function*() {
        assert.include(yield* Effect.flip(reading.encode({ cpu })), { _tag: "CodecError", direction: "encode" })
      }))
  }

  it.effect("null itself is accepted", () =>
    Effect.gen(function*() {
      assert.strictEqual(new TextDecoder().decode((yield* Codec.encode({ cpu: null }, reading)).Body), `{"cpu":null}`)
    }))
})

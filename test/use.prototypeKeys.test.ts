import { HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Either, Layer, Schema, Stream } from "effect"
import { Chat, Codec, Credentials, Framing, Operation, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"

const bytes = (text: string) => new TextEncoder().encode(text)

const AnyRecord = Schema.Record({ key: Schema.String, value: Schema.Unknown })
const polluting = `{"__proto__":{"polluted":true},"a":1}`

const hostileRecords: ReadonlyArray<readonly [string, Codec.Codec<unknown>, string]> = [
  ["a record", Codec.json(AnyRecord), polluting],
  ["a record in a list", Codec.json(Schema.Array(AnyRecord)), `[${polluting}]`],
  [
    "a record of primitives",
    Codec.json(Schema.Record({ key: Schema.String, value: Schema.String })),
    `{"__proto__":"a"}`
  ],
  ["an escaped name", Codec.json(AnyRecord), `{"\\u005f_proto__":{"polluted":true}}`],
  ["JSON Lines", Codec.jsonLines(AnyRecord), `{"a":1}\n${polluting}`],
  ["a struct with other members", Codec.json(Schema.Struct({ a: Schema.Number }, AnyRecord)), polluting],
  ["a struct that declares the name", Codec.json(Schema.Struct({ ["__proto__"]: Schema.Unknown })), polluting],
  [
    "a struct that keeps unknown members",
    Codec.json(Schema.Struct({ a: Schema.Number }).annotations({ parseOptions: { onExcessProperty: "preserve" } })),
    polluting
  ],
  ["a chat request", Codec.json(Chat.ChatRequest), `{"messages":[],"__proto__":{"polluted":true}}`],
  [
    "a content part of a chat request",
    Codec.json(Chat.ChatRequest),
    `{"messages":[{"role":"user","content":[{"type":"new","__proto__":{"polluted":true}}]}]}`
  ],
  [
    "a message of a chat completion",
    Codec.json(Chat.ChatCompletion),
    `{"choices":[{"message":{"content":"a","__proto__":{"polluted":true}}}]}`
  ],
  [
    "a CSV column",
    Codec.csv(Schema.Record({ key: Schema.String, value: Schema.String }), { header: true }),
    "__proto__,a\nx,y"
  ]
] as unknown as ReadonlyArray<readonly [string, Codec.Codec<unknown>, string]>

describe("A member named __proto__ never changes a prototype:", () => {
  for (const [name, codec, text] of hostileRecords) {
    it.effect(`${name} is rejected when decoded`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(codec.decode(bytes(text)))
        assert.include(error, { _tag: "CodecError", direction: "decode" })
        assert.include(error.message, "__proto__")
      }))
  }

  it.effect("a record is rejected when encoded", () =>
    Effect.gen(function*() {
      for (const value of [JSON.parse(polluting), { nested: [JSON.parse(polluting)] }] as ReadonlyArray<object>) {
        const error = yield* Effect.flip(Codec.json(AnyRecord).encode(value as Record<string, unknown>))
        assert.include(error, { _tag: "CodecError", direction: "encode" })
      }
    }))

  it.effect("a stream of records fails at the line", () =>
    Effect.gen(function*() {
      const seen: Array<unknown> = []
      const lines = Framing.jsonLines(AnyRecord).frame(Stream.make(bytes(`{"a":1}\n${polluting}\n`)))
      const result = yield* Effect.either(Stream.runForEach(lines, (line) => Effect.sync(() => seen.push(line))))
      assert.deepStrictEqual(seen, [{ a: 1 }])
      assert.isTrue(Either.isLeft(result))
    }))

  it.effect("an unknown member keeps it as an own property, a struct drops it", () =>
    Effect.gen(function*() {
      const kept = yield* Codec.json(Schema.Unknown).decode(bytes(polluting))
      assert.isTrue(Object.hasOwn(kept as object, "__proto__"))
      const dropped = yield* Codec.json(Schema.Struct({ a: Schema.Number })).decode(bytes(polluting))
      assert.strictEqual(Object.getPrototypeOf(dropped), Object.prototype)
      assert.notProperty(dropped, "polluted")
    }))
})

const names = ["constructor", "toString", "__proto__", "hasOwnProperty", "valueOf"]

describe("Names of Object.prototype", () => {
  it.effect("are columns and cells of CSV", () =>
    Effect.gen(function*() {
      const columns = names.filter((name) => name !== "__proto__")
      const codec = Codec.csv(
        Schema.Array(Schema.Struct({
          constructor: Schema.optional(Schema.String),
          toString: Schema.String,
          hasOwnProperty: Schema.String,
          valueOf: Schema.optional(Schema.String)
        })),
        { header: true }
      )
      const rows = yield* codec.decode(bytes(`${columns.join(",")}\n${columns.join(",")}`))
      assert.deepStrictEqual(Object.entries(rows[0]!), columns.map((name): [string, string] => [name, name]))
      const absent = { toString: "a", hasOwnProperty: "b" }
      const text = new TextDecoder().decode((yield* Codec.encode([absent as never], codec)).Body)
      assert.strictEqual(text.split("\n")[1], ",a,b,")
      const cells = Codec.csv(Schema.Array(Schema.Union(Schema.Number, Schema.Boolean, Schema.String)))
      assert.deepStrictEqual(yield* cells.decode(bytes(names.join(","))), names)
    }))

  it("are members and names of headers", () => {
    const table = Operation.headers({
      constructor: ["toString", Schema.String],
      valueOf: ["constructor", Schema.String],
      ["__proto__"]: ["x-proto", Schema.String]
    } as unknown as Operation.HeaderTable)
    const all = { min: true, max: true, pattern: true }
    assert.deepStrictEqual(table.encode({}, all), Either.right({}))
    assert.deepStrictEqual(table.decode({}), {})
    const decoded = table.decode({ constructor: "a", "x-proto": "b" })
    assert.strictEqual(Object.getPrototypeOf(decoded), Object.prototype)
    assert.deepStrictEqual(Object.entries(decoded), [["valueOf", "a"], ["__proto__", "b"]])
    const unsendable = Operation.headers({ a: ["__PROTO__", Schema.String] })
    assert.isTrue(Either.isLeft(unsendable.encode({ a: "b" }, all)))
  })

  it.live("are signed as query parameters", () =>
    Effect.gen(function*() {
      const query = [...names, "a=2&a=1", "b=%20", "X-Amz-Signature=1"].map((part) =>
        part.includes("=") ? part : `${part}=1`
      )
      const operation: Operation.Operation<void, string> = {
        name: "Custom",
        encode: () => Effect.succeed(HttpClientRequest.post(`/endpoints/echo/invocations?${query.join("&")}`)),
        decode: ({ status }) => Effect.succeed(`${status}`),
        errors: []
      }
      assert.strictEqual(yield* SageMakerRuntime.execute(operation, undefined), "200")
    }).pipe(Effect.provide(
      SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
        Layer.provide([
          Signer.layer,
          Emulator.layerHttpClient({ endpoints: [Emulator.endpoint("echo", ({ Body }) => Effect.succeed(Body))] })
        ]),
        Layer.provide(Credentials.layer(Emulator.credentials))
      )
    )))

  it.effect("are data of tokens and events", () =>
    Effect.gen(function*() {
      const frames = Framing.sse.frame(
        Stream.make(bytes(names.map((name) => `${name}: a\ndata: ${name}\n\n`).join("")))
      )
      const events = Chunk.toReadonlyArray(yield* Stream.runCollect(frames))
      assert.deepStrictEqual(events.map(({ data }) => data), names)
    }))
})

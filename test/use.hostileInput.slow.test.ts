import { assert, describe, it } from "@effect/vitest"
import { Cause, Chunk, Effect, Exit, FastCheck, Layer, Schema, type Scope, Stream } from "effect"
import {
  Codec,
  Framing,
  InvokeEndpoint,
  InvokeEndpointAsync,
  InvokeEndpointWithResponseStream,
  ModelEndpoint,
  SageMakerRuntime,
  Session,
  Signer,
  Timeouts,
  Tokens
} from "effect-sagemaker-runtime"
import { inspect } from "node:util"
import { hostile, hostileValues, thrownText } from "./support/hostileValues.ts"
import { ok, scriptedHttpClient, scriptedRuntime } from "./support/scriptedHttpClient.ts"
import { recordingTracer } from "./support/tracer.ts"

type Runtime = SageMakerRuntime.SageMakerRuntime

/** Runs an effect and returns the tag of its error; a defect and the thrown text fail the test. */
const tagOf = <A, E>(effect: Effect.Effect<A, E, Runtime | Scope.Scope>, name: string) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(ok)
    const exit = yield* Effect.exit(Effect.scoped(Effect.suspend(() => effect)).pipe(Effect.provide(server.layer)))
    const attempts = yield* server.attempts
    if (Exit.isSuccess(exit)) {
      return { tag: "success", attempts }
    }
    assert.deepStrictEqual(Chunk.toReadonlyArray(Cause.defects(exit.cause)), [], name)
    const printed = `${inspect(exit.cause, { depth: 9, showHidden: true })}${Cause.pretty(exit.cause)}`
    assert.notInclude(printed, thrownText, name)
    const failure = Cause.failureOption(exit.cause)
    return { tag: failure._tag === "Some" ? (failure.value as { readonly _tag: string })._tag : "none", attempts }
  })

const expectTyped = <A, E>(
  effect: Effect.Effect<A, E, Runtime | Scope.Scope>,
  name: string,
  ...tags: ReadonlyArray<string>
) =>
  Effect.map(tagOf(effect, name), ({ attempts, tag }) => {
    if (attempts === 0) {
      assert.include([...tags, "success"], tag, name)
    }
  })

const operations = [
  { operation: InvokeEndpoint.operation, table: InvokeEndpoint.requestHeaders.table },
  { operation: InvokeEndpointAsync.operation, table: InvokeEndpointAsync.requestHeaders.table },
  {
    operation: InvokeEndpointWithResponseStream.operation,
    table: InvokeEndpointWithResponseStream.requestHeaders.table
  }
]

describe("A hostile value ends as a typed error before any request", () => {
  for (const { operation, table } of operations) {
    const execute = (input: unknown): Effect.Effect<unknown, unknown, Runtime | Scope.Scope> =>
      SageMakerRuntime.execute(operation as typeof InvokeEndpoint.operation, input as never)

    it.effect(`as any member of ${operation.name}`, () =>
      Effect.gen(function*() {
        for (const member of ["EndpointName", "Body", ...Object.keys(table)]) {
          for (const [name, make] of hostileValues) {
            const input = { EndpointName: "a", Body: "b", [member]: make() }
            yield* expectTyped(execute(input), `${member}: ${name}`, "InvalidInputError")
          }
          const getter = Object.defineProperty({ EndpointName: "a", Body: "b" }, member, {
            enumerable: true,
            get: () => {
              throw new Error(thrownText)
            }
          })
          const { attempts, tag } = yield* tagOf(execute(getter), member)
          assert.deepStrictEqual({ attempts, tag }, { attempts: 0, tag: "InvalidInputError" })
        }
      }))

    it.effect(`as the input of ${operation.name}, traced or not`, () =>
      Effect.gen(function*() {
        const { layer } = recordingTracer()
        for (const [name, make] of hostileValues) {
          yield* expectTyped(execute(make()), name, "InvalidInputError")
          yield* expectTyped(Effect.provide(execute(make()), layer), name, "InvalidInputError")
        }
      }))
  }

  const model = ModelEndpoint.make("a", { request: Codec.json(Schema.Unknown), response: Codec.text })
  const chat = ModelEndpoint.chat("a")
  const request = { messages: [{ role: "user", content: "b" }] } as const

  it.effect("as options of a call and of a model", () =>
    Effect.gen(function*() {
      for (const [name, make] of hostileValues) {
        const value = make() as never
        yield* expectTyped(model.invoke(1, value), name, "InvalidInputError")
        yield* expectTyped(Stream.runDrain(model.stream(1, Framing.text, value)), name, "InvalidInputError")
        yield* expectTyped(model.invokeAsync(1, value), name, "InvalidInputError")
        yield* expectTyped(chat.invoke(request, value), name, "InvalidInputError", "CodecError")
        yield* expectTyped(Session.make(chat, value), name, "InvalidInputError", "ProtocolError")
        yield* expectTyped(
          Effect.suspend(() => ModelEndpoint.chat("a", value).invoke(request)),
          name,
          "InvalidInputError",
          "CodecError"
        )
        yield* expectTyped(
          Effect.suspend(() => ModelEndpoint.make<never, never, unknown, never>("a", value).invoke(1 as never)),
          name,
          "InvalidInputError"
        )
        yield* expectTyped(
          Effect.suspend(() => ModelEndpoint.make(value, { request: Codec.text, response: Codec.text }).invoke("a")),
          name,
          "InvalidInputError"
        )
      }
    }))

  it.effect("as a chat request and as a member of one", () =>
    Effect.gen(function*() {
      for (const [name, make] of hostileValues) {
        for (const value of [() => make(), () => ({ ...request, top_k: make() }), () => ({ messages: make() })]) {
          yield* expectTyped(chat.invoke(value() as never), name, "CodecError")
          yield* expectTyped(Stream.runDrain(chat.stream(value() as never)), name, "CodecError")
          yield* expectTyped(chat.invokeAsync(value() as never), name, "CodecError")
        }
      }
    }))

  it.effect("as timeouts", () =>
    Effect.gen(function*() {
      for (const [name, make] of hostileValues) {
        const call = InvokeEndpoint.invokeEndpoint({ EndpointName: "a", Body: "b" })
        for (const value of [make, () => ({ total: make() }), () => ({ idle: make() })]) {
          yield* expectTyped(
            Effect.suspend(() => Timeouts.use(call, value() as never)),
            name,
            "InvalidInputError",
            "TimeoutError"
          )
          yield* expectTyped(
            Effect.suspend(() => Effect.provide(call, Timeouts.layer(value() as never))),
            name,
            "InvalidInputError",
            "TimeoutError"
          )
        }
      }
    }))
})

it.effect("A hostile option of a client is a ConfigurationError", () =>
  Effect.gen(function*() {
    const options = [
      "region",
      "endpoint",
      "params",
      "validation",
      "maxBodyBytes",
      "maxResponseBytes",
      "clockOffset",
      "appId"
    ]
    const { http } = yield* scriptedHttpClient(ok)
    for (const [name, make] of hostileValues) {
      const given = [make(), ...options.map((option) => ({ region: "eu-west-1", [option]: make() }))]
      for (const value of given) {
        const exit = yield* Effect.exit(
          Effect.scoped(
            Layer.build(Layer.provide(SageMakerRuntime.layer(value as never), [Signer.layerAnonymous, http]))
          )
        )
        if (Exit.isFailure(exit)) {
          assert.notInclude(inspect(exit.cause, { depth: 9 }), thrownText, name)
          const failure = Cause.failureOption(exit.cause)
          assert.propertyVal(failure._tag === "Some" ? failure.value : undefined, "_tag", "ConfigurationError", name)
        }
      }
    }
  }))

const codecs: ReadonlyArray<readonly [string, Codec.Codec<never>]> = [
  ["text", Codec.text],
  ["bytes", Codec.bytes],
  ["npy", Codec.npy],
  ["json", Codec.json(Schema.Struct({ a: Schema.Number, b: Schema.optional(Schema.Unknown) }))],
  ["json of anything", Codec.json(Schema.Unknown)],
  ["json of a record", Codec.json(Schema.Record({ key: Schema.String, value: Schema.Unknown }))],
  ["json of a union", Codec.json(Schema.Union(Schema.Number, Schema.Struct({ a: Schema.String })))],
  ["json of a date", Codec.json(Schema.Struct({ a: Schema.DateFromSelf }))],
  ["json lines", Codec.jsonLines(Schema.Unknown)],
  [
    "csv of structs",
    Codec.csv(Schema.Array(Schema.Struct({ a: Schema.Number, constructor: Schema.optional(Schema.String) })))
  ],
  ["csv of lists", Codec.csv(Schema.Array(Schema.Array(Schema.Number)))],
  ["csv of records", Codec.csv(Schema.Record({ key: Schema.String, value: Schema.String }))]
] as unknown as ReadonlyArray<readonly [string, Codec.Codec<never>]>

const wrap: ReadonlyArray<(value: unknown) => unknown> = [
  (value) => value,
  (value) => [value],
  (value) => ({ a: value }),
  (value) => ({ a: 1, b: value }),
  (value) => ({ dtype: value, shape: [1], data: new Float32Array(1) }),
  (value) => ({ dtype: "float32", shape: value, data: new Float32Array(1) }),
  (value) => ({ dtype: "float32", shape: [value], data: value })
]

describe("A hostile value ends as CodecError", () => {
  for (const [name, codec] of codecs) {
    it.effect.prop(
      `when encoded as ${name}`,
      [hostile, FastCheck.constantFrom(...wrap)],
      ([[what, make], wrapped]) =>
        expectTyped(Effect.suspend(() => codec.encode(wrapped(make()) as never)), what, "CodecError"),
      { fastCheck: { numRuns: 300 } }
    )
  }

  it.effect("as a payload", () =>
    Effect.gen(function*() {
      for (const [name, make] of hostileValues) {
        const payloads = [make(), { Body: make() }, { Body: new Uint8Array(), ContentType: make() }]
        for (const payload of payloads) {
          yield* expectTyped(Effect.suspend(() => Codec.decode(payload as never, Codec.text)), name, "CodecError")
        }
      }
    }))

  it.effect("as a limit of a framing", () =>
    Effect.gen(function*() {
      const chunks = Stream.make(new TextEncoder().encode("1\n"))
      for (const framing of [Framing.lines, Framing.jsonLines(Schema.Unknown), Framing.sse, Tokens.openAi]) {
        for (const [name, make] of hostileValues) {
          const limits = [make(), { maxLineBytes: make() }]
          for (const limit of limits) {
            yield* expectTyped(
              Effect.suspend(() => Stream.runDrain(framing.frame(chunks, limit as never))),
              name,
              "CodecError"
            )
            yield* expectTyped(
              Effect.suspend(() =>
                Stream.runDrain(
                  Framing.withMaxLineBytes(framing as Framing.Framing<unknown, unknown>, limit as never).frame(chunks)
                )
              ),
              name,
              "CodecError"
            )
          }
        }
      }
    }))
})

describe("Each member is read once", () => {
  const changing = (values: Record<string, ReadonlyArray<unknown>>) => {
    const reads: Record<string, number> = {}
    const input = {}
    for (const [member, sequence] of Object.entries(values)) {
      Object.defineProperty(input, member, {
        enumerable: true,
        get: () => {
          reads[member] = (reads[member] ?? 0) + 1
          return sequence[Math.min(reads[member], sequence.length) - 1]
        }
      })
    }
    return { input, reads }
  }

  it.effect("so that a getter cannot change it after the check", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(ok)
      const { layer } = recordingTracer()
      const { input, reads } = changing({
        EndpointName: ["a", "../b"],
        Body: ["first", "second"],
        ContentType: ["text/plain", "a\r\nb"]
      })
      yield* InvokeEndpoint.invokeEndpoint(input as never).pipe(Effect.provide([server.layer, layer]))
      assert.deepStrictEqual(reads, { EndpointName: 1, Body: 1, ContentType: 1 })
    }))
})

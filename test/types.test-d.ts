import { FetchHttpClient, HttpClient } from "@effect/platform"
import {
  type Cause,
  Config,
  type ConfigError,
  Context,
  Effect,
  Layer,
  Option,
  pipe,
  Schedule,
  Schema,
  type Scope,
  Stream
} from "effect"
import {
  Chat,
  Codec,
  Credentials,
  type DuplexTransport,
  Framing,
  type InvokeEndpoint,
  invokeEndpoint,
  type InvokeEndpointWithResponseStream,
  ModelEndpoint,
  Resilience,
  RetryPolicy,
  SageMakerError,
  SageMakerRuntime,
  Session,
  Signer,
  streamEndpoint,
  Timeouts,
  Tokens
} from "effect-sagemaker-runtime"
import { NodeCredentials, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { describe, expectTypeOf, it } from "vitest"
import {
  describeVariant,
  type Output,
  type VariantBroken,
  type VariantBusy,
  type VariantMissing
} from "./support/customOperation.ts"

type Runtime = SageMakerRuntime.SageMakerRuntime

const call = invokeEndpoint({ EndpointName: "anomaly-v2", Body: "{}" })
const handled = () => Effect.succeed("handled")

describe("invokeEndpoint", () => {
  it("has its output, errors and requirement in its type", () => {
    expectTypeOf(call).toEqualTypeOf<
      Effect.Effect<InvokeEndpoint.InvokeEndpointOutput, InvokeEndpoint.InvokeEndpointError, Runtime>
    >()
    expectTypeOf<InvokeEndpoint.InvokeEndpointError>().toEqualTypeOf<
      InvokeEndpoint.InvokeEndpointModeledError | SageMakerError.CommonError
    >()
    expectTypeOf<InvokeEndpoint.InvokeEndpointOutput["Body"]>().toEqualTypeOf<Uint8Array>()
  })

  it("has no errors left after all of them are caught by tag", () => {
    const safe = Effect.catchTags(call, {
      ModelError: handled,
      ModelNotReadyException: handled,
      ValidationError: handled,
      InternalFailure: handled,
      ServiceUnavailable: handled,
      InternalDependencyException: handled,
      AccessDeniedError: handled,
      ThrottlingError: handled,
      UnknownServiceError: handled,
      InvalidInputError: handled,
      PayloadTooLargeError: handled,
      CredentialsError: handled,
      SigningError: handled,
      TransportError: handled,
      TimeoutError: handled,
      ProtocolError: handled,
      OverloadedError: handled,
      CircuitOpenError: handled
    })
    expectTypeOf(safe).toEqualTypeOf<Effect.Effect<InvokeEndpoint.InvokeEndpointOutput | string, never, Runtime>>()
  })

  it("keeps the errors that are not caught", () => {
    const rest = Effect.catchTags(call, { ModelError: handled })
    expectTypeOf<Effect.Effect.Error<typeof rest>>().toEqualTypeOf<
      Exclude<InvokeEndpoint.InvokeEndpointError, SageMakerError.ModelError>
    >()
  })

  it("rejects a tag that it cannot fail with", () => {
    // @ts-expect-error ConfigurationError belongs to the layer
    Effect.catchTag(call, "ConfigurationError", handled)
  })

  it("accepts bytes, text, views, buffers and blobs, and nothing else", () => {
    const bodies = [
      "text",
      new Uint8Array(),
      new Float32Array(),
      new DataView(new ArrayBuffer(1)),
      new ArrayBuffer(1),
      new Blob([])
    ] as const
    for (const Body of bodies) {
      expectTypeOf(invokeEndpoint({ EndpointName: "a", Body })).toEqualTypeOf<typeof call>()
    }
    // @ts-expect-error an object is not a body
    void invokeEndpoint({ EndpointName: "a", Body: { cpu: 1 } })
    // @ts-expect-error the body is required
    void invokeEndpoint({ EndpointName: "a" })
    // @ts-expect-error the endpoint is required
    void invokeEndpoint({ Body: "" })
    // @ts-expect-error unknown member
    void invokeEndpoint({ EndpointName: "a", Body: "", TargetModell: "b" })
  })
})

describe("Layers", () => {
  it("have their services, errors and requirements in their types", () => {
    expectTypeOf(SageMakerRuntime.layer({ region: "eu-west-1" })).toEqualTypeOf<
      Layer.Layer<Runtime, SageMakerError.ConfigurationError, HttpClient.HttpClient | Signer.Signer>
    >()
    expectTypeOf(SageMakerRuntime.layerConfig({ region: Config.string("REGION") })).toEqualTypeOf<
      Layer.Layer<
        Runtime,
        ConfigError.ConfigError | SageMakerError.ConfigurationError,
        HttpClient.HttpClient | Signer.Signer
      >
    >()
    expectTypeOf(Signer.layer).toEqualTypeOf<Layer.Layer<Signer.Signer, never, Credentials.Credentials>>()
    expectTypeOf(Signer.layerAnonymous).toEqualTypeOf<Layer.Layer<Signer.Signer>>()
    expectTypeOf(Credentials.layerEnv).toEqualTypeOf<Layer.Layer<Credentials.Credentials>>()
    expectTypeOf(Credentials.layer).returns.toEqualTypeOf<Layer.Layer<Credentials.Credentials>>()
    expectTypeOf(Credentials.layerProvider).returns.toEqualTypeOf<Layer.Layer<Credentials.Credentials>>()
    expectTypeOf(Credentials.firstOf(Credentials.layerEnv, NodeCredentials.layerContainer)).toEqualTypeOf<
      Layer.Layer<Credentials.Credentials, never, HttpClient.HttpClient>
    >()
    expectTypeOf(Credentials.layerConfig).returns.toEqualTypeOf<
      Layer.Layer<Credentials.Credentials, ConfigError.ConfigError>
    >()
    void Credentials.layerProvider(() => Promise.resolve({ accessKeyId: "a", secretAccessKey: "b" }), {
      refreshTimeout: "5 seconds"
    })
    // @ts-expect-error a duration has a unit
    void Credentials.layerProvider(() => Promise.reject(), { refreshTimeout: "5" })
    expectTypeOf(RetryPolicy.layer).returns.toEqualTypeOf<Layer.Layer<never>>()
    expectTypeOf(Timeouts.layer).returns.toEqualTypeOf<Layer.Layer<never>>()
  })

  it("of several credential sources have the requirements of all, and no errors", () => {
    class Vault extends Context.Tag("Vault")<Vault, string>() {}
    class Sealed extends Schema.TaggedError<Sealed>()("Sealed", {}) {}
    const vault = Layer.effect(
      Credentials.Credentials,
      Effect.zipRight(Effect.zipRight(Vault, new Sealed()), Effect.never)
    )
    const { layerEnv } = Credentials
    const layerSso = NodeCredentials.layerSso()
    type Combined<R = never> = Layer.Layer<Credentials.Credentials, never, R>
    expectTypeOf(Credentials.firstOf(layerEnv)).toEqualTypeOf<Combined>()
    expectTypeOf(Credentials.firstOf(layerEnv, layerSso)).toEqualTypeOf<Combined<HttpClient.HttpClient>>()
    expectTypeOf(Credentials.firstOf(layerSso, vault, layerEnv)).toEqualTypeOf<
      Combined<HttpClient.HttpClient | Vault>
    >()
    const listed = [layerSso, layerSso]
    expectTypeOf(Credentials.firstOf(...listed)).toEqualTypeOf<Combined<HttpClient.HttpClient>>()
    expectTypeOf(Credentials.firstOf(Layer.merge(layerEnv, Signer.layerAnonymous))).toEqualTypeOf<Combined>()
    // @ts-expect-error a layer of another service
    void Credentials.firstOf(layerEnv, FetchHttpClient.layer)
    // @ts-expect-error a provider is no layer
    void Credentials.firstOf(() => Promise.reject())
  })

  it("keep their other services under a limit, whose errors are part of every call", () => {
    const limited = NodeSageMaker.layer().pipe(
      Resilience.circuitBreaker(),
      Resilience.rateLimit({ limit: 1, interval: "1 second" }),
      Resilience.concurrency({ permits: 1 }),
      Resilience.fallback({ a: { EndpointName: "b" } })
    )
    expectTypeOf(limited).toEqualTypeOf<
      Layer.Layer<
        | Runtime
        | Signer.Signer
        | Credentials.Credentials
        | HttpClient.HttpClient
        | DuplexTransport.DuplexTransport
        | Resilience.CircuitBreakers,
        SageMakerError.ConfigurationError
      >
    >()
    expectTypeOf<SageMakerError.OverloadedError | SageMakerError.CircuitOpenError>().toExtend<
      InvokeEndpoint.InvokeEndpointError
    >()
    // @ts-expect-error a limit needs a client layer
    Resilience.concurrency({ permits: 1 })(Signer.layerAnonymous)
  })

  it("run a program only if all requirements are provided", () => {
    const client = SageMakerRuntime.layer({ region: "eu-west-1" })
    const live = client.pipe(
      Layer.provide([Signer.layer, FetchHttpClient.layer]),
      Layer.provide(Credentials.layerEnv)
    )
    expectTypeOf(live).toEqualTypeOf<Layer.Layer<Runtime, SageMakerError.ConfigurationError>>()
    expectTypeOf(Effect.provide(call, live)).toExtend<Effect.Effect<unknown, unknown>>()
    // @ts-expect-error a client is missing
    expectTypeOf(call).toExtend<Effect.Effect<unknown, unknown>>()
    // @ts-expect-error a signer and an HTTP client are missing
    expectTypeOf(Effect.provide(call, client)).toExtend<Effect.Effect<unknown, unknown>>()
    const silent = Layer.provide(client, Signer.layerAnonymous)
    // @ts-expect-error an HTTP client is missing
    expectTypeOf(Effect.provide(call, silent)).toExtend<Effect.Effect<unknown, unknown>>()
    const keyless = Layer.provide(client, [Signer.layer, FetchHttpClient.layer])
    // @ts-expect-error credentials are missing
    expectTypeOf(Effect.provide(call, keyless)).toExtend<Effect.Effect<unknown, unknown>>()
  })

  it("can provide references, which do not change a type", () => {
    expectTypeOf(RetryPolicy.use(RetryPolicy.none)(call)).toEqualTypeOf<typeof call>()
    expectTypeOf(Timeouts.use({ total: "1 second" })(call)).toEqualTypeOf<typeof call>()
    expectTypeOf(Effect.provide(call, RetryPolicy.layer(RetryPolicy.none))).toEqualTypeOf<typeof call>()
  })

  it("can be set for effects and streams, whose types they keep", () => {
    const stream = streamEndpoint({ EndpointName: "anomaly-v2", Body: "{}" })
    const total = { total: "1 second" } as const
    expectTypeOf(call.pipe(Timeouts.use(total), RetryPolicy.use(RetryPolicy.none))).toEqualTypeOf<typeof call>()
    expectTypeOf(Timeouts.use(call, total)).toEqualTypeOf<typeof call>()
    expectTypeOf(RetryPolicy.use(call, RetryPolicy.none)).toEqualTypeOf<typeof call>()
    expectTypeOf(stream.pipe(Timeouts.use(total), RetryPolicy.use(RetryPolicy.none))).toEqualTypeOf<typeof stream>()
    expectTypeOf(Timeouts.use(stream, total)).toEqualTypeOf<typeof stream>()
    expectTypeOf(RetryPolicy.use(stream, RetryPolicy.none)).toEqualTypeOf<typeof stream>()
    expectTypeOf(Timeouts.use(Effect.Do, total)).toEqualTypeOf<Effect.Effect<{}>>()
    expectTypeOf(Option.some(1).pipe(Timeouts.use(total))).toEqualTypeOf<
      Effect.Effect<number, Cause.NoSuchElementException>
    >()
  })

  it("can be set in generic functions", () => {
    const quick = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.zipRight(Effect.void, effect.pipe(Timeouts.use({ total: "1 second" })))
    const once = <A, E, R>(stream: Stream.Stream<A, E, R>): Stream.Stream<A, E, R> =>
      stream.pipe(RetryPolicy.use(RetryPolicy.none), Stream.take(1))
    expectTypeOf(quick(call)).toEqualTypeOf<typeof call>()
    expectTypeOf(once(Stream.make(1))).toEqualTypeOf<Stream.Stream<number>>()
  })

  it("cannot be set for other values", () => {
    // @ts-expect-error a number is neither an effect nor a stream
    expectTypeOf(Timeouts.use(1, { total: "1 second" })).toExtend<unknown>()
    // @ts-expect-error a promise is neither an effect nor a stream
    expectTypeOf(RetryPolicy.use(RetryPolicy.none)(Promise.resolve(1))).toExtend<unknown>()
  })
})

describe("Retry policies", () => {
  it("have one type, whatever they are built from", () => {
    expectTypeOf(RetryPolicy.standard()).toEqualTypeOf<RetryPolicy.Policy>()
    expectTypeOf(RetryPolicy.adaptive({ maxAttempts: 5 })).toEqualTypeOf<RetryPolicy.Policy>()
    expectTypeOf(RetryPolicy.none).toEqualTypeOf<RetryPolicy.Policy>()
    expectTypeOf(RetryPolicy.fromSchedule(Schedule.recurs(3))).toEqualTypeOf<RetryPolicy.Policy>()
    expectTypeOf(
      RetryPolicy.fromSchedule(Schedule.identity<SageMakerError.Retryable>(), {
        while: ({ _tag, retry, retryAfterMillis }) => {
          expectTypeOf(_tag).toEqualTypeOf<string>()
          expectTypeOf(retry).toEqualTypeOf<"transient" | "throttling" | "never">()
          expectTypeOf(retryAfterMillis).toEqualTypeOf<number | undefined>()
          return true
        }
      })
    ).toEqualTypeOf<RetryPolicy.Policy>()
  })

  it("reject a schedule with another input type", () => {
    // @ts-expect-error the schedule has another input type
    RetryPolicy.fromSchedule(Schedule.identity<number>())
  })
})

describe("A custom operation", () => {
  const executed = Effect.flatMap(
    SageMakerRuntime.SageMakerRuntime,
    (runtime) => runtime.execute(describeVariant, { EndpointName: "a", Variant: "b" })
  )

  type Own = VariantMissing | VariantBusy | VariantBroken

  it("has its own errors in addition to the common ones", () => {
    expectTypeOf(executed).toEqualTypeOf<Effect.Effect<Output, Own | SageMakerError.CommonError, Runtime>>()
  })

  it("accepts every retry policy", () => {
    expectTypeOf(RetryPolicy.use(RetryPolicy.standard({ retryTimeouts: true }))(executed)).toEqualTypeOf<
      typeof executed
    >()
    expectTypeOf(RetryPolicy.use(RetryPolicy.none)(executed)).toEqualTypeOf<typeof executed>()
    expectTypeOf(
      executed.pipe(
        RetryPolicy.use(RetryPolicy.fromSchedule(Schedule.forever, { while: ({ _tag }) => _tag === "VariantBusy" }))
      )
    ).toEqualTypeOf<typeof executed>()
  })

  it("keeps the requirements of its decoder", () => {
    class Clock extends Context.Tag("Clock")<Clock, number>() {}
    const needing = SageMakerRuntime.SageMakerRuntime.pipe(
      Effect.flatMap((runtime) =>
        runtime.execute({ ...describeVariant, decode: () => Clock }, { EndpointName: "a", Variant: "b" })
      )
    )
    expectTypeOf<Effect.Effect.Context<typeof needing>>().toEqualTypeOf<Runtime | Clock>()
  })

  it("accepts only its own input", () => {
    void Effect.flatMap(SageMakerRuntime.SageMakerRuntime, (runtime) =>
      // @ts-expect-error the variant is missing
      runtime.execute(describeVariant, { EndpointName: "a" }))
  })
})

describe("Errors", () => {
  it("can be constructed in a test with only the required members", () => {
    expectTypeOf(new SageMakerError.ModelNotReadyException({ message: "cold" }).retry).toEqualTypeOf<
      SageMakerError.RetryClass
    >()
    void new SageMakerError.ModelError({})
    void new SageMakerError.UnknownServiceError({ status: 502 })
    void new SageMakerError.TransportError({ reason: "reset" })
    // @ts-expect-error the field is missing
    void new SageMakerError.InvalidInputError({ constraint: "set" })
  })

  it("have the members that a program reads", () => {
    expectTypeOf(SageMakerError.isRetryable).parameter(0).toEqualTypeOf<unknown>()
    expectTypeOf(SageMakerError.isAccessDenied).guards.toEqualTypeOf<SageMakerError.AccessDeniedError>()
    expectTypeOf(SageMakerError.isNoCapacity).parameter(0).toEqualTypeOf<unknown>()
    const call = invokeEndpoint({ EndpointName: "a", Body: "" })
    const recovered = Effect.catchIf(call, SageMakerError.isNoCapacity, ({ message, reason }) => {
      expectTypeOf(reason).toEqualTypeOf<"no-capacity" | undefined>()
      return Effect.succeed(message)
    })
    expectTypeOf<Effect.Effect.Error<typeof recovered>>().toEqualTypeOf<Effect.Effect.Error<typeof call>>()
  })
})

describe("ModelEndpoint", () => {
  const Reading = Schema.Struct({ cpu: Schema.Number, at: Schema.Date })
  const endpoint = ModelEndpoint.make("anomaly-v2", {
    request: Codec.json(Reading),
    response: Codec.text,
    TargetVariant: "blue"
  })

  it("has the types of its codecs", () => {
    expectTypeOf(endpoint).toEqualTypeOf<ModelEndpoint.ModelEndpoint<typeof Reading.Type, string>>()
    expectTypeOf(endpoint.invoke({ cpu: 1, at: new Date(0) })).toEqualTypeOf<
      Effect.Effect<string, InvokeEndpoint.InvokeEndpointError | SageMakerError.CodecError, Runtime>
    >()
    // @ts-expect-error a date is not text
    void endpoint.invoke({ cpu: 1, at: "1970-01-01" })
    // @ts-expect-error the endpoint name is set by the model
    void endpoint.invoke({ cpu: 1, at: new Date(0) }, { EndpointName: "other" })
  })

  it("requires the services of its schemas", () => {
    class Units extends Context.Tag("Units")<Units, number>() {}
    const Scaled = Schema.transformOrFail(Schema.Number, Schema.Number, {
      strict: true,
      decode: (value) => Effect.map(Units, (unit) => value * unit),
      encode: (value) => Effect.map(Units, (unit) => value / unit)
    })
    const scaled = ModelEndpoint.make("a", { request: Codec.bytes, response: Codec.json(Scaled) })
    expectTypeOf(scaled.invoke(new Uint8Array())).toEqualTypeOf<
      Effect.Effect<number, InvokeEndpoint.InvokeEndpointError | SageMakerError.CodecError, Runtime | Units>
    >()
  })
})

describe("Typed inference", () => {
  const Reading = Schema.Struct({ cpu: Schema.Number, at: Schema.Date })
  const endpoint = ModelEndpoint.make("anomaly-v2", { request: Codec.csv(Reading), response: Codec.json(Reading) })
  const reading = { cpu: 1, at: new Date(0) }

  it("streams the elements of the framing, with its errors", () => {
    expectTypeOf(endpoint.stream(reading, Tokens.tgi)).toEqualTypeOf<
      Stream.Stream<Tokens.Token, ModelEndpoint.ModelEndpointStreamError, Runtime>
    >()
    expectTypeOf(endpoint.stream(reading, Framing.withMaxLineBytes(Tokens.lmi, 1_000))).toEqualTypeOf<
      Stream.Stream<Tokens.Token, ModelEndpoint.ModelEndpointStreamError, Runtime>
    >()
    expectTypeOf(endpoint.stream(reading, Framing.jsonLines(Reading))).toEqualTypeOf<
      Stream.Stream<typeof Reading.Type, ModelEndpoint.ModelEndpointStreamError, Runtime>
    >()
    expectTypeOf(Framing.lines.frame(streamEndpoint({ EndpointName: "a", Body: "" }))).toEqualTypeOf<
      Stream.Stream<
        string,
        | InvokeEndpointWithResponseStream.InvokeEndpointWithResponseStreamError
        | SageMakerError.StreamError
        | SageMakerError.CodecError,
        Runtime
      >
    >()
    // @ts-expect-error a stream has no TargetModel
    void endpoint.stream(reading, Framing.text, { TargetModel: "a" })
    // @ts-expect-error an asynchronous inference request has no session
    void endpoint.invokeAsync(reading, { SessionId: "a" })
  })

  it("accepts only rows of scalars in a table", () => {
    // @ts-expect-error a cell is not a struct
    void Codec.csv(Schema.Struct({ a: Schema.Struct({ b: Schema.Number }) }))
    // @ts-expect-error a row of a table is not a table
    void Codec.csv(Schema.Array(Schema.Array(Schema.Array(Schema.Number))))
    class Point
      extends Schema.Class<Point>("Point")({ x: Schema.NumberFromString, y: Schema.optional(Schema.Number) })
    {}
    expectTypeOf(Codec.csv(Schema.Array(Point))).toEqualTypeOf<Codec.Codec<ReadonlyArray<Point>>>()
  })

  it("narrows an array by its dtype", () => {
    const array = {} as Codec.NdArray
    if (array.dtype === "int64") {
      expectTypeOf(array.data).toEqualTypeOf<BigInt64Array>()
    }
  })

  it("sends chat messages and streams tokens", () => {
    const chat = ModelEndpoint.chat("llama")
    const messages = [{ role: "user", content: "Hi" }] as const
    expectTypeOf(chat.stream({ messages, top_k: 3 })).toEqualTypeOf<
      Stream.Stream<Tokens.Token, ModelEndpoint.ModelEndpointStreamError, Runtime>
    >()
    expectTypeOf(chat.stream({ messages }, Framing.sse)).toEqualTypeOf<
      Stream.Stream<Framing.ServerSentEvent, ModelEndpoint.ModelEndpointStreamError, Runtime>
    >()
    expectTypeOf(chat.invoke({ messages })).toEqualTypeOf<
      Effect.Effect<Chat.ChatCompletion, ModelEndpoint.ModelEndpointError, Runtime>
    >()
    // @ts-expect-error unknown role
    void chat.invoke({ messages: [{ role: "oracle", content: "Hi" }] })
  })

  it("has the same type in a session, plus the error of an expired session", () => {
    expectTypeOf(Session.make(endpoint)).toEqualTypeOf<
      Effect.Effect<
        Session.Session<typeof Reading.Type, typeof Reading.Type>,
        InvokeEndpoint.InvokeEndpointError,
        Runtime | Scope.Scope
      >
    >()
    const session = {} as Session.ChatSession
    expectTypeOf(session.stream({ messages: [] })).toEqualTypeOf<
      Stream.Stream<Tokens.Token, ModelEndpoint.ModelEndpointStreamError | SageMakerError.SessionExpiredError, Runtime>
    >()
    expectTypeOf(Effect.flatMap(Session.make(ModelEndpoint.chat("llama")), ({ invoke }) => invoke({ messages: [] })))
      .toEqualTypeOf<
        Effect.Effect<
          Chat.ChatCompletion,
          ModelEndpoint.ModelEndpointError | SageMakerError.SessionExpiredError,
          Runtime | Scope.Scope
        >
      >()
  })

  it("requires the services of the schedule in warmUp", () => {
    expectTypeOf(ModelEndpoint.warmUp(endpoint, Schedule.spaced("1 second"), { value: reading })).toEqualTypeOf<
      Effect.Effect<ModelEndpoint.WarmUpProgress, ModelEndpoint.ModelEndpointError, Runtime>
    >()
    // @ts-expect-error the value does not have the type of the endpoint
    void ModelEndpoint.warmUp(endpoint, Schedule.spaced("1 second"), { value: "reading" })
  })

  it("has a default schedule in warmUp", () => {
    expectTypeOf(ModelEndpoint.warmUp(endpoint)).toEqualTypeOf<
      Effect.Effect<ModelEndpoint.WarmUpProgress, ModelEndpoint.ModelEndpointError, Runtime>
    >()
    expectTypeOf(pipe(endpoint, ModelEndpoint.warmUp())).toEqualTypeOf<
      Effect.Effect<ModelEndpoint.WarmUpProgress, ModelEndpoint.ModelEndpointError, Runtime>
    >()
    expectTypeOf(ModelEndpoint.warmUp(endpoint, undefined, { value: reading })).toEqualTypeOf<
      Effect.Effect<ModelEndpoint.WarmUpProgress, ModelEndpoint.ModelEndpointError, Runtime>
    >()
  })
})

describe("dual functions infer the same types data-first and in a pipe", () => {
  class Units extends Context.Tag("Units")<Units, number>() {}
  class Broken extends Schema.TaggedError<Broken>()("Broken", {}) {}
  const Scaled = Schema.transformOrFail(Schema.Number, Schema.Number, {
    strict: true,
    decode: (value) => Effect.map(Units, (unit) => value * unit),
    encode: (value) => Effect.map(Units, (unit) => value / unit)
  })
  const scaled = Codec.json(Scaled)

  it("Codec.withMediaType", () => {
    expectTypeOf(Codec.withMediaType(scaled, "a/b")).toEqualTypeOf<Codec.Codec<number, Units>>()
    expectTypeOf(pipe(scaled, Codec.withMediaType("a/b"))).toEqualTypeOf<Codec.Codec<number, Units>>()
  })

  it("Codec.alsoReads", () => {
    expectTypeOf(Codec.alsoReads(scaled, "a/b", "c/d")).toEqualTypeOf<Codec.Codec<number, Units>>()
    expectTypeOf(pipe(scaled, Codec.alsoReads("a/b", "c/d"))).toEqualTypeOf<Codec.Codec<number, Units>>()
  })

  it("Codec.compose", () => {
    const Halved = Schema.transform(Schema.Number, Schema.BigIntFromSelf, {
      strict: true,
      decode: (value) => BigInt(value / 2),
      encode: (value) => Number(value) * 2
    })
    expectTypeOf(Codec.compose(scaled, Halved)).toEqualTypeOf<Codec.Codec<bigint, Units>>()
    expectTypeOf(pipe(scaled, Codec.compose(Halved))).toEqualTypeOf<Codec.Codec<bigint, Units>>()
    expectTypeOf(Codec.compose(Codec.json(Schema.Number), Scaled)).toEqualTypeOf<Codec.Codec<number, Units>>()
    // @ts-expect-error the schema does not transform text
    void Codec.compose(Codec.text, Scaled)
    // @ts-expect-error the schema does not transform text
    void pipe(Codec.text, Codec.compose(Scaled))
  })

  it("Codec.decode", () => {
    type Decoded = Effect.Effect<number, SageMakerError.CodecError, Units>
    const payload = { Body: new Uint8Array() }
    expectTypeOf(Codec.decode(payload, scaled)).toEqualTypeOf<Decoded>()
    expectTypeOf(pipe(payload, Codec.decode(scaled))).toEqualTypeOf<Decoded>()
    expectTypeOf(Effect.flatMap(call, Codec.decode(scaled))).toEqualTypeOf<
      Effect.Effect<number, InvokeEndpoint.InvokeEndpointError | SageMakerError.CodecError, Runtime | Units>
    >()
  })

  it("Framing.withMaxLineBytes", () => {
    const framing = Framing.jsonLines(Scaled)
    expectTypeOf(Framing.withMaxLineBytes(framing, 8)).toEqualTypeOf<typeof framing>()
    expectTypeOf(pipe(framing, Framing.withMaxLineBytes(8))).toEqualTypeOf<typeof framing>()
  })

  it("Tokens.collect, with and without a choice", () => {
    const tokens = {} as Stream.Stream<Tokens.Token, Broken, Units>
    type Collected = Effect.Effect<Tokens.CollectedCompletion, Broken | SageMakerError.ModelStreamError, Units>
    expectTypeOf(Tokens.collect(tokens)).toEqualTypeOf<Collected>()
    expectTypeOf(Tokens.collect(tokens, 1)).toEqualTypeOf<Collected>()
    expectTypeOf(tokens.pipe(Tokens.collect)).toEqualTypeOf<Collected>()
    expectTypeOf(tokens.pipe(Tokens.collect())).toEqualTypeOf<Collected>()
    expectTypeOf(tokens.pipe(Tokens.collect(1))).toEqualTypeOf<Collected>()
    expectTypeOf(ModelEndpoint.chat("llama").stream({ messages: [] }).pipe(Tokens.collect)).toEqualTypeOf<
      Effect.Effect<Tokens.CollectedCompletion, ModelEndpoint.ModelEndpointStreamError, Runtime>
    >()
    expectTypeOf(tokens.pipe(Tokens.collect({ choice: 1, allowIncomplete: true }))).toEqualTypeOf<Collected>()
    type All = Effect.Effect<
      ReadonlyArray<Tokens.CollectedCompletion>,
      Broken | SageMakerError.ModelStreamError,
      Units
    >
    expectTypeOf(Tokens.collectAll(tokens)).toEqualTypeOf<All>()
    expectTypeOf(Tokens.collectAll(tokens, { allowIncomplete: true })).toEqualTypeOf<All>()
    expectTypeOf(tokens.pipe(Tokens.collectAll)).toEqualTypeOf<All>()
    expectTypeOf(tokens.pipe(Tokens.collectAll({ allowIncomplete: true }))).toEqualTypeOf<All>()
    const generic = <E, R>(
      stream: Stream.Stream<Tokens.Token, E, R>
    ): Effect.Effect<string, E | SageMakerError.ModelStreamError, R> =>
      Effect.map(Tokens.collect(stream), ({ text }) => text)
    expectTypeOf(generic(tokens)).toEqualTypeOf<
      Effect.Effect<string, Broken | SageMakerError.ModelStreamError, Units>
    >()
    const texts: Stream.Stream<string> = Stream.empty
    // @ts-expect-error the stream has no tokens
    void Tokens.collect(texts)
    // @ts-expect-error the stream has no tokens
    void ({} as Stream.Stream<string>).pipe(Tokens.collect(1))
  })

  it("ModelEndpoint.warmUp", () => {
    const model = ModelEndpoint.make("a", { request: scaled, response: Codec.text })
    const schedule = {} as Schedule.Schedule<number, ModelEndpoint.NotReadyError, Proxied>
    class Proxied extends Context.Tag("Proxied")<Proxied, number>() {}
    class Progress extends Context.Tag("Progress")<Progress, number>() {}
    type Warm<R> = Effect.Effect<ModelEndpoint.WarmUpProgress, ModelEndpoint.ModelEndpointError, Runtime | Units | R>
    const onProgress = () => Effect.asVoid(Progress)
    expectTypeOf(ModelEndpoint.warmUp(model, schedule)).toEqualTypeOf<Warm<Proxied>>()
    expectTypeOf(pipe(model, ModelEndpoint.warmUp(schedule))).toEqualTypeOf<Warm<Proxied>>()
    expectTypeOf(ModelEndpoint.warmUp(model, schedule, { value: 1, onProgress })).toEqualTypeOf<
      Warm<Proxied | Progress>
    >()
    expectTypeOf(pipe(model, ModelEndpoint.warmUp(schedule, { value: 1, onProgress }))).toEqualTypeOf<
      Warm<Proxied | Progress>
    >()
    expectTypeOf(pipe(model, ModelEndpoint.warmUp(schedule, { onProgress, TargetVariant: "blue" }))).toEqualTypeOf<
      Warm<Proxied | Progress>
    >()
    expectTypeOf(pipe(ModelEndpoint.chat("llama"), ModelEndpoint.warmUp(Schedule.spaced("1 second")))).toEqualTypeOf<
      Effect.Effect<ModelEndpoint.WarmUpProgress, ModelEndpoint.ModelEndpointError, Runtime>
    >()
    // @ts-expect-error the value is not a number
    void pipe(model, ModelEndpoint.warmUp(schedule, { value: "1" }))
  })
})

describe("NodeSageMaker.layer", () => {
  type Given =
    | Runtime
    | Signer.Signer
    | Credentials.Credentials
    | HttpClient.HttpClient
    | DuplexTransport.DuplexTransport
  type Client<E = never, R = never> = Layer.Layer<Given, E | SageMakerError.ConfigurationError, R>

  class Vault extends Context.Tag("Vault")<Vault, string>() {}
  class Sealed extends Schema.TaggedError<Sealed>()("Sealed", {}) {}
  class Proxy extends Context.Tag("Proxy")<Proxy, string>() {}
  class Offline extends Schema.TaggedError<Offline>()("Offline", {}) {}

  const keys = { accessKeyId: "a", secretAccessKey: "b" }
  const vault = Layer.effect(
    Credentials.Credentials,
    Effect.zipRight(Effect.zipRight(Vault, new Sealed()), Effect.never)
  )
  const proxy = Layer.effect(
    HttpClient.HttpClient,
    Effect.zipRight(Effect.zipRight(Proxy, new Offline()), Effect.never)
  )

  it("has no requirements and fails only with ConfigurationError by default", () => {
    expectTypeOf(NodeSageMaker.layer()).toEqualTypeOf<Client>()
    expectTypeOf(NodeSageMaker.layer({})).toEqualTypeOf<Client>()
    expectTypeOf(NodeSageMaker.layer({ credentials: keys })).toEqualTypeOf<Client>()
    expectTypeOf(NodeSageMaker.layer({ credentials: () => Promise.resolve(keys) })).toEqualTypeOf<Client>()
    expectTypeOf(NodeSageMaker.layer({ credentials: Credentials.layer(keys) })).toEqualTypeOf<Client>()
    expectTypeOf(NodeSageMaker.layer({ http: { connections: 1 } })).toEqualTypeOf<Client>()
    expectTypeOf(NodeSageMaker.layer({ http: FetchHttpClient.layer })).toEqualTypeOf<Client>()
    expectTypeOf(NodeSageMaker.layer({ credentials: undefined, http: undefined })).toEqualTypeOf<Client>()
  })

  it("provides its HTTP client to the credentials", () => {
    expectTypeOf(NodeSageMaker.layer({ credentials: NodeCredentials.layerSso() })).toEqualTypeOf<Client>()
    const credentials = Credentials.firstOf(Credentials.layerEnv, NodeCredentials.layerSso())
    expectTypeOf(NodeSageMaker.layer({ credentials })).toEqualTypeOf<Client>()
    expectTypeOf(
      NodeSageMaker.layer({ credentials: NodeCredentials.layerSso(), http: FetchHttpClient.layer })
    ).toEqualTypeOf<Client>()
  })

  it("has the errors and requirements of the layers it is given", () => {
    expectTypeOf(NodeSageMaker.layer({ credentials: vault })).toEqualTypeOf<Client<Sealed, Vault>>()
    expectTypeOf(NodeSageMaker.layer({ http: proxy })).toEqualTypeOf<Client<Offline, Proxy>>()
    expectTypeOf(NodeSageMaker.layer({ credentials: vault, http: proxy })).toEqualTypeOf<
      Client<Sealed | Offline, Vault | Proxy>
    >()
  })

  it("rejects unknown options", () => {
    // @ts-expect-error unknown option
    NodeSageMaker.layer({ maxAttempts: 3 })
    // @ts-expect-error a region must be text
    NodeSageMaker.layer({ region: 1 })
    // @ts-expect-error a layer of another service
    NodeSageMaker.layer({ credentials: FetchHttpClient.layer })
  })
})

describe("error classes", () => {
  type Fields<C> = C extends { readonly fields: infer F extends Schema.Struct.Fields } ? Schema.Struct.Type<F> : never
  type Declared<A, Names> = { [K in keyof A as K extends Names ? K : never]: A[K] }
  type Same<A, B> = [A] extends [B] ? [B] extends [A] ? true : false : false
  type Classes = typeof SageMakerError
  type Names = SageMakerError.SageMakerError["_tag"]

  it("declare the fields of their schemas", () => {
    expectTypeOf<
      { [K in Names]: Same<Declared<InstanceType<Classes[K]>, keyof Fields<Classes[K]>>, Fields<Classes[K]>> }
    >().toEqualTypeOf<{ [K in Names]: true }>()
  })
})

describe("A chat request", () => {
  const send = (request: Chat.ChatRequest) => request
  class Cities extends Context.Tag("Cities")<Cities, string>() {}
  const City = {} as Schema.Schema<number, string, Cities>
  const question = { role: "user", content: "Hi" } as const

  it("has the members of OpenAI's API and of the model servers", () => {
    send({ messages: [question], top_k: 3, guided_json: {}, chat_template_kwargs: { enable_thinking: false } })
    send({ messages: [Chat.system("Be kind"), Chat.user([{ type: "video_url", video_url: { url: "data:," } }])] })
    send({ messages: [Chat.user([Chat.otherPart({ type: "document_url", document_url: { url: "data:," } })])] })
    send({ messages: [Chat.otherMessage({ role: "document", content: "A" }), Chat.assistant("B")], bad_words: ["C"] })
    send(Chat.withMembers({ messages: [question] }, { new_option: 1 }))
    const wider = { messages: [question], new_option: 1 }
    send(wider)
  })

  it("has messages and parts that a role and a type select", () => {
    const message = {} as Chat.ChatMessage
    if (message.role === "tool") {
      expectTypeOf(message.tool_call_id).toEqualTypeOf<string>()
    }
    const part = {} as Chat.ChatContentPart
    if (part.type === "image_url") {
      expectTypeOf(part.image_url.url).toEqualTypeOf<string>()
    }
  })

  it("has no misspelled member", () => {
    // @ts-expect-error temperature
    send({ messages: [question], temprature: 1 })
    // @ts-expect-error tool_choice
    send({ messages: [question], tool_choise: "auto" })
    // @ts-expect-error content
    send({ messages: [{ role: "user", contnet: "Hi" }] })
    // @ts-expect-error name
    send({ messages: [{ role: "user", content: "Hi", nmae: "a" }] })
    // @ts-expect-error role
    send({ messages: [{ role: "usr", content: "Hi" }] })
    // @ts-expect-error text
    send({ messages: [{ role: "user", content: [{ type: "text", txt: "Hi" }] }] })
    // @ts-expect-error type
    send({ messages: [{ role: "user", content: [{ type: "txt", text: "Hi" }] }] })
    // @ts-expect-error detail
    send({ messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "", detial: "low" } }] }] })
    // @ts-expect-error include_usage
    send({ messages: [question], stream_options: { include_usgae: true } })
    // @ts-expect-error url
    send({ messages: [{ role: "user", content: [{ type: "image_url", image_url: { urll: "" } }] }] })
    // @ts-expect-error tool_calls
    send({ messages: [{ role: "assistant", content: "", tool_call: [] }] })
    // @ts-expect-error parameters
    send({ messages: [question], tools: [{ type: "function", function: { name: "f", parameter: {} } }] })
  })

  it("accepts the message of a completion and of collected tokens", () => {
    expectTypeOf(Chat.toMessage({} as Chat.ChatCompletion)).toEqualTypeOf<Chat.ChatAssistantMessage>()
    expectTypeOf(Chat.toMessage({} as Tokens.CollectedCompletion, 1)).toEqualTypeOf<Chat.ChatAssistantMessage>()
    expectTypeOf({} as Chat.ChatAssistantMessage).toExtend<Chat.ChatMessage>()
    const completion = ModelEndpoint.chat("llama").invoke({ messages: [question] })
    expectTypeOf(Effect.map(completion, Chat.toMessage)).toEqualTypeOf<
      Effect.Effect<Chat.ChatAssistantMessage, ModelEndpoint.ModelEndpointError, Runtime>
    >()
    expectTypeOf(completion.pipe(Effect.map(Chat.toMessage(1)))).toEqualTypeOf<
      Effect.Effect<Chat.ChatAssistantMessage, ModelEndpoint.ModelEndpointError, Runtime>
    >()
  })

  it("has tools whose arguments are decoded by a schema", () => {
    expectTypeOf(Chat.decodeArguments({} as Chat.ChatToolCall, City)).toEqualTypeOf<
      Effect.Effect<number, SageMakerError.CodecError, Cities>
    >()
    expectTypeOf(Chat.decodeArguments({} as Tokens.ToolCall, City)).toEqualTypeOf<
      Effect.Effect<number, SageMakerError.CodecError, Cities>
    >()
    const { choices: [choice] } = {} as Chat.ChatCompletion
    expectTypeOf(Effect.forEach(choice?.message.tool_calls ?? [], Chat.decodeArguments(City))).toEqualTypeOf<
      Effect.Effect<Array<number>, SageMakerError.CodecError, Cities>
    >()
    expectTypeOf(pipe({} as Chat.ChatToolCall, Chat.decodeArguments(City))).toEqualTypeOf<
      Effect.Effect<number, SageMakerError.CodecError, Cities>
    >()
  })

  it("for structured output has the type and the requirements of the schema", () => {
    expectTypeOf(ModelEndpoint.chat("llama").object(City, { messages: [question] })).toEqualTypeOf<
      Effect.Effect<number, ModelEndpoint.ModelEndpointError, Runtime | Cities>
    >()
  })
})

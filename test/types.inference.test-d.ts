import type { HttpClient } from "@effect/platform"
import { Context, Effect, type Layer, Option, pipe, Schedule, Schema, type Scope, Stream } from "effect"
import {
  type Chat,
  Codec,
  Credentials,
  Framing,
  type InvokeEndpoint,
  ModelEndpoint,
  type Operation,
  Resilience,
  RetryPolicy,
  type SageMakerError,
  SageMakerRuntime,
  Session,
  Timeouts,
  Tokens
} from "effect-sagemaker-runtime"
import { Emulator, MockRuntime } from "effect-sagemaker-runtime/testing"
import { describe, expectTypeOf, it } from "vitest"

type Runtime = SageMakerRuntime.SageMakerRuntime

class Units extends Context.Tag("Units")<Units, number>() {}
class Locale extends Context.Tag("Locale")<Locale, string>() {}
class Broken extends Schema.TaggedError<Broken>()("Broken", {}) {}

const bytes = {} as Stream.Stream<Uint8Array, Broken, Units>
const model = ModelEndpoint.make("a", { request: Codec.text, response: Codec.text })
const chat = ModelEndpoint.chat("llama")
const request: Chat.ChatRequest = { messages: [] }

type TokenStream<E = never> = Stream.Stream<Tokens.Token, ModelEndpoint.ModelEndpointStreamError | E, Runtime>
type SessionTokens = TokenStream<SageMakerError.SessionExpiredError>

/** Interfaces that extend the library's interfaces, as a program declares them. TypeScript infers from their members. */
interface OwnFraming extends Framing.Framing<number, Broken, Units> {}
interface OwnCodec extends Codec.Codec<number, Units> {}
interface OwnEndpoint extends ModelEndpoint.ModelEndpoint<number, string, Units> {
  readonly version: string
}
interface OwnChat extends ModelEndpoint.ChatEndpoint {
  readonly version: string
}
interface OwnOperation extends Operation.Operation<{ readonly id: number }, string, Broken, Units> {}
interface OwnEffect extends Effect.Effect<number, Broken, Units> {}

const framing = {} as OwnFraming
const codec = {} as OwnCodec
const endpoint = {} as OwnEndpoint
const operation = {} as OwnOperation

describe("Dialects of token streams", () => {
  const session = {} as Session.Session<string, string>
  const chatSession = {} as Session.ChatSession

  it("keep their types: Tokens.openAi", () => {
    expectTypeOf(model.stream("a", Tokens.openAi)).toEqualTypeOf<TokenStream>()
    expectTypeOf(session.stream("a", Tokens.openAi)).toEqualTypeOf<SessionTokens>()
    expectTypeOf(chat.stream(request, Tokens.openAi)).toEqualTypeOf<TokenStream>()
    expectTypeOf(chatSession.stream(request, Tokens.openAi)).toEqualTypeOf<SessionTokens>()
  })

  it("keep their types: Tokens.tgi", () => {
    expectTypeOf(model.stream("a", Tokens.tgi)).toEqualTypeOf<TokenStream>()
    expectTypeOf(session.stream("a", Tokens.tgi)).toEqualTypeOf<SessionTokens>()
    expectTypeOf(chat.stream(request, Tokens.tgi)).toEqualTypeOf<TokenStream>()
    expectTypeOf(chatSession.stream(request, Tokens.tgi)).toEqualTypeOf<SessionTokens>()
  })

  it("keep their types: Tokens.lmi", () => {
    expectTypeOf(model.stream("a", Tokens.lmi)).toEqualTypeOf<TokenStream>()
    expectTypeOf(session.stream("a", Tokens.lmi)).toEqualTypeOf<SessionTokens>()
    expectTypeOf(chat.stream(request, Tokens.lmi)).toEqualTypeOf<TokenStream>()
    expectTypeOf(chatSession.stream(request, Tokens.lmi)).toEqualTypeOf<SessionTokens>()
  })

  it("keep their types: Tokens.sglang", () => {
    expectTypeOf(model.stream("a", Tokens.sglang)).toEqualTypeOf<TokenStream>()
    expectTypeOf(session.stream("a", Tokens.sglang)).toEqualTypeOf<SessionTokens>()
    expectTypeOf(chat.stream(request, Tokens.sglang)).toEqualTypeOf<TokenStream>()
    expectTypeOf(chatSession.stream(request, Tokens.sglang)).toEqualTypeOf<SessionTokens>()
  })

  it("keep their types: Tokens.triton", () => {
    expectTypeOf(model.stream("a", Tokens.triton)).toEqualTypeOf<TokenStream>()
    expectTypeOf(session.stream("a", Tokens.triton)).toEqualTypeOf<SessionTokens>()
    expectTypeOf(chat.stream(request, Tokens.triton)).toEqualTypeOf<TokenStream>()
    expectTypeOf(chatSession.stream(request, Tokens.triton)).toEqualTypeOf<SessionTokens>()
  })

  it("keep their types: Tokens.anthropic", () => {
    expectTypeOf(model.stream("a", Tokens.anthropic)).toEqualTypeOf<TokenStream>()
    expectTypeOf(session.stream("a", Tokens.anthropic)).toEqualTypeOf<SessionTokens>()
    expectTypeOf(chat.stream(request, Tokens.anthropic)).toEqualTypeOf<TokenStream>()
    expectTypeOf(chatSession.stream(request, Tokens.anthropic)).toEqualTypeOf<SessionTokens>()
  })

  it("keep their types with events", () => {
    expectTypeOf(model.stream("a", Tokens.withEvents(Tokens.tgi))).toEqualTypeOf<
      Stream.Stream<Tokens.TokenWithEvent, ModelEndpoint.ModelEndpointStreamError, Runtime>
    >()
    expectTypeOf(chat.stream(request, Tokens.withEvents(Tokens.openAi)).pipe(Tokens.collect)).toEqualTypeOf<
      Effect.Effect<Tokens.CollectedCompletion, ModelEndpoint.ModelEndpointStreamError, Runtime>
    >()
  })

  it("keep their types: Tokens.detected", () => {
    expectTypeOf(model.stream("a", Tokens.detected)).toEqualTypeOf<TokenStream>()
    expectTypeOf(session.stream("a", Tokens.detected)).toEqualTypeOf<SessionTokens>()
    expectTypeOf(chat.stream(request, Tokens.detected)).toEqualTypeOf<TokenStream>()
    expectTypeOf(chatSession.stream(request, Tokens.detected)).toEqualTypeOf<SessionTokens>()
  })

  it("keep their types in copies and with limits", () => {
    expectTypeOf(model.stream("a", { ...Tokens.tgi, mediaType: "application/json" })).toEqualTypeOf<TokenStream>()
    expectTypeOf(model.stream("a", Framing.withMaxLineBytes(Tokens.tgi, 8))).toEqualTypeOf<TokenStream>()
    expectTypeOf(model.stream("a", pipe(Tokens.tgi, Framing.withMaxLineBytes(8)))).toEqualTypeOf<TokenStream>()
  })

  it("decode a stream of bytes in a pipe", () => {
    type Decoded = Stream.Stream<
      Tokens.Token,
      Broken | SageMakerError.CodecError | SageMakerError.ModelStreamError,
      Units
    >
    expectTypeOf(Tokens.detected.frame(bytes)).toEqualTypeOf<Decoded>()
    expectTypeOf(bytes.pipe(Tokens.detected.frame)).toEqualTypeOf<Decoded>()
  })
})

describe("Custom framings", () => {
  type Streamed<A, E> = Stream.Stream<A, ModelEndpoint.ModelEndpointStreamError | E, Runtime | Units>

  it("keep the types of an interface that extends Framing", () => {
    expectTypeOf(model.stream("a", framing)).toEqualTypeOf<Streamed<number, Broken>>()
    expectTypeOf(chat.stream(request, framing)).toEqualTypeOf<Streamed<number, Broken>>()
    expectTypeOf(Framing.withMaxLineBytes(framing, 8)).toEqualTypeOf<Framing.Framing<number, Broken, Units>>()
    expectTypeOf(pipe(framing, Framing.withMaxLineBytes(8))).toEqualTypeOf<Framing.Framing<number, Broken, Units>>()
  })

  it("have the types of the function that Framing.make gets", () => {
    const lengths = Framing.make((chunks, limits) =>
      Framing.lines.frame(chunks, limits).pipe(
        Stream.mapEffect((line) => Effect.map(Units, (unit) => line.length * unit))
      )
    )
    expectTypeOf(lengths).toEqualTypeOf<Framing.Framing<number, SageMakerError.CodecError, Units>>()
    expectTypeOf(model.stream("a", lengths)).toEqualTypeOf<Streamed<number, never>>()
    const total = Framing.make((chunks) => Stream.map(chunks, (chunk) => chunk.byteLength), { mediaType: "a/b" })
    expectTypeOf(total).toEqualTypeOf<Framing.Framing<number, never>>()
    const generic = Framing.make(<E, R>(chunks: Stream.Stream<Uint8Array, E, R>) =>
      Stream.mapEffect(chunks, (chunk) => (chunk.byteLength > 0 ? Effect.succeed(chunk) : new Broken()))
    )
    expectTypeOf(generic).toEqualTypeOf<Framing.Framing<Uint8Array, Broken>>()
  })

  it("have their declared types", () => {
    const declared: Framing.Framing<string> = {
      frame: (chunks) => Framing.lines.frame(chunks)
    }
    expectTypeOf(model.stream("a", declared)).toEqualTypeOf<
      Stream.Stream<string, ModelEndpoint.ModelEndpointStreamError, Runtime>
    >()
  })

  it("decode values of a schema", () => {
    class Step extends Schema.Class<Step>("Step")({ at: Schema.Number }) {}
    expectTypeOf(model.stream("a", Framing.jsonLines(Step))).toEqualTypeOf<
      Stream.Stream<Step, ModelEndpoint.ModelEndpointStreamError, Runtime>
    >()
    expectTypeOf(model.stream("a", Framing.sseJson(Step))).toEqualTypeOf<
      Stream.Stream<Step, ModelEndpoint.ModelEndpointStreamError, Runtime>
    >()
  })
})

describe("Methods as arguments", () => {
  const requests = {} as Stream.Stream<Chat.ChatRequest, Broken, Units>

  it("keep the types of ChatEndpoint.stream", () => {
    expectTypeOf(requests.pipe(Stream.flatMap(chat.stream))).toEqualTypeOf<
      Stream.Stream<Tokens.Token, ModelEndpoint.ModelEndpointStreamError | Broken, Runtime | Units>
    >()
    expectTypeOf(pipe(request, chat.stream)).toEqualTypeOf<TokenStream>()
    expectTypeOf(pipe(request, ({} as Session.ChatSession).stream)).toEqualTypeOf<SessionTokens>()
    expectTypeOf(requests.pipe(Stream.mapEffect(chat.invoke))).toEqualTypeOf<
      Stream.Stream<Chat.ChatCompletion, ModelEndpoint.ModelEndpointError | Broken, Runtime | Units>
    >()
  })
})

describe("Endpoints", () => {
  type Opened<A> = Effect.Effect<A, InvokeEndpoint.InvokeEndpointError, Runtime | Scope.Scope>

  it("keep their types in Session.make", () => {
    expectTypeOf(Session.make(model)).toEqualTypeOf<Opened<Session.Session<string, string>>>()
    expectTypeOf(pipe(model, Session.make)).toEqualTypeOf<Opened<Session.Session<string, string>>>()
    expectTypeOf(Session.make(endpoint)).toEqualTypeOf<Opened<Session.Session<number, string, Units>>>()
    expectTypeOf(pipe(endpoint, Session.make)).toEqualTypeOf<Opened<Session.Session<number, string, Units>>>()
    expectTypeOf(Session.make({ ...endpoint, name: "b" })).toEqualTypeOf<
      Opened<Session.Session<number, string, Units>>
    >()
    expectTypeOf(Session.make(chat)).toEqualTypeOf<Opened<Session.ChatSession>>()
    expectTypeOf(pipe(chat, Session.make)).toEqualTypeOf<Opened<Session.ChatSession>>()
    expectTypeOf(Session.make({} as OwnChat, { closeTimeout: "1 second" })).toEqualTypeOf<Opened<Session.ChatSession>>()
    const generic = <A, B, R>(any: ModelEndpoint.ModelEndpoint<A, B, R>): Opened<Session.Session<A, B, R>> =>
      Session.make(any)
    expectTypeOf(generic(model)).toEqualTypeOf<Opened<Session.Session<string, string>>>()
    // @ts-expect-error a codec has no sessions
    void Session.make(Codec.text)
  })

  it("keep their types in ModelEndpoint.warmUp", () => {
    const schedule = Schedule.spaced("1 second")
    type Warm<R = never> = Effect.Effect<
      ModelEndpoint.WarmUpProgress,
      ModelEndpoint.ModelEndpointError,
      Runtime | R
    >
    expectTypeOf(ModelEndpoint.warmUp(endpoint, schedule)).toEqualTypeOf<Warm<Units>>()
    expectTypeOf(pipe(endpoint, ModelEndpoint.warmUp(schedule))).toEqualTypeOf<Warm<Units>>()
    expectTypeOf(ModelEndpoint.warmUp({} as OwnChat, schedule)).toEqualTypeOf<Warm>()
    expectTypeOf(pipe({} as OwnChat, ModelEndpoint.warmUp(schedule))).toEqualTypeOf<Warm>()
  })

  it("have the types of schemas in ChatEndpoint.object", () => {
    class Answer extends Schema.Class<Answer>("Answer")({ total: Schema.NumberFromString }) {}
    expectTypeOf(chat.object(Answer, request)).toEqualTypeOf<
      Effect.Effect<Answer, ModelEndpoint.ModelEndpointError, Runtime>
    >()
  })
})

describe("Codecs", () => {
  type Own = Codec.Codec<number, Units>

  it("keep the types of an interface that extends Codec", () => {
    expectTypeOf(Codec.withMediaType(codec, "a/b")).toEqualTypeOf<Own>()
    expectTypeOf(pipe(codec, Codec.withMediaType("a/b"))).toEqualTypeOf<Own>()
    expectTypeOf(Codec.alsoReads(codec, "a/b")).toEqualTypeOf<Own>()
    expectTypeOf(pipe(codec, Codec.alsoReads("a/b"))).toEqualTypeOf<Own>()
    expectTypeOf(ModelEndpoint.make("a", { request: codec, response: codec })).toEqualTypeOf<
      ModelEndpoint.ModelEndpoint<number, number, Units>
    >()
    const encoded = {} as Effect.Effect<Codec.EncodedPayload, SageMakerError.CodecError, Units>
    expectTypeOf(Codec.encode(1, codec)).toEqualTypeOf(encoded)
    expectTypeOf(pipe(1, Codec.encode(codec))).toEqualTypeOf(encoded)
    const decoded = {} as Effect.Effect<number, SageMakerError.CodecError, Units>
    expectTypeOf(Codec.decode({ Body: new Uint8Array() }, codec)).toEqualTypeOf(decoded)
    expectTypeOf(pipe({ Body: new Uint8Array() }, Codec.decode(codec))).toEqualTypeOf(decoded)
  })

  it("combine their requirements", () => {
    const Localised = {} as Schema.Schema<bigint, number, Locale>
    expectTypeOf(Codec.compose(codec, Localised)).toEqualTypeOf<Codec.Codec<bigint, Units | Locale>>()
    expectTypeOf(pipe(codec, Codec.compose(Localised))).toEqualTypeOf<Codec.Codec<bigint, Units | Locale>>()
    const localised = {} as Codec.Codec<number, Locale>
    expectTypeOf(Codec.oneOf(codec)).toEqualTypeOf<Own>()
    expectTypeOf(pipe(codec, Codec.oneOf)).toEqualTypeOf<Own>()
    expectTypeOf(Codec.oneOf(codec, localised)).toEqualTypeOf<Codec.Codec<number, Units | Locale>>()
    expectTypeOf(Codec.oneOf(Codec.json(Schema.Number), codec, localised)).toEqualTypeOf<
      Codec.Codec<number, Units | Locale>
    >()
    // @ts-expect-error the codecs have different values
    void Codec.oneOf(codec, Codec.text)
  })
})

describe("Operations", () => {
  type Executed = Effect.Effect<string, Broken | SageMakerError.CommonError, Runtime | Units>

  it("keep the types of an interface that extends Operation", () => {
    expectTypeOf(SageMakerRuntime.execute(operation, { id: 1 })).toEqualTypeOf<Executed>()
    expectTypeOf(
      Effect.flatMap(SageMakerRuntime.SageMakerRuntime, (runtime) => runtime.execute(operation, { id: 1 }))
    ).toEqualTypeOf<Executed>()
    MockRuntime.on(operation, (input) => {
      expectTypeOf(input).toEqualTypeOf<{ readonly id: number }>()
      return Effect.succeed("")
    })
  })
})

describe("Combinators", () => {
  it("keep the types of a client's layer", () => {
    const client = {} as Layer.Layer<Runtime | Locale, Broken, Units>
    const limited = client.pipe(
      Resilience.concurrency({ permits: 1 }),
      Resilience.rateLimit({ limit: 1, interval: "1 second" }),
      Resilience.circuitBreaker(),
      Resilience.fallback({})
    )
    expectTypeOf(limited).toEqualTypeOf<
      Layer.Layer<Runtime | Locale | Resilience.CircuitBreakers, Broken | SageMakerError.ConfigurationError, Units>
    >()
    expectTypeOf(Resilience.circuitBreaker()(client)).toEqualTypeOf<typeof limited>()
  })

  it("keep the types of effects and streams", () => {
    expectTypeOf(Timeouts.use({} as OwnEffect, {})).toEqualTypeOf<Effect.Effect<number, Broken, Units>>()
    expectTypeOf(pipe({} as OwnEffect, Timeouts.use({}))).toEqualTypeOf<Effect.Effect<number, Broken, Units>>()
    expectTypeOf(RetryPolicy.use(bytes, RetryPolicy.none)).toEqualTypeOf<typeof bytes>()
    expectTypeOf(bytes.pipe(RetryPolicy.use(RetryPolicy.none))).toEqualTypeOf<typeof bytes>()
    expectTypeOf(pipe(Option.some(1), RetryPolicy.use(RetryPolicy.none))).toExtend<Effect.Effect<number, unknown>>()
  })

  it("keep the types of credentials and emulated endpoints", () => {
    const vault = {} as Layer.Layer<Credentials.Credentials, Broken, Units>
    expectTypeOf(Credentials.firstOf(vault, Credentials.layerEnv)).toEqualTypeOf<
      Layer.Layer<Credentials.Credentials, never, Units>
    >()
    const scaled = Emulator.endpoint("a", ({ Body }) => Effect.as(Units, Body))
    expectTypeOf(scaled).toEqualTypeOf<Emulator.EmulatorEndpoint<Units>>()
    expectTypeOf(Emulator.layer({ endpoints: [scaled] })).toEqualTypeOf<
      Layer.Layer<Emulator.Emulator, never, Units>
    >()
    const container = Emulator.container("b", "http://127.0.0.1:8080")
    expectTypeOf(Emulator.layer({ endpoints: [scaled, container] })).toEqualTypeOf<
      Layer.Layer<Emulator.Emulator, never, Units | HttpClient.HttpClient>
    >()
    expectTypeOf(Emulator.layer({ endpoints: [] })).toEqualTypeOf<Layer.Layer<Emulator.Emulator>>()
  })
})

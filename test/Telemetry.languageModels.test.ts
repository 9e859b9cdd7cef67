import { assert, describe, it } from "@effect/vitest"
import { ATTR_ERROR_TYPE } from "@opentelemetry/semantic-conventions"
import {
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_RESPONSE_FINISH_REASONS,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  GEN_AI_OPERATION_NAME_VALUE_CHAT,
  GEN_AI_OPERATION_NAME_VALUE_EMBEDDINGS,
  GEN_AI_OPERATION_NAME_VALUE_TEXT_COMPLETION
} from "@opentelemetry/semantic-conventions/incubating"
import { Effect, Exit, Fiber, Redacted, Schema, Stream } from "effect"
import {
  BearerToken,
  Codec,
  Container,
  Framing,
  ModelEndpoint,
  Resilience,
  RetryPolicy,
  type SageMakerRuntime,
  Tokens
} from "effect-sagemaker-runtime"
import { encode } from "../src/protocol/eventStream/frame.ts"
import { withFixedRandom } from "./support/call.ts"
import { pacedBody } from "./support/responseBodies.ts"
import { refusal, type Reply, scriptedRuntime } from "./support/scriptedHttpClient.ts"
import { type RecordedSpan, recordingTracer } from "./support/tracer.ts"

const messages = [{ role: "user" as const, content: "Why is the sky blue?" }]
const llama = ModelEndpoint.chat("llama")

const json = (body: unknown, headers = {}): Reply => ({
  status: 200,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body)
})

const completion = (members: object = {}) => ({
  choices: [{ index: 0, message: { role: "assistant", content: "{\"a\":1}" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
  ...members
})

const part = (payload: string) =>
  encode({ ":message-type": "event", ":event-type": "PayloadPart" }, new TextEncoder().encode(payload))

const streamInit = (type = "text/event-stream") => ({
  headers: { "content-type": "application/vnd.amazon.eventstream", "x-amzn-sagemaker-content-type": type }
})

const parts = (payloads: ReadonlyArray<string>): ReadonlyArray<Uint8Array> => payloads.map(part)

const streamed = (...payloads: ReadonlyArray<string>): Reply => ({
  status: 200,
  ...streamInit(),
  body: Uint8Array.from(parts(payloads).flatMap((bytes) => [...bytes]))
})

const stalled = (...payloads: ReadonlyArray<string>): Reply => pacedBody(streamInit(), 0, parts(payloads), Stream.never)

const sse = (event: unknown): string => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`

const chunk = (content: string, members: object = {}, finish_reason: string | null = null) =>
  sse({ choices: [{ index: 0, delta: { content }, finish_reason }], ...members })

const usageChunk = sse({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 } })

/** The attributes of language models and the error of a call's span. */
const shown = ({ attributes, exit, name }: RecordedSpan) => ({
  name,
  ...Object.fromEntries([...attributes].filter(([key]) => key.startsWith("gen_ai.") || key === ATTR_ERROR_TYPE)),
  ended: exit !== undefined,
  ...(exit !== undefined && Exit.isInterrupted(exit) ? { interrupted: true } : {})
})

/** The spans of the calls of a program. */
const callsOf = (
  program: Effect.Effect<unknown, unknown, SageMakerRuntime.SageMakerRuntime>,
  ...replies: ReadonlyArray<Reply>
) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(...replies)
    const { layer, spans } = recordingTracer()
    yield* program.pipe(Effect.exit, Effect.provide(server.layer), withFixedRandom(0), Effect.provide(layer))
    return spans.filter(({ name }) => name !== "SageMakerRuntime.attempt").map(shown)
  })

const call = (name: string, operation: string, attributes: object = {}) => ({
  name: `SageMakerRuntime.${name}`,
  [ATTR_GEN_AI_OPERATION_NAME]: operation,
  [ATTR_GEN_AI_PROVIDER_NAME]: "aws.sagemaker",
  [ATTR_GEN_AI_REQUEST_MODEL]: "llama",
  ended: true,
  ...attributes
})

const usage = (input: number | undefined, output: number | undefined, ...reasons: ReadonlyArray<string>) => ({
  ...(reasons.length === 0 ? {} : { [ATTR_GEN_AI_RESPONSE_FINISH_REASONS]: reasons }),
  ...(input === undefined ? {} : { [ATTR_GEN_AI_USAGE_INPUT_TOKENS]: input }),
  ...(output === undefined ? {} : { [ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]: output })
})

const drained = <R>(stream: Stream.Stream<unknown, unknown, R>) => Stream.runDrain(stream)

const error = (type: string) => ({ [ATTR_ERROR_TYPE]: type })

const chatCall = (attributes: object = {}) => call("InvokeEndpoint", GEN_AI_OPERATION_NAME_VALUE_CHAT, attributes)

const textCall = (attributes: object = {}) =>
  call("InvokeEndpoint", GEN_AI_OPERATION_NAME_VALUE_TEXT_COMPLETION, attributes)

describe("The span of a chat completion", () => {
  for (
    const [name, invoke] of Object.entries({
      invoke: llama.invoke({ messages }),
      invokeWithResponse: llama.invokeWithResponse({ messages }),
      object: llama.object(Schema.Struct({ a: Schema.Number }), { messages }),
      objectWithResponse: llama.objectWithResponse(Schema.Struct({ a: Schema.Number }), { messages }),
      "a preset's invoke": Container.vllm("llama").chat.invoke({ messages })
    })
  ) {
    it.live(`has the model, the finish reasons and the token usage: ${name}`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* callsOf(invoke, json(completion())), [chatCall(usage(7, 3, "stop"))])
      }))
  }

  it.live("has the model of the request, unless it is not a name", () =>
    Effect.gen(function*() {
      const invoke = (model: string) => callsOf(llama.invoke({ messages, model }), json(completion()))
      const modelOf = (model: string) =>
        Effect.map(invoke(model), ([span]) => Reflect.get(span!, ATTR_GEN_AI_REQUEST_MODEL))
      assert.strictEqual(yield* modelOf("meta-llama/Llama-3.1-8B"), "meta-llama/Llama-3.1-8B")
      assert.strictEqual(yield* modelOf("my prompt\n"), "llama")
      assert.strictEqual(yield* modelOf("x".repeat(1_000)), "llama")
      assert.strictEqual(yield* modelOf(""), "llama")
    }))

  it.live("has known finish reasons only, once per choice", () =>
    Effect.gen(function*() {
      const reasons = ["stop", "a secret", "tool_calls", null, "length"]
      const choices = reasons.map((finish_reason, index) => ({ index, message: { role: "assistant" }, finish_reason }))
      assert.deepStrictEqual(yield* callsOf(llama.invoke({ messages }), json(completion({ choices }))), [
        chatCall(usage(7, 3, "stop", "other", "tool_calls", "length"))
      ])
    }))

  it.live("has no counts that cannot be right", () =>
    Effect.gen(function*() {
      const reply = json(completion({ usage: { prompt_tokens: -1, completion_tokens: 0.5 } }))
      assert.deepStrictEqual(yield* callsOf(llama.invoke({ messages }), reply), [
        chatCall(usage(undefined, undefined, "stop"))
      ])
    }))

  it.live("ends after the response is decoded, with the error of the decoding", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* callsOf(llama.invoke({ messages }), json({ choices: "none" })), [
        chatCall(error("CodecError"))
      ])
      assert.deepStrictEqual(
        yield* callsOf(llama.object(Schema.Struct({ b: Schema.Number }), { messages }), json(completion())),
        [chatCall({ ...usage(7, 3, "stop"), ...error("CodecError") })]
      )
    }))

  it.live("has the error of a call that has no response", () =>
    Effect.gen(function*() {
      const program = RetryPolicy.use(llama.invoke({ messages }), RetryPolicy.none)
      assert.deepStrictEqual(yield* callsOf(program, refusal(400, "ThrottlingException")), [
        chatCall(error("ThrottlingError"))
      ])
    }))

  it.live("is interrupted with the call", () =>
    Effect.gen(function*() {
      const program = Effect.timeout(llama.invoke({ messages }), "20 millis")
      assert.deepStrictEqual(yield* callsOf(program, Effect.never), [chatCall({ interrupted: true })])
    }))

  it.live("is not that of a call that a codec of another model makes", () =>
    Effect.gen(function*() {
      const inner = ModelEndpoint.make("plain", { request: Codec.text, response: Codec.text })
      const schema = Schema.transformOrFail(Schema.Struct({ a: Schema.Number }), Schema.Unknown, {
        decode: (value) => Effect.as(Effect.orDie(inner.invoke("hello")), value),
        encode: () => Effect.succeed({ a: 1 })
      })
      const [chat, other] = yield* callsOf(
        llama.object(schema, { messages }),
        json(completion()),
        { status: 200, headers: { "content-type": "text/plain" }, body: "ok" }
      )
      assert.deepStrictEqual(chat, chatCall(usage(7, 3, "stop")))
      assert.deepStrictEqual<unknown>(other, { name: "SageMakerRuntime.InvokeEndpoint", ended: true })
    }))

  it.live("is one per target of a fallback; the last one has the usage", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(refusal(503, "ServiceUnavailable"), json(completion()))
      const { layer, spans } = recordingTracer()
      const client = server.layer.pipe(Resilience.fallback({ llama: { EndpointName: "small" } }))
      yield* llama.invoke({ messages }).pipe(
        RetryPolicy.use(RetryPolicy.none),
        Effect.provide([client, layer])
      )
      assert.deepStrictEqual(spans.filter(({ parent }) => parent === undefined).map(shown), [
        chatCall(error("ServiceUnavailable")),
        chatCall(usage(7, 3, "stop"))
      ])
    }))

  it.live("of an asynchronous request has the model only", () =>
    Effect.gen(function*() {
      const reply: Reply = { status: 202, headers: {}, body: "{\"InferenceId\":\"id\"}" }
      assert.deepStrictEqual(yield* callsOf(llama.invokeAsync({ messages }), reply), [
        call("InvokeEndpointAsync", GEN_AI_OPERATION_NAME_VALUE_CHAT)
      ])
    }))

  it.live("exists on the OpenAI-compatible route", () =>
    Effect.gen(function*() {
      const route = ModelEndpoint.openAiChat("llama")
      const bearerToken = { get: Effect.succeed(Redacted.make("token")), invalidate: Effect.void }
      const program = Effect.provideService(route.invoke({ messages }), BearerToken.BearerToken, bearerToken)
      assert.deepStrictEqual(yield* callsOf(program, json(completion())), [
        call("OpenAiChatCompletion", GEN_AI_OPERATION_NAME_VALUE_CHAT, usage(7, 3, "stop"))
      ])
      const events = [chunk("Blue", {}, "stop"), usageChunk, sse("[DONE]")].join("")
      const stream = Effect.provideService(
        Stream.runDrain(route.stream({ messages })),
        BearerToken.BearerToken,
        bearerToken
      )
      const reply: Reply = { status: 200, headers: { "content-type": "text/event-stream" }, body: events }
      assert.deepStrictEqual(yield* callsOf(stream, reply), [
        call("OpenAiChatCompletionStream", GEN_AI_OPERATION_NAME_VALUE_CHAT, usage(7, 2, "stop"))
      ])
    }))
})

const streamCall = (attributes: object = {}) =>
  call("InvokeEndpointWithResponseStream", GEN_AI_OPERATION_NAME_VALUE_CHAT, attributes)

const chatStream = llama.stream({ messages })

describe("The span of a token stream", () => {
  it.live("has the finish reason and the usage, which comes last", () =>
    Effect.gen(function*() {
      const reply = streamed(chunk("Blue"), chunk("!", {}, "stop"), usageChunk, sse("[DONE]"))
      assert.deepStrictEqual(yield* callsOf(Stream.runDrain(chatStream), reply), [streamCall(usage(7, 2, "stop"))])
    }))

  it.live("has them for every dialect, also with events and in a framing of a program", () =>
    Effect.gen(function*() {
      const reply = streamed(chunk("Blue"), chunk("!", {}, "stop"), usageChunk, sse("[DONE]"))
      const texts = Framing.make(
        (chunks, limits) => Stream.map(Tokens.openAi.frame(chunks, limits), ({ text }) => text),
        { reads: ["*/*"] }
      )
      const streams = [
        llama.stream({ messages }, Tokens.withEvents(Tokens.openAi)),
        llama.stream({ messages }, Framing.withMaxLineBytes(Tokens.detected, 10_000)),
        llama.stream({ messages }, texts)
      ]
      for (const stream of streams) {
        assert.deepStrictEqual(yield* callsOf(drained(stream), reply), [streamCall(usage(7, 2, "stop"))])
      }
    }))

  it.live("has the finish reason of every choice", () =>
    Effect.gen(function*() {
      const choice = (index: number, finish_reason: string) =>
        sse({ choices: [{ index, delta: { content: "a" }, finish_reason }] })
      const reply = streamed(choice(1, "length"), choice(0, "my secret"), choice(2, "stop"), sse("[DONE]"))
      assert.deepStrictEqual(yield* callsOf(Stream.runDrain(chatStream), reply), [
        streamCall(usage(undefined, undefined, "other", "length", "stop"))
      ])
    }))

  it.live("without a dialect has the model only", () =>
    Effect.gen(function*() {
      const stream = llama.stream({ messages }, Framing.lines)
      assert.deepStrictEqual(yield* callsOf(Stream.runDrain(stream), streamed(usageChunk)), [streamCall()])
    }))

  it.live("that is left has the counts so far", () =>
    Effect.gen(function*() {
      const counted = (count: number) =>
        chunk("a", { usage: { prompt_tokens: 7, completion_tokens: count, total_tokens: 7 + count } })
      const program = Stream.runDrain(Stream.takeUntil(chatStream, ({ usage: counts }) => counts?.outputTokens === 2))
      assert.deepStrictEqual(yield* callsOf(program, stalled(counted(1), counted(2))), [streamCall(usage(7, 2))])
    }))

  it.live("that is interrupted has the counts so far", () =>
    Effect.gen(function*() {
      const program = Effect.gen(function*() {
        const latch = yield* Effect.makeLatch()
        const fiber = yield* Effect.fork(Stream.runForEach(chatStream, () => latch.open))
        yield* latch.await
        yield* Fiber.interrupt(fiber)
      })
      const reply = stalled(chunk("a", { usage: { prompt_tokens: 7, completion_tokens: 1 } }))
      assert.deepStrictEqual(yield* callsOf(program, reply), [streamCall({ ...usage(7, 1), interrupted: true })])
    }))

  it.live("has the error of an event that is not a token", () =>
    Effect.gen(function*() {
      const program = Stream.runDrain(chatStream)
      assert.deepStrictEqual(yield* callsOf(program, streamed(chunk("a"), sse({ other: 1 }))), [
        streamCall(error("CodecError"))
      ])
      assert.deepStrictEqual(
        yield* callsOf(program, streamed(chunk("a"), sse({ error: { message: "out of memory" } }))),
        [
          streamCall(error("ModelStreamError"))
        ]
      )
    }))

  it.live("has the error of a response that is not read", () =>
    Effect.gen(function*() {
      const reply: Reply = { status: 200, ...streamInit("image/png"), body: Uint8Array.from(part("a")) }
      assert.deepStrictEqual(yield* callsOf(Stream.runDrain(chatStream), reply), [streamCall(error("CodecError"))])
      const throttled = Stream.runDrain(RetryPolicy.use(chatStream, RetryPolicy.none))
      assert.deepStrictEqual(yield* callsOf(throttled, refusal(400, "ThrottlingException")), [
        streamCall(error("ThrottlingError"))
      ])
    }))

  it.live("does not have the error of the program that reads it", () =>
    Effect.gen(function*() {
      const reply = streamed(chunk("Blue"), chunk("!", {}, "stop"), usageChunk, sse("[DONE]"))
      const failing = Stream.runForEach(chatStream, () => Effect.fail("my secret"))
      const dying = Stream.runForEach(chatStream, () => Effect.die(new Error("my secret")))
      for (const program of [failing, dying]) {
        const server = yield* scriptedRuntime(reply)
        const { layer, spans } = recordingTracer()
        yield* program.pipe(Effect.exit, Effect.provide([server.layer, layer]))
        assert.notProperty(shown(spans[0]!), ATTR_ERROR_TYPE)
        assert.isTrue(spans[0]!.exit !== undefined && Exit.isSuccess(spans[0]!.exit))
      }
    }))

  it.live("is one per run of the stream", () =>
    Effect.gen(function*() {
      const reply = streamed(chunk("Blue", {}, "stop"), usageChunk, sse("[DONE]"))
      assert.deepStrictEqual(
        yield* callsOf(Effect.zip(Stream.runDrain(chatStream), Stream.runDrain(chatStream)), reply),
        [
          streamCall(usage(7, 2, "stop")),
          streamCall(usage(7, 2, "stop"))
        ]
      )
    }))
})

const textStream = (attributes: object = {}) =>
  call("InvokeEndpointWithResponseStream", GEN_AI_OPERATION_NAME_VALUE_TEXT_COMPLETION, attributes)

const lines = (...values: ReadonlyArray<unknown>): ReadonlyArray<string> =>
  values.map((value) => `${JSON.stringify(value)}\n`)

const token = (text: string) => ({ token: { id: 1, text, logprob: -1 } })

const details = {
  finish_reason: "eos_token",
  generated_tokens: 3,
  prefill: [{ id: 1, text: "a" }, { id: 2, text: "b" }]
}

const sglangEvent = (text: string, completion_tokens: number, type?: string, index?: number) => ({
  text,
  meta_info: { prompt_tokens: 5, completion_tokens, finish_reason: type === undefined ? null : { type } },
  ...(index === undefined ? {} : { index })
})

describe("The span of a text generation", () => {
  const inputs = { inputs: "Once" }

  it.live("of each container has the finish reasons and the usage", () =>
    Effect.gen(function*() {
      const tgi = Container.tgi("llama")
      const best = {
        ...details,
        best_of_sequences: [{ generated_text: "b", finish_reason: "length", generated_tokens: 4 }]
      }
      const cases = [
        [tgi.generate.invoke(inputs), { generated_text: "a", details: best }, usage(2, 7, "eos_token")],
        [Container.lmi("llama").generate.invoke(inputs), [{ generated_text: "a", details }], usage(2, 3, "eos_token")],
        [Container.lmi("llama").generate.invoke(inputs), { generated_text: "a" }, {}],
        [
          Container.sglang("llama").generate.invoke({ text: "Once" }),
          [sglangEvent("a", 2, "stop"), sglangEvent("b", 3, "length")],
          usage(5, 5, "stop", "length")
        ],
        [
          Container.vllm("llama").completions.invoke({ prompt: "Once" }),
          { choices: [{ text: "a", finish_reason: "length" }], usage: { prompt_tokens: 1, completion_tokens: 16 } },
          usage(1, 16, "length")
        ],
        [Container.triton("llama").generate({ text_input: "Once" }), { text_output: "a" }, {}],
        [
          Container.huggingFace("llama", "text-generation").invoke(inputs),
          [{ generated_text: "a", details }],
          usage(2, 3, "eos_token")
        ]
      ] as const
      for (const [program, body, expected] of cases) {
        assert.deepStrictEqual(yield* callsOf(program, json(body)), [textCall(expected)])
      }
    }))

  it.live("as a stream of each container has the finish reasons and the usage", () =>
    Effect.gen(function*() {
      const end = {
        ...token("c"),
        generated_text: "abc",
        details: { finish_reason: "length", generated_tokens: 3, input_length: 4 }
      }
      const cases = [
        [Container.tgi("llama").generate.stream(inputs), [token("a"), token("b"), end].map(sse), usage(4, 3, "length")],
        [
          Container.lmi("llama").generate.stream(inputs),
          lines(token("a"), token("b"), { ...token("c"), generated_text: "abc" }),
          usage(undefined, 3)
        ],
        [
          Container.sglang("llama").generate.stream({ text: "Once" }),
          [sglangEvent("a", 1), sglangEvent("ab", 2, "stop")].map(sse),
          usage(5, 2, "stop")
        ],
        [Container.triton("llama").generateStream({ text_input: "Once" }), [sse({ text_output: "a" })], {}]
      ] as const
      for (const [stream, payloads, expected] of cases) {
        assert.deepStrictEqual(yield* callsOf(Stream.runDrain(stream), streamed(...payloads)), [textStream(expected)])
      }
    }))

  it.live("as a stream that is left has the tokens that have arrived", () =>
    Effect.gen(function*() {
      const first = <A, E, R>(stream: Stream.Stream<A, E, R>) => Stream.runDrain(Stream.take(stream, 2))
      assert.deepStrictEqual(
        yield* callsOf(
          first(Container.tgi("llama").generate.stream(inputs)),
          stalled(...[token("a"), token("b")].map(sse))
        ),
        [textStream(usage(undefined, 2))]
      )
      const events = [sglangEvent("a", 1, undefined, 0), sglangEvent("b", 4, undefined, 1)]
      assert.deepStrictEqual(
        yield* callsOf(first(Container.sglang("llama").generate.stream({ text: "Once" })), stalled(...events.map(sse))),
        [textStream(usage(5, 5))]
      )
    }))

  it.live("of Anthropic's API has the tokens of the prompt, although the stream is left", () =>
    Effect.gen(function*() {
      const reply = stalled(
        sse({ type: "message_start", message: { usage: { input_tokens: 9, output_tokens: 1 } } }),
        sse({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "a" } })
      )
      const program = Stream.runDrain(Stream.take(llama.stream({ messages }, Tokens.anthropic), 1))
      assert.deepStrictEqual(yield* callsOf(program, reply), [streamCall(usage(9, 1))])
    }))
})

describe("The spans of embeddings", () => {
  const embeddingCall = (attributes: object = {}) =>
    call("InvokeEndpoint", GEN_AI_OPERATION_NAME_VALUE_EMBEDDINGS, attributes)

  const vectors = (count: number, prompt_tokens?: number) =>
    json({
      data: Array.from({ length: count }, (_, index) => ({ index, embedding: [1, 2] })),
      ...(prompt_tokens === undefined ? {} : { usage: { prompt_tokens, total_tokens: prompt_tokens } })
    })

  it.live("have the usage of their own request", () =>
    Effect.gen(function*() {
      const model = ModelEndpoint.embeddings("llama", { maxBatchSize: 2 })
      assert.deepStrictEqual(yield* callsOf(model.embed("a"), vectors(1, 4)), [embeddingCall(usage(4, undefined))])
      assert.deepStrictEqual(yield* callsOf(model.embedMany(["a", "b", "c"]), vectors(2, 5), vectors(1, 6)), [
        embeddingCall(usage(5, undefined)),
        embeddingCall(usage(6, undefined))
      ])
      assert.deepStrictEqual(yield* callsOf(model.invoke({ input: "a" }), vectors(1, 4)), [
        embeddingCall(usage(4, undefined))
      ])
    }))

  it.live("have the model of the options, and the error of vectors that do not match", () =>
    Effect.gen(function*() {
      const model = ModelEndpoint.embeddings("llama", { model: "bge-m3" })
      assert.deepStrictEqual(yield* callsOf(model.embed("a"), vectors(2, 4)), [
        embeddingCall({ [ATTR_GEN_AI_REQUEST_MODEL]: "bge-m3", ...error("CodecError") })
      ])
    }))

  it.live("exist for the presets", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* callsOf(Container.tei("llama").embed("a"), json([[1, 2]])), [embeddingCall()])
      assert.deepStrictEqual(
        yield* callsOf(Container.huggingFace("llama", "feature-extraction").invoke({ inputs: "a" }), json([[1, 2]])),
        [embeddingCall()]
      )
    }))
})

it.live("A model that is no language model has no attributes of language models", () =>
  Effect.gen(function*() {
    const model = ModelEndpoint.make("llama", { request: Codec.text, response: Codec.json(Schema.Unknown) })
    assert.deepStrictEqual<unknown>(yield* callsOf(model.invoke("a"), json(completion())), [
      { name: "SageMakerRuntime.InvokeEndpoint", ended: true }
    ])
  }))

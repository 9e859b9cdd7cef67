import { AiError, Chat, LanguageModel, Model, type Response, Tool, Toolkit } from "@effect/ai"
import { assert, describe, it } from "@effect/vitest"
import {
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_MAX_TOKENS,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_REQUEST_TEMPERATURE,
  ATTR_GEN_AI_REQUEST_TOP_K,
  ATTR_GEN_AI_RESPONSE_FINISH_REASONS,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS
} from "@opentelemetry/semantic-conventions/incubating"
import { Effect, Layer, Option, Schema, Stream } from "effect"
import { Container, ModelEndpoint, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { SageMakerLanguageModel } from "effect-sagemaker-runtime/ai"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { eventually } from "../support/eventually.ts"
import {
  chunk,
  completion,
  type Members,
  scriptedContainer,
  scriptedModel,
  toolCall
} from "../support/languageModel.ts"
import { serve } from "../support/server.ts"
import { part as frameOf } from "../support/streamServer.ts"
import { type RecordedSpan, recordingTracer } from "../support/tracer.ts"

const Weather = Tool.make("weather", {
  parameters: { city: Schema.String },
  success: Schema.Number,
  failure: Schema.String,
  failureMode: "return"
})

const toolkit = Toolkit.make(Weather)

const handlers = toolkit.toLayer({
  weather: ({ city }) => city === "Bern" ? Effect.succeed(21) : Effect.fail(`no data for ${city}`)
})

const Answer = Schema.Struct({ warmest: Schema.String })

/** A program that knows `@effect/ai` only. */
const program = Effect.gen(function*() {
  const chat = yield* Chat.empty
  const first = yield* chat.generateText({ prompt: "How warm is it in Bern and Oslo?", toolkit })
  const second = yield* chat.streamText({ prompt: [], toolkit }).pipe(
    Stream.runFold("", (text, part) => part.type === "text-delta" ? text + part.delta : text)
  )
  const { value } = yield* chat.generateObject({ prompt: "Which is the warmest?", schema: Answer })
  return {
    results: first.toolResults.map(({ isFailure, result }) => ({ isFailure, result })),
    reason: first.finishReason,
    reasoning: first.reasoningText,
    tokens: first.usage.totalTokens,
    text: second,
    value
  }
})

const cities = ["Bern", "Oslo"]

const sageMaker = Effect.map(
  scriptedModel(
    {},
    completion({
      reasoning: "Two cities",
      tool_calls: cities.map((city, index) => toolCall(`call-${city}`, "weather", JSON.stringify({ city }), index))
    }, "tool_calls"),
    [chunk({ content: "It is " }), chunk({ content: "21 degrees." }), chunk({}, "stop")],
    completion({ content: "{\"warmest\":\"Bern\"}" })
  ),
  ({ layer }) => layer
)

const usage = { inputTokens: 7, outputTokens: 5, totalTokens: 12 }

/** A provider from elsewhere: `LanguageModel.make` with scripted parts. */
const scripted = Effect.sync(() => {
  const replies: ReadonlyArray<Array<Response.PartEncoded>> = [
    [
      { type: "reasoning", text: "Two cities" },
      ...cities.map((city) => ({ type: "tool-call" as const, id: city, name: "weather", params: { city } })),
      { type: "finish", reason: "tool-calls", usage }
    ],
    [{ type: "text", text: "{\"warmest\":\"Bern\"}" }, { type: "finish", reason: "stop", usage }]
  ]
  let calls = 0
  return Layer.effect(
    LanguageModel.LanguageModel,
    LanguageModel.make({
      generateText: () => Effect.sync(() => replies[calls++]!),
      streamText: () =>
        Stream.make<Array<Response.StreamPartEncoded>>(
          { type: "text-start", id: "0" },
          { type: "text-delta", id: "0", delta: "It is " },
          { type: "text-delta", id: "0", delta: "21 degrees." },
          { type: "text-end", id: "0" },
          { type: "finish", reason: "stop", usage }
        )
    })
  )
})

describe("The same program", () => {
  it.effect.each([["SageMakerLanguageModel", sageMaker], ["another provider", scripted]] as const)(
    "runs on %s",
    ([, provider]) =>
      Effect.gen(function*() {
        const result = yield* Effect.provide(program, [handlers, yield* provider])
        assert.deepStrictEqual(result, {
          results: [{ isFailure: false, result: 21 }, { isFailure: true, result: "no data for Oslo" }],
          reason: "tool-calls",
          reasoning: "Two cities",
          tokens: 12,
          text: "It is 21 degrees.",
          value: { warmest: "Bern" }
        })
      })
  )

  it.effect("sends the results and the failures of tools", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* scriptedModel(
        {},
        completion({
          tool_calls: cities.map((city, index) => toolCall(city, "weather", JSON.stringify({ city }), index))
        }),
        completion({ content: "done" })
      )
      yield* Effect.gen(function*() {
        const chat = yield* Chat.empty
        yield* chat.generateText({ prompt: "Hi", toolkit, concurrency: "unbounded" })
        yield* chat.generateText({ prompt: [], toolkit })
      }).pipe(Effect.provide([handlers, layer]))
      assert.deepStrictEqual((requests[1]!["messages"] as ReadonlyArray<Members>).slice(2), [
        { role: "tool", tool_call_id: "Bern", content: "21" },
        { role: "tool", tool_call_id: "Oslo", content: "{\"error\":\"no data for Oslo\"}" }
      ])
    }))
})

describe("SageMakerLanguageModel.model", () => {
  it.effect("provides the name of the provider and the language model", () =>
    Effect.gen(function*() {
      const { client } = yield* scriptedContainer(completion({ content: "Hello" }))
      const llama = SageMakerLanguageModel.model(Container.vllm("llama").chat, { temperature: 0 })
      assert.strictEqual(llama.provider, "sagemaker")
      const result = yield* Effect.all([Model.ProviderName, LanguageModel.generateText({ prompt: "Hi" })]).pipe(
        Effect.provide(Layer.provide(llama, client))
      )
      assert.deepStrictEqual([result[0], result[1].text], ["sagemaker", "Hello"])
    }))

  it.effect("calls the client of its layer, not the one of the caller", () =>
    Effect.gen(function*() {
      const mine = yield* scriptedContainer(completion({ content: "mine" }))
      const other = yield* scriptedContainer(completion({ content: "other" }))
      const layer = Layer.provide(SageMakerLanguageModel.layer({ model: ModelEndpoint.chat("llama") }), mine.client)
      const { text } = yield* LanguageModel.generateText({ prompt: "Hi" }).pipe(
        Effect.provide(Layer.merge(layer, other.client))
      )
      assert.strictEqual(text, "mine")
    }))
})

describe("Spans", () => {
  it.effect("have the settings of the request, and contain the span of the call, which has the usage", () =>
    Effect.gen(function*() {
      const { layer } = yield* scriptedModel(
        { temperature: 0.5, max_tokens: 9, stop: "END", top_k: 3 },
        completion({ content: "Hello" }, "eos_token"),
        [chunk({ content: "a" }), chunk({}, "stop")]
      )
      const { layer: tracer, spans } = recordingTracer()
      yield* LanguageModel.generateText({ prompt: "Hi" }).pipe(
        Effect.zipRight(Stream.runDrain(LanguageModel.streamText({ prompt: "Hi" }))),
        Effect.provide([layer, tracer])
      )
      const attributesOf = ({ attributes }: RecordedSpan) =>
        Object.fromEntries([...attributes].filter(([name]) => name.startsWith("gen_ai.")))
      const settings = {
        [ATTR_GEN_AI_REQUEST_TEMPERATURE]: 0.5,
        [ATTR_GEN_AI_REQUEST_MAX_TOKENS]: 9,
        [ATTR_GEN_AI_REQUEST_TOP_K]: 3
      }
      const call = {
        [ATTR_GEN_AI_OPERATION_NAME]: "chat",
        [ATTR_GEN_AI_PROVIDER_NAME]: "aws.sagemaker",
        [ATTR_GEN_AI_REQUEST_MODEL]: "llama"
      }
      const usage = { [ATTR_GEN_AI_USAGE_INPUT_TOKENS]: 7, [ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]: 5 }
      const calls = spans.filter(({ name }) => name !== "SageMakerRuntime.attempt")
      assert.deepStrictEqual(calls.map((span) => [span.name, span.parent, attributesOf(span)]), [
        ["LanguageModel.generateText", undefined, settings],
        ["SageMakerRuntime.InvokeEndpoint", "LanguageModel.generateText", {
          ...call,
          [ATTR_GEN_AI_RESPONSE_FINISH_REASONS]: ["eos_token"],
          ...usage
        }],
        ["LanguageModel.streamText", undefined, settings],
        ["SageMakerRuntime.InvokeEndpointWithResponseStream", "LanguageModel.streamText", {
          ...call,
          [ATTR_GEN_AI_RESPONSE_FINISH_REASONS]: ["stop"]
        }]
      ])
    }))
})

describe("An interrupted call", () => {
  const client = (port: number) =>
    NodeSageMaker.layer({
      region: "us-east-1",
      endpoint: `http://127.0.0.1:${port}`,
      credentials: Emulator.credentials,
      http: { proxy: false }
    })

  const modelOn = (port: number) =>
    Layer.provide(SageMakerLanguageModel.layer({ model: ModelEndpoint.chat("llama") }), client(port))

  const event = (value: Members) => frameOf(new TextEncoder().encode(`data: ${JSON.stringify(value)}\n\n`))

  /** A server that starts a response and never ends it. */
  const endless = serve((request, response) => {
    request.resume()
    const isStream = request.url?.endsWith("response-stream") === true
    response.writeHead(200, {
      "content-type": isStream ? "application/vnd.amazon.eventstream" : "application/json",
      "x-amzn-sagemaker-content-type": "text/event-stream"
    })
    response.write(isStream ? event(chunk({ content: "Hello" })) : "{")
  })

  it.scopedLive("closes the connection of a stream, with and without tools", () =>
    Effect.gen(function*() {
      const server = yield* endless
      for (const options of [{}, { toolkit }]) {
        const text = yield* LanguageModel.streamText({ prompt: "Hi", ...options } as { readonly prompt: string }).pipe(
          Stream.filter((part) => part.type === "text-delta"),
          Stream.runHead,
          Effect.provide([handlers, modelOn(server.port)])
        )
        assert.deepInclude(Option.getOrThrow(text), { delta: "Hello" })
        yield* eventually(() => server.sockets.size === 0)
      }
    }))

  it.scopedLive("closes the connection of a completion", () =>
    Effect.gen(function*() {
      const server = yield* endless
      yield* LanguageModel.generateText({ prompt: "Hi" }).pipe(
        Effect.timeoutOption("300 millis"),
        Effect.provide(modelOn(server.port))
      )
      yield* eventually(() => server.sockets.size === 0)
    }))

  it.scopedLive("a connection that the server closes is HttpRequestError", () =>
    Effect.gen(function*() {
      const server = yield* serve((request, response) => {
        request.resume()
        response.writeHead(200, {
          "content-type": "application/vnd.amazon.eventstream",
          "x-amzn-sagemaker-content-type": "text/event-stream"
        })
        response.write(event(chunk({ content: "Hello" })))
        setTimeout(() => response.destroy(), 20)
      })
      const seen: Array<string> = []
      const error = yield* LanguageModel.streamText({ prompt: "Hi" }).pipe(
        Stream.runForEach((part) => Effect.sync(() => seen.push(part.type))),
        Effect.flip,
        Effect.provide(modelOn(server.port))
      )
      assert(AiError.isAiError(error) && error._tag === "HttpRequestError", String(error))
      assert.include(error.description ?? "", `127.0.0.1:${server.port}`)
      assert.deepStrictEqual(seen, ["response-metadata", "text-start", "text-delta"])
    }))
})

it.effect("SageMakerLanguageModel works with a client that the program provides to the layer", () =>
  Effect.gen(function*() {
    const endpoint = Emulator.endpoint("llama", () =>
      Effect.succeed({
        ContentType: "application/json",
        Body: JSON.stringify(completion({ content: "ok" }))
      }))
    const client = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
      Layer.provide([
        Signer.layerAnonymous,
        Emulator.layerHttpClient({ endpoints: [endpoint], credentials: "anonymous" })
      ])
    )
    const program = Effect.map(LanguageModel.generateText({ prompt: "Hi" }), ({ text }) => text)
    const provided = Effect.provide(program, SageMakerLanguageModel.layer({ model: ModelEndpoint.chat("llama") }))
    const text = yield* Effect.provide(provided, client)
    assert.strictEqual(text, "ok")
  }))

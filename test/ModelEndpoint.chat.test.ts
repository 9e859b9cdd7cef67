import { assert, describe, it } from "@effect/vitest"
import { Effect, JSONSchema, Layer, Schema, Stream } from "effect"
import { type Chat, ModelEndpoint, SageMakerRuntime, Signer, Tokens } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { bytesOf } from "./support/chunkBoundaries.ts"

const completion = {
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "llama",
  choices: [{
    index: 0,
    message: {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "call-1", type: "function", function: { name: "weather", arguments: "{}" } }]
    },
    logprobs: null,
    finish_reason: "tool_calls"
  }],
  usage: { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6, prompt_tokens_details: null }
}

const sse = [
  { choices: [{ index: 0, delta: { role: "assistant", content: "Grüß" }, finish_reason: null }] },
  { choices: [{ index: 0, delta: { content: " Gott 🙂" }, finish_reason: "stop" }] },
  { choices: [], usage: { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6 } }
].map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join("") + "data: [DONE]\n\n"

const service = Effect.sync(() => {
  const bodies: Array<unknown> = []
  const llama = Emulator.endpoint("llama", ({ Body, operation }) => {
    bodies.push(JSON.parse(new TextDecoder().decode(Body)))
    return Effect.succeed(
      operation === "InvokeEndpoint"
        ? { ContentType: "application/json", Body: JSON.stringify(completion) }
        : {
          ContentType: "text/event-stream; charset=utf-8",
          Body: Stream.fromIterable(Array.from(bytesOf(sse), (byte) => Uint8Array.of(byte)))
        }
    )
  })
  const layer = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
    Layer.provide([
      Signer.layerAnonymous,
      Emulator.layerHttpClient({ endpoints: [llama], credentials: "anonymous" })
    ])
  )
  return { bodies, layer }
})

const llama = ModelEndpoint.chat("llama")

const request: Chat.ChatRequest = {
  messages: [
    { role: "system", content: "Be kind" },
    { role: "user", content: [{ type: "text", text: "Hi" }, { type: "image_url", image_url: { url: "data:," } }] },
    {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }]
    },
    { role: "tool", content: "42", tool_call_id: "1" }
  ],
  tools: [{
    type: "function",
    function: { name: "weather", parameters: JSONSchema.make(Schema.Struct({ city: Schema.String })) }
  }],
  tool_choice: "auto",
  max_tokens: 20,
  top_k: 3
}

describe("ModelEndpoint.chat", () => {
  it.effect("sends the request with additional fields, and decodes tools and usage", () =>
    Effect.gen(function*() {
      const { bodies, layer } = yield* service
      const { choices, usage } = yield* llama.invoke({ ...request, stream: true }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(bodies, [JSON.parse(JSON.stringify(request))])
      assert.deepStrictEqual(choices[0]?.message.tool_calls?.[0]?.function, { name: "weather", arguments: "{}" })
      assert.strictEqual(choices[0]?.finish_reason, "tool_calls")
      assert.deepStrictEqual(usage, completion.usage)
    }))

  it.effect("streams tokens and their usage, even if each chunk is one byte", () =>
    Effect.gen(function*() {
      const { bodies, layer } = yield* service
      const whole = yield* Tokens.collect(llama.stream(request)).pipe(Effect.provide(layer))
      assert.deepStrictEqual(whole, {
        text: "Grüß Gott 🙂",
        reasoning: "",
        toolCalls: [],
        finishReason: "stop",
        rawFinishReason: "stop",
        usage: { inputTokens: 4, outputTokens: 2, totalTokens: 6 }
      })
      assert.deepInclude(bodies[0], { stream: true, stream_options: { include_usage: true }, top_k: 3 })
    }))

  it.effect("does not request usage if that is disabled, and accepts a dialect", () =>
    Effect.gen(function*() {
      const { bodies, layer } = yield* service
      const tokens = llama.stream({ ...request, stream_options: undefined }, Tokens.openAi)
      assert.strictEqual((yield* Stream.runCollect(tokens).pipe(Effect.provide(layer))).length, 3)
      assert.notProperty(bodies[0], "stream_options")
      const error = yield* Stream.runDrain(llama.stream(request, Tokens.lmi)).pipe(Effect.provide(layer), Effect.flip)
      assert.strictEqual(error._tag, "CodecError")
    }))

  it.effect("rejects an invalid request before anything is sent", () =>
    Effect.gen(function*() {
      const { bodies, layer } = yield* service
      const wrong = { messages: [{ role: "user", content: 5 }] } as never
      const error = yield* Effect.flip(llama.invoke(wrong)).pipe(Effect.provide(layer))
      assert.strictEqual(error._tag, "CodecError")
      assert.match(error.message, /messages\.0/)
      assert.deepStrictEqual(bodies, [])
    }))
})

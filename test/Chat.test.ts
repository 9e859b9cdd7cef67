import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { Chat, Codec, Tokens } from "effect-sagemaker-runtime"
import { bytesOf } from "./support/chunkBoundaries.ts"

/** Decodes a value, encodes it again and reads the JSON. */
const roundTrip = <A, I>(schema: Schema.Schema<A, I>, value: unknown) =>
  Effect.gen(function*() {
    const codec = Codec.json(schema)
    const payload = yield* Codec.encode(yield* codec.decode(bytesOf(JSON.stringify(value))), codec)
    return JSON.parse(new TextDecoder().decode(payload.Body)) as unknown
  })

const completion = {
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "llama",
  service_tier: null,
  kv_transfer_params: { remote: true },
  prompt_logprobs: null,
  choices: [{
    index: 0,
    stop_reason: 151645,
    matched_stop: null,
    hidden_states: [1, 2],
    finish_reason: "tool_calls",
    message: {
      role: "assistant",
      content: null,
      refusal: null,
      reasoning: "hm",
      annotations: [{ type: "url_citation", url_citation: { url: "https://example.com", note: "x" }, extra: 1 }],
      audio: null,
      function_call: null,
      mood: { happy: true },
      tool_calls: [{
        id: 0,
        type: "function",
        extra: "kept",
        function: { name: "weather", arguments: { city: "Bern" }, description: null }
      }]
    },
    logprobs: {
      content: [{ token: "a", logprob: -1, bytes: [97], top_logprobs: [{ token: "a", logprob: -1, rank: 1 }] }]
    }
  }],
  usage: {
    prompt_tokens: 1,
    completion_tokens: 2,
    total_tokens: 3,
    prompt_tokens_details: { cached_tokens: 1, image_tokens: 4 },
    completion_tokens_details: { reasoning_tokens: 2, other: null },
    energy: 5
  }
}

const request = {
  messages: [
    { role: "system", content: "Be kind", cache_control: { type: "ephemeral" } },
    {
      role: "user",
      content: [
        { type: "text", text: "Hi", cache_control: { type: "ephemeral" } },
        { type: "image_url", image_url: { url: "data:,", detail: "low", size: 3 }, uuid: "1" },
        { type: "input_audio", input_audio: { data: "", format: "wav" } },
        { type: "audio_url", audio_url: { url: "data:,", x: 1 } },
        { type: "video_url", video_url: { url: "data:,", fps: 2 } },
        { type: "image_embeds", image_embeds: "AAAA", uuid: "2" },
        { type: "document_url", document_url: { url: "data:," } }
      ]
    },
    {
      role: "assistant",
      content: "x",
      prefix: true,
      tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}", note: 1 } }]
    },
    { role: "tool", content: "42", tool_call_id: "1", extra: null },
    { role: "function", content: null, name: "f" },
    { role: "assistant", content: null, refusal: null, tool_calls: null, function_call: null, audio: null },
    { role: "document", content: "A text", title: "b" }
  ],
  tools: [{ type: "function", function: { name: "f", strict: null, version: 2 }, cache: true }],
  tool_choice: { type: "function", function: { name: "f", extra: 1 } },
  stream_options: { include_usage: true, chunked: 1 },
  top_k: 3,
  new_option: { deep: [1] }
}

describe("Members that a schema does not declare", () => {
  it.effect("stay in a completion, at every level", () =>
    Effect.map(roundTrip(Chat.ChatCompletion, completion), (back) => assert.deepStrictEqual(back, completion)))

  it.effect("stay in a request, at every level", () =>
    Effect.map(roundTrip(Chat.ChatRequest, request), (back) => assert.deepStrictEqual(back, request)))

  it.effect("can be read from a typed value", () =>
    Effect.gen(function*() {
      const value = yield* Codec.json(Chat.ChatCompletion).decode(bytesOf(JSON.stringify(completion)))
      const { kv_transfer_params }: Record<string, unknown> = value
      assert.deepStrictEqual(kv_transfer_params, { remote: true })
    }))

  it.effect("can be added to a request", () =>
    Effect.gen(function*() {
      const extended = Chat.withMembers<Chat.ChatRequest>({ messages: [Chat.user("Hi")] }, { new_option: 1 })
      const { Body } = yield* Codec.encode(extended, Codec.json(Chat.ChatRequest))
      assert.strictEqual(
        new TextDecoder().decode(Body),
        "{\"new_option\":1,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"
      )
    }))

  it.effect("do not permit another type of a declared member", () =>
    Effect.gen(function*() {
      const codec = Codec.json(Chat.ChatRequest)
      const wrong = { messages: [{ role: "user", content: [{ type: "text" }] }] }
      const error = yield* Effect.flip(codec.decode(bytesOf(JSON.stringify(wrong))))
      assert.strictEqual(error._tag, "CodecError")
    }))
})

const decoded = Schema.decodeUnknownSync(Chat.ChatCompletion)(completion)

describe("Chat.toMessage", () => {
  it("converts a completion and keeps unknown members", () => {
    assert.deepStrictEqual<unknown>(Chat.toMessage(decoded), {
      role: "assistant",
      content: "",
      reasoning: "hm",
      annotations: completion.choices[0]!.message.annotations,
      mood: { happy: true },
      tool_calls: [{
        id: "0",
        type: "function",
        extra: "kept",
        function: { name: "weather", arguments: "{\"city\":\"Bern\"}" }
      }]
    })
  })

  it.effect("gives a message that a request accepts", () =>
    Effect.gen(function*() {
      const message = Chat.toMessage(decoded)
      const payload = yield* Codec.encode({ messages: [message] }, Codec.json(Chat.ChatRequest))
      assert.deepStrictEqual(JSON.parse(new TextDecoder().decode(payload.Body)), { messages: [message] })
    }))

  it.each([
    ["no message text", { content: null }, { role: "assistant", content: "" }],
    ["a text", { content: "Hi", tool_calls: null, refusal: null }, { role: "assistant", content: "Hi" }],
    ["no tool calls", { content: "Hi", tool_calls: [] }, { role: "assistant", content: "Hi" }],
    ["audio", { audio: { id: "a", data: "AAAA" } }, { role: "assistant", content: "", audio: { id: "a" } }],
    [
      "the legacy function call",
      { content: "", function_call: { name: "f", arguments: "" } },
      { role: "assistant", content: "", function_call: { name: "f", arguments: "{}" } }
    ],
    [
      "a tool call without an ID and arguments",
      { content: "", tool_calls: [{ id: "", function: { name: "f", arguments: "" } }] },
      {
        role: "assistant",
        content: "",
        tool_calls: [{ id: "call_0", type: "function", function: { name: "f", arguments: "{}" } }]
      }
    ],
    [
      "a call of another type",
      { tool_calls: [{ id: 1, type: "custom", custom: { name: "f", input: "x" } }] },
      { role: "assistant", content: "", tool_calls: [{ id: "1", type: "custom", custom: { name: "f", input: "x" } }] }
    ]
  ])("converts %s", (_, message, expected) => {
    const value = Schema.decodeUnknownSync(Chat.ChatCompletion)({ choices: [{ index: 0, message }] })
    assert.deepStrictEqual<unknown>(Chat.toMessage(value), expected)
    assert.deepStrictEqual<unknown>(Schema.encodeSync(Chat.ChatMessage)(Chat.toMessage(value)), expected)
  })

  it.effect("keeps tools, tool choices and tool calls of other types in a request", () =>
    Effect.gen(function*() {
      const request = {
        messages: [{ role: "assistant", tool_calls: [{ id: "1", type: "custom", custom: { name: "f", input: "x" } }] }],
        tools: [{ type: "custom", custom: { name: "f" } }],
        tool_choice: { type: "custom", custom: { name: "f" } }
      }
      assert.deepStrictEqual(yield* roundTrip(Chat.ChatRequest, request), request)
    }))

  it.effect("still checks tools of type function", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(
        roundTrip(Chat.ChatRequest, { messages: [], tools: [{ type: "function", function: { name: 1 } }] })
      )
      assert.include(error.message, "tools.0.function.name: expected string, found number")
    }))

  it.each([
    ["3.1.1-sha-70217ac", undefined],
    ["3.3.6-dev0-native", undefined],
    ["10.0.0-native", undefined],
    ["3.1.0-sha-463228e", ""],
    ["2.4.1-native", ""],
    ["vllm-0.16.0-tp1", ""],
    ["fp_44709d6fcb", ""],
    [null, ""]
  ])(
    "omits the empty content of tool calls only if the server ignores them beside a content: %s",
    (fingerprint, content) => {
      const value = Schema.decodeUnknownSync(Chat.ChatCompletion)({
        system_fingerprint: fingerprint,
        choices: [{
          index: 0,
          message: { content: null, tool_calls: [{ id: "0", function: { name: "f", arguments: "{}" } }] }
        }]
      })
      assert.strictEqual(Chat.toMessage(value).content, content)
      assert.strictEqual("content" in Chat.toMessage(value), content !== undefined)
    }
  )

  it("accepts one tool call and one annotation in place of a list", () => {
    const message = {
      annotations: { type: "url_citation" },
      tool_calls: { id: 3, function: { name: "f", arguments: { a: 1 }, extra: true } }
    }
    const value = Schema.decodeUnknownSync(Chat.ChatCompletion)({ choices: [{ message }] })
    assert.deepStrictEqual(value.choices[0]?.message.annotations, [{ type: "url_citation" }])
    assert.deepStrictEqual<unknown>(Chat.toMessage(value).tool_calls, [
      { id: "3", type: "function", function: { name: "f", arguments: "{\"a\":1}", extra: true } }
    ])
  })

  it.each(["", " ", "null", null, undefined])("writes missing arguments as an empty object: %j", (given) => {
    const message = { tool_calls: [{ id: "1", function: { name: "f", arguments: given } }] }
    const value = Schema.decodeUnknownSync(Chat.ChatCompletion)({ choices: [{ message }] })
    assert.strictEqual(Chat.toMessage(value).tool_calls?.[0]?.function.arguments, "{}")
  })

  it("selects the choice by its index, data-first and in a pipe", () => {
    const value = Schema.decodeUnknownSync(Chat.ChatCompletion)({
      choices: [{ index: 1, message: { content: "b" } }, { index: 0, message: { content: "a" } }]
    })
    assert.deepStrictEqual(
      [Chat.toMessage(value).content, Chat.toMessage(value, 1).content, Chat.toMessage(1)(value).content],
      ["a", "b", "b"]
    )
    assert.deepStrictEqual(Chat.toMessage(value, 7), { role: "assistant", content: "" })
    assert.deepStrictEqual([Chat.text(value), Chat.text(1)(value), Chat.text(value, 7)], ["a", "b", ""])
  })

  it.effect("converts the collected tokens of a stream", () =>
    Effect.gen(function*() {
      const token: Tokens.Token = {
        text: "",
        index: 0,
        reasoning: "hm",
        toolCalls: [{ index: 0, id: "a", name: "now", arguments: "" }],
        finishReason: "tool_calls"
      }
      assert.deepStrictEqual(Chat.toMessage(yield* Tokens.collect(Stream.make(token))), {
        role: "assistant",
        content: "",
        reasoning: "hm",
        reasoning_content: "hm",
        tool_calls: [{ id: "a", type: "function", function: { name: "now", arguments: "{}" } }]
      })
    }))
})

describe("A tool", () => {
  const City = Schema.Struct({ city: Schema.String })
  class Area extends Schema.Class<Area>("Area")({ code: Schema.Number }) {}
  class Place extends Schema.Class<Place>("Place")({ city: Schema.String, area: Area }) {}

  it("has the JSON Schema of its parameters", () => {
    const { function: { name, parameters } } = Chat.tool({ name: "weather", parameters: Place })
    assert.strictEqual(name, "weather")
    assert.include(parameters, { type: "object" })
    assert.include(JSON.stringify(parameters), "\"code\"")
  })

  it("has a JSON Schema of type object without Effect's IDs, also for an empty struct", () => {
    const empty = { type: "object", properties: {} }
    assert.deepStrictEqual(Chat.tool({ name: "now", parameters: Schema.Struct({}) }).function.parameters, empty)
    const Mixed = Schema.Struct({ options: Schema.Struct({}), value: Schema.Unknown })
    assert.deepStrictEqual(Chat.tool({ name: "set", parameters: Mixed }).function.parameters, {
      type: "object",
      required: ["options", "value"],
      properties: { options: empty, value: { title: "unknown" } },
      additionalProperties: false
    })
  })

  it.effect("decodes the arguments of a call", () =>
    Effect.gen(function*() {
      const call = { function: { name: "weather", arguments: "{\"city\":\"Bern\"}" } }
      assert.deepStrictEqual(yield* Chat.decodeArguments(call, City), { city: "Bern" })
      assert.deepStrictEqual(yield* Chat.decodeArguments(City)(call), { city: "Bern" })
      for (const text of ["", "null"]) {
        const none = { function: { name: "now", arguments: text } }
        assert.deepStrictEqual(yield* Chat.decodeArguments(none, Schema.Struct({})), {})
      }
    }))

  it.effect("decodes the arguments of the calls of completions and of collected tokens", () =>
    Effect.gen(function*() {
      const { choices: [choice] } = decoded
      assert.deepStrictEqual(yield* Chat.decodeArguments(choice!.message.tool_calls![0]!, City), { city: "Bern" })
      const collected: Tokens.ToolCall = { name: "weather", arguments: "{\"city\":\"Bern\"}" }
      assert.deepStrictEqual(yield* Chat.decodeArguments(collected, City), { city: "Bern" })
    }))

  it.effect.each(["hunter2", "{\"city\":\"hunter2", "{\"city\":{\"hunter2\":1}}"])(
    "rejects arguments without repeating them: %s",
    (text) =>
      Effect.map(Effect.flip(Chat.decodeArguments({ function: { name: "f", arguments: text } }, City)), (error) => {
        assert.strictEqual(error._tag, "CodecError")
        assert.notInclude(error.message, "hunter2")
      })
  )

  it("has a message with its result", () => {
    assert.deepStrictEqual(Chat.toolResult({ id: "1" }, { celsius: 21 }), {
      role: "tool",
      tool_call_id: "1",
      content: "{\"celsius\":21}"
    })
    assert.deepInclude(Chat.toolResult({ id: "1" }, "21"), { content: "21" })
    assert.deepInclude(Chat.toolResult({ id: "1" }, undefined), { content: "" })
  })
})

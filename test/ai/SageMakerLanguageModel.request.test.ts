import { AiError, LanguageModel, Prompt, Tool, Toolkit } from "@effect/ai"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema, Stream } from "effect"
import { Chat, ModelEndpoint } from "effect-sagemaker-runtime"
import { SageMakerLanguageModel } from "effect-sagemaker-runtime/ai"
import { completion, type Members, scriptedContainer, scriptedModel } from "../support/languageModel.ts"

const hello = completion({ content: "Hello" })

/** The messages of the request with a prompt. */
const messagesOf = (...prompt: ReadonlyArray<Prompt.MessageEncoded>) =>
  Effect.flatMap(
    scriptedModel({}, hello),
    ({ layer, requests }) =>
      Effect.map(
        Effect.provide(LanguageModel.generateText({ prompt }), layer),
        () => requests[0]!["messages"] as ReadonlyArray<Members>
      )
  )

const userContent = (...content: ReadonlyArray<Prompt.UserMessagePartEncoded>) =>
  Effect.map(messagesOf({ role: "user", content }), ([message]) => message?.["content"])

const file = (mediaType: string, data: string | Uint8Array | URL, sagemaker?: Members): Prompt.FilePartEncoded => ({
  type: "file",
  mediaType,
  data,
  ...(sagemaker === undefined ? {} : { options: { sagemaker } })
})

const bytes = Uint8Array.of(0, 1, 2)

describe("A prompt", () => {
  it.effect("with texts is sent as texts", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* messagesOf(
          { role: "system", content: "Be kind", options: { sagemaker: { role: "developer" } } },
          { role: "user", content: "Hi", options: { sagemaker: { name: "Ada" }, openai: { ignored: true } } },
          { role: "assistant", content: "Hello" },
          { role: "user", content: [{ type: "text", text: "a" }, { type: "text", text: "b" }] },
          { role: "user", content: [] }
        ),
        [
          { role: "developer", content: "Be kind" },
          { role: "user", content: "Hi", name: "Ada" },
          { role: "assistant", content: "Hello" },
          { role: "user", content: [{ type: "text", text: "a" }, { type: "text", text: "b" }] },
          { role: "user", content: "" }
        ]
      )
    }))

  const files: ReadonlyArray<readonly [name: string, part: Prompt.FilePartEncoded, sent: Members]> = [
    ["an image by URL", file("image/png", new URL("https://example.com/a.png"), { detail: "low", uuid: "a" }), {
      type: "image_url",
      image_url: { url: "https://example.com/a.png", detail: "low" },
      uuid: "a"
    }],
    ["an image by bytes", file("image/png", bytes), {
      type: "image_url",
      image_url: { url: "data:image/png;base64,AAEC" }
    }],
    ["an image in Base64", file("image/*", "AAEC"), {
      type: "image_url",
      image_url: { url: "data:image/jpeg;base64,AAEC" }
    }],
    ["an image by data URL", file("image/png", "data:image/png;base64,AAEC"), {
      type: "image_url",
      image_url: { url: "data:image/png;base64,AAEC" }
    }],
    ["audio by bytes", file("audio/mpeg", bytes), {
      type: "input_audio",
      input_audio: { data: "AAEC", format: "mp3" }
    }],
    ["audio by URL", file("audio/wav", "https://example.com/a.wav"), {
      type: "audio_url",
      audio_url: { url: "https://example.com/a.wav" }
    }],
    ["a video", file("video/mp4", bytes), { type: "video_url", video_url: { url: "data:video/mp4;base64,AAEC" } }],
    ["a text", file("text/plain; charset=utf-8", new TextEncoder().encode("grüezi")), { type: "text", text: "grüezi" }],
    [
      "another part",
      file("application/pdf", bytes, { type: "document_url", document_url: { url: "https://example.com/a.pdf" } }),
      { type: "document_url", document_url: { url: "https://example.com/a.pdf" } }
    ]
  ]

  it.effect.each(files)(
    "with %s is sent",
    ([, part, sent]) => Effect.map(userContent(part), (content) => assert.deepStrictEqual(content, [sent]))
  )

  const unsendable: ReadonlyArray<readonly [name: string, message: Prompt.MessageEncoded, description: RegExp]> = [
    [
      "a PDF",
      { role: "user", content: [{ type: "text", text: "a" }, file("application/pdf", bytes)] },
      /^prompt\.content\[1\]\.content\[1\]: a file of type application\/pdf cannot be sent/
    ],
    [
      "invalid Base64",
      { role: "user", content: [file("image/png", "not base64")] },
      /^prompt\.content\[1\]\.content\[0\]: .*not Base64/
    ],
    [
      "a text by URL",
      { role: "user", content: [file("text/plain", new URL("https://example.com"))] },
      /content\[0\]: .*send the bytes/
    ],
    ["a text that is not UTF-8", { role: "user", content: [file("text/plain", Uint8Array.of(255))] }, /not UTF-8/],
    [
      "a file of the assistant",
      { role: "assistant", content: [file("image/png", bytes)] },
      /^prompt\.content\[1\]\.content\[0\]: an assistant message cannot have a file/
    ],
    ["arguments without JSON", {
      role: "assistant",
      content: [{ type: "tool-call", id: "1", name: "f", params: { n: 1n } }]
    }, /params has no JSON representation/],
    ["a result without JSON", {
      role: "tool",
      content: [{ type: "tool-result", id: "1", name: "f", result: 1n, isFailure: false, providerExecuted: false }]
    }, /^prompt\.content\[1\]\.content\[0\]: the result of the tool has no JSON/]
  ]

  it.effect.each(unsendable)(
    "with %s fails before a request, and names the part",
    ([, message, description]) =>
      Effect.gen(function*() {
        const { layer, requests } = yield* scriptedModel({}, hello)
        const prompt: Prompt.RawInput = [{ role: "system", content: "Be kind" }, message]
        const error = yield* Effect.flip(Effect.provide(LanguageModel.generateText({ prompt }), layer))
        assert(AiError.isAiError(error) && error._tag === "MalformedInput", String(error))
        assert.match(error.description ?? "", description)
        const streamed = yield* Effect.flip(
          Effect.provide(Stream.runDrain(LanguageModel.streamText({ prompt })), layer)
        )
        assert.strictEqual(streamed._tag, "MalformedInput")
        assert.deepStrictEqual(requests, [])
      })
  )

  it.effect("with tool calls, reasoning and results is sent", () =>
    Effect.gen(function*() {
      const result = (id: string, value: unknown, isFailure = false): Prompt.ToolResultPartEncoded => ({
        type: "tool-result",
        id,
        name: "weather",
        result: value,
        isFailure,
        providerExecuted: false
      })
      assert.deepStrictEqual(
        yield* messagesOf(
          {
            role: "assistant",
            content: [
              { type: "reasoning", text: "Two cities" },
              { type: "text", text: "Let me see." },
              { type: "tool-call", id: "1", name: "weather", params: { city: "Bern" } },
              { type: "tool-call", id: "2", name: "weather", params: undefined }
            ]
          },
          {
            role: "tool",
            content: [
              result("1", { celsius: 21 }),
              result("2", "warm"),
              result("3", undefined),
              result("4", { _tag: "NoSuchCity" }, true),
              result("5", "broken", true)
            ]
          }
        ),
        [
          {
            role: "assistant",
            content: "Let me see.",
            reasoning: "Two cities",
            reasoning_content: "Two cities",
            tool_calls: [
              { id: "1", type: "function", function: { name: "weather", arguments: "{\"city\":\"Bern\"}" } },
              { id: "2", type: "function", function: { name: "weather", arguments: "{}" } }
            ]
          },
          { role: "tool", tool_call_id: "1", content: "{\"celsius\":21}" },
          { role: "tool", tool_call_id: "2", content: "warm" },
          { role: "tool", tool_call_id: "3", content: "" },
          { role: "tool", tool_call_id: "4", content: "{\"error\":{\"_tag\":\"NoSuchCity\"}}" },
          { role: "tool", tool_call_id: "5", content: "{\"error\":\"broken\"}" }
        ]
      )
    }))
})

const Weather = Tool.make("weather", {
  description: "The temperature in a city",
  parameters: { city: Schema.String.annotations({ description: "The name" }) },
  success: Schema.Number
})

const Search = Tool.providerDefined({
  id: "anthropic.web_search",
  toolkitName: "WebSearch",
  providerName: "web_search",
  args: {},
  requiresHandler: true,
  parameters: { query: Schema.String },
  success: Schema.String
})

const Browser = Tool.providerDefined({
  id: "sagemaker.browser",
  toolkitName: "Browser",
  providerName: "browser",
  args: { pages: Schema.Number }
})

const Foreign = Tool.providerDefined({ id: "openai.files", toolkitName: "Files", providerName: "files", args: {} })

const toolkit = Toolkit.make(Weather, Search({}))

const handlers = toolkit.toLayer({ weather: () => Effect.succeed(21), WebSearch: ({ query }) => Effect.succeed(query) })

const choose = (toolChoice: LanguageModel.ToolChoice<"weather" | "WebSearch"> | undefined) =>
  Effect.flatMap(
    scriptedModel({}, hello),
    ({ layer, requests }) =>
      LanguageModel.generateText({ prompt: "Hi", toolkit, ...(toolChoice === undefined ? {} : { toolChoice }) }).pipe(
        Effect.provide([handlers, layer]),
        Effect.map(() => requests[0]!)
      )
  )

const namesOf = ({ tools }: Members) =>
  (tools as ReadonlyArray<{ readonly function: { readonly name: string } }> | undefined)?.map((tool) =>
    tool.function.name
  )

describe("A toolkit", () => {
  it.effect("is sent as functions with JSON Schemas", () =>
    Effect.map(choose(undefined), (request) => {
      assert.deepStrictEqual(request["tool_choice"], "auto")
      assert.deepStrictEqual((request["tools"] as ReadonlyArray<unknown>)[0], {
        type: "function",
        function: {
          name: "weather",
          description: "The temperature in a city",
          parameters: {
            type: "object",
            required: ["city"],
            properties: { city: { type: "string", description: "The name" } },
            additionalProperties: false
          }
        }
      })
      assert.deepStrictEqual(namesOf(request), ["weather", "web_search"])
    }))

  const choices: ReadonlyArray<
    readonly [
      choice: LanguageModel.ToolChoice<"weather" | "WebSearch">,
      sent: unknown,
      names: ReadonlyArray<string> | undefined
    ]
  > = [
    ["auto", "auto", ["weather", "web_search"]],
    ["none", "none", ["weather", "web_search"]],
    ["required", "required", ["weather", "web_search"]],
    [{ tool: "WebSearch" }, { type: "function", function: { name: "web_search" } }, ["weather", "web_search"]],
    [{ oneOf: ["weather"] }, "auto", ["weather"]],
    [{ mode: "required", oneOf: ["WebSearch"] }, "required", ["web_search"]],
    [{ oneOf: [] }, undefined, undefined]
  ]

  it.effect.each(choices)(
    "with the choice %j sends it",
    ([choice, sent, names]) =>
      Effect.map(choose(choice), (request) => {
        assert.deepStrictEqual(request["tool_choice"], sent)
        assert.deepStrictEqual(namesOf(request), names)
      })
  )

  it.effect("with a required choice of no tool fails", () =>
    Effect.map(
      Effect.flip(choose({ mode: "required", oneOf: [] })),
      (error) => assert.strictEqual((error as AiError.AiError)._tag, "MalformedInput")
    ))

  it.effect("maps the names of provider-defined tools, in the history too", () =>
    Effect.gen(function*() {
      const call = { id: "call-1", type: "function", function: { name: "web_search", arguments: "{\"query\":\"q\"}" } }
      const { layer, requests } = yield* scriptedModel({}, completion({ tool_calls: [call] }, "tool_calls"), hello)
      yield* Effect.gen(function*() {
        const { content, toolCalls, toolResults } = yield* LanguageModel.generateText({ prompt: "Hi", toolkit })
        assert.deepInclude(toolCalls[0], { name: "WebSearch", providerName: "web_search" })
        assert.deepInclude(toolResults[0], { name: "WebSearch", result: "q" })
        yield* LanguageModel.generateText({
          prompt: Prompt.merge(Prompt.make("Hi"), Prompt.fromResponseParts(content)),
          toolkit
        })
      }).pipe(Effect.provide([handlers, layer]))
      const messages = requests[1]?.["messages"] as ReadonlyArray<Members>
      assert.deepStrictEqual(messages.slice(1), [
        { role: "assistant", content: "", tool_calls: [call] },
        { role: "tool", tool_call_id: "call-1", content: "q" }
      ])
    }))

  it.effect("with a tool of the container sends its arguments, and rejects a tool of another provider", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* scriptedModel({}, hello)
      const ask = (tool: Tool.Any) =>
        LanguageModel.generateText({ prompt: "Hi", toolkit: Toolkit.make(tool) as never }).pipe(Effect.provide(layer))
      yield* ask(Browser({ pages: 2 }))
      assert.deepStrictEqual(requests[0]?.["tools"], [{ type: "browser", pages: 2 }])
      const error: unknown = yield* Effect.flip(ask(Foreign({})))
      assert(AiError.isAiError(error) && error._tag === "MalformedInput")
      assert.match(error.description ?? "", /^tool Files: another provider runs it \(openai\.files\)/)
    }))

  it.effect("does not run a tool that the container runs", () =>
    Effect.gen(function*() {
      const call = { id: "a", type: "function", function: { name: "browser", arguments: "{}" } }
      const { layer } = yield* scriptedModel({}, completion({ tool_calls: [call] }, "tool_calls"))
      const browser = Toolkit.make(Browser({ pages: 2 }))
      const { toolCalls, toolResults } = yield* LanguageModel.generateText({ prompt: "Hi", toolkit: browser }).pipe(
        Effect.provide(layer)
      )
      assert.deepInclude(toolCalls[0], { name: "Browser", providerExecuted: true })
      assert.deepStrictEqual(toolResults, [])
    }))

  it.effect("with empty parameters is sent with the type object", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* scriptedModel({}, completion({ content: "Hi" }))
      const clock = Toolkit.make(Tool.make("now", { parameters: {} }))
      yield* LanguageModel.generateText({ prompt: "Hi", toolkit: clock }).pipe(
        Effect.provide([clock.toLayer({ now: () => Effect.void }), layer])
      )
      assert.deepStrictEqual(requests[0]!["tools"], [
        { type: "function", function: { name: "now", parameters: { type: "object", properties: {} } } }
      ])
    }))

  it.effect("with parameters without a JSON Schema fails, and names the tool", () =>
    Effect.gen(function*() {
      const { layer } = yield* scriptedModel({}, hello)
      const tool = Tool.make("odd", { parameters: { at: Schema.DateFromSelf } })
      const error: unknown = yield* Effect.flip(
        LanguageModel.generateText({ prompt: "Hi", toolkit: Toolkit.make(tool) as never }).pipe(Effect.provide(layer))
      )
      assert(AiError.isAiError(error) && error._tag === "MalformedInput")
      assert.match(error.description ?? "", /^tool odd: /)
    }))
})

describe("The configuration", () => {
  it.effect("that cannot be read fails with MalformedInput", () =>
    Effect.gen(function*() {
      const hostile: SageMakerLanguageModel.Config.Service = {
        get temperature(): number {
          throw new Error("secret")
        }
      }
      const { layer } = yield* scriptedModel(hostile, hello)
      const error = yield* Effect.flip(Effect.provide(LanguageModel.generateText({ prompt: "Hi" }), layer))
      assert.strictEqual(error._tag, "MalformedInput")
    }))

  it.effect("of the layer, the context and the override apply in this order", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* scriptedModel(
        Chat.withMembers({ temperature: 0, top_p: 0.1, max_tokens: 1, seed: 1 }, { custom: true }),
        hello
      )
      const ask = LanguageModel.generateText({ prompt: "Hi" }).pipe(
        SageMakerLanguageModel.withConfigOverride({ temperature: 2, seed: undefined }),
        Effect.provideService(SageMakerLanguageModel.Config, { temperature: 1, top_p: 0.2 }),
        Effect.provide(layer)
      )
      yield* ask
      assert.deepStrictEqual(requests[0], {
        messages: [{ role: "user", content: "Hi" }],
        temperature: 2,
        top_p: 0.2,
        max_tokens: 1,
        seed: 1,
        custom: true
      })
    }))

  it.effect("of an override applies to streams, and to calls of a layer with a Config", () =>
    Effect.gen(function*() {
      const { client, requests } = yield* scriptedContainer(hello)
      const model = SageMakerLanguageModel.model(ModelEndpoint.chat("llama"), { seed: 1 }).pipe(
        Layer.provide(Layer.succeed(SageMakerLanguageModel.Config, { top_k: 5 })),
        Layer.provide(client)
      )
      yield* SageMakerLanguageModel.withConfigOverride(LanguageModel.streamText({ prompt: "Hi" }), { min_p: 0.5 }).pipe(
        Stream.runDrain,
        Effect.provide(model)
      )
      yield* Effect.provide(LanguageModel.generateText({ prompt: "Hi" }), model)
      const { messages: _, ...first } = requests[0]!
      assert.deepStrictEqual(first, {
        stream: true,
        stream_options: { include_usage: true },
        seed: 1,
        top_k: 5,
        min_p: 0.5
      })
      assert.deepInclude(requests[1], { seed: 1, top_k: 5 })
    }))
})

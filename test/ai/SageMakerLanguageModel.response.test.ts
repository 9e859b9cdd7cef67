import { AiError, LanguageModel, Prompt, Response, Tool, Toolkit } from "@effect/ai"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, DateTime, Effect, Exit, Option, Schema, Stream } from "effect"
import { SageMakerError } from "effect-sagemaker-runtime"
import {
  chunk,
  completion,
  type Members,
  type Script,
  scriptedModel,
  toolCall,
  usageChunk
} from "../support/languageModel.ts"

const Weather = Tool.make("weather", {
  description: "The temperature in a city",
  parameters: { city: Schema.String },
  success: Schema.Struct({ celsius: Schema.Number })
})

const Now = Tool.make("now", { success: Schema.String })

const toolkit = Toolkit.make(Weather, Now)

const handlers = toolkit.toLayer({
  weather: ({ city }) => Effect.succeed({ celsius: city.length }),
  now: () => Effect.succeed("12:00")
})

const generate = (script: Script) =>
  Effect.flatMap(
    scriptedModel({}, script),
    ({ layer }) => Effect.provide(LanguageModel.generateText({ prompt: "Hi" }), layer)
  )

const generateWithTools = (script: Script) =>
  Effect.flatMap(
    scriptedModel({}, script),
    ({ layer }) => LanguageModel.generateText({ prompt: "Hi", toolkit }).pipe(Effect.provide([handlers, layer]))
  )

const parts = (script: Script) =>
  Effect.flatMap(
    scriptedModel({}, script),
    ({ layer }) =>
      LanguageModel.streamText({ prompt: "Hi" }).pipe(
        Stream.runCollect,
        Effect.map(Chunk.toReadonlyArray),
        Effect.provide(layer)
      )
  )

/** The parts up to the end or the failure. */
const partsWithTools = (script: Script, options: { readonly disableToolCallResolution?: boolean } = {}) =>
  Effect.flatMap(scriptedModel({}, script), ({ layer }) =>
    Effect.gen(function*() {
      const seen: Array<Response.StreamPart<Toolkit.Tools<typeof toolkit>>> = []
      const exit = yield* LanguageModel.streamText({ prompt: "Hi", toolkit, ...options }).pipe(
        Stream.runForEach((part) => Effect.sync(() => seen.push(part as never))),
        Effect.exit
      )
      return { seen, exit }
    }).pipe(Effect.provide([handlers, layer])))

const failureOf = (exit: Exit.Exit<unknown, unknown>): unknown =>
  Exit.isFailure(exit) && exit.cause._tag === "Fail" ? exit.cause.error : exit

const plain = (part: Response.AnyPart): Members => {
  const { metadata: _, "~effect/ai/Content/Part": _id, ...members } = part as never as Members
  return members
}

describe("A completion", () => {
  it.effect("has text, reasoning, metadata and usage", () =>
    Effect.gen(function*() {
      const response = yield* generate(completion(
        { content: "Blue.", reasoning: "Rayleigh" },
        "stop",
        {
          system_fingerprint: "fp-1",
          usage: {
            prompt_tokens: 7,
            completion_tokens: 5,
            total_tokens: 12,
            prompt_tokens_details: { cached_tokens: 4 },
            completion_tokens_details: { reasoning_tokens: 2 }
          }
        }
      ))
      assert.strictEqual(response.text, "Blue.")
      assert.strictEqual(response.reasoningText, "Rayleigh")
      assert.strictEqual(response.finishReason, "stop")
      assert.deepStrictEqual(yield* Schema.encode(Response.Usage)(response.usage), {
        inputTokens: 7,
        outputTokens: 5,
        totalTokens: 12,
        reasoningTokens: 2,
        cachedInputTokens: 4
      })
      const [metadata] = response.content
      assert(metadata?.type === "response-metadata")
      assert.deepStrictEqual(metadata.id, Option.some("chatcmpl-1"))
      assert.deepStrictEqual(metadata.modelId, Option.some("Qwen/Qwen3-8B"))
      assert.deepStrictEqual(Option.map(metadata.timestamp, DateTime.toEpochMillis), Option.some(1_764_000_000_000))
      assert.isString(metadata.metadata.sagemaker?.requestId)
      const finish = response.content.at(-1)
      assert(finish?.type === "finish")
      assert.deepStrictEqual(finish.metadata.sagemaker, { rawFinishReason: "stop", systemFingerprint: "fp-1" })
    }))

  it.effect.each([
    ["stop", "stop"],
    ["eos_token", "stop"],
    ["length", "length"],
    ["content_filter", "content-filter"],
    ["tool_calls", "tool-calls"],
    ["function_call", "tool-calls"],
    ["abort", "other"],
    ["error", "error"],
    ["pause_turn", "pause"],
    [null, "unknown"]
  ])("with the finish reason %s has the reason %s", ([sent, reason]) =>
    Effect.map(
      generate(completion({ content: "a" }, sent)),
      ({ finishReason }) => assert.strictEqual(finishReason, reason)
    ))

  it.effect("with parallel tool calls runs them, and generates missing and duplicate IDs", () =>
    Effect.gen(function*() {
      const response = yield* generateWithTools(completion({
        content: "Let me see.",
        tool_calls: [
          toolCall("call-1", "weather", "{\"city\":\"Bern\"}"),
          toolCall("call-1", "weather", "{\"city\":\"Zermatt\"}"),
          toolCall(null, "now", "")
        ]
      }))
      assert.strictEqual(response.text, "Let me see.")
      assert.strictEqual(response.finishReason, "tool-calls")
      const ids = response.toolCalls.map(({ id }) => id)
      assert.strictEqual(ids[0], "call-1")
      assert.strictEqual(new Set(ids).size, 3)
      assert.deepStrictEqual(response.toolResults.map(({ id, result }) => [id, result]), [
        [ids[0], { celsius: 4 }],
        [ids[1], { celsius: 7 }],
        [ids[2], "12:00"]
      ])
    }))

  it.effect("has a refusal as metadata, sources and audio", () =>
    Effect.gen(function*() {
      const { content, text } = yield* generate(completion({
        refusal: "I cannot",
        audio: { id: "audio-1", data: "AAEC", transcript: "spoken", expires_at: 5 },
        annotations: [
          { type: "url_citation", url_citation: { url: "https://example.com/a", title: "A", start_index: 1 } },
          { type: "url_citation", url_citation: { url: "no url" } }
        ]
      }))
      assert.strictEqual(text, "spoken")
      const refusals = content.flatMap((part) => part.type === "text" ? part.metadata.sagemaker?.refusal ?? [] : [])
      assert.deepStrictEqual(refusals, ["I cannot"])
      const file = content.find((part) => part.type === "file")
      assert.deepStrictEqual(file?.data, Uint8Array.of(0, 1, 2))
      assert.strictEqual(file?.mediaType, "audio/wav")
      assert.deepStrictEqual(
        content.flatMap((part) => part.type === "source" && part.sourceType === "url" ? [part.url.href] : []),
        ["https://example.com/a"]
      )
    }))

  const invalid: ReadonlyArray<readonly [name: string, script: Members, description: RegExp]> = [
    [
      "an invalid tool call",
      completion({ content: "kept", tool_calls: [toolCall("1", "weather", "{\"city\"")] }),
      /arguments of the tool call weather are not valid JSON/
    ],
    [
      "a cut tool call",
      completion({ content: "kept", tool_calls: [toolCall("1", "weather", "{")] }, "length"),
      /finish_reason: length/
    ],
    [
      "a tool that does not exist",
      completion({ content: "kept", tool_calls: [toolCall("1", "kept", "{}")] }),
      /the model called a tool that the request does not have/
    ],
    [
      "a tool without a name",
      completion({ content: "kept", tool_calls: [toolCall("1", "", "{}")] }),
      /a tool without a name/
    ],
    [
      "__proto__",
      completion({ content: "kept", tool_calls: [toolCall("1", "now", "{\"__proto__\":{}}")] }),
      /__proto__/
    ],
    ["audio that is not Base64", completion({ content: "kept", audio: { data: "%" } }), /not Base64/]
  ]

  it.effect.each(invalid)(
    "with %s fails with the whole completion",
    ([, script, description]) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(generateWithTools(script))
        assert(AiError.isAiError(error) && error._tag === "MalformedOutput")
        assert.match(error.description ?? "", description)
        assert(error.cause instanceof SageMakerError.CodecError)
        assert.include(new TextDecoder().decode(error.cause.body), "\"content\":\"kept\"")
        assert.notInclude(`${error.message}${JSON.stringify(error)}`, "kept")
      })
  )

  it.effect("without a choice fails", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(generate({ ...completion({}), choices: [] }))
      assert.deepInclude(error, { _tag: "MalformedOutput", description: "the completion has no choice" })
    }))
})

describe("A stream", () => {
  it.effect("has parts in order", () =>
    Effect.gen(function*() {
      const all = yield* parts([
        chunk({ role: "assistant", content: "" }),
        chunk({ reasoning: "Ray" }),
        chunk({ reasoning: "leigh" }),
        chunk({ content: "Bl" }),
        chunk({ content: "ue" }),
        chunk({}, "stop"),
        usageChunk
      ])
      assert.deepStrictEqual(all.slice(1, -1).map(plain), [
        { type: "reasoning-start", id: "0" },
        { type: "reasoning-delta", id: "0", delta: "Ray" },
        { type: "reasoning-delta", id: "0", delta: "leigh" },
        { type: "reasoning-end", id: "0" },
        { type: "text-start", id: "1" },
        { type: "text-delta", id: "1", delta: "Bl" },
        { type: "text-delta", id: "1", delta: "ue" },
        { type: "text-end", id: "1" }
      ])
      const [metadata] = all
      assert(metadata?.type === "response-metadata")
      assert.deepStrictEqual(metadata.modelId, Option.some("Qwen/Qwen3-8B"))
      const finish = all.at(-1)
      assert(finish?.type === "finish")
      assert.strictEqual(finish.reason, "stop")
      assert.deepStrictEqual(yield* Schema.encode(Response.Usage)(finish.usage), {
        inputTokens: 7,
        outputTokens: 5,
        totalTokens: 12,
        cachedInputTokens: 4,
        reasoningTokens: 2
      })
      assert.deepStrictEqual(Prompt.fromResponseParts(all).content[0]?.content, [
        Prompt.makePart("reasoning", { text: "Rayleigh" }),
        Prompt.makePart("text", { text: "Blue" })
      ])
    }))

  it.effect("with interleaved tool calls runs them after the end", () =>
    Effect.gen(function*() {
      const { exit, seen } = yield* partsWithTools([
        chunk({ content: "Two" }),
        chunk({ tool_calls: [toolCall("a", "weather", "")] }),
        chunk({ tool_calls: [{ index: 1, id: "b", function: { name: "weather", arguments: "{\"city\"" } }] }),
        chunk({ tool_calls: [{ index: 0, function: { arguments: "{\"city\":\"Bern\"" } }] }),
        chunk({ tool_calls: [{ index: 1, function: { arguments: ":\"Zermatt\"}" } }] }),
        chunk({ tool_calls: [{ index: 0, function: { arguments: "}" } }] }, "tool_calls"),
        usageChunk
      ])
      assert.isTrue(Exit.isSuccess(exit))
      assert.deepStrictEqual(seen.slice(1).map((part) => part.type), [
        "text-start",
        "text-delta",
        "text-end",
        "tool-params-start",
        "tool-params-delta",
        "tool-params-start",
        "tool-params-delta",
        "tool-params-delta",
        "tool-params-delta",
        "tool-params-end",
        "tool-params-end",
        "tool-call",
        "tool-call",
        "finish",
        "tool-result",
        "tool-result"
      ])
      assert.deepStrictEqual(
        seen.flatMap((part) => part.type === "tool-result" ? [[part.id, part.result]] : []),
        [["a", { celsius: 4 }], ["b", { celsius: 7 }]]
      )
    }))

  const cutOff: ReadonlyArray<readonly [name: string, script: Script, tag: string]> = [
    ["without an end", toText([chunk({ content: "Bl" })]), "ModelStreamError"],
    [
      "cut in a tool call",
      toText([chunk({ content: "Bl" }), chunk({ tool_calls: [toolCall("a", "now", "{")] })]),
      "ModelStreamError"
    ],
    [
      "with a complete tool call and no end",
      toText([chunk({ content: "Bl" }), chunk({ tool_calls: [toolCall("a", "now", "{}")] })]),
      "ModelStreamError"
    ],
    ["with a tool call that is not JSON", [
      chunk({ content: "Bl" }),
      chunk({ tool_calls: [toolCall("a", "now", "{")] }, "tool_calls")
    ], "CodecError"],
    ["with one invalid tool call of two", [
      chunk({ content: "Bl" }),
      chunk({ tool_calls: [toolCall("a", "now", "{}"), toolCall("b", "weather", "{", 1)] }, "length")
    ], "CodecError"],
    [
      "with an unknown tool",
      [chunk({ content: "Bl" }), chunk({ tool_calls: [toolCall("a", "none", "{}")] }, "stop")],
      "CodecError"
    ]
  ]

  it.effect.each(cutOff)("%s fails, runs no tool and keeps the text", ([, script, tag]) =>
    Effect.gen(function*() {
      const { exit, seen } = yield* partsWithTools(script)
      const error = failureOf(exit)
      assert(AiError.isAiError(error) && error._tag === "MalformedOutput", String(error))
      assert.strictEqual((error.cause as { readonly _tag: string })._tag, tag)
      assert.deepStrictEqual(seen.filter(({ type }) => type === "tool-call" || type === "tool-result"), [])
      assert.deepInclude(seen.map(plain), { type: "text-delta", id: "0", delta: "Bl" })
    }))

  it.effect("with reordered chunks loses nothing", () =>
    Effect.gen(function*() {
      const { exit, seen } = yield* partsWithTools([
        usageChunk,
        chunk({ tool_calls: [{ index: 0, function: { arguments: "{\"city\":" } }] }),
        chunk({}, "tool_calls"),
        chunk({ tool_calls: [{ index: 0, id: "late", function: { name: "weather", arguments: "\"Bern\"}" } }] }),
        chunk({ content: "after" })
      ], { disableToolCallResolution: true })
      assert.isTrue(Exit.isSuccess(exit), String(exit))
      const call = seen.find((part) => part.type === "tool-call")
      assert.deepInclude(call, { name: "weather", params: { city: "Bern" } })
      assert.deepInclude(seen.map(plain), { type: "text-delta", id: "0", delta: "after" })
      const finish = seen.at(-1)
      assert(finish?.type === "finish")
      assert.strictEqual(finish.reason, "tool-calls")
      assert.strictEqual(finish.usage.totalTokens, 12)
    }))

  it.effect("ignores other choices, and has the refusal as metadata", () =>
    Effect.gen(function*() {
      const all = yield* parts([
        chunk({ content: "a" }),
        { ...chunk({}), choices: [{ index: 1, delta: { content: "other" }, finish_reason: "length" }] },
        chunk({ refusal: "no" }),
        chunk({}, "stop")
      ])
      assert.deepStrictEqual(all.flatMap((part) => part.type === "text-delta" ? [part.delta] : []), ["a", ""])
      assert.strictEqual(
        all.flatMap((part) => part.type === "text-delta" ? part.metadata.sagemaker?.refusal ?? [] : []).join(""),
        "no"
      )
    }))

  it.effect("has audio of several chunks as one file", () =>
    Effect.gen(function*() {
      const all = yield* parts([
        chunk({ audio: { id: "x", transcript: "spo" } }),
        chunk({ audio: { data: "AA==" } }),
        chunk({ audio: { data: "AQI=", transcript: "ken" } }),
        chunk({}, "stop")
      ])
      assert.deepStrictEqual(all.find((part) => part.type === "file")?.data, Uint8Array.of(0, 1, 2))
      assert.strictEqual(all.flatMap((part) => part.type === "text-delta" ? [part.delta] : []).join(""), "spoken")
    }))

  it.effect("that reports an error fails after the text", () =>
    Effect.gen(function*() {
      const { exit, seen } = yield* partsWithTools(
        toText([chunk({ content: "Bl" }), { error: { message: "secret text", type: "overloaded" } }])
      )
      const error = failureOf(exit)
      assert(AiError.isAiError(error) && error._tag === "UnknownError")
      assert(error.cause instanceof SageMakerError.ModelStreamError)
      assert.strictEqual(error.cause.OriginalMessage, "secret text")
      assert.notInclude(`${error.message}${JSON.stringify(error)}`, "secret text")
      assert.deepInclude(seen.map(plain), { type: "text-delta", id: "0", delta: "Bl" })
    }))

  it.effect("in one completion is read, too", () =>
    Effect.map(
      parts(completion({ content: "whole", reasoning: "r" })),
      (all) =>
        assert.deepStrictEqual(all.map(({ type }) => type), [
          "response-metadata",
          "reasoning-start",
          "reasoning-delta",
          "reasoning-end",
          "text-start",
          "text-delta",
          "text-end",
          "finish"
        ])
    ))
})

function toText(events: ReadonlyArray<Members>): string {
  return events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")
}

import { Chat, LanguageModel, Tool, Toolkit } from "@effect/ai"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema, Stream } from "effect"
import { ModelEndpoint, SageMakerRuntime, Signer, Tokens } from "effect-sagemaker-runtime"
import { SageMakerLanguageModel } from "effect-sagemaker-runtime/ai"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { hasCorpora, needsCorpora } from "../support/corpora.ts"
import { type Members, scriptedModel } from "../support/languageModel.ts"
import { at, readStreams, readTranscripts } from "../support/tokenTranscripts.ts"
import { containers, toolCallingEndpoint } from "../support/toolCallingServers.ts"

const weather = Tool.make("weather", {
  parameters: { city: Schema.String },
  success: Schema.Struct({ celsius: Schema.Number })
})

const toolkit = Toolkit.make(weather)

const handlers = toolkit.toLayer({ weather: ({ city }) => Effect.succeed({ celsius: city === "Bern" ? 21 : 14 }) })

const one = "{\"celsius\":21}"
const both = `${one} and {"celsius":14}`

const modelOf = (endpoint: Emulator.EmulatorEndpoint) =>
  SageMakerLanguageModel.layer({ model: ModelEndpoint.chat(endpoint.name) }).pipe(
    Layer.provide(SageMakerRuntime.layer({ region: "eu-west-1" })),
    Layer.provide([
      Signer.layerAnonymous,
      Emulator.layerHttpClient({ endpoints: [endpoint], credentials: "anonymous" })
    ])
  )

/** The text after at most three rounds, and how many tool calls the chat template reads. */
const converse = (name: keyof typeof containers, isStream: boolean) =>
  Effect.suspend(() => {
    const seen: Array<unknown> = []
    const round = (chat: Chat.Service, prompt: string) =>
      isStream
        ? Stream.runFold(
          chat.streamText({ prompt, toolkit }),
          "",
          (text, part) => part.type === "text-delta" ? text + part.delta : text
        )
        : Effect.map(chat.generateText({ prompt, toolkit }), ({ text }) => text)
    return Effect.gen(function*() {
      const chat = yield* Chat.empty
      yield* round(chat, "How warm is it in Bern and in Oslo?")
      return { text: yield* round(chat, "Go on"), calls: seen.length }
    }).pipe(
      Effect.provide([
        handlers,
        modelOf(toolCallingEndpoint(containers[name], (rendered) => seen.push(...rendered)))
      ])
    )
  })

describe("Emulated servers that validate messages accept the history of a conversation with tools:", () => {
  it.effect.each(
    [
      ["vLLM", both, 2],
      ["SGLang", both, 2],
      ["LMI", both, 2],
      ["TGI 2.0", one, 0],
      ["TGI 3.0", one, 0],
      ["TGI 3.1", one, 1],
      ["TGI 3.3", both, 2]
    ] as const
  )(
    "%s",
    ([name, text, calls]) =>
      Effect.map(converse(name, false), (result) => assert.deepStrictEqual(result, { text, calls }))
  )

  it.effect.each(
    [
      ["vLLM", both, 2],
      ["SGLang", both, 2],
      ["LMI", both, 2],
      ["TGI 2.0", one, 0],
      ["TGI 3.0", one, 0],
      ["TGI 3.1", one, 0],
      ["TGI 3.3", both, 2]
    ] as const
  )(
    "%s, streamed",
    ([name, text, calls]) =>
      Effect.map(converse(name, true), (result) => assert.deepStrictEqual(result, { text, calls }))
  )
})

/** A tool for each call that a transcript contains, so that the calls of any model are read. */
const anyTool = (names: ReadonlyArray<string>) =>
  Toolkit.make(...Array.from(new Set(names), (name) => Tool.make(name, { parameters: {} })))

const namesIn = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/"_?name": ?"(\w+)"/g)].flatMap(([, name]) => name ?? [])

const isChatCompletion = (value: Members): boolean => at(value, "choices", 0, "message") !== undefined

const options = (toolkit: Toolkit.Any) => ({ prompt: "Hi", toolkit, disableToolCallResolution: true }) as never

describe.skipIf(!hasCorpora)(needsCorpora("Recorded bodies of TGI and Anthropic"), () => {
  it.effect("of completions give the text and the calls of the completion", () =>
    Effect.gen(function*() {
      const completions = readTranscripts().flatMap(({ name, values }) =>
        values.filter(isChatCompletion).map((value) => ({ name, value }))
      )
      assert.isAbove(completions.length, 20)
      for (const { name, value } of completions) {
        const { layer } = yield* scriptedModel({}, value)
        const response = yield* LanguageModel.generateText(options(anyTool(namesIn(JSON.stringify(value))))).pipe(
          Effect.provide(layer)
        ) as Effect.Effect<LanguageModel.GenerateTextResponse<{}>>
        const message = at(value, "choices", 0, "message")
        assert.strictEqual(response.text, at(message, "content") ?? "", name)
        assert.strictEqual(
          response.content.filter(({ type }) => String(type) === "tool-call").length,
          [at(message, "tool_calls") ?? []].flat().length,
          name
        )
        assert.strictEqual(response.usage.totalTokens, at(value, "usage", "total_tokens"), name)
      }
    }))

  it.effect("of streams give what Tokens.collect gives", () =>
    Effect.gen(function*() {
      for (const { name, text } of readStreams()) {
        const collected = yield* Tokens.detected.frame(Stream.succeed(new TextEncoder().encode(text))).pipe(
          Tokens.collect,
          Effect.either
        )
        const { layer } = yield* scriptedModel({}, text)
        const parts: Array<{ readonly type: string; readonly delta?: string }> = []
        const outcome = yield* (LanguageModel.streamText(options(anyTool(namesIn(text)))) as Stream.Stream<
          { readonly type: string },
          unknown,
          LanguageModel.LanguageModel
        >).pipe(
          Stream.runForEach((part) => Effect.sync(() => parts.push(part))),
          Effect.provide(layer),
          Effect.either
        )
        const joined = (type: string) =>
          parts.filter((part) => part.type === type).map(({ delta }) => delta ?? "").join("")
        if (collected._tag === "Right") {
          assert.strictEqual(joined("text-delta"), collected.right.text, name)
          assert.strictEqual(joined("reasoning-delta"), collected.right.reasoning, name)
          const calls = parts.filter(({ type }) => type === "tool-call").length
          assert.isTrue(outcome._tag === "Left" || calls === collected.right.toolCalls.length, name)
        } else {
          assert.strictEqual(outcome._tag, "Left", name)
        }
      }
    }))
})

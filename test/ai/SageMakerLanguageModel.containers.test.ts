import { Chat, Tool, Toolkit } from "@effect/ai"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema, Stream } from "effect"
import { ModelEndpoint, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { SageMakerLanguageModel } from "effect-sagemaker-runtime/ai"
import { Emulator } from "effect-sagemaker-runtime/testing"
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

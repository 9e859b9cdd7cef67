import { LanguageModel } from "@effect/ai"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { BearerToken, ModelEndpoint } from "effect-sagemaker-runtime"
import { SageMakerLanguageModel } from "effect-sagemaker-runtime/ai"
import { NodeEmulator, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"

const chunk = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] })}\n\n`

const completion = JSON.stringify({
  id: "1",
  object: "chat.completion",
  created: 1,
  model: "",
  choices: [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }]
})

const vllm = Emulator.endpoint("vllm", ({ Body }) => {
  const text = new TextDecoder().decode(Body)
  if (text.includes("fail")) {
    return Effect.fail(
      Emulator.containerError({ status: 400, body: "{\"error\":{\"message\":\"max_tokens is too large\"}}" })
    )
  }
  return Effect.succeed(
    text.includes("\"stream\":true")
      ? Stream.make(chunk({ content: "Hel" }), chunk({ content: "lo" }), chunk({}, "stop"), "data: [DONE]\n\n")
      : completion
  )
})

const live = SageMakerLanguageModel.layer({ model: ModelEndpoint.openAiChat("vllm") }).pipe(
  Layer.provide(
    Layer.unwrapEffect(
      Effect.map(NodeEmulator.NodeEmulator, ({ url }) =>
        BearerToken.layer().pipe(
          Layer.provideMerge(
            NodeSageMaker.layer({ region: "eu-west-1", endpoint: url, credentials: Emulator.credentials })
          )
        ))
    )
  ),
  Layer.provide(NodeEmulator.layer({ endpoints: [vllm], region: "eu-west-1" }))
)

describe("A language model on the OpenAI-compatible route", () => {
  it.live("generates and streams text, and has the container's error as the cause", () =>
    Effect.gen(function*() {
      const { text } = yield* LanguageModel.generateText({ prompt: "Hi" })
      assert.strictEqual(text, "Hello")
      const streamed = yield* LanguageModel.streamText({ prompt: "Hi" }).pipe(
        Stream.map((part) => (part.type === "text-delta" ? part.delta : "")),
        Stream.mkString
      )
      assert.strictEqual(streamed, "Hello")
      const error = yield* Effect.flip(LanguageModel.generateText({ prompt: "fail" }))
      assert.strictEqual(error._tag, "HttpResponseError")
      assert.nestedPropertyVal(error, "cause._tag", "ModelError")
      assert.nestedPropertyVal(error, "cause.OriginalStatusCode", 400)
    }).pipe(Effect.provide(live)))
})

import { LanguageModel } from "@effect/ai"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Stream } from "effect"
import { BearerToken, ModelEndpoint, SageMakerError } from "effect-sagemaker-runtime"
import { SageMakerLanguageModel } from "effect-sagemaker-runtime/ai"
import { chunk, completion, usageChunk } from "../support/languageModel.ts"
import { type Reply, scriptedRuntime } from "../support/scriptedHttpClient.ts"
import { toEvents } from "../support/tokenTranscripts.ts"

const tokens = (token: string) =>
  Layer.succeed(BearerToken.BearerToken, {
    get: Effect.succeed(Redacted.make(token)),
    invalidate: Effect.void
  })

const json = (body: object, status = 200): Reply => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body)
})

const events: Reply = {
  status: 200,
  headers: { "content-type": "text/event-stream" },
  body: `${
    toEvents([chunk({ content: "Hel" }), chunk({ content: "lo" }), chunk({}, "stop"), usageChunk])
  }data: [DONE]\n\n`
}

const modelOn = (...replies: ReadonlyArray<Reply>) =>
  Effect.map(scriptedRuntime(...replies), ({ layer, requests }) => ({
    requests,
    model: SageMakerLanguageModel.layer({ model: ModelEndpoint.openAiChat("llama") }).pipe(
      Layer.provide([layer, tokens("token-of-the-layer")])
    )
  }))

describe("A language model on SageMaker's OpenAI-compatible route", () => {
  it.effect("generates and streams a text with the token of its layer", () =>
    Effect.gen(function*() {
      const { model, requests } = yield* modelOn(json(completion({ content: "Hello" })), events)
      yield* Effect.gen(function*() {
        const { text, usage } = yield* LanguageModel.generateText({ prompt: "Hi" })
        assert.deepStrictEqual([text, usage.totalTokens], ["Hello", 12])
        const streamed = yield* Stream.runFold(
          LanguageModel.streamText({ prompt: "Hi" }),
          "",
          (before, part) => part.type === "text-delta" ? before + part.delta : before
        )
        assert.strictEqual(streamed, "Hello")
      }).pipe(Effect.provide([model, tokens("token-of-the-caller")]))
      const sent = yield* requests
      assert.deepStrictEqual(sent.map(({ headers }) => headers["authorization"]), [
        "Bearer token-of-the-layer",
        "Bearer token-of-the-layer"
      ])
    }))

  it.effect("fails with the container's error as the cause", () =>
    Effect.gen(function*() {
      const message =
        "Received client error (400) from primary with message \"{\"error\":{\"message\":\"secret\"}}\". See " +
        "https://eu-west-1.console.aws.amazon.com/ in account 111122223333 for more information."
      const { model } = yield* modelOn(json({ error: { message, type: "ModelError", code: "424" } }, 424))
      const error = yield* Effect.flip(Effect.provide(LanguageModel.generateText({ prompt: "Hi" }), model))
      assert(error._tag === "HttpResponseError", String(error))
      assert.instanceOf(error.cause, SageMakerError.ModelError)
      assert.notMatch(`${error.message}${JSON.stringify(error)}`, /secret|111122223333|token-of/)
    }))
})

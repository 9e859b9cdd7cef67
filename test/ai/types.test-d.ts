import type { EmbeddingModel, LanguageModel, Model, Prompt, Response } from "@effect/ai"
import { Chunk, type Effect, type Layer, Stream } from "effect"
import { type BearerToken, Chat, Container, ModelEndpoint, type SageMakerRuntime } from "effect-sagemaker-runtime"
import { SageMakerEmbeddingModel, SageMakerLanguageModel } from "effect-sagemaker-runtime/ai"
import { describe, expectTypeOf, it } from "vitest"

type Runtime = SageMakerRuntime.SageMakerRuntime

const chat = ModelEndpoint.chat("llama")

describe("SageMakerLanguageModel", () => {
  it("needs the services that the endpoint needs", () => {
    expectTypeOf(SageMakerLanguageModel.layer({ model: chat })).toEqualTypeOf<
      Layer.Layer<LanguageModel.LanguageModel, never, Runtime>
    >()
    expectTypeOf(SageMakerLanguageModel.layer({ model: Container.vllm("a").chat, config: { top_k: 1 } })).toEqualTypeOf<
      Layer.Layer<LanguageModel.LanguageModel, never, Runtime>
    >()
    expectTypeOf(SageMakerLanguageModel.layer({ model: ModelEndpoint.openAiChat("llama") })).toEqualTypeOf<
      Layer.Layer<LanguageModel.LanguageModel, never, Runtime | BearerToken.BearerToken>
    >()
  })

  it("model is an AiModel", () => {
    expectTypeOf(SageMakerLanguageModel.model(chat, { temperature: 0 })).toEqualTypeOf<
      Model.Model<"sagemaker", LanguageModel.LanguageModel, Runtime>
    >()
  })

  it("the configuration has the members of a chat request, and no others", () => {
    expectTypeOf<SageMakerLanguageModel.Config.Service>().toHaveProperty("temperature")
    expectTypeOf<SageMakerLanguageModel.Config.Service>().toHaveProperty("chat_template_kwargs")
    expectTypeOf<SageMakerLanguageModel.Config.Service>().not.toHaveProperty("messages")
    expectTypeOf<SageMakerLanguageModel.Config.Service>().not.toHaveProperty("tools")
    // @ts-expect-error: the name of the wire is max_tokens
    SageMakerLanguageModel.layer({ model: chat, config: { maxTokens: 1 } })
    expectTypeOf(Chat.withMembers<SageMakerLanguageModel.Config.Service>({ seed: 1 }, { custom: 1 }))
      .toEqualTypeOf<SageMakerLanguageModel.Config.Service>()
  })

  it("withConfigOverride keeps the type of an effect or a stream", () => {
    const effect = {} as Effect.Effect<number, Error, Runtime>
    expectTypeOf(SageMakerLanguageModel.withConfigOverride(effect, {})).toEqualTypeOf<typeof effect>()
    expectTypeOf(effect.pipe(SageMakerLanguageModel.withConfigOverride({}))).toEqualTypeOf<typeof effect>()
    const stream = Stream.fromChunk(Chunk.of(1))
    expectTypeOf(stream.pipe(SageMakerLanguageModel.withConfigOverride({}))).toEqualTypeOf<typeof stream>()
  })

  it("declares its options and its metadata", () => {
    expectTypeOf<NonNullable<Prompt.FilePartOptions["sagemaker"]>["detail"]>()
      .toEqualTypeOf<"auto" | "low" | "high" | undefined>()
    expectTypeOf<NonNullable<Response.FinishPartMetadata["sagemaker"]>["rawFinishReason"]>()
      .toEqualTypeOf<string | undefined>()
  })
})

describe("SageMakerEmbeddingModel", () => {
  it("needs the services that the endpoint needs", () => {
    const model = ModelEndpoint.embeddings("bge")
    type Expected = Layer.Layer<EmbeddingModel.EmbeddingModel, never, Runtime>
    expectTypeOf(SageMakerEmbeddingModel.layerBatched({ model })).toEqualTypeOf<Expected>()
    expectTypeOf(SageMakerEmbeddingModel.layerDataLoader({ model: Container.tei("bge"), window: "5 millis" }))
      .toEqualTypeOf<Expected>()
    // @ts-expect-error: the window is required
    SageMakerEmbeddingModel.layerDataLoader({ model })
  })
})

import { LanguageModel } from "@effect/ai"
import { Effect, Layer, Stream } from "effect"
import { Container } from "effect-sagemaker-runtime"
import { SageMakerLanguageModel } from "effect-sagemaker-runtime/ai"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

const qwen = SageMakerLanguageModel.layer({
  model: Container.vllm("qwen3-8b").chat,
  config: { temperature: 0.2, max_tokens: 500 }
})

export const answer = (question: string) =>
  Effect.map(LanguageModel.generateText({ prompt: question }), ({ text }) => text)

export const write = (question: string, print: (text: string) => Effect.Effect<void>) =>
  LanguageModel.streamText({ prompt: question }).pipe(
    Stream.runForEach((part) => part.type === "text-delta" ? print(part.delta) : Effect.void)
  )

export const layer = qwen.pipe(Layer.provide(NodeSageMaker.layer()))

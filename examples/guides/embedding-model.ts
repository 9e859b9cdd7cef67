import { Effect, Layer } from "effect"
import { ModelEndpoint } from "effect-sagemaker-runtime"
import { SageMakerEmbeddingModel } from "effect-sagemaker-runtime/ai"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { makeIndex } from "../search.ts"

const bge = SageMakerEmbeddingModel.layerBatched({
  model: ModelEndpoint.embeddings("bge-m3", { maxBatchSize: 32, concurrency: 4 }),
  cache: { capacity: 10_000, timeToLive: "1 hour" }
})

export const search = (text: string, question: string) =>
  Effect.flatMap(makeIndex(text), (find) => find(question)).pipe(
    Effect.provide(bge.pipe(Layer.provide(NodeSageMaker.layer())))
  )

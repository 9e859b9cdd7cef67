import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Container } from "effect-sagemaker-runtime"
import { SageMakerEmbeddingModel } from "effect-sagemaker-runtime/ai"
import { emulated } from "./emulated.ts"
import { embeddingContainer } from "./search-container.ts"
import { makeIndex } from "./search.ts"

const text = `
Retries have a quota of 500 tokens. A retry costs 5 tokens.

A stream of tokens ends with its usage.

The emulator verifies signatures as AWS does.
`

const client = emulated(embeddingContainer("bge-m3", "BAAI/bge-m3"))
const model = Container.vllm("bge-m3").embeddings

const layers = [
  ["batched", SageMakerEmbeddingModel.layerBatched({ model, maxBatchSize: 2 })],
  ["data loader", SageMakerEmbeddingModel.layerDataLoader({ model, window: "5 millis" })]
] as const

it.live.each(layers)("finds the paragraph that answers a question (%s)", ([, layer]) =>
  Effect.gen(function*() {
    const search = yield* makeIndex(text)
    const [first, second] = yield* search("What verifies the signatures?", 2)
    assert.strictEqual(first?.paragraph, "The emulator verifies signatures as AWS does.")
    assert.isAbove(first?.similarity ?? 0, second?.similarity ?? 1)
    const [quota] = yield* search("Which quota do retries have?")
    assert.match(quota?.paragraph ?? "", /^Retries/)
  }).pipe(Effect.provide(Layer.provide(layer, client))))

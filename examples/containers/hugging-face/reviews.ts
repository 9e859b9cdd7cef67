import { Effect } from "effect"
import { Container } from "effect-sagemaker-runtime"

const sentiment = Container.huggingFace("sentiment", "text-classification")
const places = Container.huggingFace("places", "token-classification")

export const describe = (review: string) =>
  Effect.gen(function*() {
    const labels = yield* sentiment.invoke({ inputs: review, parameters: { top_k: 1 } })
    const entities = yield* places.invoke({ inputs: review, parameters: { aggregation_strategy: "simple" } })
    return {
      sentiment: [labels].flat(2)[0]?.label,
      places: [entities].flat(2).map(({ word }) => word)
    }
  })

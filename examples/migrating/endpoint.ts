import { Config, Layer } from "effect"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

export const live = Layer.unwrapEffect(
  Config.map(Config.url("MODELS_URL"), (endpoint) => NodeSageMaker.layer({ endpoint }))
)

import { Config, Layer } from "effect"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

export const live = Layer.unwrapEffect(
  Config.map(Config.string("PROXY_URL"), (proxy) => NodeSageMaker.layer({ http: { proxy } }))
)

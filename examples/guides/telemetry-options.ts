import { Layer } from "effect"
import { Telemetry } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

export const live = NodeSageMaker.layer().pipe(
  Telemetry.metrics({
    drop: ["sagemaker_runtime.request.size", "sagemaker_runtime.response.size"],
    dimensions: {
      drop: ["gen_ai.provider.name"],
      rename: { "aws.sagemaker.endpoint.name": "endpoint" },
      constant: { client: "orders" }
    }
  }),
  Layer.merge(Layer.succeed(Telemetry.AttemptSpans, "events"))
)

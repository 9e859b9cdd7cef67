import { Effect } from "effect"
import { InvokeEndpoint, SageMakerRuntime } from "effect-sagemaker-runtime"

export const program = Effect.flatMap(
  SageMakerRuntime.SageMakerRuntime,
  ({ execute }) => execute(InvokeEndpoint.operation, { EndpointName: "anomaly-v2", Body: "{}" })
)

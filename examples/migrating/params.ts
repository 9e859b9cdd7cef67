import { invokeEndpoint } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

export const live = NodeSageMaker.layer({ params: { TargetVariant: "blue" } })

export const program = invokeEndpoint({ EndpointName: "anomaly-v2", Body: "{}" })

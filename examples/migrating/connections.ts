import { NodeSageMaker } from "effect-sagemaker-runtime/node"

export const live = NodeSageMaker.layer({
  http: { connections: 25, keepAliveTimeout: "30 seconds" }
})

import { NodeSageMaker } from "effect-sagemaker-runtime/node"

export const live = NodeSageMaker.layer({
  http: { connectTimeout: "2 seconds" },
  timeouts: { firstByte: "10 seconds", idle: "10 seconds", total: "1 minute" }
})

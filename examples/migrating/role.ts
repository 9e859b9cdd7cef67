import { Layer } from "effect"
import { NodeCredentials, NodeHttpClient, NodeSageMaker } from "effect-sagemaker-runtime/node"

const role = NodeCredentials.layerAssumeRole({ roleArn: "arn:aws:iam::123456789012:role/inference" })

export const live = NodeSageMaker.layer({
  region: "eu-west-1",
  credentials: role.pipe(Layer.provide(NodeCredentials.layerDefault()), Layer.provide(NodeHttpClient.layer()))
})

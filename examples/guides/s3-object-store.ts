import { Layer } from "effect"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { S3ObjectStore } from "effect-sagemaker-runtime/s3"

export const live = S3ObjectStore.layer({
  ServerSideEncryption: "aws:kms",
  SSEKMSKeyId: "alias/inference",
  partSize: 16 * 1024 * 1024
}).pipe(Layer.provideMerge(NodeSageMaker.layer()))

import { NodeSageMaker } from "effect-sagemaker-runtime/node"

export const live = NodeSageMaker.layer({
  region: "eu-west-1",
  credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI" }
})

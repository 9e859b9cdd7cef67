import { NodeSageMaker } from "effect-sagemaker-runtime/node"

export const live = NodeSageMaker.layer({ region: "us-gov-west-1", useFipsEndpoint: true })

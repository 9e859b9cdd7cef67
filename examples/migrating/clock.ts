import { NodeSageMaker } from "effect-sagemaker-runtime/node"

export const live = NodeSageMaker.layer({ clockOffset: -2_000, correctClockSkew: true })

import { NodeSageMaker } from "effect-sagemaker-runtime/node"

export const live = NodeSageMaker.layer({ validation: { pattern: false } })

import { RetryPolicy } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

export const live = NodeSageMaker.layer({ retry: RetryPolicy.standard({ maxAttempts: 6 }) })

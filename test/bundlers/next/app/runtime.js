import { ManagedRuntime } from "effect"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

export const runtime = ManagedRuntime.make(NodeSageMaker.layer())

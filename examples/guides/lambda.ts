import { ManagedRuntime } from "effect"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { score } from "../anomaly.ts"

const runtime = ManagedRuntime.make(NodeSageMaker.layer({ timeouts: { total: "10 seconds" } }))

export const handler = (event: { readonly cpu: number; readonly load: number }) => runtime.runPromise(score(event))

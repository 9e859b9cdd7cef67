import { Effect, ManagedRuntime } from "effect"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { score } from "../anomaly.ts"

const reading = { cpu: 0.2, load: 17 }

const runtime = ManagedRuntime.make(NodeSageMaker.layer())

export const callOnSharedClient = () => runtime.runPromise(score(reading))

export const callOnNewClient = () => Effect.runPromise(Effect.provide(score(reading), NodeSageMaker.layer()))

export const close = () => runtime.dispose()

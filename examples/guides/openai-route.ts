import { Layer, ManagedRuntime } from "effect"
import { BearerToken, OpenAiRoute } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

const runtime = ManagedRuntime.make(BearerToken.layer().pipe(Layer.provideMerge(NodeSageMaker.layer())))

export const connect = () => runtime.runPromise(OpenAiRoute.make("llama-3-8b"))

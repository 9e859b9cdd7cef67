import { Layer, ManagedRuntime } from "effect"
import { BearerToken, OpenAiRoute } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

const region = "eu-west-1"

const runtime = ManagedRuntime.make(
  BearerToken.layer({ region }).pipe(Layer.provide(NodeSageMaker.layer({ region })))
)

export const connect = () => runtime.runPromise(OpenAiRoute.make("llama-3-8b", { region }))

import { FetchHttpClient } from "@effect/platform"
import { Config, Layer } from "effect"
import { SageMakerRuntime, Signer } from "effect-sagemaker-runtime"

export const live = SageMakerRuntime.layerConfig({
  region: Config.string("AWS_REGION"),
  endpoint: Config.string("MODELS_URL")
}).pipe(Layer.provide([Signer.layerAnonymous, FetchHttpClient.layer]))

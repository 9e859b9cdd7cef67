import { Layer } from "effect"
import { NodeEmulator, NodeHttpClient } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"

export const emulator = NodeEmulator.layer({
  port: 4566,
  endpoints: [
    Emulator.container("llama", "http://127.0.0.1:8000"),
    Emulator.container("transcription", "http://127.0.0.1:8001", { AsyncInferenceConfig: {} })
  ]
}).pipe(Layer.provide(NodeHttpClient.layer({ proxy: false })))

import { Effect, Layer } from "effect"
import { NodeEmulator, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"

export const emulated = (deploy: Effect.Effect<Emulator.EmulatorEndpoint>) => {
  const emulator = Layer.unwrapEffect(Effect.map(deploy, (model) => NodeEmulator.layer({ endpoints: [model] })))
  return Layer.unwrapEffect(
    Effect.map(NodeEmulator.NodeEmulator, ({ url }) =>
      NodeSageMaker.layer({
        region: "us-east-1",
        endpoint: url,
        credentials: Emulator.credentials,
        http: { proxy: false }
      }))
  ).pipe(Layer.provideMerge(emulator))
}

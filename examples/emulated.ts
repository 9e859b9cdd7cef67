import { Effect, Layer } from "effect"
import { NodeEmulator, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"

export const emulated = (...endpoints: ReadonlyArray<Emulator.EmulatorEndpoint>) =>
  Layer.unwrapEffect(
    Effect.map(NodeEmulator.NodeEmulator, ({ url }) =>
      NodeSageMaker.layer({
        region: "us-east-1",
        endpoint: url,
        credentials: Emulator.credentials,
        http: { proxy: false }
      }))
  ).pipe(Layer.provideMerge(NodeEmulator.layer({ endpoints })))

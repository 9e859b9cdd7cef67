/** Starts the emulator before the browser and stops it afterwards. */
import { Effect, Exit, Layer, Scope } from "effect"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { observedEndpoints } from "../support/observedEndpoints.ts"

const emulator = NodeEmulator.layer({ region: "eu-west-1", endpoints: observedEndpoints })

export default async () => {
  const scope = await Effect.runPromise(Scope.make())
  const { url } = await Layer.buildWithScope(emulator, scope).pipe(
    Effect.flatMap((context) => Effect.provide(NodeEmulator.NodeEmulator, context)),
    Effect.runPromise
  )
  process.env["EMULATOR_URL"] = url
  return () => Effect.runPromise(Scope.close(scope, Exit.void))
}

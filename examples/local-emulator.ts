import { Console, Effect, Layer } from "effect"
import { NodeEmulator, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { score } from "./anomaly.ts"

const emulator = NodeEmulator.layer({
  endpoints: [Emulator.endpoint("anomaly-v2", () => Effect.succeed(`{"score":0.9}`))]
})

const local = Layer.unwrapEffect(
  Effect.map(
    NodeEmulator.NodeEmulator,
    ({ url }) => NodeSageMaker.layer({ region: "eu-west-1", endpoint: url, credentials: Emulator.credentials })
  )
).pipe(Layer.provide(emulator))

await score({ cpu: 0.2, load: 17 }).pipe(
  Effect.flatMap((score) => Console.log(`anomaly score: ${score}`)),
  Effect.provide(local),
  Effect.runPromise
)

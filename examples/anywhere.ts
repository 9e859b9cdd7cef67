import { FetchHttpClient } from "@effect/platform"
import { Console, Effect, Layer } from "effect"
import { Credentials, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { score } from "./anomaly.ts"

const live = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
  Layer.provide([Signer.layer, FetchHttpClient.layer]),
  Layer.provide(Credentials.layerEnv)
)

await score({ cpu: 0.2, load: 17 }).pipe(
  Effect.flatMap((score) => Console.log(`anomaly score: ${score}`)),
  Effect.provide(live),
  Effect.runPromise
)

import { Console, Effect } from "effect"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { score } from "./anomaly.ts"

await score({ cpu: 0.2, load: 17 }).pipe(
  Effect.flatMap((score) => Console.log(`anomaly score: ${score}`)),
  Effect.provide(NodeSageMaker.layer()),
  Effect.runPromise
)

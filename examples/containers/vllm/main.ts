import { Console, Effect } from "effect"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { answer } from "./answer.ts"

const documents = ["The river is blue.", "The town hall is grey."]

await answer("Which colour is the town hall?", documents, Console.log).pipe(
  Effect.flatMap(({ finishReason }) => Console.log(`finish reason: ${finishReason}`)),
  Effect.provide(NodeSageMaker.layer()),
  Effect.runPromise
)

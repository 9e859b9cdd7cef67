import { Console, Effect } from "effect"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { answer } from "./answer.ts"

const documents = ["The river is blue.", "The town hall is grey."]

const write = (text: string) => Effect.sync(() => process.stdout.write(text)).pipe(Effect.asVoid)

await answer("Which colour is the town hall?", documents, write).pipe(
  Effect.flatMap(({ finishReason }) => Console.log(`\nfinish reason: ${finishReason}`)),
  Effect.provide(NodeSageMaker.layer()),
  Effect.runPromise
)

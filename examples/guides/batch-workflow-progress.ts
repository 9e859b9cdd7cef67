import { Console, Effect, Schedule } from "effect"
import type { BatchWorkflow } from "effect-sagemaker-runtime/workflow"

export const printProgress = <Name extends string, R>(
  batch: BatchWorkflow.BatchWorkflow<Name, R>,
  execution: BatchWorkflow.BatchExecution
) =>
  batch.progress(execution).pipe(
    Effect.flatMap(({ failed, rows, total = 0 }) => Console.log(`${rows} of ${total} rows, ${failed} failed`)),
    Effect.repeat(Schedule.spaced("10 seconds"))
  )

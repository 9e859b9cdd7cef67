import { Effect } from "effect"
import { AsyncInference } from "effect-sagemaker-runtime"
import { summarizer } from "../async.ts"

export const summaryOrReason = (book: string) =>
  AsyncInference.run(summarizer, book, { RequestTTLSeconds: 600, timeout: "5 minutes" }).pipe(
    Effect.map(({ summary }) => summary),
    Effect.catchTags({
      AsyncInferenceFailedError: ({ job }) => Effect.succeed(`request ${job.inferenceId} failed`),
      AsyncInferenceTimeoutError: ({ job }) => Effect.succeed(`request ${job.inferenceId} has no result yet`),
      ObjectStoreError: ({ operation, reason }) => Effect.succeed(`cannot ${operation} the result: ${reason}`)
    })
  )

import { Effect, Schema } from "effect"
import { AsyncInference } from "effect-sagemaker-runtime"
import { summarizer } from "../async.ts"

const JobText = Schema.parseJson(AsyncInference.Job)

export const submitBook = (book: string) =>
  AsyncInference.submit(summarizer, book).pipe(Effect.flatMap(Schema.encode(JobText)))

export const summaryOf = (job: string) =>
  Schema.decode(JobText)(job).pipe(
    Effect.flatMap((job) => AsyncInference.result(summarizer, job)),
    Effect.map(({ summary }) => summary)
  )

import { Effect, Either, Stream } from "effect"
import { AsyncInference } from "effect-sagemaker-runtime"
import { summarizer } from "../async.ts"

export const summarizeAll = (books: ReadonlyArray<string>) =>
  Effect.forEach(books, (book) => AsyncInference.submit(summarizer, book), { concurrency: 8 }).pipe(
    Stream.fromEffect,
    Stream.flatMap((jobs) => AsyncInference.results(summarizer, jobs)),
    Stream.map(({ job, result }) =>
      Either.match(result, {
        onLeft: ({ _tag }) => `${job.inferenceId}: ${_tag}`,
        onRight: ({ summary }) => `${job.inferenceId}: ${summary}`
      })
    )
  )

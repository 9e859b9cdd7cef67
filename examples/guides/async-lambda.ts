import { Effect, ManagedRuntime, Option } from "effect"
import { AsyncInference, ObjectStore } from "effect-sagemaker-runtime"
import { live, summarizer } from "../async.ts"

const storeSummary = (completion: AsyncInference.Completion) =>
  Effect.gen(function*() {
    const { inferenceId } = completion
    const job = AsyncInference.jobOf(completion)
    if (Option.isNone(job)) {
      return yield* Effect.logWarning(`request ${inferenceId} failed`)
    }
    const { summary } = yield* AsyncInference.result(summarizer, job.value)
    const objects = yield* ObjectStore.ObjectStore
    return yield* objects.put(`s3://example-bucket/summaries/${inferenceId}.txt`, new TextEncoder().encode(summary))
  })

const failureOf = ({ completion, messageId }: AsyncInference.CompletionRecord) =>
  Effect.flatMap(completion, storeSummary).pipe(
    Effect.as([]),
    Effect.catchAll((error) =>
      messageId === undefined
        ? Effect.fail(error)
        : Effect.as(Effect.logWarning(error.message), [{ itemIdentifier: messageId }])
    )
  )

export const storeSummaries = (event: unknown) =>
  Effect.forEach(AsyncInference.completionsOf(event), failureOf, { concurrency: 8 }).pipe(
    Effect.map((failures) => ({ batchItemFailures: failures.flat() }))
  )

const runtime = ManagedRuntime.make(live)

export const handler = (event: unknown) => runtime.runPromise(storeSummaries(event))

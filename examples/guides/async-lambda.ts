import { DateTime, Effect, ManagedRuntime } from "effect"
import { AsyncInference, ObjectStore } from "effect-sagemaker-runtime"
import { live, summarizer } from "../async.ts"

const store = ({ inferenceId, outputLocation }: AsyncInference.Completion) =>
  Effect.gen(function*() {
    if (outputLocation === undefined) {
      return yield* Effect.logWarning(`request ${inferenceId} failed`)
    }
    const now = yield* DateTime.now
    const job = new AsyncInference.Job({
      endpoint: summarizer.name,
      inferenceId,
      outputLocation,
      submittedAt: now,
      expiresAt: now
    })
    const { summary } = yield* AsyncInference.result(summarizer, job)
    const objects = yield* ObjectStore.ObjectStore
    yield* objects.put(`s3://example-bucket/summaries/${inferenceId}.txt`, new TextEncoder().encode(summary))
  })

const runtime = ManagedRuntime.make(live)

export const handler = (event: unknown) =>
  Effect.forEach(
    AsyncInference.completionsOf(event),
    ({ completion, messageId }) =>
      Effect.flatMap(completion, store).pipe(
        Effect.as([]),
        Effect.catchAll((error) =>
          messageId === undefined ? Effect.fail(error) : Effect.succeed([{ itemIdentifier: messageId }])
        )
      ),
    { concurrency: 8 }
  ).pipe(
    Effect.map((failures) => ({ batchItemFailures: failures.flat() })),
    runtime.runPromise
  )

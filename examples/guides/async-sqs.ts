import { Effect, Either, identity, Stream } from "effect"
import { AsyncInference } from "effect-sagemaker-runtime"

export interface Queue<E> {
  readonly receive: Effect.Effect<unknown, E>
  readonly remove: (receiptHandle: string) => Effect.Effect<void, E>
}

export const handleResults = <A, B, E, E2>(
  model: AsyncInference.AsyncModel<A, B>,
  jobs: ReadonlyArray<AsyncInference.Job>,
  queue: Queue<E>,
  handle: (result: AsyncInference.JobResult<B>) => Effect.Effect<void, E2>
) => {
  const receipts = new Map(jobs.map(({ inferenceId }) => [inferenceId, new Set<string>()]))

  const received = ({ completion, receiptHandle = "" }: AsyncInference.CompletionRecord) =>
    Either.match(completion, {
      onLeft: ({ message }) => Effect.zipRight(Effect.logWarning(message), Effect.succeedNone),
      onRight: (completion) => {
        const handles = receipts.get(completion.inferenceId)
        if (handles === undefined) {
          return Effect.zipRight(queue.remove(receiptHandle), Effect.succeedNone)
        }
        handles.add(receiptHandle)
        return Effect.succeedSome(completion)
      }
    })

  const completions = Stream.repeatEffect(queue.receive).pipe(
    Stream.mapConcat(AsyncInference.completionsOf),
    Stream.mapEffect(received),
    Stream.filterMap(identity)
  )

  const finish = ({ inferenceId }: AsyncInference.Job) =>
    Effect.suspend(() => {
      const handles = receipts.get(inferenceId) ?? []
      receipts.delete(inferenceId)
      return Effect.forEach(handles, queue.remove, { discard: true })
    })

  return AsyncInference.results(model, jobs, { completions }).pipe(
    Stream.runForEach((result) => Effect.zipRight(handle(result), finish(result.job)))
  )
}

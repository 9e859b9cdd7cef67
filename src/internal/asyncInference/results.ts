/** Waits for the results of many jobs: by shared polling, or by notifications. */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { AsyncInferenceError, AsyncModel, Job, JobResult, ResultsOptions } from "../../AsyncInference.ts"
import { ObjectStore, type ObjectStoreService } from "../../ObjectStore.ts"
import {
  AsyncInferenceFailedError,
  AsyncInferenceTimeoutError,
  type InvalidInputError,
  type ObjectStoreError
} from "../../SageMakerError.ts"
import { currentMonotonicMillis } from "../time/monotonicClock.ts"
import { timeout } from "../time/timeout.ts"
import { JobQueue, type ReadyJob } from "./jobQueue.ts"
import { readCompletion, readResults } from "./options.ts"
import { findOutput, readOutput } from "./outcome.ts"
import { ResultSpans } from "./tracing/spans.ts"
import { retryUnavailable } from "./wait.ts"

type Model<B, R> = Pick<AsyncModel<never, B, R>, "response">

/** The outcome of a job. None if its result is not there, although a list or a notification reported it. */
const readJob = <B, R>(
  store: ObjectStoreService,
  model: Model<B, R>,
  { failureReason, isTimedOut, pending: { job, since, span }, remainingMillis }: ReadyJob,
  maxOutputBytes: number
): Effect.Effect<Option.Option<B>, AsyncInferenceError, R> =>
  Effect.gen(function*() {
    const now = yield* currentMonotonicMillis
    const timedOut = (at: number) => new AsyncInferenceTimeoutError({ job, elapsed: Math.round(at - since) })
    if (isTimedOut) {
      return yield* timedOut(now)
    }
    const value = yield* Effect.flatMap(
      findOutput(store, job, span),
      Option.match({
        onNone: () => Effect.succeedNone,
        onSome: (info) => readOutput(store, model, job, info, maxOutputBytes, span)
      })
    ).pipe(
      retryUnavailable,
      timeout(remainingMillis, () => timedOut(now + remainingMillis))
    )
    if (Option.isNone(value) && failureReason !== undefined) {
      return yield* new AsyncInferenceFailedError({ job, failure: failureReason })
    }
    return value
  })

const isAccessDenied = (error: AsyncInferenceError): error is ObjectStoreError =>
  error._tag === "ObjectStoreError" && error.reason === "access-denied"

/** The result of a job. None if the job is waited for again. */
const toResult = <B, E, R, R2>(
  queue: JobQueue<E, R2>,
  { pending }: ReadyJob,
  read: Effect.Effect<Option.Option<B>, AsyncInferenceError, R>
): Effect.Effect<Option.Option<JobResult<B>>, ObjectStoreError, R> => {
  const emit = (result: JobResult<B>["result"]) =>
    Effect.as(queue.finish(pending, result), Option.some<JobResult<B>>({ job: pending.job, result }))
  return Effect.flatMap(Effect.either(read), (outcome) => {
    if (Either.isLeft(outcome)) {
      return isAccessDenied(outcome.left) ? Effect.fail(outcome.left) : emit(Either.left(outcome.left))
    }
    if (Option.isSome(outcome.right)) {
      return emit(Either.right(outcome.right.value))
    }
    pending.isPolled = true
    return Effect.as(queue.await(pending), Option.none())
  })
}

export const results = <A, B, R, E, R2, E3, R3>(
  model: Pick<AsyncModel<A, B, R>, "response">,
  jobs: Stream.Stream<Job, E, R2>,
  options?: ResultsOptions<E3, R3>
): Stream.Stream<
  JobResult<B>,
  ObjectStoreError | InvalidInputError | E | E3,
  ObjectStore | R | R2 | R3
> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const { completions, concurrency, isPolling, wait } = yield* readResults(options)
    const store = yield* ObjectStore
    const ready = yield* Mailbox.make<ReadyJob, ObjectStoreError | InvalidInputError | E | E3>()
    const queue = new JobQueue<InvalidInputError | E | E3, R3>(
      ready,
      yield* Queue.sliding<void>(1),
      store,
      yield* ResultSpans.make,
      wait,
      isPolling
    )
    const start = <E4 extends ObjectStoreError | InvalidInputError | E | E3, R4>(work: Effect.Effect<void, E4, R4>) =>
      Effect.forkScoped(Effect.catchAllCause(work, (cause: Cause.Cause<E4>) => ready.failCause(cause)))

    yield* start(Effect.zipRight(Stream.runForEach(jobs, (job) => queue.add(job)), queue.complete))
    if (completions !== undefined) {
      const notify = Stream.runForEach(
        completions,
        (completion) => Effect.flatMap(readCompletion(completion), (status) => queue.notify(status))
      )
      yield* start(Effect.zipRight(notify, queue.notificationsEnded))
    }
    yield* start(queue.watch)

    return Mailbox.toStream(ready).pipe(
      Stream.mapEffect(
        (job) => {
          const read = readJob(store, model, job, wait.maxOutputBytes)
          return toResult(queue, job, job.pending.span?.around(read) ?? read)
        },
        { concurrency, unordered: true }
      ),
      Stream.filterMap((result) => result)
    )
  }))

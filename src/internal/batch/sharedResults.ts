/** Waits for the results of the asynchronous requests of a batch: one loop polls the store for all of them. */
import type * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Mailbox from "effect/Mailbox"
import * as Stream from "effect/Stream"
import type { AsyncInferenceError, AsyncModel, Job, ResultsOptions } from "../../AsyncInference.ts"
import type { ObjectStore } from "../../ObjectStore.ts"
import type { InvalidInputError } from "../../SageMakerError.ts"
import { results } from "../asyncInference/results.ts"

type WaitError = AsyncInferenceError | InvalidInputError

interface Loop {
  readonly jobs: Mailbox.Mailbox<Job>
  fiber: Fiber.Fiber<void> | undefined
}

/** The requests of one model and store whose results are awaited. */
export class SharedResults<B, R, R2> {
  readonly #model: Pick<AsyncModel<never, B, R>, "response">
  readonly #options: ResultsOptions<never, R2>
  readonly #waiting = new Map<Job, Deferred.Deferred<B, WaitError>>()
  #loop: Loop | undefined

  constructor(model: Pick<AsyncModel<never, B, R>, "response">, options: ResultsOptions<never, R2>) {
    this.#model = model
    this.#options = options
  }

  /** Waits for the result of a job. */
  wait(job: Job): Effect.Effect<B, WaitError, ObjectStore | R | R2> {
    return Effect.acquireUseRelease(this.#join(job), Deferred.await, () => this.#leave(job))
  }

  #join(job: Job) {
    return Effect.gen(this, function*() {
      const result = yield* Deferred.make<B, WaitError>()
      this.#waiting.set(job, result)
      const { jobs } = this.#loop ?? (yield* this.#start())
      yield* jobs.offer(job)
      return result
    })
  }

  /** The last job ends the loop. */
  #leave(job: Job): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#waiting.delete(job)
      const fiber = this.#loop?.fiber
      if (this.#waiting.size > 0 || fiber === undefined) {
        return Effect.void
      }
      this.#loop = undefined
      return Fiber.interruptFork(fiber)
    })
  }

  #start() {
    return Effect.gen(this, function*() {
      const jobs = yield* Mailbox.make<Job>()
      // Another call can have started the loop in the meantime.
      if (this.#loop !== undefined) {
        return this.#loop
      }
      const loop: Loop = { jobs, fiber: undefined }
      this.#loop = loop
      loop.fiber = yield* Effect.forkDaemon(Effect.interruptible(this.#run(loop)))
      return loop
    })
  }

  #run(loop: Loop): Effect.Effect<void, never, ObjectStore | R | R2> {
    return results(this.#model, Mailbox.toStream(loop.jobs), this.#options).pipe(
      Stream.runForEach(({ job, result }) =>
        Effect.sync(() => {
          const waiting = this.#waiting.get(job)
          if (waiting !== undefined) {
            Deferred.unsafeDone(waiting, result)
          }
        })
      ),
      Effect.catchAllCause((cause) => Effect.sync(() => this.#fail(loop, cause)))
    )
  }

  /** Fails the jobs that are awaited. The next job starts another loop. */
  #fail(loop: Loop, cause: Cause.Cause<WaitError>): void {
    if (this.#loop === loop) {
      this.#loop = undefined
      for (const waiting of this.#waiting.values()) {
        Deferred.unsafeDone(waiting, Effect.failCause(cause))
      }
    }
  }
}

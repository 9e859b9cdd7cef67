/** The jobs of a call of `results`: from when they are known until their results can be read. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import type * as Mailbox from "effect/Mailbox"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import type { CompletionStatus, Job, WaitProgress } from "../../AsyncInference.ts"
import type { ObjectStoreService } from "../../ObjectStore.ts"
import { ObjectStoreError } from "../../SageMakerError.ts"
import { currentMonotonicMillis } from "../time/monotonicClock.ts"
import { timeout } from "../time/timeout.ts"
import type { Wait } from "./options.ts"
import { type PendingJob, PendingJobs, ReportedJobs } from "./pendingJobs.ts"
import { SharedPolling } from "./sharedPolling.ts"
import type { ResultSpans } from "./tracing/spans.ts"
import { delay, expiredPollMillis, lastPollMillis, millisUntilExpired, report, tolerant } from "./wait.ts"

/** A job whose result can be read, or that has timed out. */
export interface ReadyJob {
  readonly pending: PendingJob
  readonly isTimedOut: boolean
  /** How long reading the result may take: the time to the deadline when the result was found. */
  readonly remainingMillis: number
  /** The reason of a failure, from a notification. */
  readonly failureReason?: string | undefined
}

/** The longest time between two looks at the deadlines. */
const maxIdleMillis = 3_600_000

/** How long one poll for all jobs may take. */
const maxPollMillis = 60_000

const unresponsive = (jobs: ReadonlyArray<PendingJob>, millis: number): ObjectStoreError =>
  new ObjectStoreError({
    operation: "list",
    location: jobs[0]?.job.outputLocation ?? "",
    reason: "unavailable",
    problem: `the store did not respond within ${Math.round(millis)} ms`
  })

export class JobQueue<E, R> {
  readonly ready: Mailbox.Mailbox<ReadyJob, ObjectStoreError | E>
  readonly #options: Wait<R>
  readonly #polling: SharedPolling
  readonly #spans: ResultSpans
  readonly #wake: Queue.Queue<void>
  readonly #pending = new PendingJobs()
  readonly #reported = new ReportedJobs()
  /** Whether the store is polled for every job. */
  #isPolling: boolean
  #open = 0
  #isComplete = false

  constructor(
    ready: Mailbox.Mailbox<ReadyJob, ObjectStoreError | E>,
    wake: Queue.Queue<void>,
    store: ObjectStoreService,
    spans: ResultSpans,
    options: Wait<R>,
    isPolling: boolean
  ) {
    this.ready = ready
    this.#wake = wake
    this.#polling = new SharedPolling(store)
    this.#spans = spans
    this.#options = options
    this.#isPolling = isPolling
  }

  /** Adds a job. */
  add(job: Job): Effect.Effect<void> {
    return Effect.gen(this, function*() {
      const millis = this.#options.timeoutMillis ?? (yield* millisUntilExpired(job))
      const since = yield* currentMonotonicMillis
      const span = yield* this.#spans.start(job)
      this.#open += 1
      yield* this.await({ job, since, deadline: since + millis, isPolled: false, checks: 0, span })
      const reported = this.#reported.take(job)
      if (reported !== undefined) {
        yield* this.notify(reported)
      }
    })
  }

  /** Waits for a job, for the first time or again. */
  await(pending: PendingJob): Effect.Effect<void> {
    return Effect.suspend(() => {
      const isIdle = this.#pending.size === 0 || !this.#isPolling
      this.#pending.add(pending)
      return isIdle ? this.#wakeUp : Effect.void
    })
  }

  /** No job is added after this. */
  readonly complete: Effect.Effect<void> = Effect.suspend(() => {
    this.#isComplete = true
    this.#reported.clear()
    return this.#endIfDone
  })

  /** The result of a job was read. */
  finish({ span }: PendingJob, result: Either.Either<unknown, unknown>): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#spans.end(span, Either.match(result, { onLeft: Exit.fail, onRight: Exit.succeed }))
      this.#open -= 1
      return this.#endIfDone
    })
  }

  get #endIfDone(): Effect.Effect<void> {
    return this.#isComplete && this.#open === 0 ? Effect.asVoid(this.ready.end) : Effect.void
  }

  get #wakeUp(): Effect.Effect<void> {
    return Effect.asVoid(Queue.offer(this.#wake, undefined))
  }

  /** Handles a notification. It is kept for jobs that are added later. */
  notify(completion: CompletionStatus): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { failureReason, status } = completion
      const jobs = this.#pending.matching(completion)
      if (!this.#isComplete) {
        this.#reported.add(completion, jobs[0]?.job)
      }
      // Requests to one endpoint can have the same ID, too: the notification is about one of them.
      const isAboutAll = new Set(jobs.map(({ job }) => job.outputLocation)).size === 1
      const reason = status === "Failed" && isAboutAll ? failureReason ?? "" : undefined
      return Effect.forEach(jobs, (pending) => this.#release(pending, false, reason), { discard: true })
    })
  }

  /** No notification comes after this: the store is polled for the other jobs. */
  readonly notificationsEnded: Effect.Effect<void> = Effect.suspend(() => {
    this.#isPolling = true
    return this.#wakeUp
  })

  #release(pending: PendingJob, isTimedOut: boolean, failureReason?: string): Effect.Effect<void> {
    return Effect.flatMap(currentMonotonicMillis, (now) => {
      if (!this.#pending.remove(pending)) {
        return Effect.void
      }
      const { deadline, since } = pending
      const remainingMillis = Math.max(deadline - now, deadline === since ? expiredPollMillis : lastPollMillis)
      return Effect.asVoid(this.ready.offer({ pending, isTimedOut, remainingMillis, failureReason }))
    })
  }

  #isPolled({ deadline, isPolled }: PendingJob, now: number): boolean {
    return this.#isPolling || isPolled || deadline <= now
  }

  /** Polls the store and watches the deadlines, until interrupted. */
  get watch(): Effect.Effect<never, ObjectStoreError, R> {
    const { onProgress = () => Effect.void, schedule } = this.#options
    return Effect.gen(this, function*() {
      const start = yield* currentMonotonicMillis
      const driver = yield* Schedule.driver(schedule)
      const poll = this.#makePoll()
      for (let polls = 0;;) {
        const now = yield* currentMonotonicMillis
        const jobs = this.#pending.all.filter((pending) => this.#isPolled(pending, now))
        polls += jobs.length === 0 ? 0 : 1
        const progress = { elapsed: Duration.millis(Math.round(now - start)), polls }
        if (jobs.length > 0) {
          yield* this.#expire(jobs, yield* poll(jobs, now))
          yield* report(onProgress, progress, yield* this.#idleMillis)
        }
        yield* this.#pause(driver, progress)
      }
    })
  }

  /**
   * How long a poll may take. A store that does not respond must not delay the jobs of which the deadline passes
   * during the poll.
   */
  #pollLimit(now: number): number {
    const untilDeadline = this.#pending.nextDeadline - now
    return untilDeadline > 0 ? Math.min(untilDeadline + lastPollMillis, maxPollMillis) : maxPollMillis
  }

  /**
   * One poll for several jobs. Returns the time up to which jobs have expired. The poll of an unavailable store expires
   * no job, because the store may have its result. The poll of a store that did not respond in time does.
   */
  #makePoll() {
    let jobs: ReadonlyArray<PendingJob> = []
    let now = 0
    let limit = 0
    let expired = -Infinity
    const found: Array<PendingJob> = []
    const attempt = tolerant(Effect.suspend(() =>
      this.#polling.poll(jobs, now, (pending) => found.push(pending)).pipe(
        timeout(limit, () => {
          expired = now + limit
          return unresponsive(jobs, limit)
        }),
        Effect.tap(() => {
          expired = now
        }),
        Effect.asSome
      )
    ))
    return (current: ReadonlyArray<PendingJob>, currentMillis: number) =>
      Effect.suspend(() => {
        jobs = current
        now = currentMillis
        limit = this.#pollLimit(now)
        expired = -Infinity
        return attempt.pipe(
          Effect.ensuring(Effect.suspend(() =>
            Effect.forEach(found.splice(0), (pending) => this.#release(pending, false), { discard: true })
          )),
          Effect.map(() =>
            expired
          )
        )
      })
  }

  #expire(jobs: ReadonlyArray<PendingJob>, now: number): Effect.Effect<void> {
    const expired = jobs.filter(({ deadline }) => deadline <= now)
    return Effect.forEach(expired, (pending) => this.#release(pending, true), { discard: true })
  }

  /** The time to the next deadline. */
  get #idleMillis(): Effect.Effect<number> {
    return Effect.map(
      currentMonotonicMillis,
      (now) => Math.max(0, Math.min(this.#pending.nextDeadline - now, maxIdleMillis))
    )
  }

  /** Waits for the next poll, the next deadline or another job. */
  #pause(
    driver: Schedule.ScheduleDriver<unknown, WaitProgress, R>,
    progress: WaitProgress
  ): Effect.Effect<void, never, R> {
    return Effect.gen(this, function*() {
      const now = yield* currentMonotonicMillis
      const millis = yield* this.#idleMillis
      if (!this.#pending.all.some((pending) => this.#isPolled(pending, now))) {
        yield* Effect.ignore(timeout(millis, () => undefined)(Queue.take(this.#wake)))
      } else if (!(yield* delay(driver, progress, millis))) {
        yield* this.#expire(this.#pending.all, Infinity)
      }
    })
  }
}

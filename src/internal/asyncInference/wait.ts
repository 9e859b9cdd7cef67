/** Waits for the result of a job: polls on a schedule until the result is there or the deadline has passed. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type { Job, WaitProgress } from "../../AsyncInference.ts"
import { AsyncInferenceTimeoutError } from "../../SageMakerError.ts"
import { currentMonotonicMillis, onMonotonicClock, retryOnMonotonicClock } from "../time/monotonicClock.ts"
import { timeout } from "../time/timeout.ts"
import type { Wait } from "./options.ts"

/** How long the poll of an expired job may take. */
export const expiredPollMillis = 60_000

/** How long a poll that starts at the deadline may take. */
export const lastPollMillis = 10_000

/** How many polls in a row may find the store unavailable. */
const maxUnavailablePolls = 5

/** The options of a wait that `waitFor` reads. */
type WaitSettings<R> = Pick<Wait<R>, "onProgress" | "schedule" | "timeoutMillis">

/** The deadlines of a wait, in milliseconds from its start. */
interface Deadlines {
  /** No poll starts later. */
  readonly lastPoll: number
  /** A poll in progress is interrupted. */
  readonly end: number
}

/** The time until a job expires. */
export const millisUntilExpired = (job: Job): Effect.Effect<number> =>
  Effect.map(Clock.currentTimeMillis, (now) => Math.max(0, DateTime.toEpochMillis(job.expiresAt) - now))

const deadlinesOf = (job: Job, timeoutMillis: number | undefined): Effect.Effect<Deadlines> =>
  timeoutMillis === undefined || timeoutMillis === 0
    ? Effect.map(
      timeoutMillis === undefined ? millisUntilExpired(job) : Effect.succeed(0),
      (lastPoll) => ({ lastPoll, end: Math.max(lastPoll, expiredPollMillis) })
    )
    : Effect.succeed({ lastPoll: timeoutMillis, end: timeoutMillis })

/** Whether a later request to the store can succeed. */
const isUnavailable = (error: { readonly _tag: string; readonly reason?: unknown }): boolean =>
  error._tag === "ObjectStoreError" && error.reason === "unavailable"

/** Treats an unavailable store as no result, unless it is unavailable in several polls in a row. */
export const tolerant = <A, E extends { readonly _tag: string }, R>(
  poll: Effect.Effect<Option.Option<A>, E, R>
): Effect.Effect<Option.Option<A>, E, R> => {
  let unavailable = 0
  return poll.pipe(
    Effect.tap(() => {
      unavailable = 0
    }),
    Effect.catchIf(
      (error) => isUnavailable(error) && ++unavailable < maxUnavailablePolls,
      () => Effect.succeedNone
    )
  )
}

/** The delays between requests that are not part of a schedule, while the store is unavailable. */
const retrySchedule = Schedule.jittered(Schedule.exponential("1 second"))

const maxRetries = 4

/** Repeats a read while the store is unavailable. */
export const retryUnavailable = <A, E extends { readonly _tag: string }, R>(
  read: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  retryOnMonotonicClock(
    read,
    (attempt) => Effect.retry(attempt, { schedule: retrySchedule, times: maxRetries, while: isUnavailable })
  )

/** Waits for the next delay of a schedule, but not beyond `millis`. False if the schedule has ended. */
export const delay = <R>(
  driver: Schedule.ScheduleDriver<unknown, WaitProgress, R>,
  progress: WaitProgress,
  millis: number
): Effect.Effect<boolean, never, R> =>
  onMonotonicClock(driver.next(progress)).pipe(
    Effect.as(true),
    Effect.catchAll(() => Effect.succeed(false)),
    timeout(millis, () => undefined),
    Effect.orElseSucceed(() => true)
  )

const tooSlow = Symbol("too slow")

/** The least time for an effect that reports progress. */
const minReportMillis = 1_000

/** Reports progress to the caller, whose effect is interrupted after `millis`: it must not delay a deadline. */
export const report = <R>(
  onProgress: (progress: WaitProgress) => Effect.Effect<void, never, R>,
  progress: WaitProgress,
  millis: number
): Effect.Effect<void, never, R> =>
  timeout(Math.max(millis, minReportMillis), () => tooSlow)(onProgress(progress)).pipe(
    Effect.catchAll((error) => error === tooSlow ? Effect.void : Effect.die(error))
  )

/** Polls until there is a result. */
export const waitFor = <A, E extends { readonly _tag: string }, R, R2>(
  job: Job,
  poll: Effect.Effect<Option.Option<A>, E, R>,
  { onProgress = () => Effect.void, schedule, timeoutMillis }: WaitSettings<R2>
): Effect.Effect<A, E | AsyncInferenceTimeoutError, R | R2> =>
  Effect.gen(function*() {
    const start = yield* currentMonotonicMillis
    const elapsed = Effect.map(currentMonotonicMillis, (now) => Math.round(now - start))
    const timedOut = (millis: number) => new AsyncInferenceTimeoutError({ job, elapsed: millis })
    const { end, lastPoll } = yield* deadlinesOf(job, timeoutMillis)
    const driver = yield* Schedule.driver(schedule)
    const attempt = tolerant(poll)
    const lastAttempt = retryUnavailable(poll)
    for (let polls = 1;; polls++) {
      const begin = yield* elapsed
      const isLast = begin >= lastPoll
      const limit = Math.max(end - begin, isLast ? lastPollMillis : 0)
      const found = yield* timeout(limit, () => timedOut(begin + limit))(isLast ? lastAttempt : attempt)
      if (Option.isSome(found)) {
        return found.value
      }
      const now = yield* elapsed
      const progress = { elapsed: Duration.millis(now), polls }
      yield* report(onProgress, progress, isLast ? 0 : lastPoll - now)
      if (isLast || !(yield* delay(driver, progress, lastPoll - (yield* elapsed)))) {
        return yield* timedOut(yield* elapsed)
      }
    }
  })

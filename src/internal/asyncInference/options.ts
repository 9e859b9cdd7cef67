/** Reads the options of waiting for results. Each member is read once. */
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { CompletionStatus, ResultsOptions, RunOptions, WaitOptions, WaitProgress } from "../../AsyncInference.ts"
import { InvalidInputError } from "../../SageMakerError.ts"
import { durationMillis } from "../config/duration.ts"
import { guardReads, readOptions } from "../operation/readMembers.ts"

/** The checked options of a wait. */
export interface Wait<R> {
  readonly schedule: Schedule.Schedule<unknown, WaitProgress, R>
  /** In milliseconds; `undefined` for the time until the job expires. */
  readonly timeoutMillis: number | undefined
  readonly onProgress: WaitOptions<R>["onProgress"]
  readonly maxOutputBytes: number
}

/** The largest output of the service: 1 GiB. */
const defaultMaxOutputBytes = 1_073_741_824

/** How many outputs are read at the same time. */
const defaultConcurrency = 8

/** Delays of 1 second that grow to 15 seconds, with jitter. */
const defaultSchedule = (): Schedule.Schedule<unknown> =>
  Schedule.exponential("1 second", 1.5).pipe(
    Schedule.union(Schedule.spaced("15 seconds")),
    Schedule.jittered
  )

const invalid = (field: string, constraint: string) => Either.left(new InvalidInputError({ field, constraint }))

/** `Duration.decode` reads negative numbers and `NaN` as zero. */
const isNegative = (value: unknown): boolean =>
  (typeof value === "number" && !(value >= 0)) || (typeof value === "bigint" && value < 0n) ||
  (typeof value === "string" && value.startsWith("-"))

const timeoutOf = (timeout: unknown): Either.Either<number | undefined, InvalidInputError> => {
  if (timeout === undefined) {
    return Either.right(undefined)
  }
  const millis = isNegative(timeout) ? undefined : durationMillis(timeout)
  return millis === undefined
    ? invalid("timeout", "a duration such as \"10 minutes\"")
    : Either.right(Math.ceil(millis))
}

/** Checks the options of a wait. */
export const readWait = <R>(options: WaitOptions<R> | undefined): Either.Either<Wait<R>, InvalidInputError> =>
  Either.gen(function*() {
    const { maxOutputBytes = defaultMaxOutputBytes, onProgress, schedule = defaultSchedule(), timeout } =
      (yield* readOptions(options, "options")) as WaitOptions<R>
    if (!Schedule.isSchedule(schedule)) {
      return yield* invalid("schedule", "a Schedule")
    }
    if (onProgress !== undefined && typeof onProgress !== "function") {
      return yield* invalid("onProgress", "a function that returns an Effect")
    }
    if (typeof maxOutputBytes !== "number" || !(maxOutputBytes >= 0)) {
      return yield* invalid("maxOutputBytes", "a number of bytes")
    }
    return { schedule, timeoutMillis: yield* timeoutOf(timeout), onProgress, maxOutputBytes }
  })

/** The options of `run`, by what they are for. */
export const readRun = <R>(options: RunOptions<R> | undefined) =>
  Either.gen(function*() {
    const { maxOutputBytes, onProgress, onSubmitted, schedule, timeout, ...submit } =
      (yield* readOptions(options, "options")) as RunOptions<R>
    const wait: WaitOptions<R> = { maxOutputBytes, onProgress, schedule, timeout }
    yield* readWait(wait)
    if (onSubmitted !== undefined && typeof onSubmitted !== "function") {
      return yield* invalid("onSubmitted", "a function that returns an Effect")
    }
    return { submit, wait, onSubmitted }
  })

/** The checked options of `results`. */
export const readResults = <E, R>(options: ResultsOptions<E, R> | undefined) =>
  Either.gen(function*() {
    const { completions, concurrency = defaultConcurrency, ...given } =
      (yield* readOptions(options, "options")) as ResultsOptions<E, R>
    const wait = yield* readWait(given)
    if (completions !== undefined && !Predicate.hasProperty(completions, Stream.StreamTypeId)) {
      return yield* invalid("completions", "a Stream")
    }
    if (!(Number.isInteger(concurrency) && concurrency > 0)) {
      return yield* invalid("concurrency", "a positive integer")
    }
    return { completions, concurrency, wait, isPolling: completions === undefined || given.schedule !== undefined }
  })

/** What is read of a completion. */
export const readCompletion = (completion: CompletionStatus): Either.Either<CompletionStatus, InvalidInputError> =>
  guardReads("completions", () => {
    const { endpoint, failureReason, inferenceId, outputLocation, status } = completion
    return { endpoint, failureReason, inferenceId, outputLocation, status }
  })

/** Reads the options of a batch. Each member is read once. */
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import type { BatchConcurrency, Batcher, BatcherLimits, BatchOptions } from "../../Batch.ts"
import { InvalidInputError } from "../../SageMakerError.ts"
import { guardReads, type Members, readMembers, readOptions } from "../operation/readMembers.ts"
import { isIntegerFrom } from "../resilience/perEndpoint.ts"
import type { Concurrency } from "./concurrency/limit.ts"
import { isBatchError } from "./outcome.ts"

/** The rows of a request if neither the options nor the batcher sets them. */
const defaultMaxRows = 100

const defaultConcurrency = 16

/** The largest number of concurrent or pending requests. */
const maxCount = 10_000

const defaultStart = 4

/** How many groups are read ahead of the output, for each request that may run. */
const pendingPerRequest = 4

const defaultThrottleRetries = 5

export const invalid = (field: string, constraint: string): InvalidInputError =>
  new InvalidInputError({ field, constraint })

/** Checks a limit, an integer of at least `min` or `Infinity`. */
export const readLimit = (
  field: string,
  value: unknown,
  initial: number,
  min = 1
): Either.Either<number, InvalidInputError> => {
  if (value === undefined) {
    return Either.right(initial)
  }
  return value === Infinity || isIntegerFrom(value, min)
    ? Either.right(value)
    : Either.left(invalid(field, `an integer of at least ${min}`))
}

const readCount = (field: string, value: unknown, initial: number): Either.Either<number, InvalidInputError> =>
  Either.filterOrLeft(
    readLimit(field, value, initial),
    (count) => count <= maxCount,
    () => invalid(field, "an integer from 1 to 10000")
  )

export const readConcurrency = (value: unknown): Either.Either<Concurrency, InvalidInputError> => {
  if (typeof value !== "object") {
    return Either.map(readCount("concurrency", value, defaultConcurrency), (max) => ({
      max,
      start: value === undefined ? Math.min(defaultStart, max) : undefined
    }))
  }
  return Either.gen(function*() {
    const members = (yield* readOptions(value, "concurrency")) as Partial<BatchConcurrency>
    const max = yield* readCount("concurrency.max", members.max, defaultConcurrency)
    const start = yield* readCount("concurrency.start", members.start, Math.min(defaultStart, max))
    return start <= max ? { max, start } : yield* Either.left(invalid("concurrency.start", "at most concurrency.max"))
  })
}

const readFunction = <F>(field: string, value: F, what: string): Either.Either<F, InvalidInputError> =>
  value === undefined || typeof value === "function" ? Either.right(value) : Either.left(invalid(field, what))

/** Calls a function of the options. An exception becomes an error, without its text. */
export const callOption = <A>(field: string, call: () => A): Either.Either<A, InvalidInputError> =>
  Either.try({ try: call, catch: () => invalid(field, "a function that returns without an exception") })

/** A batcher with its members read once. */
export const readBatcher = (value: unknown): Either.Either<Members, InvalidInputError> =>
  typeof value === "object" && value !== null
    ? Either.filterOrLeft(
      readMembers(value, "batcher"),
      ({ join, split }) => typeof join === "function" && typeof split === "function",
      () => invalid("batcher", "an object with the functions join and split")
    )
    : Either.left(invalid("batcher", "an object with the functions join and split"))

/** The limits of a request: of the options, of the batcher, or of the model. */
export const readLimits = (
  given: BatcherLimits,
  batcher: BatcherLimits | undefined,
  model: BatcherLimits | undefined
): Either.Either<{ readonly maxRows: number; readonly maxBytes: number }, InvalidInputError> => {
  if (batcher !== undefined) {
    return Either.all({
      maxRows: readLimit("maxRows", given.maxRows ?? batcher.maxRows ?? model?.maxRows, defaultMaxRows),
      maxBytes: readLimit("maxBytes", given.maxBytes ?? batcher.maxBytes ?? model?.maxBytes, Infinity)
    })
  }
  for (const field of ["maxRows", "maxBytes"] as const) {
    if (given[field] !== undefined) {
      return Either.left(invalid(field, "omitted without a batcher"))
    }
  }
  return Either.right({ maxRows: 1, maxBytes: Infinity })
}

/** Checks the options of a batch. */
export const readBatch = <Row, Out, A, B, E, R>(
  options: BatchOptions<Row, Out, A, B, E, R> | undefined,
  limits: BatcherLimits | undefined
) =>
  Either.gen(function*() {
    const given = (yield* readOptions(options, "options")) as BatchOptions<Row, Out, A, B, E, R>
    const batcher = given.batcher === undefined
      ? undefined
      : (yield* readBatcher(given.batcher)) as unknown as Batcher<Row, Out, A, B>
    const concurrency = yield* readConcurrency(given.concurrency)
    const { ordered = true } = given
    if (!Predicate.isBoolean(ordered)) {
      return yield* Either.left(invalid("ordered", "a boolean"))
    }
    return {
      batcher,
      concurrency,
      ordered,
      ...yield* readLimits(given, batcher, limits),
      maxPending: yield* readCount(
        "maxPending",
        given.maxPending,
        Math.min(maxCount, concurrency.max * pendingPerRequest)
      ),
      throttleRetries: yield* readLimit("throttleRetries", given.throttleRetries, defaultThrottleRetries, 0),
      stopOn: (yield* readFunction("stopOn", given.stopOn, "a function that returns a boolean")) ?? isBatchError,
      onProgress: yield* readFunction("onProgress", given.onProgress, "a function that returns an Effect")
    }
  })

/** Checks the model of a batch. */
export const readModel = <M extends object>(model: M): Either.Either<M, InvalidInputError> =>
  Either.flatMap(
    guardReads("model", () => Predicate.isRecord(model) && typeof model["invoke"] === "function"),
    (isModel) => (isModel ? Either.right(model) : Either.left(invalid("model", "a model with the function invoke")))
  )

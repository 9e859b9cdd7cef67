/** Runs a batch: groups rows, sends the groups concurrently, and returns a result per row. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import type * as Stream from "effect/Stream"
import type { Batcher, BatchModel, BatchOptions, BatchResult, Rows } from "../../Batch.ts"
import type { CodecError, InvalidInputError } from "../../SageMakerError.ts"
import { guardReads } from "../operation/readMembers.ts"
import { Limit } from "./concurrency/limit.ts"
import { processConcurrently, type Work } from "./concurrency/workers.ts"
import { sendDivided } from "./divide.ts"
import { callOption, readBatch, readModel } from "./options.ts"
import { observe, startSpan } from "./progress.ts"
import { type Group, readGroups } from "./rows.ts"
import { type Requests, sendRows, sizeOf } from "./send.ts"

/** The batcher of a model whose requests have one row. */
const single = <A, B>(): Batcher<A, B, A, B> => ({
  join: ([row]) => row!,
  split: (response) => [response]
})

const settings = <Row, Out, A, B, E, R, R2>(
  options: BatchOptions<Row, Out, A, B, E, R2> | undefined,
  model: BatchModel<A, B, E, R>
) =>
  Effect.gen(function*() {
    const checkedModel = yield* readModel(model)
    const { batcher, concurrency, ...checked } = yield* readBatch(options, checkedModel.limits)
    const endpoint = Either.getOrElse(
      guardReads("model", () => Predicate.isString(checkedModel.name) ? checkedModel.name : ""),
      () => ""
    )
    const limit = new Limit(concurrency)
    const progress = yield* observe(endpoint, limit)
    const requests: Requests<Row, Out, A, B, E, R> = {
      model: checkedModel,
      // The types of `run` have a model of single rows without a batcher.
      batcher: batcher ?? single<unknown, unknown>() as Batcher<Row, Out, A, B>,
      limit,
      onRequest: () => progress.requestStarted(),
      throttleRetries: checked.throttleRetries
    }
    return { ...checked, requests, progress, span: yield* startSpan(endpoint, progress) }
  })

type Settings<Row, Out, A, B, E, R, R2> = Effect.Effect.Success<
  ReturnType<typeof settings<Row, Out, A, B, E, R, R2>>
>

/** Sends a group. Fails if an error concerns the whole batch. */
const sendGroup = <Row, Out, A, B, E, R, R2>(
  { onProgress, progress, requests, stopOn }: Settings<Row, Out, A, B, E, R, R2>,
  { rows, start }: Group<Row>
): Effect.Effect<ReadonlyArray<BatchResult<Row, Out, E | CodecError>>, E | CodecError | InvalidInputError, R | R2> => {
  const send = (positions: ReadonlyArray<number>) => {
    const isPart = positions.length < rows.length
    if (isPart) {
      progress.requestDivided()
    }
    const sent = isPart ? positions.map((position) => rows[position]!) : rows
    return Effect.matchEffect(sendRows(requests, sent), {
      onFailure: (error) =>
        Effect.flatMap(
          callOption("stopOn", () => stopOn(error as E)),
          (isStop) => isStop ? Effect.fail(error) : Effect.succeed(Either.left(error))
        ),
      onSuccess: (values) => Effect.succeed(Either.right(values))
    })
  }
  return Effect.flatMap(sendDivided(rows.length, send), (results) => {
    progress.rowsEnded(results)
    const emitted = results.map((result, position): BatchResult<Row, Out, E | CodecError> => ({
      index: start + position,
      row: rows[position]!,
      result
    }))
    return onProgress === undefined
      ? Effect.succeed(emitted)
      : progress.current.pipe(
        Effect.flatMap((current) => callOption("onProgress", () => onProgress(current))),
        Effect.flatten,
        Effect.as(emitted)
      )
  })
}

export const run = <Row, Out, A, B, E, R, E2, R2, R3>(
  model: BatchModel<A, B, E, R>,
  rows: Rows<Row, E2, R2>,
  options?: BatchOptions<Row, Out, A, B, E, R3>,
  isEnd?: (rows: number) => boolean
): Stream.Stream<
  BatchResult<Row, Out, E | CodecError>,
  E | E2 | CodecError | InvalidInputError,
  R | R2 | R3
> =>
  processConcurrently(Effect.gen(function*() {
    type Item = BatchResult<Row, Out, E | CodecError>
    const batch = yield* settings(options, model)
    const { maxBytes, maxPending, maxRows, ordered, requests, span } = batch
    const work: Work<Group<Row>, Item, E | E2 | CodecError | InvalidInputError, R | R2 | R3> = {
      read: yield* readGroups(rows, { maxRows, maxBytes, sizeOf: sizeOf(requests), isEnd }),
      process: span === undefined
        ? (group) => sendGroup(batch, group)
        : (group) => Effect.withParentSpan(sendGroup(batch, group), span) as ReturnType<typeof work.process>,
      limit: requests.limit,
      maxPending,
      isOrdered: ordered
    }
    return work
  }))

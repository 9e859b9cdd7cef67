/** A batch from a source to a sink that continues after it was stopped. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { BatchModel, BatchResult, ResumableOptions, ResumableSummary } from "../../../Batch.ts"
import type { CodecError, InvalidInputError } from "../../../SageMakerError.ts"
import { readOptions } from "../../operation/readMembers.ts"
import { currentMonotonicMillis } from "../../time/monotonicClock.ts"
import { invalid, readConcurrency, readLimit } from "../options.ts"
import { run } from "../run.ts"
import * as checkpoints from "./checkpoint.ts"
import { checkPlaces, type SinkMethods, type SourceMethods } from "./methods.ts"
import { coveredRows, type PartInfo } from "./parts.ts"
import { type OpenChunk, OpenChunks, RowRanges } from "./progress.ts"
import { sinkMethods, sourceMethods } from "./rowFormat.ts"

/** The rows of a chunk. */
const defaultChunkRows = 1_000

const millisBetweenCheckpoints = 1_000

/** How many parts are written at the same time. */
const concurrentWrites = 4

type Options<Row, Out, A, B, E, R, Record, E2, R2, E3, R3> = ResumableOptions<
  Row,
  Out,
  A,
  B,
  E,
  R,
  Record,
  E2,
  R2,
  E3,
  R3
>

/** What is done, and where it is written. */
class Run<Record, E, R> {
  readonly #sink: SinkMethods<Record, E, R>
  readonly #done = new RowRanges()
  readonly #saving = Effect.unsafeMakeSemaphore(1)
  readonly #parts = new Set<number>()
  #checkpoint: checkpoints.Checkpoint
  #savedAt = -Infinity

  constructor(sink: SinkMethods<Record, E, R>, checkpoint: checkpoints.Checkpoint, parts: ReadonlyArray<PartInfo>) {
    this.#sink = sink
    this.#checkpoint = { ...checkpoint, failed: 0 }
    for (const part of parts) {
      this.#add(part)
    }
  }

  #add({ failed, first, rows }: PartInfo): void {
    this.#parts.add(first)
    this.#done.add(first, first + rows)
    this.#checkpoint = { ...this.#checkpoint, failed: this.#checkpoint.failed + failed }
  }

  readonly isNeeded = (first: number): boolean => !this.#parts.has(first)

  get rows(): number {
    return this.#done.rows
  }

  get failed(): number {
    return this.#checkpoint.failed
  }

  writePart(part: PartInfo, records: ReadonlyArray<Record>): Effect.Effect<void, E | InvalidInputError, R> {
    return Effect.gen(this, function*() {
      yield* this.#sink.writePart(part, records)
      this.#add(part)
      const now = yield* currentMonotonicMillis
      if (now - this.#savedAt >= millisBetweenCheckpoints) {
        this.#savedAt = now
        yield* this.save
      }
    })
  }

  /** Saves the checkpoint. Fails if another run has started with the output. */
  readonly save: Effect.Effect<void, E | InvalidInputError, R> = Effect.suspend(() =>
    this.#saving.withPermits(1)(Effect.zipRight(this.#checkOwner, this.start))
  )

  readonly start: Effect.Effect<void, E, R> = Effect.suspend(() =>
    checkpoints.save(this.#sink, { ...this.#checkpoint, done: this.#done.all })
  )

  readonly #checkOwner = Effect.suspend(() =>
    Effect.filterOrFail(
      checkpoints.read(this.#sink),
      (stored) => stored?.run === this.#checkpoint.run,
      () => invalid("output", "the output of one run at a time: another run has started or the checkpoint was removed")
    )
  )

  /** Joins the parts. A run that is stopped here joins them again. */
  readonly complete: Effect.Effect<void, E | InvalidInputError, R> = Effect.gen(this, function*() {
    yield* this.#checkOwner
    if (coveredRows(yield* this.#sink.parts) !== this.rows) {
      return yield* Effect.fail(invalid("output", "the output of one run at a time: parts of it were removed"))
    }
    yield* this.#sink.join
    const outputBytes = yield* this.#sink.size
    this.#checkpoint = { ...this.#checkpoint, isComplete: true, ...(outputBytes === undefined ? {} : { outputBytes }) }
    yield* this.save
    return yield* this.#sink.removeParts
  })
}

const readSettings = <Row, Out, A, B, E, R, Record, E2, R2, E3, R3>(
  options: Options<Row, Out, A, B, E, R, Record, E2, R2, E3, R3>
) =>
  Either.gen(function*() {
    const members = (yield* readOptions(options, "options")) as unknown as typeof options
    const { chunkRows, input, output, record, ...batch } = members
    if (typeof record !== "function") {
      return yield* Either.left(invalid("record", "a function that returns a record of the output"))
    }
    return {
      batch,
      record,
      source: yield* sourceMethods("input", input),
      sink: yield* sinkMethods("output", output),
      chunkRows: yield* Either.filterOrLeft(
        readLimit("chunkRows", chunkRows, defaultChunkRows),
        Number.isSafeInteger,
        () => invalid("chunkRows", "an integer of at least 1")
      ),
      maxConcurrency: (yield* readConcurrency(batch.concurrency)).max
    }
  })

type Settings<Row, Out, A, B, E, R, Record, E2, R2, E3, R3> = Effect.Effect.Success<
  ReturnType<typeof readSettings<Row, Out, A, B, E, R, Record, E2, R2, E3, R3>>
>

const summaryOf = ({ failed, rows }: { readonly rows: number; readonly failed: number }, resumedRows: number) => ({
  rows,
  failed,
  resumedRows
})

/** The checkpoint of an earlier run with this input. */
const findPrevious = <A, E, R, Record, E2, R2>(
  source: SourceMethods<A, E, R>,
  sink: SinkMethods<Record, E2, R2>
) =>
  Effect.gen(function*() {
    const input = yield* source.identify
    const previous = yield* checkpoints.read(sink)
    if (previous !== undefined && !checkpoints.isSameInput(previous.input, input)) {
      return yield* Effect.fail(invalid("input", `the input of the checkpoint: ${checkpoints.restart}`))
    }
    return { input, previous }
  })

/** Checks the output of a complete run. */
const checkOutput = <Record, E, R>(sink: SinkMethods<Record, E, R>, { outputBytes }: checkpoints.Checkpoint) =>
  Effect.zipRight(
    Effect.filterOrFail(
      sink.size,
      (size) => size === outputBytes,
      () => invalid("output", `the output of the checkpoint: ${checkpoints.restart}`)
    ),
    sink.removeParts
  )

/** Adds the records of results to their chunks. Returns the chunks whose last row has a result. */
const addResults = <Row, Out, E, Record>(
  open: OpenChunks<Record>,
  record: (result: BatchResult<Row, Out, E>) => Record,
  results: Iterable<BatchResult<Row, Out, E>>
): Either.Either<ReadonlyArray<OpenChunk<Record>>, InvalidInputError> => {
  const ended: Array<OpenChunk<Record>> = []
  for (const { index, result, row } of results) {
    const chunk = open.find(index)
    try {
      chunk.add(index, record({ index: chunk.indexOf(index), row, result }), Either.isLeft(result))
    } catch {
      return Either.left(invalid("record", "a function that returns without an exception"))
    }
    if (chunk.isComplete) {
      open.close(chunk)
      ended.push(chunk)
    }
  }
  return Either.right(ended)
}

/** Sends the rows that are not done, and writes each chunk when its last result is there. */
const process = <Row, Out, A, B, E, R, Record, E2, R2, E3, R3, R4>(
  model: BatchModel<A, B, E, R>,
  { batch, chunkRows, maxConcurrency, record, source }: Settings<
    Row,
    Out,
    A,
    B,
    E | CodecError,
    R4,
    Record,
    E2,
    R2,
    E3,
    R3
  >,
  output: Run<Record, E3, R3>
) =>
  Effect.gen(function*() {
    const open = new OpenChunks<Record>()
    const permits = yield* Effect.makeSemaphore(maxConcurrency + 1)
    const rows = source.chunks(chunkRows, output.isNeeded).pipe(
      Stream.filter((chunk) => chunk.rows !== undefined),
      Stream.mapEffect((chunk) => Effect.as(permits.take(1), chunk)),
      Stream.flatMap((chunk) => {
        open.open(chunk.range)
        return chunk.rows!
      })
    )
    const results = run(model, rows, { ...batch, ordered: false }, (count) => open.isEnd(count))
    yield* Stream.chunks(results).pipe(
      Stream.mapEffect((chunk) => addResults(open, record, chunk)),
      Stream.flattenIterables,
      Stream.mapEffect(
        ({ part, records }) => Effect.zipRight(output.writePart(part, records), permits.release(1)),
        { concurrency: concurrentWrites, unordered: true }
      ),
      Stream.runDrain
    )
  })

export const resumable = <Row, Out, A, B, E, R, Record, E2, R2, E3, R3, R4>(
  model: BatchModel<A, B, E, R>,
  options: Options<Row, Out, A, B, E | CodecError, R4, Record, E2, R2, E3, R3>
): Effect.Effect<ResumableSummary, E | E2 | E3 | CodecError | InvalidInputError, R | R2 | R3 | R4> =>
  Effect.gen(function*() {
    const settings = yield* readSettings(options)
    const { sink, source } = settings
    yield* checkPlaces(source, sink)
    const { input, previous } = yield* findPrevious(source, sink)
    if (previous?.isComplete === true) {
      const rows = previous.done.reduce((count, [start, end]) => count + end - start, 0)
      return yield* Effect.as(checkOutput(sink, previous), summaryOf({ rows, failed: previous.failed }, rows))
    }
    if (previous === undefined) {
      yield* sink.removeParts
    }
    const chunkRows = previous?.chunkRows ?? settings.chunkRows
    const output = new Run(
      sink,
      { version: 1, run: yield* checkpoints.newRun, input, chunkRows, done: [], failed: 0, isComplete: false },
      yield* sink.parts
    )
    yield* output.start
    const resumedRows = output.rows
    yield* Effect.onError(
      Effect.zipRight(process(model, { ...settings, chunkRows }, output), output.complete),
      () => Effect.ignore(output.save)
    )
    return summaryOf(output, resumedRows)
  })

/** Processes one chunk: reads its rows, sends them, and writes their records as a part of the output. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { BatchModel } from "../../Batch.ts"
import type { RowRange } from "../../internal/batch/files/format.ts"
import { callOption, invalid } from "../../internal/batch/options.ts"
import { isBatchError, isRowError } from "../../internal/batch/outcome.ts"
import { run } from "../../internal/batch/run.ts"
import { type CodecError, isRetryable } from "../../SageMakerError.ts"
import { canRetry, retryTransient } from "./failure.ts"
import type { Files } from "./schemas.ts"
import { openFiles, type Settings } from "./settings.ts"

/** Whether the rows of a request can succeed later, and are not the cause of the error. */
const isOutage = (error: unknown): boolean => isRetryable(error) && !isRowError(error)

/** Sends the rows of a chunk, and stores their records. An error for which `stopOn` is true fails the chunk. */
const writeChunk = <Row, Out, A, B, E, R, Record, E2, R2, E3, R3, R4>(
  model: BatchModel<A, B, E, R>,
  settings: Settings<Row, Out, A, B, E, Record, E2, R2, E3, R3, R4>,
  files: Files,
  range: RowRange,
  stopOn: (error: E | CodecError) => boolean
) =>
  Effect.gen(function*() {
    const { sink, source } = yield* openFiles(settings, files)
    const results = yield* run(model, source.range(range), { ...settings.batch, ordered: true, stopOn }).pipe(
      Stream.runCollect,
      Effect.map(Chunk.toReadonlyArray)
    )
    if (results.length !== range.rows) {
      return yield* Effect.fail(invalid("input", "an input that does not change during the batch"))
    }
    const records = yield* Either.all(
      results.map((result) =>
        callOption("record", () => settings.record({ ...result, index: range.first + result.index }))
      )
    )
    const failed = results.filter(({ result }) => Either.isLeft(result)).length
    return yield* sink.writePart({ first: range.first, rows: range.rows, failed }, records)
  })

/**
 * Processes a chunk. After a temporary error, the chunk is processed again. After the last of these retries the rows
 * of the request fail instead, so that one request cannot stop the batch forever.
 */
export const processChunk = <Row, Out, A, B, E, R, Record, E2, R2, E3, R3, R4>(
  model: BatchModel<A, B, E, R>,
  settings: Settings<Row, Out, A, B, E, Record, E2, R2, E3, R3, R4>,
  files: Files,
  range: RowRange
) => {
  const what = `The chunk at row ${range.first}`
  const stopOn = settings.batch.stopOn ?? isBatchError
  const process = (isStop: (error: E | CodecError) => boolean) => writeChunk(model, settings, files, range, isStop)
  return process((error) => stopOn(error) || isOutage(error)).pipe(
    retryTransient(what, settings.chunkRetries),
    Effect.catchIf(canRetry, () => retryTransient(what)(process(stopOn)))
  )
}

/** Runs a batch from an input to an output. */
import { Batch, SageMakerError } from "effect-sagemaker-runtime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Input } from "./files/inputs.ts"
import type { Output } from "./files/outputs.ts"
import type { Counts } from "./reporter.ts"
import { makeModel, type ModelSettings } from "./rows/model.ts"
import type { RowResult } from "./rows/records.ts"

/** The options of a run. */
export interface RunOptions {
  readonly model: Omit<ModelSettings<never>, "toRow">
  readonly limits: Batch.BatcherLimits
  readonly concurrency: number | Batch.BatchConcurrency | undefined
  readonly chunkRows: number | undefined
  readonly isOrdered: boolean
  readonly stopOnError: boolean
  readonly verbose: boolean
}

/** Whether an error concerns all requests. An invalid member of a request, such as the endpoint, is that of an option. */
const isRunError = (error: unknown): boolean =>
  Batch.isBatchError(error) || error instanceof SageMakerError.InvalidInputError

const batchOptions = ({ concurrency, limits, stopOnError }: RunOptions) => ({
  ...limits,
  concurrency,
  stopOn: (error: unknown) => stopOnError || isRunError(error)
})

/** Runs a batch whose output is stored, so that another run can continue it. */
export const runStored = <Raw, Record>(
  { source, toRow }: Input<Raw>,
  { record, sink }: Output<Record>,
  options: RunOptions,
  counts: Counts
) =>
  Batch.resumable(makeModel<Raw>({ ...options.model, toRow }, counts), {
    ...batchOptions(options),
    input: source,
    output: sink,
    record: ({ index, result, row }) => record({ index, result, row: toRow(row) }),
    batcher: Batch.lists<Raw, unknown>(),
    chunkRows: options.chunkRows,
    onProgress: (progress) => Effect.sync(() => counts.setProgress(progress))
  })

/** The results of a batch that is not stored. */
export const results = <Raw, E, R>(
  rows: Stream.Stream<Raw, E, R>,
  toRow: Input<Raw>["toRow"],
  options: RunOptions,
  counts: Counts
) =>
  Batch.run(makeModel<Raw>({ ...options.model, toRow }, counts), rows, {
    ...batchOptions(options),
    batcher: Batch.lists<Raw, unknown>(),
    ordered: options.isOrdered,
    onProgress: (progress) => Effect.sync(() => counts.setProgress(progress))
  }).pipe(Stream.map(({ index, result, row }): RowResult => ({ index, result, row: toRow(row) })))

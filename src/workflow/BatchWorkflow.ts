/**
 * A batch from a file to a file, divided into chunks that all runners of a cluster process.
 *
 * It needs the package `@effect/workflow`, and an engine such as `ClusterWorkflowEngine` of `@effect/cluster`.
 *
 * @since 0.1.0
 */
import type * as Workflow from "@effect/workflow/Workflow"
import type { WorkflowEngine } from "@effect/workflow/WorkflowEngine"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Schema from "effect/Schema"
import type { Batcher, BatchModel, BatchOptions, BatchResult, RowSink, RowSource } from "../Batch.ts"
import type { CodecError } from "../SageMakerError.ts"
import { BatchWorkflowError, BatchWorkflowSummary } from "./BatchWorkflowResult.ts"
import * as internal from "./internal/execution.ts"

export {
  /**
   * The error of an execution.
   *
   * @since 0.1.0
   * @category errors
   */
  BatchWorkflowError,
  /**
   * The result of an execution.
   *
   * @since 0.1.0
   * @category models
   */
  BatchWorkflowSummary
}

/**
 * What an execution processes. The execution ID depends on all members: the same members are the same execution, whose
 * result is stored.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchExecution {
  /** The ID of the execution, for example a date. It must not be empty. */
  readonly id: string
  /** The location of the rows. It must not be empty. */
  readonly input: string
  /** The location of the records. It must not be empty. */
  readonly output: string
}

/**
 * What an execution has done so far.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchWorkflowProgress {
  /** The number of rows whose records are stored. */
  readonly rows: number
  /** The number of these rows that failed. */
  readonly failed: number
  /** The number of rows of the input. `undefined` until the input is divided, and after the execution has ended. */
  readonly total: number | undefined
}

/**
 * Options of `make`: those of `Batch.run`, and the files.
 *
 * Invalid options fail an execution with `BatchWorkflowError`.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchWorkflowOptions<
  in out Row,
  in out Out,
  in out A,
  in out B,
  in out E,
  in out Record,
  out E2,
  out R2,
  out E3,
  out R3,
  out R4
> extends Omit<BatchOptions<Row, Out, A, B, E | CodecError, R4>, "onProgress" | "ordered"> {
  /** Returns the source of the rows, for a location that all runners can read. */
  readonly input: (location: string) => RowSource<Row, E2, R2>
  /** Returns the sink of the records, for a location that all runners can write. */
  readonly output: (location: string) => RowSink<Record, E3, R3>
  /** Returns the record of the output for a result. If the function throws, the execution fails. */
  readonly record: (result: BatchResult<Row, Out, E | CodecError>) => Record
  /** The maximum number of rows of a chunk, which one runner processes. Default: 1,000. */
  readonly chunkRows?: number | undefined
  /** The maximum number of chunks that the runners of the cluster process at the same time. Default: 16. */
  readonly chunksInFlight?: number | undefined
  /**
   * How often a chunk is processed again after a request failed with a temporary error, such as `ServiceUnavailable`. The delays grow from 1 second to 1 minute. Then the rows of such requests fail. Default: 10,
   * which is about 5 minutes.
   */
  readonly chunkRetries?: number | undefined
}

/**
 * A workflow of `@effect/workflow` that processes a file in chunks.
 *
 * `execute` returns the result of the execution, `execute` with `discard: true` starts it and returns its execution ID,
 * and `poll` returns its state.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchWorkflow<Name extends string, R> extends
  Workflow.Workflow<
    Name,
    Schema.Struct<{ id: typeof Schema.String; input: typeof Schema.String; output: typeof Schema.String }>,
    typeof BatchWorkflowSummary,
    typeof BatchWorkflowError
  >
{
  /** Registers the workflow in a runner. Every runner of the cluster needs it. */
  readonly layer: Layer.Layer<never, never, R | WorkflowEngine>
  /** Counts the rows whose records are stored. */
  readonly progress: (
    execution: BatchExecution
  ) => Effect.Effect<BatchWorkflowProgress, BatchWorkflowError, R>
}

/**
 * Makes a batch that several machines process.
 *
 * The first runner divides the input into chunks. Each chunk is a workflow, so the runners share the chunks. A chunk
 * reads its rows, applies the model, and stores its records as a part beside the output, in `<output>.parts`. At the end
 * the parts are joined to the output and removed. If a runner stops, another one continues: a chunk that was not finished
 * is sent again, the others are not.
 *
 * If a request fails with a temporary error, its chunk waits and is processed again: see `chunkRetries`. An error of the
 * whole batch (`Batch.isBatchError`) fails the execution, except an endpoint that is scaled to zero, for which the
 * chunk waits. Other errors are results of their rows.
 *
 * Use it for models that can process a row again. Use an output for one execution at a time.
 *
 * @example
 * ```ts
 * import { Either, Schema } from "effect"
 * import { Batch, Codec, ModelEndpoint } from "effect-sagemaker-runtime"
 * import { BatchWorkflow } from "effect-sagemaker-runtime/workflow"
 *
 * const Reading = Schema.Struct({ cpu: Schema.Number, load: Schema.Number })
 *
 * const anomaly = ModelEndpoint.make("anomaly-v2", {
 *   request: Codec.csv(Schema.Array(Reading)),
 *   response: Codec.jsonLines(Schema.Struct({ score: Schema.Number }))
 * })
 *
 * const Score = Schema.Struct({ row: Schema.Number, score: Schema.NullOr(Schema.Number) })
 *
 * export const ScoreReadings = BatchWorkflow.make("ScoreReadings", anomaly, {
 *   batcher: Batch.lists(),
 *   input: (location) => Batch.object(location, Batch.csv(Reading, { header: true })),
 *   output: (location) => Batch.object(location, Batch.jsonLines(Score)),
 *   record: ({ index, result }) => ({
 *     row: index,
 *     score: Either.match(result, { onLeft: () => null, onRight: ({ score }) => score })
 *   })
 * })
 *
 * export const summary = ScoreReadings.execute({
 *   id: "2026-11-29",
 *   input: "s3://readings/2026-11-29.csv",
 *   output: "s3://scores/2026-11-29.jsonl"
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: {
  <const Name extends string, Row, Out, A, B, E, R, Record, E2, R2, E3, R3, R4 = never>(
    name: Name,
    model: BatchModel<A, B, E, R>,
    options: BatchWorkflowOptions<Row, Out, A, B, E, Record, E2, R2, E3, R3, R4> & {
      readonly batcher: Batcher<Row, Out, A, B>
    }
  ): BatchWorkflow<Name, R | R2 | R3 | R4>
  <const Name extends string, A, B, E, R, Record, E2, R2, E3, R3, R4 = never>(
    name: Name,
    model: BatchModel<A, B, E, R>,
    options: BatchWorkflowOptions<A, B, A, B, E, Record, E2, R2, E3, R3, R4> & { readonly batcher?: undefined }
  ): BatchWorkflow<Name, R | R2 | R3 | R4>
} = internal.make

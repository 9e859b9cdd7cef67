/** The workflows of a batch: one for the whole, and one for each chunk, so that any runner can process a chunk. */
import * as Activity from "@effect/workflow/Activity"
import * as Workflow from "@effect/workflow/Workflow"
import { type WorkflowEngine, WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { BatchModel } from "../../Batch.ts"
import type { BatchExecution, BatchWorkflow, BatchWorkflowOptions, BatchWorkflowProgress } from "../BatchWorkflow.ts"
import { BatchWorkflowError, BatchWorkflowSummary } from "../BatchWorkflowResult.ts"
import { processChunk } from "./chunk.ts"
import { divide, doneRows, join, missingRanges, storedRows } from "./division.ts"
import { retryTransient, toWorkflowError } from "./failure.ts"
import { chunkFields, Division, executionFields, type Files } from "./schemas.ts"
import { openFiles, readSettings, type Settings } from "./settings.ts"

const makeWorkflow = <const Name extends string>(name: Name) =>
  Workflow.make({
    name,
    payload: executionFields,
    success: BatchWorkflowSummary,
    error: BatchWorkflowError,
    idempotencyKey: ({ id, input, output }) => JSON.stringify([id, input, output])
  })

const makeChunkWorkflow = (name: string) =>
  Workflow.make({
    name: `${name}/Chunk`,
    payload: chunkFields,
    error: BatchWorkflowError,
    idempotencyKey: ({ batch, range }) => `${batch}/${range.first}`
  })

type ChunkWorkflow = ReturnType<typeof makeChunkWorkflow>

/**
 * Executes a workflow as a program outside of workflows does: the caller waits in memory. A child of a workflow resumes
 * its parent when it ends, which costs several queries of the database.
 */
const withoutParent = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, WorkflowInstance>> =>
  Effect.mapInputContext(
    effect,
    (context: Context.Context<Exclude<R, WorkflowInstance>>) =>
      Context.omit(WorkflowInstance)(context as Context.Context<R | WorkflowInstance>) as Context.Context<R>
  )

/** Runs an effect until it succeeds or fails with an error that does not pass. */
const untilDone = <A, E, R>(what: string, effect: Effect.Effect<A, E, R>) =>
  Effect.mapError(retryTransient(what)(effect), toWorkflowError)

const executeBatch = <Row, Out, A, B, E, Record, E2, R2, E3, R3, R4>(
  settings: Settings<Row, Out, A, B, E, Record, E2, R2, E3, R3, R4>,
  chunks: ChunkWorkflow,
  { id, input, output }: BatchExecution,
  batch: string
) =>
  Effect.gen(function*() {
    const { sink, source } = yield* Effect.mapError(openFiles(settings, { input, output }), toWorkflowError)
    const division = yield* Activity.make({
      name: "divide",
      success: Division,
      error: BatchWorkflowError,
      execute: untilDone(`${id}: division`, divide(source, sink, settings.chunkRows))
    })
    const missing = yield* untilDone(`${id}: search of parts`, missingRanges(sink))
    const sent = Effect.forEach(missing, (range) => chunks.execute({ batch, input, output, range }), {
      concurrency: settings.chunksInFlight,
      discard: true
    })
    yield* withoutParent(sent)
    const summary = yield* Activity.make({
      name: "join",
      success: BatchWorkflowSummary,
      error: BatchWorkflowError,
      execute: untilDone(`${id}: join of parts`, join(source, sink, division))
    })
    yield* Activity.make({
      name: "clean",
      error: BatchWorkflowError,
      execute: untilDone(`${id}: removal of parts`, sink.removeParts)
    })
    return summary
  })

const readProgress = <Row, Record, E, R, E2, R2>(
  options: Parameters<typeof openFiles<Row, Record, E, R, E2, R2>>[0],
  files: Files
): Effect.Effect<BatchWorkflowProgress, BatchWorkflowError, R | R2> =>
  Effect.flatMap(
    openFiles(options, files),
    ({ sink }) => Effect.zipWith(doneRows(sink), storedRows(sink), (done, total) => ({ ...done, total }))
  )
    .pipe(Effect.mapError(toWorkflowError))

export const make = <const Name extends string, Row, Out, A, B, E, R, Record, E2, R2, E3, R3, R4>(
  name: Name,
  model: BatchModel<A, B, E, R>,
  options: BatchWorkflowOptions<Row, Out, A, B, E, Record, E2, R2, E3, R3, R4>
): BatchWorkflow<Name, R | R2 | R3 | R4> => {
  const workflow = makeWorkflow(name)
  const chunks = makeChunkWorkflow(name)
  const settings = Effect.mapError(Effect.suspend(() => readSettings(options)), toWorkflowError)
  return {
    ...workflow,
    layer: Layer.merge(
      workflow.toLayer((execution, batch) =>
        Effect.flatMap(settings, (checked) => executeBatch(checked, chunks, execution, batch))
      ),
      chunks.toLayer(({ range, ...files }) =>
        Effect.flatMap(
          settings,
          (checked) => Effect.mapError(processChunk(model, checked, files, range), toWorkflowError)
        )
      )
      // TypeScript cannot exclude the services of the engine from type parameters.
    ) as Layer.Layer<never, never, R | R2 | R3 | R4 | WorkflowEngine>,
    progress: (files) => Effect.flatMap(settings, (checked) => readProgress(checked, files))
  }
}

import { NodeRuntime } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { Clock, Console, Effect, Either, Layer, Schema, Stream } from "effect"
import { Batch, Codec, ObjectStore } from "effect-sagemaker-runtime"
import { BatchWorkflow } from "effect-sagemaker-runtime/workflow"
import { database, runner } from "./runner.ts"

const Row = Schema.Struct({ id: Schema.Number })

const Rows = Schema.Array(Row)

type Rows = typeof Rows.Type

const model: Batch.BatchModel<Rows, Rows, never, never> = {
  name: "echo",
  request: Codec.json(Rows),
  invoke: Effect.succeed
}

const format = Batch.jsonLines(Row)

const batch = {
  batcher: Batch.lists<typeof Row.Type, typeof Row.Type>(),
  record: ({ result }: Batch.BatchResult<typeof Row.Type, typeof Row.Type, unknown>) => Either.getOrThrow(result),
  chunkRows: 10
}

const Measured = BatchWorkflow.make("MeasuredBatch", model, {
  ...batch,
  input: (location) => Batch.object(location, format),
  output: (location) => Batch.object(location, format)
})

const countRows = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const [count] = yield* sql<{ rows: unknown }>`
    SELECT (SELECT COUNT(*) FROM cluster_messages) + (SELECT COUNT(*) FROM cluster_replies) AS rows`
  return Number(count?.rows)
})

const timed = Effect.fnUntraced(function*<A, E, R>(effect: Effect.Effect<A, E, R>) {
  const start = yield* Clock.currentTimeMillis
  yield* effect
  return (yield* Clock.currentTimeMillis) - start
})

const measure = Effect.fnUntraced(function*(chunks: number) {
  const id = `${yield* Clock.currentTimeMillis}-${chunks}`
  const input = `s3://cost/${id}-input.jsonl`
  const rows = Stream.map(Stream.range(1, chunks * batch.chunkRows), (number) => ({ id: number }))
  yield* Batch.writeTo(rows, Batch.object(input, format))
  const before = yield* countRows
  const cluster = yield* timed(Measured.execute({ id, input, output: `s3://cost/${id}-cluster.jsonl` }))
  const stored = (yield* countRows) - before
  const single = yield* timed(Batch.resumable(model, {
    ...batch,
    input: Batch.object(input, format),
    output: Batch.object(`s3://cost/${id}-single.jsonl`, format)
  }))
  return { cluster, single, stored }
})

const program = Effect.gen(function*() {
  yield* measure(100)
  const empty = yield* measure(0)
  const full = yield* measure(1_000)
  yield* Console.log(`execution: ${empty.cluster} ms, ${empty.stored} database rows`)
  yield* Console.log(
    `chunk: ${(full.cluster - empty.cluster) / 1_000} ms, ${(full.stored - empty.stored) / 1_000} database rows`
  )
  yield* Console.log(`chunk of Batch.resumable: ${(full.single - empty.single) / 1_000} ms`)
})

program.pipe(
  Effect.provide(
    Measured.layer.pipe(
      Layer.provideMerge(runner),
      Layer.provideMerge(database),
      Layer.provideMerge(ObjectStore.layerMemory)
    )
  ),
  NodeRuntime.runMain
)

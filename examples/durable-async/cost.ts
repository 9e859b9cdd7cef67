import { NodeRuntime } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { Activity, DurableClock, Workflow } from "@effect/workflow"
import { Clock, Console, Effect, Layer, Schema } from "effect"
import { database, runner } from "./runner.ts"

const Steps = Schema.Struct({ id: Schema.String, activities: Schema.Number, sleeps: Schema.Number })

const Measured = Workflow.make({ name: "Measured", payload: Steps, idempotencyKey: ({ id }) => id })

const MeasuredLive = Measured.toLayer(Effect.fnUntraced(function*({ activities, sleeps }) {
  for (let index = 0; index < activities; index++) {
    yield* Activity.make({ name: `activity-${index}`, execute: Effect.void })
  }
  for (let index = 0; index < sleeps; index++) {
    yield* DurableClock.sleep({ name: `sleep-${index}`, duration: "10 millis", inMemoryThreshold: "1 millis" })
  }
}))

const countRows = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const [count] = yield* sql<{ rows: unknown }>`
    SELECT (SELECT COUNT(*) FROM cluster_messages) + (SELECT COUNT(*) FROM cluster_replies) AS rows`
  return Number(count?.rows)
})

const measure = Effect.fnUntraced(function*(steps: typeof Steps.Type) {
  const rows = yield* countRows
  const start = yield* Clock.currentTimeMillis
  yield* Measured.execute(steps)
  const millis = (yield* Clock.currentTimeMillis) - start
  return { millis, rows: (yield* countRows) - rows }
})

const report = (step: string, count: number, steps: { readonly activities: number; readonly sleeps: number }) =>
  Effect.gen(function*() {
    const id = `${yield* Clock.currentTimeMillis}`
    const empty = yield* measure({ id: `${id}-empty`, activities: 0, sleeps: 0 })
    const { millis, rows } = yield* measure({ id, ...steps })
    const each = (total: number, base: number) => ((total - base) / count).toFixed(1)
    yield* Console.log(`${step}: ${each(millis, empty.millis)} ms and ${each(rows, empty.rows)} rows`)
  })

const program = Effect.gen(function*() {
  yield* measure({ id: `warm-up-${yield* Clock.currentTimeMillis}`, activities: 100, sleeps: 0 })
  const { millis, rows } = yield* measure({ id: `empty-${yield* Clock.currentTimeMillis}`, activities: 0, sleeps: 0 })
  yield* Console.log(`execution: ${millis} ms and ${rows} rows`)
  yield* report("activity", 1_000, { activities: 1_000, sleeps: 0 })
  yield* report("durable sleep", 3, { activities: 0, sleeps: 3 })
})

program.pipe(
  Effect.provide(MeasuredLive.pipe(Layer.provideMerge(runner), Layer.provideMerge(database))),
  NodeRuntime.runMain
)

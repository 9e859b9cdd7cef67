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

const program = Effect.gen(function*() {
  const id = `${yield* Clock.currentTimeMillis}`
  yield* measure({ id: `${id}-warm-up`, activities: 100, sleeps: 0 })
  const empty = yield* measure({ id: `${id}-empty`, activities: 0, sleeps: 0 })
  const activities = yield* measure({ id: `${id}-activities`, activities: 1_000, sleeps: 0 })
  const sleep = yield* measure({ id: `${id}-sleep`, activities: 0, sleeps: 1 })
  yield* Console.log(`execution: ${empty.rows} rows`)
  yield* Console.log(`activity: ${activities.millis / 1_000} ms, ${(activities.rows - empty.rows) / 1_000} rows`)
  yield* Console.log(`durable sleep: ${sleep.rows - empty.rows} rows`)
})

program.pipe(
  Effect.provide(MeasuredLive.pipe(Layer.provideMerge(runner), Layer.provideMerge(database))),
  NodeRuntime.runMain
)

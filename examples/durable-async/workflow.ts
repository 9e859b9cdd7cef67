import { Activity, Workflow } from "@effect/workflow"
import { Array, Effect, Schedule, Schema } from "effect"
import { AsyncInference, Codec, ModelEndpoint, type SageMakerError } from "effect-sagemaker-runtime"

const Texts = Schema.Array(Schema.String)
const Scores = Schema.Array(Schema.Number)

const model = ModelEndpoint.make("sentiment", { request: Codec.json(Texts), response: Codec.json(Scores) })

const textsPerRequest = 100

export class ScoringFailed extends Schema.TaggedError<ScoringFailed>()("ScoringFailed", { reason: Schema.String }) {}

export const ScoreTexts = Workflow.make({
  name: "ScoreTexts",
  payload: { id: Schema.String, texts: Texts },
  success: Scores,
  error: ScoringFailed,
  idempotencyKey: ({ id }) => id
})

const retrySchedule = Schedule.exponential("1 second").pipe(Schedule.union(Schedule.spaced("1 minute")))

const retried = <A, E extends SageMakerError.Retryable & Error, R>(call: Effect.Effect<A, E, R>) =>
  call.pipe(
    Effect.retry({ schedule: retrySchedule, while: ({ retry }) => retry !== "never" }),
    Effect.mapError(({ _tag, message }) => new ScoringFailed({ reason: `${_tag}: ${message}` }))
  )

const score = Effect.fn(function*(name: string, texts: ReadonlyArray<string>) {
  const key = yield* Activity.idempotencyKey(name)
  const job = yield* Activity.make({
    name: `${name}/submit`,
    success: AsyncInference.Job,
    error: ScoringFailed,
    execute: retried(AsyncInference.submit(model, texts, { InferenceId: key, Filename: key }))
  })
  return yield* Activity.make({
    name: `${name}/result`,
    success: Scores,
    error: ScoringFailed,
    execute: retried(AsyncInference.result(model, job))
  })
})

export const ScoreTextsLive = ScoreTexts.toLayer(Effect.fnUntraced(function*({ id, texts }) {
  const chunks = Array.chunksOf(texts, textsPerRequest)
  const scores = yield* Effect.forEach(chunks, (chunk, index) => score(`chunk-${index}`, chunk), { concurrency: 4 })
  yield* Effect.log(`${id}: ${texts.length} texts are scored`)
  return scores.flat()
}))

import { HttpApi, HttpApiBuilder, HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "@effect/platform"
import { Effect, Layer, Schedule, Schema } from "effect"
import { Codec, ModelEndpoint, RetryPolicy, Timeouts } from "effect-sagemaker-runtime"

export const Flower = Schema.Struct({
  sepalLength: Schema.Positive,
  sepalWidth: Schema.Positive,
  petalLength: Schema.Positive,
  petalWidth: Schema.Positive
})

export const Score = Schema.Struct({
  species: Schema.Literal("setosa", "versicolor", "virginica"),
  probability: Schema.Number
})

const iris = ModelEndpoint.make("iris", {
  request: Codec.csv(Schema.Array(Flower)),
  response: Codec.csv(Schema.Array(Score))
})

export class ScoringUnavailable extends Schema.TaggedError<ScoringUnavailable>()(
  "ScoringUnavailable",
  { reason: Schema.String },
  HttpApiSchema.annotations({ status: 503 })
) {}

const retrySchedule = Schedule.exponential("200 millis").pipe(
  Schedule.jittered,
  Schedule.intersect(Schedule.recurs(4))
)

export const score = (flowers: ReadonlyArray<typeof Flower.Type>) =>
  iris.invoke(flowers).pipe(
    RetryPolicy.use(RetryPolicy.fromSchedule(retrySchedule)),
    Timeouts.use({ attempt: "2 seconds", total: "10 seconds" }),
    Effect.mapError(({ _tag }) => new ScoringUnavailable({ reason: _tag }))
  )

export class Flowers extends HttpApi.make("flowers").add(
  HttpApiGroup.make("flowers").add(
    HttpApiEndpoint.post("score", "/score")
      .setPayload(Schema.NonEmptyArray(Flower))
      .addSuccess(Schema.Array(Score))
      .addError(ScoringUnavailable)
  )
) {}

export const flowersLive = HttpApiBuilder.api(Flowers).pipe(
  Layer.provide(
    HttpApiBuilder.group(Flowers, "flowers", (handlers) => handlers.handle("score", ({ payload }) => score(payload)))
  )
)

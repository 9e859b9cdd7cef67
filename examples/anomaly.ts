import { Effect, Schema } from "effect"
import { Codec, ModelEndpoint } from "effect-sagemaker-runtime"

const Reading = Schema.Struct({ cpu: Schema.Number, load: Schema.Number })
const Anomaly = Schema.Struct({ score: Schema.Number })

const anomaly = ModelEndpoint.make("anomaly-v2", {
  request: Codec.json(Reading),
  response: Codec.json(Anomaly)
})

export const score = (reading: typeof Reading.Type) =>
  anomaly.invoke(reading).pipe(
    Effect.map(({ score }) => score),
    Effect.catchTag("ModelNotReadyException", () => Effect.succeed("not ready" as const))
  )

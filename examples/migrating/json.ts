import { Schema } from "effect"
import { Codec, ModelEndpoint } from "effect-sagemaker-runtime"

const anomaly = ModelEndpoint.make("anomaly-v2", {
  request: Codec.json(Schema.Struct({ cpu: Schema.Number, load: Schema.Number })),
  response: Codec.json(Schema.Struct({ score: Schema.Number }))
})

export const program = anomaly.invoke({ cpu: 0.2, load: 17 })

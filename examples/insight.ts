import { Schema } from "effect"
import { Codec, ModelEndpoint } from "effect-sagemaker-runtime"

export const Sentence = Schema.Struct({ text: Schema.String, sentiment: Schema.Number })

export const Insight = Schema.Struct({
  sentiment: Schema.Number,
  entities: Schema.Array(Schema.Struct({ value: Schema.String, type: Schema.String })),
  sentences: Schema.Array(Sentence)
})

export const insightEndpoint = (name: string) =>
  ModelEndpoint.make(name, { request: Codec.text, response: Codec.json(Insight) })

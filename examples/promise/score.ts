import { Schema } from "effect"
import { Codec, ModelEndpoint } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Client } from "effect-sagemaker-runtime/promise"

export const client = Client.make(NodeSageMaker.layer())

export interface Reading {
  readonly cpu: number
  readonly load: number
}

export const anomaly = ModelEndpoint.make("anomaly-v2", {
  request: Codec.json(Schema.Struct({ cpu: Schema.Number, load: Schema.Number })),
  response: Codec.json(Schema.Struct({ score: Schema.Number }))
})

export const score = async (reading: Reading, options?: Client.RunOptions) => {
  const { score } = await client.run(anomaly.invoke(reading), options)
  return score
}

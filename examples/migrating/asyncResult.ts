import { Effect, Layer, Schema } from "effect"
import { AsyncInference, Codec, ModelEndpoint } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { S3ObjectStore } from "effect-sagemaker-runtime/s3"

const anomaly = ModelEndpoint.make("anomaly-async", {
  request: Codec.json(Schema.Struct({ cpu: Schema.Number, load: Schema.Number })),
  response: Codec.json(Schema.Struct({ score: Schema.Number }))
})

export const live = S3ObjectStore.layer().pipe(Layer.provideMerge(NodeSageMaker.layer()))

export const program = AsyncInference.submitLocation(anomaly, "s3://readings/today.json").pipe(
  Effect.flatMap((job) => AsyncInference.result(anomaly, job))
)

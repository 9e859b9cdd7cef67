import { Console, Effect, Schema } from "effect"
import { Codec, ModelEndpoint } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

const Reading = Schema.Struct({
  cpu: Schema.Number,
  load: Schema.Number
})

const anomaly = ModelEndpoint.make("anomaly-v2", {
  request: Codec.json(Reading),
  response: Codec.json(Schema.Struct({ score: Schema.Number }))
})

await anomaly.invoke({ cpu: 0.97, load: 34 }).pipe(
  Effect.flatMap(({ score }) => Console.log(`score: ${score}`)),
  Effect.catchTags({
    ModelNotReadyException: ({ attempts }) => Console.log(`not ready after ${attempts} attempts`)
  }),
  Effect.provide(NodeSageMaker.layer()),
  Effect.runPromise
)

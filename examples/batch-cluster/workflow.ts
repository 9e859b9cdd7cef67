import { Either, Schema } from "effect"
import { Batch, Codec, ModelEndpoint } from "effect-sagemaker-runtime"
import { BatchWorkflow } from "effect-sagemaker-runtime/workflow"

const Reading = Schema.Struct({ cpu: Schema.Number, load: Schema.Number })

const Score = Schema.Struct({ row: Schema.Number, score: Schema.NullOr(Schema.Number) })

const anomaly = ModelEndpoint.make("anomaly-v2", {
  request: Codec.csv(Schema.Array(Reading)),
  response: Codec.jsonLines(Schema.Struct({ score: Schema.Number }))
})

export const ScoreReadings = BatchWorkflow.make("ScoreReadings", anomaly, {
  batcher: Batch.lists(),
  maxRows: 500,
  input: (location) => Batch.object(location, Batch.csv(Reading, { header: true })),
  output: (location) => Batch.object(location, Batch.jsonLines(Score)),
  record: ({ index, result }) => ({
    row: index,
    score: Either.match(result, { onLeft: () => null, onRight: ({ score }) => score })
  }),
  chunkRows: 1_000,
  chunksInFlight: 16
})

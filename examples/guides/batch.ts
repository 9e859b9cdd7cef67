import { Console, Either, Schema, Stream } from "effect"
import { Batch, Codec, ModelEndpoint } from "effect-sagemaker-runtime"

export const Reading = Schema.Struct({ cpu: Schema.Number, load: Schema.Number })

export type Reading = typeof Reading.Type

export const anomaly = ModelEndpoint.make("anomaly-v2", {
  request: Codec.csv(Schema.Array(Reading)),
  response: Codec.jsonLines(Schema.Struct({ score: Schema.Number }))
})

export const printScores = <E, R>(readings: Stream.Stream<Reading, E, R>) =>
  readings.pipe(
    Batch.run(anomaly, { batcher: Batch.lists(), maxRows: 500 }),
    Stream.runForEach(({ index, result }) =>
      Either.match(result, {
        onLeft: ({ message }) => Console.error(`row ${index}: ${message}`),
        onRight: ({ score }) => Console.log(`row ${index}: ${score}`)
      })
    )
  )

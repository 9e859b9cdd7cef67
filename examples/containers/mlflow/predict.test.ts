import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Container } from "effect-sagemaker-runtime"
import { emulated } from "../../emulated.ts"
import { container } from "./container.ts"
import { quality, qualityFromCsv } from "./predict.ts"

const wines = [{ alcohol: 9, pH: 4 }, { alcohol: 12, pH: 2 }]

it.effect("returns the predictions of MLflow", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* quality(wines), [5.5, 6.5])
    assert.deepStrictEqual(yield* qualityFromCsv(wines), [5.5, 6.5])
  }).pipe(Effect.provide(emulated(container))))

it.effect.each([
  { dataframe_split: { columns: ["alcohol", "pH"], data: [[9, 4]] } },
  { dataframe_records: [{ alcohol: 9, pH: 4 }] },
  { instances: [{ alcohol: 9, pH: 4 }] },
  { inputs: { alcohol: [9], pH: [4] } }
])("sends %o", (request) =>
  Effect.gen(function*() {
    const { predictions } = yield* Container.mlflow("wine-quality").predict(request)
    assert.deepStrictEqual(predictions, [5.5])
  }).pipe(Effect.provide(emulated(container))))

it.effect("returns NaN for a missing column", () =>
  Effect.gen(function*() {
    const { predictions } = yield* Container.mlflow("wine-quality").predict({ dataframe_records: [{ alcohol: 9 }] })
    assert.deepStrictEqual(predictions, [NaN])
  }).pipe(Effect.provide(emulated(container))))

it.effect("fails with the error of the container", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(
      Container.mlflow("wine-quality").predict({ instances: [] }, { ContentType: "application/xml" })
    )
    assert.deepInclude(error, { _tag: "ModelError", OriginalStatusCode: 415 })
  }).pipe(Effect.provide(emulated(container))))

import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Container } from "effect-sagemaker-runtime"
import { emulated } from "../../emulated.ts"
import { container } from "./container.ts"
import { churnProbabilities } from "./predict.ts"

const customers = [
  { months: 24, complaints: 2, monthlyFee: null },
  { months: 12, complaints: 0, monthlyFee: 100 }
]

it.effect("returns the probabilities of XGBoost", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* churnProbabilities(customers), [0.5, 0.5])
  }).pipe(Effect.provide(emulated(container))))

it.effect.each(["application/json", "application/jsonlines", "text/csv"])(
  "reads a response of type %s",
  (Accept) =>
    Effect.gen(function*() {
      const model = Container.xgboost("churn", { objective: "binary:logistic", input: "libsvm", Accept })
      assert.deepStrictEqual(yield* model.predict([{ 0: 24, 1: 2 }, [12, 0, 100]]), [0.5, 0.5])
    }).pipe(Effect.provide(emulated(container)))
)

it.effect("fails with the error of the container", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(Container.xgboost("churn", "binary:logistic").predict([[1, 2]]))
    assert.deepInclude(error, { _tag: "ModelError", OriginalStatusCode: 400 })
  }).pipe(Effect.provide(emulated(container))))

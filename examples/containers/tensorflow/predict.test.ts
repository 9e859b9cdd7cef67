import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Container } from "effect-sagemaker-runtime"
import { emulated } from "../../emulated.ts"
import { container } from "./container.ts"
import { halved, regressed } from "./predict.ts"

it.effect("returns the predictions of TensorFlow Serving", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* halved([1, 2, 5]), [3.5, 4, 5.5])
    assert.deepStrictEqual(yield* regressed([1, 2]), [3.5, 4])
  }).pipe(Effect.provide(emulated(container))))

it.effect.each(
  [
    ["csv", [1, 2]],
    ["jsonLines", [[1], [2]]]
  ] as const
)("sends instances as %s", ([format, instances]) =>
  Effect.gen(function*() {
    const model = Container.tensorFlow("half-plus-three", { format })
    const { predictions } = yield* model.predict({ instances })
    assert.deepStrictEqual(predictions, [3.5, 4])
  }).pipe(Effect.provide(emulated(container))))

it.effect("returns output tensors", () =>
  Effect.gen(function*() {
    const { outputs } = yield* Container.tensorFlow("half-plus-three").predict({ inputs: [1] })
    assert.deepStrictEqual(outputs, [3.5])
  }).pipe(Effect.provide(emulated(container))))

it.effect("fails with the error of the container", () =>
  Effect.gen(function*() {
    const model = Container.tensorFlow("half-plus-three", { model: "other" })
    const error = yield* Effect.flip(model.predict({ instances: [1] }))
    assert.deepInclude(error, { _tag: "ModelError", OriginalStatusCode: 404 })
    assert.include(error, { OriginalMessage: "{\"error\":\"Servable not found for request: Latest(other)\"}" })
  }).pipe(Effect.provide(emulated(container))))

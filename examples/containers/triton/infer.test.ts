import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Container } from "effect-sagemaker-runtime"
import { emulated } from "../../emulated.ts"
import { container } from "./container.ts"
import { addAndSubtract } from "./infer.ts"

const inputs = { INPUT0: Float32Array.of(1, 2), INPUT1: Float32Array.of(0.5, NaN) }

it.effect("returns the outputs of a Triton model", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* addAndSubtract(inputs.INPUT0, inputs.INPUT1), {
      sum: Float32Array.of(1.5, NaN),
      difference: Float32Array.of(0.5, NaN)
    })
  }).pipe(Effect.provide(emulated(container))))

it.effect("returns the same outputs in JSON", () =>
  Effect.gen(function*() {
    const response = yield* Container.triton("add-sub").infer({
      id: "7",
      inputs: [
        { name: "INPUT0", datatype: "FP32", data: [[1, 2]] },
        { name: "INPUT1", datatype: "FP32", data: [[3, 5]] }
      ]
    })
    assert.deepInclude(response, { id: "7", model_name: "add_sub", model_version: "1" })
    assert.deepStrictEqual(response.outputs.OUTPUT1?.data, Float32Array.of(-2, -3))
  }).pipe(Effect.provide(emulated(container))))

it.effect("fails with the error of the container", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(Container.triton("add-sub").infer({ inputs: { INPUT0: inputs.INPUT0 } }))
    assert.deepInclude(error, { _tag: "ModelError", OriginalStatusCode: 400 })
    assert.include(error, { OriginalMessage: "{\"error\":\"expected 2 inputs but got 1 inputs for model 'add_sub'\"}" })
  }).pipe(Effect.provide(emulated(container))))

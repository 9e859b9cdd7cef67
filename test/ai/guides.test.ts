import { assert, describe, it } from "@effect/vitest"
import { Effect, Ref } from "effect"
import { RetryPolicy, SageMakerError } from "effect-sagemaker-runtime"
import { answer as answerOrWait } from "../../examples/guides/language-model-errors.ts"
import { answer, write } from "../../examples/guides/language-model.ts"
import { chunk, completion, scriptedModel } from "../support/languageModel.ts"

describe("Programs in the guides", () => {
  it.effect("language models: a text and a stream", () =>
    Effect.gen(function*() {
      const { layer } = yield* scriptedModel(
        {},
        completion({ content: "Rayleigh scattering." }),
        [chunk({ content: "Ray" }), chunk({ content: "leigh" }), chunk({}, "stop")]
      )
      assert.strictEqual(yield* Effect.provide(answer("Why?"), layer), "Rayleigh scattering.")
      const written = yield* Ref.make("")
      yield* Effect.provide(write("Why?", (text) => Ref.update(written, (before) => before + text)), layer)
      assert.strictEqual(yield* Ref.get(written), "Rayleigh")
    }))

  it.effect("language models: an error of the client is the cause", () =>
    Effect.gen(function*() {
      const { layer } = yield* scriptedModel({}, new SageMakerError.ThrottlingError({}))
      const result = yield* answerOrWait("Why?").pipe(RetryPolicy.use(RetryPolicy.none), Effect.provide(layer))
      assert.strictEqual(result, "too many requests")
    }))
})

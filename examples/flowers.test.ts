import { assert, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { InvokeEndpoint, SageMakerError } from "effect-sagemaker-runtime"
import { MockRuntime } from "effect-sagemaker-runtime/testing"
import { NotNow, score } from "./flowers.ts"

const flower = { sepalLength: 5.1, sepalWidth: 3.5, petalLength: 1.4, petalWidth: 0.2 }

const mocked = (...answers: ReadonlyArray<Effect.Effect<string, SageMakerError.CommonError>>) => {
  let attempts = 0
  return MockRuntime.layer(
    MockRuntime.on(InvokeEndpoint.operation, () =>
      Effect.map(
        answers[Math.min(attempts++, answers.length - 1)]!,
        (csv) => ({ ContentType: "text/csv", Body: new TextEncoder().encode(csv) })
      ))
  )
}

const busy = Effect.suspend(() => new SageMakerError.ThrottlingError({ message: "busy" }))

const scoreOf = (layer: ReturnType<typeof mocked>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(Effect.either(score([flower])))
    yield* TestClock.adjust("1 minute")
    return yield* Fiber.join(fiber)
  }).pipe(Effect.provide(layer))

it.effect("asks a busy model again", () =>
  Effect.gen(function*() {
    const scored = yield* scoreOf(mocked(busy, busy, Effect.succeed("setosa,1")))
    assert.deepInclude(scored, { right: [{ species: "setosa", probability: 1 }] })
  }))

it.effect("says so when the model stays busy, hangs, or answers something else", () =>
  Effect.gen(function*() {
    for (
      const [answer, reason] of [
        [busy, "ThrottlingError"],
        [Effect.never, "TimeoutError"],
        [Effect.succeed("rose,1"), "CodecError"]
      ] as const
    ) {
      assert.deepInclude(yield* scoreOf(mocked(answer)), { left: new NotNow({ reason }) })
    }
  }))

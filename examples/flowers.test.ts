import { assert, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { InvokeEndpoint, SageMakerError } from "effect-sagemaker-runtime"
import { MockRuntime } from "effect-sagemaker-runtime/testing"
import { score, ScoringUnavailable } from "./flowers.ts"

const flower = { sepalLength: 5.1, sepalWidth: 3.5, petalLength: 1.4, petalWidth: 0.2 }

const mocked = (...responses: ReadonlyArray<Effect.Effect<string, SageMakerError.CommonError>>) => {
  let attempts = 0
  return MockRuntime.layer(
    MockRuntime.on(InvokeEndpoint.operation, () =>
      Effect.map(
        responses[Math.min(attempts++, responses.length - 1)]!,
        (csv) => ({ ContentType: "text/csv", Body: new TextEncoder().encode(csv) })
      ))
  )
}

const throttled = Effect.suspend(() => new SageMakerError.ThrottlingError({ message: "Rate exceeded" }))

const scoreOf = (layer: ReturnType<typeof mocked>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(Effect.either(score([flower])))
    yield* TestClock.adjust("1 minute")
    return yield* Fiber.join(fiber)
  }).pipe(Effect.provide(layer))

it.effect("retries a throttled request", () =>
  Effect.gen(function*() {
    const scored = yield* scoreOf(mocked(throttled, throttled, Effect.succeed("setosa,1")))
    assert.deepInclude(scored, { right: [{ species: "setosa", probability: 1 }] })
  }))

it.effect("fails with the reason if the model is throttled, times out or returns an unknown species", () =>
  Effect.gen(function*() {
    for (
      const [response, reason] of [
        [throttled, "ThrottlingError"],
        [Effect.never, "TimeoutError"],
        [Effect.succeed("rose,1"), "CodecError"]
      ] as const
    ) {
      assert.deepInclude(yield* scoreOf(mocked(response)), { left: new ScoringUnavailable({ reason }) })
    }
  }))

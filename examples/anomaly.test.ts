import { assert, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { InvokeEndpoint, SageMakerError } from "effect-sagemaker-runtime"
import { MockRuntime } from "effect-sagemaker-runtime/testing"
import { score } from "./anomaly.ts"

const ready = MockRuntime.layer(
  MockRuntime.on(InvokeEndpoint.operation, () => Effect.succeed({ Body: new TextEncoder().encode("{\"score\":0.9}") }))
)

const loading = MockRuntime.layer(
  MockRuntime.on(InvokeEndpoint.operation, () => new SageMakerError.ModelNotReadyException({ message: "loading" }))
)

it.effect("returns the score of the model", () =>
  Effect.gen(function*() {
    assert.strictEqual(yield* score({ cpu: 0.2, load: 17 }), 0.9)
  }).pipe(Effect.provide(ready)))

it.effect("returns \"not ready\" when every retry finds the model loading", () =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(score({ cpu: 0.2, load: 17 }))
    yield* TestClock.adjust("1 minute")
    assert.strictEqual(yield* Fiber.join(fiber), "not ready")
  }).pipe(Effect.provide(loading)))

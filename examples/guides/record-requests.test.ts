import { assert, it } from "@effect/vitest"
import { Array, Effect, Ref } from "effect"
import { InvokeEndpoint } from "effect-sagemaker-runtime"
import { MockRuntime } from "effect-sagemaker-runtime/testing"
import { score } from "../anomaly.ts"

it.effect("sends one request to the endpoint", () =>
  Effect.gen(function*() {
    const requests = yield* Ref.make<ReadonlyArray<InvokeEndpoint.InvokeEndpointInput>>([])
    const recording = MockRuntime.layer(
      MockRuntime.on(InvokeEndpoint.operation, (input) =>
        Effect.as(Ref.update(requests, Array.append(input)), { Body: new TextEncoder().encode("{\"score\":0.9}") }))
    )
    yield* Effect.provide(score({ cpu: 0.2, load: 17 }), recording)
    const [first, ...others] = yield* Ref.get(requests)
    assert.strictEqual(first?.EndpointName, "anomaly-v2")
    assert.deepStrictEqual(others, [])
  }))

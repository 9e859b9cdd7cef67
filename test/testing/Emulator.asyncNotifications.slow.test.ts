import { assert, it } from "@effect/vitest"
import { Effect, Layer, Option, Stream } from "effect"
import { Emulator } from "effect-sagemaker-runtime/testing"

it.effect("Requests without a subscriber complete, and the latest 1,000 notifications are kept", () =>
  Effect.gen(function*() {
    const { handle, notifications, outcome } = yield* Emulator.Emulator
    for (let index = 0; index < 1_010; index++) {
      yield* handle({
        method: "POST",
        target: "/endpoints/model/async-invocations",
        headers: { "x-amzn-sagemaker-inference-id": `id-${index}` },
        body: new Uint8Array(1)
      })
    }
    yield* outcome("id-1009")
    const first = yield* Stream.runHead(notifications)
    assert.strictEqual(Option.getOrThrow(first).inferenceId, "id-10")
  }).pipe(Effect.provide(Layer.fresh(Emulator.layer({
    endpoints: [Emulator.endpoint("model", () => Effect.succeed("x"))],
    credentials: "anonymous"
  })))))

import { assert, it } from "@effect/vitest"
import { Effect, Layer, Schema, Stream } from "effect"
import { AsyncInference, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { summarizer } from "../async.ts"

const endpoint = Emulator.endpoint("summarizer-async", ({ Body }) =>
  Body.length < 100
    ? Effect.succeed({ Body: `{"summary":"${Body.length} letters"}`, ContentType: "application/json" })
    : Effect.fail(Emulator.containerError({ status: 400, body: "too long" })), { AsyncInferenceConfig: {} })

const emulator = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
  Layer.provide(Signer.layerAnonymous),
  Layer.provideMerge(Emulator.layerObjectStore),
  Layer.provideMerge(Emulator.layerHttpClient({ endpoints: [endpoint], credentials: "anonymous" }))
)

it.live("returns the result of the model", () =>
  Effect.gen(function*() {
    const { summary } = yield* AsyncInference.run(summarizer, "Once upon a time")
    assert.strictEqual(summary, "16 letters")
  }).pipe(Effect.provide(emulator)))

it.live("reports the failure of the model", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(AsyncInference.run(summarizer, "letters".repeat(100)))
    assert.propertyVal(error, "_tag", "AsyncInferenceFailedError")
  }).pipe(Effect.provide(emulator)))

it.live("waits for notifications", () =>
  Effect.gen(function*() {
    const job = yield* AsyncInference.submit(summarizer, "Once upon a time")
    const { notifications } = yield* Emulator.Emulator
    const completions = Stream.mapEffect(notifications, Schema.decodeUnknown(AsyncInference.Completion))
    const results = yield* Stream.runCollect(AsyncInference.results(summarizer, [job], { completions }))
    assert.strictEqual(results.length, 1)
  }).pipe(Effect.provide(emulator)))

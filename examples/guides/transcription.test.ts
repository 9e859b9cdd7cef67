import { assert, it } from "@effect/vitest"
import { type Duration, Effect, Fiber, Layer, Stream, TestClock } from "effect"
import { SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { transcribe } from "./transcription.ts"

const emulator = (modelTime: Duration.DurationInput) =>
  SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
    Layer.provide(Signer.layerAnonymous),
    Layer.provideMerge(Emulator.layerObjectStore),
    Layer.provideMerge(Emulator.layerHttpClient({
      credentials: "anonymous",
      endpoints: [
        Emulator.endpoint(
          "transcription",
          ({ Body }) => Effect.delay(Effect.succeed(`{"text":"${Body.length} bytes"}`), modelTime),
          { AsyncInferenceConfig: { ClientConfig: { MaxConcurrentInvocationsPerInstance: 2 } } }
        )
      ]
    }))
  )

const wait = (minutes: number) => Effect.repeatN(TestClock.adjust("1 minute"), minutes - 1)

it.effect("transcribes a long recording", () =>
  Effect.gen(function*() {
    const text = yield* Effect.fork(transcribe(new Uint8Array(1_000_000)))
    yield* wait(10)
    assert.strictEqual(yield* Fiber.join(text), "1000000 bytes")
  }).pipe(Effect.provide(emulator("5 minutes"))))

it.effect("does not transcribe a recording in more than ten minutes", () =>
  Effect.gen(function*() {
    const text = yield* Effect.fork(transcribe(new Uint8Array(1_000)))
    yield* wait(20)
    assert.strictEqual(yield* Fiber.join(text), "not transcribed")
    const { notifications } = yield* Emulator.Emulator
    const [notification] = yield* Stream.runCollect(Stream.take(notifications, 1))
    assert.propertyVal(notification, "invocationStatus", "Failed")
  }).pipe(Effect.provide(emulator("15 minutes"))))

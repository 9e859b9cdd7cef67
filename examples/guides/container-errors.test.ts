import { assert, it } from "@effect/vitest"
import { Effect, Layer, Schedule } from "effect"
import { invokeEndpoint, ModelEndpoint, SageMakerError, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"

const strict = Emulator.endpoint("strict", ({ Body }) =>
  Body.length > 0
    ? Effect.succeed("ok")
    : Effect.fail(Emulator.containerError({ status: 422, body: "empty body" })))

const asleep = Emulator.endpoint(
  "asleep",
  () => Effect.fail(new SageMakerError.ValidationError({ reason: "no-capacity" }))
)

const emulator = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
  Layer.provide(Signer.layerAnonymous),
  Layer.provide(Emulator.layerHttpClient({ endpoints: [strict, asleep], credentials: "anonymous" }))
)

it.live("reports the status of the container", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(invokeEndpoint({ EndpointName: "strict", Body: "" }))
    assert.deepInclude(error, { _tag: "ModelError", OriginalStatusCode: 422 })
  }).pipe(Effect.provide(emulator)))

it.live("stops waiting for an endpoint without instances", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(ModelEndpoint.warmUp(ModelEndpoint.chat("asleep"), Schedule.recurs(2)))
    assert.isTrue(SageMakerError.isNoCapacity(error))
  }).pipe(Effect.provide(emulator)))

import { FetchHttpClient, HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { Credentials, invokeEndpoint, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { describe } from "vitest"
import { brokenEndpoints, brokenModels, outcomesOf } from "../support/brokenModels.ts"

const emulator = NodeEmulator.layer({
  endpoints: [Emulator.endpoint("echo", ({ Body }) => Effect.succeed(Body)), ...brokenEndpoints],
  region: "eu-west-1"
})

const ours = Layer.unwrapEffect(
  Effect.map(NodeEmulator.NodeEmulator, ({ url }) => SageMakerRuntime.layer({ region: "eu-west-1", endpoint: url }))
).pipe(
  Layer.provide([Signer.layer, FetchHttpClient.layer]),
  Layer.provide(Credentials.layer(Emulator.credentials)),
  Layer.provideMerge(emulator)
)

it.live("The emulator responds to this client over a socket", () =>
  Effect.gen(function*() {
    const { Body } = yield* invokeEndpoint({ EndpointName: "echo", Body: "héllo" })
    assert.strictEqual(new TextDecoder().decode(Body), "héllo")
  }).pipe(Effect.provide(ours)))

describe("Over a socket, the emulator responds, and no call hangs, if a model", () => {
  for (const model of brokenModels) {
    it.live(model.what, () =>
      Effect.gen(function*() {
        const { invoked, streamed } = model
        assert.deepStrictEqual(yield* outcomesOf(model), { invoked, streamed, handedOver: "success" })
      }).pipe(Effect.provide(ours)))
  }
})

it.live("The emulator stops with its scope, including calls in progress", () =>
  Effect.gen(function*() {
    const started = yield* Deferred.make<void>()
    const interrupted = yield* Deferred.make<void>()
    const hanging = Emulator.endpoint("hanging", () =>
      Deferred.succeed(started, undefined).pipe(
        Effect.zipRight(Effect.never),
        Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
      ))
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(
      NodeEmulator.layer({ endpoints: [hanging], credentials: "anonymous" }),
      scope
    )
    const { url } = yield* Effect.provide(NodeEmulator.NodeEmulator, context)
    const send = Effect.provide(
      HttpClient.execute(HttpClientRequest.post(`${url}/endpoints/hanging/invocations`)),
      FetchHttpClient.layer
    )
    const fiber = yield* Effect.fork(Effect.exit(send))
    yield* Deferred.await(started)
    yield* Scope.close(scope, Exit.void)
    yield* Deferred.await(interrupted)
    assert.isTrue(Exit.isFailure(yield* Fiber.join(fiber)))
    assert.isTrue(Exit.isFailure(yield* Effect.exit(send)))
  }))

it.live("The emulator fails with a clear error if its port is in use", () =>
  Effect.gen(function*() {
    const { url } = yield* NodeEmulator.NodeEmulator
    const second = NodeEmulator.layer({ endpoints: [], port: Number(new URL(url).port) })
    const error = yield* Effect.flip(Effect.scoped(Layer.build(second)))
    assert.strictEqual(error._tag, "ConfigurationError")
  }).pipe(Effect.provide(emulator)))

it.effect("The emulator fails with a clear error if its port is invalid", () =>
  Effect.gen(function*() {
    for (const port of [70_000, -1, 1.5, Number.NaN]) {
      const error = yield* Effect.flip(Effect.scoped(Layer.build(NodeEmulator.layer({ endpoints: [], port }))))
      assert.strictEqual(error._tag, "ConfigurationError")
    }
  }))

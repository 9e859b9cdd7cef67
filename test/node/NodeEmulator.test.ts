import {
  InvokeEndpointCommand,
  type InvokeEndpointCommandInput,
  SageMakerRuntimeClient
} from "@aws-sdk/client-sagemaker-runtime"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { Credentials, invokeEndpoint, SageMakerError, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { describe } from "vitest"

const keys = { accessKeyId: "AKIDEMULATOR", secretAccessKey: "emulator-secret-access-key" }

const models = [
  Emulator.endpoint("echo", ({ Body, ContentType }) => Effect.succeed({ Body, ContentType, CustomAttributes: "seen" })),
  Emulator.endpoint(
    "failing",
    () => new SageMakerError.ModelError({ message: "failed", OriginalStatusCode: 0, OriginalMessage: "timeout" })
  ),
  Emulator.endpoint("cold", () => new SageMakerError.ModelNotReadyException({ message: "loading" }))
]

const emulator = NodeEmulator.layer({ endpoints: models, region: "eu-west-1" })

const ours = Layer.unwrapEffect(
  Effect.map(NodeEmulator.NodeEmulator, ({ url }) => SageMakerRuntime.layer({ region: "eu-west-1", endpoint: url }))
).pipe(
  Layer.provide([Signer.layer, FetchHttpClient.layer]),
  Layer.provide(Credentials.layer(keys)),
  Layer.provideMerge(emulator)
)

interface SdkError extends Error {
  readonly OriginalStatusCode?: number
  readonly OriginalMessage?: string
}

const withSdk = (input: InvokeEndpointCommandInput, credentials = keys) =>
  Effect.flatMap(NodeEmulator.NodeEmulator, ({ url }) =>
    Effect.acquireUseRelease(
      Effect.sync(() =>
        new SageMakerRuntimeClient({ region: "eu-west-1", endpoint: url, credentials, maxAttempts: 1 })
      ),
      (client) =>
        Effect.tryPromise({
          try: () => client.send(new InvokeEndpointCommand(input)),
          catch: (error) => error as SdkError
        }),
      (client) => Effect.sync(() => client.destroy())
    ))

it.live("answers this client over a socket", () =>
  Effect.gen(function*() {
    const { Body } = yield* invokeEndpoint({ EndpointName: "echo", Body: "héllo" })
    assert.strictEqual(new TextDecoder().decode(Body), "héllo")
  }).pipe(Effect.provide(ours)))

describe("answers AWS SDK v3", () => {
  it.live("with the model's output", () =>
    Effect.gen(function*() {
      const output = yield* withSdk({
        EndpointName: "echo",
        ContentType: "text/plain",
        TargetModel: "a b (c)!*'.tar.gz",
        Body: "héllo"
      })
      assert.strictEqual(output.Body.transformToString(), "héllo")
      assert.include(output, {
        ContentType: "text/plain",
        CustomAttributes: "seen",
        InvokedProductionVariant: "AllTraffic"
      })
      assert.match(output.$metadata.requestId ?? "", /^emulated-/)
    }).pipe(Effect.provide(emulator)))

  it.live("with the model's error", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(withSdk({ EndpointName: "failing", Body: "x" }))
      assert.include(error, {
        name: "ModelError",
        message: "failed",
        OriginalStatusCode: 0,
        OriginalMessage: "timeout"
      })
    }).pipe(Effect.provide(emulator)))

  it.live("with errors of the service", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        (yield* Effect.flip(withSdk({ EndpointName: "cold", Body: "x" }))).name,
        "ModelNotReadyException"
      )
      const absent = yield* Effect.flip(withSdk({ EndpointName: "absent", Body: "x" }))
      assert.strictEqual(absent.name, "ValidationError")
      assert.strictEqual(absent.message, "Endpoint absent of account 123456789012 not found.")
      const wrong = { ...keys, secretAccessKey: "wrong" }
      assert.strictEqual(
        (yield* Effect.flip(withSdk({ EndpointName: "echo", Body: "x" }, wrong))).name,
        "InvalidSignatureException"
      )
    }).pipe(Effect.provide(emulator)))
})

it.live("stops with its scope, calls in flight included", () =>
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

it.live("says so where it cannot listen", () =>
  Effect.gen(function*() {
    const { url } = yield* NodeEmulator.NodeEmulator
    const second = NodeEmulator.layer({ endpoints: [], port: Number(new URL(url).port) })
    const error = yield* Effect.flip(Effect.scoped(Layer.build(second)))
    assert.strictEqual(error._tag, "ConfigurationError")
  }).pipe(Effect.provide(emulator)))

import { assert, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Layer, Stream } from "effect"
import { AsyncInference, Codec, ModelEndpoint, ObjectStore } from "effect-sagemaker-runtime"
import { NodeEmulator, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { encode } from "../support/asyncEmulator.ts"

const client = (options: NodeEmulator.NodeEmulatorOptions) =>
  Layer.unwrapEffect(
    Effect.map(NodeEmulator.NodeEmulator, ({ url }) =>
      NodeSageMaker.layer({
        region: "eu-west-1",
        endpoint: url,
        credentials: Emulator.credentials,
        http: { proxy: false }
      }))
  ).pipe(Layer.provideMerge(Emulator.layerObjectStore), Layer.provideMerge(NodeEmulator.layer(options)))

const copy = ModelEndpoint.make("copy", { request: Codec.text, response: Codec.text })

const polling = { timeout: Duration.seconds(20) }

it.live("NodeEmulator stores the results of asynchronous endpoints in the given store", () =>
  Effect.gen(function*() {
    const objectStore = yield* ObjectStore.ObjectStore
    const endpoint = Emulator.endpoint("copy", ({ Body }) => Effect.succeed({ Body, ContentType: "text/plain" }), {
      AsyncInferenceConfig: { OutputConfig: { S3OutputPath: "s3://results/copies" } }
    })
    const input = "é".repeat(200_000)
    const output = yield* AsyncInference.run(copy, input, {
      ...polling,
      inputPrefix: "s3://inputs/copies",
      Filename: "copy.txt"
    }).pipe(Effect.provide(client({ endpoints: [endpoint], objectStore })))
    assert.strictEqual(output, input)
    const stored = yield* objectStore.get("s3://results/copies/copy.txt").pipe(Stream.decodeText(), Stream.mkString)
    assert.strictEqual(stored, input)
    assert.strictEqual((yield* Stream.runCollect(objectStore.list("s3://inputs/copies/"))).length, 1)
  }).pipe(Effect.provide(ObjectStore.layerMemory)))

it.live("The scope of NodeEmulator closes while a model runs, and interrupts it", () =>
  Effect.gen(function*() {
    const started = yield* Deferred.make<void>()
    const interrupted = yield* Deferred.make<void>()
    const endpoint = Emulator.endpoint("copy", () =>
      Deferred.succeed(started, undefined).pipe(
        Effect.zipRight(Effect.never),
        Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined)),
        Effect.as(encode(""))
      ))
    const closed = yield* AsyncInference.submit(copy, "x").pipe(
      Effect.zipRight(Deferred.await(started)),
      Effect.provide(client({ endpoints: [endpoint] })),
      Effect.timeoutOption("20 seconds")
    )
    assert.strictEqual(closed._tag, "Some")
    assert.isTrue(yield* Deferred.isDone(interrupted))
  }))

import { HttpApiBuilder, HttpServer } from "@effect/platform"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { deployIris } from "./flowers-container.ts"
import { flowersLive } from "./flowers.ts"

const setosa = { sepalLength: 5.1, sepalWidth: 3.5, petalLength: 1.4, petalWidth: 0.2 }
const virginica = { sepalLength: 6.9, sepalWidth: 3.1, petalLength: 5.7, petalWidth: 2.3 }

const clientOf = (deploy: Effect.Effect<Emulator.EmulatorEndpoint>) =>
  SageMakerRuntime.layer({ region: "us-east-1" }).pipe(
    Layer.provide(Signer.layerAnonymous),
    Layer.provide(Layer.unwrapEffect(
      Effect.map(deploy, (model) => Emulator.layerHttpClient({ endpoints: [model], credentials: "anonymous" }))
    ))
  )

const post = (deploy: Effect.Effect<Emulator.EmulatorEndpoint>, flowers: ReadonlyArray<typeof setosa>) =>
  Effect.acquireUseRelease(
    Effect.sync(() =>
      HttpApiBuilder.toWebHandler(Layer.merge(Layer.provide(flowersLive, clientOf(deploy)), HttpServer.layerContext))
    ),
    ({ handler }) =>
      Effect.promise(async () => {
        const headers = { "content-type": "application/json" }
        const response = await handler(
          new Request("http://flowers/score", { method: "POST", headers, body: JSON.stringify(flowers) })
        )
        return { status: response.status, body: (await response.json()) as ReadonlyArray<{ species: string }> }
      }),
    ({ dispose }) => Effect.promise(dispose)
  )

it.live("scores flowers with the forest", () =>
  Effect.gen(function*() {
    const { body, status } = yield* post(deployIris, [setosa, virginica])
    assert.strictEqual(status, 200)
    assert.deepStrictEqual(body.map(({ species }) => species), ["setosa", "virginica"])
  }))

it.live("refuses what is no flower, and answers 503 where the model fails", () =>
  Effect.gen(function*() {
    assert.strictEqual((yield* post(deployIris, [{ ...setosa, petalWidth: -1 }])).status, 400)
    const broken = Effect.succeed(Emulator.endpoint("iris", () => Effect.fail("out of memory")))
    const { body, status } = yield* post(broken, [setosa])
    assert.deepStrictEqual([status, body as unknown], [503, { _tag: "NotNow", reason: "ModelError" }])
  }))

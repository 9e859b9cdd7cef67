import { HttpApiBuilder, HttpServer } from "@effect/platform"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { irisContainer } from "./flowers-container.ts"
import { flowersLive } from "./flowers.ts"

const setosa = { sepalLength: 5.1, sepalWidth: 3.5, petalLength: 1.4, petalWidth: 0.2 }
const virginica = { sepalLength: 6.9, sepalWidth: 3.1, petalLength: 5.7, petalWidth: 2.3 }

const clientOf = (container: Effect.Effect<Emulator.EmulatorEndpoint>) =>
  SageMakerRuntime.layer({ region: "us-east-1" }).pipe(
    Layer.provide(Signer.layerAnonymous),
    Layer.provide(Layer.unwrapEffect(
      Effect.map(container, (model) => Emulator.layerHttpClient({ endpoints: [model], credentials: "anonymous" }))
    ))
  )

const post = (container: Effect.Effect<Emulator.EmulatorEndpoint>, flowers: ReadonlyArray<typeof setosa>) =>
  Effect.acquireUseRelease(
    Effect.sync(() =>
      HttpApiBuilder.toWebHandler(Layer.merge(Layer.provide(flowersLive, clientOf(container)), HttpServer.layerContext))
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

it.live("returns the species of each flower", () =>
  Effect.gen(function*() {
    const { body, status } = yield* post(irisContainer, [setosa, virginica])
    assert.strictEqual(status, 200)
    assert.deepStrictEqual(body.map(({ species }) => species), ["setosa", "virginica"])
  }))

it.live("responds with 400 to invalid measurements and with 503 if the model fails", () =>
  Effect.gen(function*() {
    assert.strictEqual((yield* post(irisContainer, [{ ...setosa, petalWidth: -1 }])).status, 400)
    const broken = Effect.succeed(Emulator.endpoint("iris", () => Effect.fail("out of memory")))
    const { body, status } = yield* post(broken, [setosa])
    assert.deepStrictEqual([status, body as unknown], [503, { _tag: "ScoringUnavailable", reason: "ModelError" }])
  }))

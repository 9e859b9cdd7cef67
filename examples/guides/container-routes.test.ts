import { FetchHttpClient, HttpApp, HttpRouter, HttpServerResponse } from "@effect/platform"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { score } from "../anomaly.ts"

const container = HttpRouter.empty.pipe(
  HttpRouter.get("/ping", HttpServerResponse.empty({ status: 200 })),
  HttpRouter.post("/invocations", HttpServerResponse.unsafeJson({ score: 0.9 })),
  HttpApp.toWebHandler
)

const http = FetchHttpClient.layer.pipe(
  Layer.provide(Layer.succeed(FetchHttpClient.Fetch, (url, init) => container(new Request(url, init))))
)

const emulator = Emulator.layerHttpClient({
  credentials: "anonymous",
  endpoints: [Emulator.container("anomaly-v2", "http://container:8080")]
}).pipe(Layer.provide(http))

const client = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
  Layer.provide([Signer.layerAnonymous, emulator])
)

it.live("calls the routes of the container", () =>
  Effect.gen(function*() {
    assert.strictEqual(yield* score({ cpu: 0.2, load: 17 }), 0.9)
  }).pipe(Effect.provide(client)))

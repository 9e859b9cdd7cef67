import { FetchHttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, RuntimeFlags, RuntimeFlagsPatch, Supervisor } from "effect"
import { invokeEndpoint, type Resilience, Telemetry } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { serve } from "../support/server.ts"

/** Counts the runtime operations of the supervised fibers. */
class Steps extends Supervisor.AbstractSupervisor<void> {
  taken = 0
  override get value() {
    return Effect.void
  }
  override onEffect() {
    this.taken += 1
  }
}

const watched = RuntimeFlagsPatch.enable(RuntimeFlags.OpSupervision)

const stepsOf = (
  http: NodeSageMaker.NodeSageMakerOptions["http"],
  middleware: Resilience.ClientMiddleware = (client) => client
) =>
  Effect.gen(function*() {
    const server = yield* serve((request, response) => request.resume().on("end", () => response.end("yes")))
    const layer = NodeSageMaker.layer({
      region: "us-east-1",
      endpoint: server.url,
      credentials: { accessKeyId: "AKID", secretAccessKey: "secret" },
      http
    }).pipe(middleware)
    const call = invokeEndpoint({ EndpointName: "steps", ContentType: "text/plain", Body: "is it?" })
    const steps = new Steps()
    yield* Effect.provide(
      Effect.zipRight(call, call.pipe(Effect.withRuntimeFlagsPatch(watched), Effect.supervised(steps))),
      layer
    )
    return steps.taken
  })

describe("A call without tracing takes a limited number of Effect runtime steps", () => {
  it.scopedLive("with Node's HTTP client", () =>
    Effect.gen(function*() {
      assert.isAtMost(yield* stepsOf({ proxy: false }), 32)
    }))

  it.scopedLive("with fetch", () =>
    Effect.gen(function*() {
      assert.isAtMost(yield* stepsOf(FetchHttpClient.layer), 120)
    }))

  it.scopedLive("with metrics", () =>
    Effect.gen(function*() {
      assert.isAtMost(yield* stepsOf({ proxy: false }, Telemetry.metrics()), 48)
    }))

  it.scopedLive("and the test counts these steps", () =>
    Effect.gen(function*() {
      assert.isAtLeast(yield* stepsOf({ proxy: false }), 20)
    }))
})

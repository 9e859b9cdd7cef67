import type { Layer } from "effect"
import { Resilience, type SageMakerError, type SageMakerRuntime, Telemetry } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { describe, expectTypeOf, it } from "vitest"

type Client = Layer.Layer<SageMakerRuntime.SageMakerRuntime, SageMakerError.ConfigurationError>

declare const client: Client

declare const valid: Layer.Layer<SageMakerRuntime.SageMakerRuntime>

describe("Telemetry.metrics and Telemetry.logs", () => {
  it("keep the type of a client's layer", () => {
    expectTypeOf(client.pipe(Telemetry.metrics(), Telemetry.logs())).toEqualTypeOf<Client>()
    expectTypeOf(Telemetry.metrics()).toEqualTypeOf<Resilience.ClientMiddleware>()
  })

  it("keep other services, inside and outside of limits", () => {
    const live = NodeSageMaker.layer()
    const limited = live.pipe(Resilience.circuitBreaker())
    expectTypeOf(limited.pipe(Telemetry.metrics())).toEqualTypeOf<typeof limited>()
    expectTypeOf(live.pipe(Telemetry.metrics(), Resilience.circuitBreaker())).toEqualTypeOf<typeof limited>()
  })

  it("add the error of invalid options", () => {
    expectTypeOf(Telemetry.metrics()(valid)).toEqualTypeOf<Client>()
  })

  it("have names of metrics and dimensions in their options", () => {
    Telemetry.metrics({
      drop: ["sagemaker_runtime.attempts"],
      rename: { "gen_ai.client.token.usage": "tokens" },
      dimensions: { drop: ["rpc.method"], constant: { region: "eu-west-1" }, ofCall: () => ({}) }
    })
    // @ts-expect-error: no metric has this name
    Telemetry.metrics({ drop: ["sagemaker_runtime.attempt"] })
    // @ts-expect-error: no dimension has this name
    Telemetry.metrics({ dimensions: { rename: { "rpc.service": "service" } } })
    // @ts-expect-error: the values of dimensions are strings
    Telemetry.metrics({ dimensions: { ofCall: () => ({ attempts: 1 }) } })
  })
})

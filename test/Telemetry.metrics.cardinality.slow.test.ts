import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { InvokeEndpoint, invokeEndpoint, Resilience, RetryPolicy, SageMakerRuntime } from "effect-sagemaker-runtime"
import { CurrentModelCall, ModelCall } from "../src/internal/telemetry/modelCall.ts"
import { makeTestMetrics, metricsOf } from "./support/metrics.ts"
import { ok, refusal, scriptedRuntime, scriptedRuntimeWith } from "./support/scriptedHttpClient.ts"

const endpoint = "aws.sagemaker.endpoint.name"

const valuesOf = (dimension: string, series: ReadonlyArray<{ readonly dimensions: Record<string, string> }>) =>
  new Set(series.flatMap(({ dimensions }) => dimensions[dimension] ?? []))

const call = (EndpointName: string) => invokeEndpoint({ EndpointName, Body: "" })

describe("The number of values of a dimension is limited:", () => {
  it.effect("endpoints", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(ok)
      const names = Array.from({ length: 50 }, (_, index) => `endpoint-${index}`)
      const series = yield* metricsOf(Effect.forEach([...names, ...names], call), server.layer, { maxEndpoints: 3 })
      assert.deepStrictEqual(
        valuesOf(endpoint, series),
        new Set(["endpoint-0", "endpoint-1", "endpoint-2", "_OTHER"])
      )
      const others = series.filter(({ dimensions, name }) =>
        name === "sagemaker_runtime.attempts" && dimensions[endpoint] === "_OTHER"
      )
      assert.deepStrictEqual(others.map(({ value }) => value), [94])
    }))

  it.effect("1,000 endpoints by default", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(ok)
      const names = Array.from({ length: 1_100 }, (_, index) => `endpoint-${index}`)
      const series = yield* metricsOf(Effect.forEach(names, call), server.layer, {
        drop: ["sagemaker_runtime.attempt.duration", "sagemaker_runtime.call.duration", "sagemaker_runtime.in_flight"]
      })
      assert.strictEqual(valuesOf(endpoint, series).size, 1_001)
    }))

  it.effect("names that AWS does not accept", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntimeWith({ validation: false }, ok)
      const names = ["a b", "a/../b", "-a", "é", "x".repeat(64), "a\n", "my_model"]
      const series = yield* metricsOf(Effect.forEach(names, call), server.layer)
      assert.deepStrictEqual(valuesOf(endpoint, series), new Set(["_OTHER"]))
    }))

  it.effect("models", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(ok)
      const names = ["meta-llama/Llama-3.1-8B-Instruct", "Tell me a secret, please", "tgi", "other"]
      const series = yield* metricsOf(
        Effect.forEach(names, (name) => {
          const modelCall = new ModelCall("chat", name)
          return call("llama").pipe(
            Effect.onExit(modelCall.end),
            Effect.provideService(CurrentModelCall, modelCall)
          )
        }),
        server.layer,
        { maxEndpoints: 2 }
      )
      assert.deepStrictEqual(
        valuesOf("gen_ai.request.model", series),
        new Set(["meta-llama/Llama-3.1-8B-Instruct", "_OTHER", "tgi"])
      )
    }))

  it.effect("operations and error classes", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(ok)
      const names = [...Array.from({ length: 120 }, (_, index) => `Operation${index}`), "Tell me a secret"]
      const program = Effect.forEach(names, (name) =>
        SageMakerRuntime.execute(
          { ...InvokeEndpoint.operation, name, decode: () => Effect.fail({ _tag: `Error of ${name}` }) },
          { EndpointName: "llama", Body: "" }
        ).pipe(Effect.exit))
      const series = yield* metricsOf(program, server.layer)
      assert.strictEqual(valuesOf("rpc.method", series).size, 101)
      assert.isFalse(valuesOf("rpc.method", series).has("SageMakerRuntime/Tell me a secret"))
      assert.deepStrictEqual(valuesOf("error.type", series), new Set(["_OTHER"]))
    }))

  it.effect("circuits: those above the limit have no metric", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(refusal(503, "ServiceUnavailable"))
      const { record, series } = makeTestMetrics()
      const breaker = Resilience.circuitBreaker({
        key: ({ EndpointName, TargetModel }) => `${EndpointName}/${TargetModel}`
      })
      yield* Effect.forEach(["a.tar.gz", "b c", "d.tar.gz", "e.tar.gz"], (TargetModel) =>
        invokeEndpoint({ EndpointName: "models", TargetModel, Body: "" }).pipe(Effect.exit)).pipe(
          RetryPolicy.use(RetryPolicy.none),
          Effect.provide(server.layer.pipe(record({ maxEndpoints: 2 }), breaker))
        )
      const circuits = (yield* series).filter(({ name }) =>
        name === "sagemaker_runtime.circuit.state"
      )
      assert.deepStrictEqual(valuesOf(endpoint, circuits), new Set(["models/a.tar.gz", "models/d.tar.gz"]))
    }))
})

describe("An input that cannot be read", () => {
  it.effect("does not end the call with a defect", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(ok)
      class Input implements InvokeEndpoint.InvokeEndpointInput {
        readonly Body = ""
        get EndpointName(): string {
          throw new Error("secret")
        }
      }
      const series = yield* metricsOf(
        SageMakerRuntime.execute({ ...InvokeEndpoint.operation, name: "Custom" }, new Input()),
        server.layer
      )
      const durations = series.filter(({ name }) => name === "sagemaker_runtime.call.duration")
      assert.deepStrictEqual(durations.map(({ dimensions }) => dimensions), [
        { "rpc.method": "SageMakerRuntime/Custom", "error.type": "InvalidInputError" }
      ])
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { ATTR_ERROR_TYPE } from "@opentelemetry/semantic-conventions"
import {
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_TOKEN_TYPE,
  ATTR_RPC_METHOD,
  METRIC_GEN_AI_CLIENT_OPERATION_DURATION,
  METRIC_GEN_AI_CLIENT_OPERATION_TIME_TO_FIRST_CHUNK,
  METRIC_GEN_AI_CLIENT_TOKEN_USAGE
} from "@opentelemetry/semantic-conventions/incubating"
import { Deferred, Effect, Fiber, Layer, Stream, TestClock } from "effect"
import {
  invokeEndpoint,
  invokeEndpointAsync,
  invokeEndpointWithResponseStream,
  Resilience,
  RetryPolicy,
  SageMakerError,
  streamEndpoint,
  Telemetry,
  Timeouts
} from "effect-sagemaker-runtime"
import { CurrentModelCall, ModelCall } from "../src/internal/telemetry/modelCall.ts"
import { encode } from "../src/protocol/eventStream/frame.ts"
import { advanceClock, withFixedRandom } from "./support/call.ts"
import { makeTestMetrics, metricsOf, type RecordedSeries, valueOfSeries } from "./support/metrics.ts"
import { pacedBody } from "./support/responseBodies.ts"
import { ok, okResponse, refusal, type Reply, scriptedRuntime } from "./support/scriptedHttpClient.ts"

const input = { EndpointName: "llama", Body: "hello" }

const endpoint = "aws.sagemaker.endpoint.name"

const dimensionsOf = (operation: string, error?: string) => ({
  [ATTR_RPC_METHOD]: `SageMakerRuntime/${operation}`,
  [endpoint]: "llama",
  ...(error === undefined ? {} : { [ATTR_ERROR_TYPE]: error })
})

type Values = { readonly [name: string]: RecordedSeries["value"] }

const short = (name: string): string => name.replace("sagemaker_runtime.", "")

/** The values of the series, by short name and error type. */
const valuesOf = (series: ReadonlyArray<RecordedSeries>): Values =>
  Object.fromEntries(series.map(({ dimensions, name, value }) => {
    const error = dimensions[ATTR_ERROR_TYPE]
    return [error === undefined ? short(name) : `${short(name)} ${error}`, value]
  }))

const once = (sum: number) => ({ count: 1, sum })

const delayed = Effect.delay(okResponse, "2 seconds")

const throttled = refusal(400, "ThrottlingException")

const frame = (payload: string) =>
  encode({ ":message-type": "event", ":event-type": "PayloadPart" }, new TextEncoder().encode(payload))

const init = { headers: { "content-type": "application/vnd.amazon.eventstream" } }

const parts = ["a", "bc", "def"].map(frame)

const settled = { in_flight: 0, retry_quota: 500, "request.size": once(5) }

describe("The metrics of a call that", () => {
  it.effect("succeeds", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(delayed)
      const series = yield* metricsOf(advanceClock("2 seconds")(invokeEndpoint(input)), server.layer)
      const call = dimensionsOf("InvokeEndpoint")
      assert.deepStrictEqual(series, [
        { name: "sagemaker_runtime.attempt.duration", unit: "s", dimensions: call, value: once(2) },
        { name: "sagemaker_runtime.attempts", unit: "{attempt}", dimensions: call, value: 1 },
        { name: "sagemaker_runtime.call.duration", unit: "s", dimensions: call, value: once(2) },
        { name: "sagemaker_runtime.in_flight", unit: "{call}", dimensions: call, value: 0 },
        { name: "sagemaker_runtime.request.size", unit: "By", dimensions: call, value: once(5) },
        { name: "sagemaker_runtime.response.size", unit: "By", dimensions: call, value: once(2) },
        { name: "sagemaker_runtime.retry_quota", unit: "{token}", dimensions: {}, value: 500 }
      ])
    }))

  it.effect("is throttled and retried", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(throttled, ok)
      const series = yield* metricsOf(withFixedRandom(0)(invokeEndpoint(input)), server.layer)
      assert.deepStrictEqual(valuesOf(series), {
        ...settled,
        "attempt.duration": once(0),
        "attempt.duration ThrottlingError": once(0),
        attempts: 1,
        "attempts ThrottlingError": 1,
        "call.duration": once(0),
        "response.size": once(2),
        "throttles ThrottlingError": 1
      })
    }))

  it.effect("is throttled until no attempt is left", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(throttled)
      const series = yield* metricsOf(withFixedRandom(0)(invokeEndpoint(input)), server.layer)
      assert.deepStrictEqual(valuesOf(series), {
        ...settled,
        retry_quota: 490,
        "attempt.duration ThrottlingError": { count: 3, sum: 0 },
        "attempts ThrottlingError": 3,
        "call.duration ThrottlingError": once(0),
        "throttles ThrottlingError": 3
      })
    }))

  it.effect("times out", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(Effect.never)
      const program = invokeEndpoint(input).pipe(Timeouts.use({ total: "1 second" }), advanceClock("1 second"))
      assert.deepStrictEqual(valuesOf(yield* metricsOf(program, server.layer)), {
        ...settled,
        "attempt.duration interrupted": once(1),
        "attempts interrupted": 1,
        "call.duration TimeoutError": once(1)
      })
    }))

  it.effect("is interrupted", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(Effect.never)
      const program = invokeEndpoint(input).pipe(Effect.timeout("3 seconds"), advanceClock("3 seconds"))
      assert.deepStrictEqual(valuesOf(yield* metricsOf(program, server.layer)), {
        ...settled,
        "attempt.duration interrupted": once(3),
        "attempts interrupted": 1,
        "call.duration interrupted": once(3)
      })
    }))

  it.effect("dies", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(Effect.die("defect"))
      const program = RetryPolicy.use(invokeEndpoint(input), RetryPolicy.none)
      const series = yield* metricsOf(program, server.layer)
      assert.deepStrictEqual(
        valueOfSeries(series, "sagemaker_runtime.call.duration", { [ATTR_ERROR_TYPE]: "_OTHER" }),
        once(0)
      )
      assert.strictEqual(valueOfSeries(series, "sagemaker_runtime.in_flight"), 0)
    }))

  it.effect("is rejected before it is sent", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(ok)
      const series = yield* metricsOf(invokeEndpoint({ EndpointName: "my secret prompt", Body: "" }), server.layer)
      const call = { [ATTR_RPC_METHOD]: "SageMakerRuntime/InvokeEndpoint", [endpoint]: "_OTHER" }
      assert.deepStrictEqual(series.map(({ dimensions, name, value }) => [short(name), dimensions, value]), [
        ["call.duration", { ...call, [ATTR_ERROR_TYPE]: "InvalidInputError" }, once(0)],
        ["in_flight", call, 0],
        ["retry_quota", {}, 500]
      ])
    }))

  it.effect("is asynchronous", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime({ status: 202, body: "{\"InferenceId\":\"id\"}" })
      const program = invokeEndpointAsync({ EndpointName: "llama", InputLocation: "s3://bucket/input" })
      const series = yield* metricsOf(program, server.layer)
      assert.deepStrictEqual(
        series.filter(({ name }) => name === "sagemaker_runtime.call.duration").map((_) => _.dimensions),
        [dimensionsOf("InvokeEndpointAsync")]
      )
    }))

  it.effect("is rejected by an open circuit", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(refusal(503, "ServiceUnavailable"))
      for (const isOutside of [false, true]) {
        const { record, series } = makeTestMetrics()
        const breaker = Resilience.circuitBreaker({ minimumThroughput: 1 })
        const client = isOutside ? server.layer.pipe(record(), breaker) : server.layer.pipe(breaker, record())
        yield* Effect.gen(function*() {
          yield* invokeEndpoint(input).pipe(RetryPolicy.use(RetryPolicy.none), Effect.exit, Effect.repeatN(1))
          const recorded = yield* series
          assert.deepStrictEqual(recorded.filter(({ name }) => name === "sagemaker_runtime.circuit.state"), [{
            name: "sagemaker_runtime.circuit.state",
            unit: "{state}",
            dimensions: { [endpoint]: "llama" },
            value: 2
          }])
          assert.deepStrictEqual(
            valueOfSeries(recorded, "sagemaker_runtime.call.duration", { [ATTR_ERROR_TYPE]: "CircuitOpenError" }),
            once(0)
          )
          assert.strictEqual(valueOfSeries(recorded, "sagemaker_runtime.attempts"), 1)
        }).pipe(Effect.provide(client))
        assert.strictEqual(valueOfSeries(yield* series, "sagemaker_runtime.circuit.state"), 0)
      }
    }))
})

it.effect("Metrics outside of a fallback contain the calls of all targets", () =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(refusal(503, "ServiceUnavailable"), ok)
    const { record, series } = makeTestMetrics()
    const client = server.layer.pipe(
      Resilience.concurrency({ permits: 1 }),
      Resilience.fallback({ llama: { EndpointName: "small" } }),
      record()
    )
    yield* invokeEndpoint(input).pipe(RetryPolicy.use(RetryPolicy.none), Effect.provide(client))
    const attempts = (yield* series).filter(({ name }) => name === "sagemaker_runtime.attempts")
    assert.deepStrictEqual(
      attempts.map(({ dimensions, value }) => [dimensions[endpoint], dimensions[ATTR_ERROR_TYPE], value]),
      [["llama", "ServiceUnavailable", 1], ["small", undefined, 1]]
    )
  }))

describe("The metrics of a response stream that", () => {
  const operation = "InvokeEndpointWithResponseStream"

  it.effect("is read to its end last until the end", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(pacedBody(init, "1 second", parts))
      const series = yield* metricsOf(advanceClock("3 seconds")(Stream.runDrain(streamEndpoint(input))), server.layer)
      assert.deepStrictEqual(valuesOf(series), {
        ...settled,
        "attempt.duration": once(0),
        attempts: 1,
        "call.duration": once(3),
        "response.size": once(6)
      })
      assert.isTrue(series.every(({ dimensions }) => dimensions[ATTR_RPC_METHOD] !== "SageMakerRuntime/InvokeEndpoint"))
    }))

  it.effect("is left after its first part end there", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(pacedBody(init, "1 second", parts, Stream.never))
      const program = advanceClock("1 second")(Stream.runDrain(Stream.take(streamEndpoint(input), 1)))
      const series = yield* metricsOf(program, server.layer)
      assert.deepStrictEqual(valuesOf(series), {
        ...settled,
        "attempt.duration": once(0),
        attempts: 1,
        "call.duration": once(1),
        "response.size": once(1)
      })
    }))

  it.effect("is open count as in flight", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(pacedBody(init, "1 second", parts))
      const { record, series } = makeTestMetrics()
      const inFlight = Effect.map(
        series,
        (_) => valueOfSeries(_, "sagemaker_runtime.in_flight", dimensionsOf(operation))
      )
      yield* Effect.gen(function*() {
        yield* Effect.scoped(Effect.gen(function*() {
          yield* invokeEndpointWithResponseStream(input)
          assert.strictEqual(yield* inFlight, 1)
        }))
        assert.strictEqual(yield* inFlight, 0)
      }).pipe(Effect.provide(server.layer.pipe(record())))
    }))
})

describe("The metrics of a language-model call", () => {
  const model = {
    [ATTR_GEN_AI_OPERATION_NAME]: "chat",
    [ATTR_GEN_AI_PROVIDER_NAME]: "aws.sagemaker",
    [ATTR_GEN_AI_REQUEST_MODEL]: "meta-llama/Llama-3.1-8B"
  }

  const chat = (usage: ModelCall["usage"]) => {
    const modelCall = new ModelCall("chat", "meta-llama/Llama-3.1-8B")
    return Stream.runDrain(streamEndpoint(input)).pipe(
      Effect.tap(Effect.sync(() => modelCall.setUsage(() => usage))),
      Effect.onExit(modelCall.end),
      Effect.provideService(CurrentModelCall, modelCall)
    )
  }

  it.effect("contain duration, tokens and the time to the first part", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(pacedBody(init, "1 second", parts))
      const program = advanceClock("3 seconds")(chat({ inputTokens: 12, outputTokens: 34 }))
      const series = yield* metricsOf(program, server.layer)
      const dimensions = { ...dimensionsOf("InvokeEndpointWithResponseStream"), ...model }
      assert.deepStrictEqual(series.filter(({ name }) => name.startsWith("gen_ai.")), [
        { name: METRIC_GEN_AI_CLIENT_OPERATION_DURATION, unit: "s", dimensions, value: once(3) },
        { name: METRIC_GEN_AI_CLIENT_OPERATION_TIME_TO_FIRST_CHUNK, unit: "s", dimensions, value: once(1) },
        {
          name: METRIC_GEN_AI_CLIENT_TOKEN_USAGE,
          unit: "{token}",
          dimensions: { ...dimensions, [ATTR_GEN_AI_TOKEN_TYPE]: "input" },
          value: once(12)
        },
        {
          name: METRIC_GEN_AI_CLIENT_TOKEN_USAGE,
          unit: "{token}",
          dimensions: { ...dimensions, [ATTR_GEN_AI_TOKEN_TYPE]: "output" },
          value: once(34)
        }
      ])
    }))

  it.effect("ignore numbers that are no counts", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(pacedBody(init, 0, parts))
      const series = yield* metricsOf(chat({ inputTokens: -1, outputTokens: NaN }), server.layer)
      assert.isEmpty(series.filter(({ name }) => name === METRIC_GEN_AI_CLIENT_TOKEN_USAGE))
    }))

  it.effect("count a fallback's tokens once", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(refusal(503, "ServiceUnavailable"), pacedBody(init, 0, parts))
      const program = RetryPolicy.use(chat({ outputTokens: 5 }), RetryPolicy.none)
      const { record, series } = makeTestMetrics()
      const client = server.layer.pipe(record(), Resilience.fallback({ llama: { EndpointName: "small" } }))
      yield* Effect.provide(program, client)
      const usage = (yield* series).filter(({ name }) => name === METRIC_GEN_AI_CLIENT_TOKEN_USAGE)
      assert.deepStrictEqual(usage.map(({ dimensions, value }) => [dimensions[endpoint], value]), [["small", once(5)]])
    }))
})

describe("Fiber labels", () => {
  it.effect("of the caller apply to the metrics of a call", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(ok)
      const call = invokeEndpoint(input)
      const series = yield* metricsOf(
        Effect.zipRight(Effect.tagMetrics(call, "tenant", "a"), Effect.tagMetrics(call, { tenant: "b" })),
        server.layer
      )
      const ofCalls = series.filter(({ name }) => name !== "sagemaker_runtime.retry_quota")
      assert.deepStrictEqual(new Set(ofCalls.map(({ dimensions }) => dimensions["tenant"])), new Set(["a", "b"]))
      for (const tenant of ["a", "b"]) {
        assert.deepStrictEqual(valueOfSeries(series, "sagemaker_runtime.call.duration", { tenant }), once(0))
        assert.strictEqual(valueOfSeries(series, "sagemaker_runtime.in_flight", { tenant }), 0)
      }
    }))

  it.effect("of the fiber that builds the client apply to its quota", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(ok)
      const { record, series } = makeTestMetrics()
      yield* invokeEndpoint(input).pipe(
        Effect.provide(server.layer.pipe(record())),
        Effect.tagMetrics("service", "checkout")
      )
      assert.isTrue((yield* series).every(({ dimensions }) => dimensions["service"] === "checkout"))
    }))
})

describe("The metrics of waiting calls", () => {
  it.effect("count the calls that wait for a permit", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const server = yield* scriptedRuntime(Effect.zipRight(Deferred.await(gate), okResponse))
      const { record, series } = makeTestMetrics()
      const queued = Effect.map(series, (_) =>
        valueOfSeries(_, "sagemaker_runtime.queued", { [endpoint]: "llama", "sagemaker_runtime.limit": "concurrency" }))
      yield* Effect.gen(function*() {
        const first = yield* Effect.fork(invokeEndpoint(input))
        yield* TestClock.adjust(0)
        const waiting = yield* Effect.fork(invokeEndpoint(input))
        const interrupted = yield* Effect.fork(invokeEndpoint(input))
        yield* TestClock.adjust(0)
        assert.strictEqual(yield* queued, 2)
        yield* Fiber.interrupt(interrupted)
        assert.strictEqual(yield* queued, 1)
        yield* Deferred.succeed(gate, undefined)
        yield* Fiber.joinAll([first, waiting])
        assert.strictEqual(yield* queued, 0)
      }).pipe(Effect.provide(server.layer.pipe(Resilience.concurrency({ permits: 1, queue: 2 }), record())))
    }))

  it.effect("count the attempts that wait for a rate limit", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(ok)
      const { record, series } = makeTestMetrics()
      const queued = Effect.map(series, (_) =>
        valueOfSeries(_, "sagemaker_runtime.queued", { [endpoint]: "llama", "sagemaker_runtime.limit": "rate" }))
      const limit = Resilience.rateLimit({ limit: 1, interval: "1 second" })
      yield* Effect.gen(function*() {
        yield* invokeEndpoint(input)
        const waiting = yield* Effect.fork(invokeEndpoint(input))
        yield* TestClock.adjust(0)
        assert.strictEqual(yield* queued, 1)
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(waiting)
        assert.strictEqual(yield* queued, 0)
      }).pipe(Effect.provide(server.layer.pipe(record(), limit)))
    }))
})

describe("Options", () => {
  const recorded = (options: Parameters<typeof metricsOf>[2], replies: ReadonlyArray<Reply> = [ok]) =>
    Effect.flatMap(scriptedRuntime(...replies), (server) => metricsOf(invokeEndpoint(input), server.layer, options))

  it.effect("rename metrics by name and by prefix", () =>
    Effect.gen(function*() {
      const series = yield* recorded({
        prefix: "shop.",
        rename: { "sagemaker_runtime.call.duration": "model.latency" }
      })
      assert.includeMembers(series.map(({ name }) => name), ["model.latency", "shop.sagemaker_runtime.attempts"])
      assert.isTrue(series.every(({ name }) => /^(model|shop)\./.test(name)))
    }))

  it.effect("drop metrics", () =>
    Effect.gen(function*() {
      const names = (yield* recorded({ drop: ["sagemaker_runtime.attempts", "sagemaker_runtime.retry_quota"] }))
        .map(({ name }) => name)
      assert.notInclude(names, "sagemaker_runtime.attempts")
      assert.notInclude(names, "sagemaker_runtime.retry_quota")
      assert.include(names, "sagemaker_runtime.call.duration")
    }))

  it.effect("rename, drop and add dimensions", () =>
    Effect.gen(function*() {
      const series = yield* recorded({
        dimensions: {
          rename: { [endpoint]: "endpoint" },
          drop: ["rpc.method"],
          constant: { region: "eu-west-1" },
          ofCall: ({ endpoint: name = "", operation }) => ({ team: `${operation} of ${name}` })
        }
      })
      const call = series.find(({ name }) => name === "sagemaker_runtime.call.duration")
      assert.deepStrictEqual(call?.dimensions, {
        endpoint: "llama",
        region: "eu-west-1",
        team: "InvokeEndpoint of llama"
      })
      const quota = series.find(({ name }) => name === "sagemaker_runtime.retry_quota")
      assert.deepStrictEqual(quota?.dimensions, { region: "eu-west-1" })
    }))

  it.effect("ignore dimensions that are no strings, or whose function throws", () =>
    Effect.gen(function*() {
      const wrong = () => ({ "": "empty name", count: 1, team: "search" }) as unknown as { readonly team: string }
      const [call] = yield* recorded({ dimensions: { ofCall: wrong } })
      assert.deepStrictEqual(call?.dimensions, { ...dimensionsOf("InvokeEndpoint"), team: "search" })
      const throwing = () => {
        throw new Error("no team")
      }
      const [other] = yield* recorded({ dimensions: { ofCall: throwing } })
      assert.deepStrictEqual(other?.dimensions, dimensionsOf("InvokeEndpoint"))
    }))

  const invalid: ReadonlyArray<readonly [setting: string, options: unknown]> = [
    ["Telemetry.metrics", 3],
    ["Telemetry.metrics.maxEndpoints", { maxEndpoints: 0 }],
    ["Telemetry.metrics.prefix", { prefix: "1 " }],
    ["Telemetry.metrics.prefix", { prefix: 1 }],
    ["Telemetry.metrics.drop", { drop: ["sagemaker_runtime.attempt"] }],
    ["Telemetry.metrics.drop", { drop: "sagemaker_runtime.attempts" }],
    ["Telemetry.metrics.rename", { rename: { attempts: "attempts" } }],
    ["Telemetry.metrics.rename", { rename: { "sagemaker_runtime.attempts": "" } }],
    ["Telemetry.metrics.rename", { rename: { "sagemaker_runtime.attempts": "sagemaker_runtime.throttles" } }],
    ["Telemetry.metrics.rename", { rename: null }],
    ["Telemetry.metrics.dimensions", { dimensions: "region" }],
    ["Telemetry.metrics.dimensions.drop", { dimensions: { drop: ["region"] } }],
    ["Telemetry.metrics.dimensions.rename", { dimensions: { rename: { "rpc.method": "error.type" } } }],
    ["Telemetry.metrics.dimensions.constant", { dimensions: { constant: { region: 1 } } }],
    ["Telemetry.metrics.dimensions.constant", { dimensions: { constant: "region" } }],
    ["Telemetry.metrics.dimensions.ofCall", { dimensions: { ofCall: {} } }]
  ]

  it.effect.each(invalid)("that are invalid fail the layer: %s", ([setting, options]) =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(ok)
      const client = server.layer.pipe(Telemetry.metrics(options as Telemetry.MetricsOptions))
      const error = yield* Effect.flip(Layer.launch(client))
      assert.instanceOf(error, SageMakerError.ConfigurationError)
      assert.strictEqual(error.setting, setting)
    }))
})

import { FetchHttpClient, HttpServer } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader
} from "@opentelemetry/sdk-metrics"
import { InMemorySpanExporter } from "@opentelemetry/sdk-trace-base"
import { ConfigProvider, Effect, HashMap, Layer, Logger, LogLevel, Metric, Schema, Stream, Tracer } from "effect"
import {
  AsyncInference,
  Batch,
  Codec,
  invokeEndpoint,
  ModelEndpoint,
  Resilience,
  SageMakerRuntime,
  Signer,
  Telemetry
} from "effect-sagemaker-runtime"
import { NodeEmulator, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { readFileSync } from "node:fs"
import { createServer } from "node:net"
import { vi } from "vitest"
import { datadog } from "../../examples/guides/telemetry-datadog.ts"
import { live as emf } from "../../examples/guides/telemetry-emf.ts"
import { live as withOptions } from "../../examples/guides/telemetry-options.ts"
import { live as otlp } from "../../examples/guides/telemetry-otlp.ts"
import { prometheus } from "../../examples/guides/telemetry-prometheus.ts"
import { sdk } from "../../examples/guides/telemetry-sdk.ts"
import { calls as demoCalls } from "../../examples/observability/calls.ts"
import { Collector } from "../../examples/observability/collector.ts"
import { models } from "../../examples/observability/models.ts"
import { catalog, dimensionNames } from "../../src/internal/telemetry/metrics/catalog.ts"
import { exampleCredentials } from "../support/nodeConfiguration.ts"
import { type RecordedSpan, recordingTracer } from "../support/tracer.ts"

const endpoints = [
  Emulator.endpoint("echo", ({ Body }) => Effect.succeed(Body)),
  Emulator.endpoint("broken", () => Effect.fail("broken"))
]

const call = (EndpointName: string) => Effect.exit(invokeEndpoint({ EndpointName, Body: "hello" }))

const calls = Effect.zipRight(call("echo"), call("broken"))

const client = NodeSageMaker.layer({
  region: "eu-west-1",
  credentials: Emulator.credentials,
  http: Emulator.layerHttpClient({ endpoints })
}).pipe(Telemetry.metrics())

/** Runs an effect in the environment of a client that calls an emulator. */
const withEnvironment = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  variables: { readonly [name: string]: string } = {}
) =>
  Effect.gen(function*() {
    const { url } = yield* NodeEmulator.NodeEmulator
    const environment = {
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_REGION: "eu-west-1",
      AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME: url,
      AWS_ACCESS_KEY_ID: exampleCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: exampleCredentials.secretAccessKey,
      ...variables
    }
    for (const [name, value] of Object.entries(environment)) {
      vi.stubEnv(name, value)
    }
    return yield* effect
  }).pipe(
    Effect.provide(NodeEmulator.layer({ region: "eu-west-1", credentials: exampleCredentials, endpoints })),
    Effect.ensuring(Effect.sync(() => vi.unstubAllEnvs()))
  )

/** The lines that a program prints. */
const printed = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => vi.spyOn(console, "log").mockReturnValue()),
    (log) => Effect.map(program, () => log.mock.calls.map(([line]) => String(line))),
    (log) => Effect.sync(() => log.mockRestore())
  )

const freePort = Effect.async<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

const callSpan = "SageMakerRuntime.InvokeEndpoint"
const attemptSpan = "SageMakerRuntime.attempt"

describe("The recipe of the guide for", () => {
  it.live("OTLP sends spans, metrics and logs", () =>
    Effect.gen(function*() {
      const url = yield* HttpServer.addressFormattedWith(Effect.succeed)
      yield* printed(withEnvironment(Effect.provide(calls, otlp), { OTEL_EXPORTER_OTLP_ENDPOINT: url }))
      const collector = yield* Collector
      const spans = yield* collector.spans
      assert.deepStrictEqual(spans.map(({ name }) => name), [callSpan, attemptSpan, callSpan, attemptSpan])
      assert.include((yield* collector.measurements).map(({ metric }) => metric), "sagemaker_runtime.call.duration")
      const [failed] = yield* collector.logs
      assert.strictEqual(failed?.attributes["error.type"], "ModelError")
    }).pipe(Effect.provide(Collector.layer)))

  it.live("the SDK exports spans and metrics", () =>
    Effect.gen(function*() {
      const spans = new InMemorySpanExporter()
      const exported = vi.spyOn(spans, "export")
      const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
      const sampled = Tracer.externalSpan({ spanId: "1".repeat(16), traceId: "2".repeat(32), sampled: true })
      yield* calls.pipe(
        Effect.withParentSpan(sampled),
        Effect.provide([client, sdk(spans, new PeriodicExportingMetricReader({ exporter: metrics }))])
      )
      const names = exported.mock.calls.flatMap(([batch]) => batch).map(({ name }) => name)
      assert.deepStrictEqual(names, [attemptSpan, callSpan, attemptSpan, callSpan])
      const measured = metrics.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics).flatMap((scope) =>
        scope.metrics
      )
      const duration = measured.find(({ descriptor }) => descriptor.name === "sagemaker_runtime.call.duration")
      assert.strictEqual(duration?.descriptor.unit, "s")
    }))

  it.live("Prometheus serves the metrics as text", () =>
    Effect.gen(function*() {
      const port = yield* freePort
      const scrape = Effect.promise(() => fetch(`http://127.0.0.1:${port}/metrics`).then((response) => response.text()))
      const text = yield* Effect.zipRight(calls, scrape).pipe(Effect.provide([client, prometheus(port)]))
      const dimensions = `rpc_method="SageMakerRuntime/InvokeEndpoint",aws_sagemaker_endpoint_name="broken"`
      for (
        const expected of [
          "# TYPE sagemaker_runtime_call_duration histogram",
          `sagemaker_runtime_call_duration_count{${dimensions},error_type="ModelError",unit="s",`,
          `sagemaker_runtime_attempts_total{${dimensions},error_type="ModelError",`,
          "sagemaker_runtime_retry_quota{"
        ]
      ) {
        assert.include(text, expected)
      }
    }))

  it.live("Datadog sends OTLP to the agent with the service, environment and version", () =>
    Effect.gen(function*() {
      const requests = new Map<string, string>()
      const agent = Layer.succeed(FetchHttpClient.Fetch, (input, init) =>
        new Response(new Uint8Array()).text().then(async () => {
          const request = new Request(input, init)
          requests.set(request.url, await request.text())
          return new Response("{}")
        }))
      const variables = { DD_AGENT_HOST: "agent", DD_SERVICE: "orders", DD_ENV: "staging", DD_VERSION: "1.2.3" }
      yield* calls.pipe(
        Effect.provide([client, Layer.provide(datadog, agent)]),
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))
      )
      const traces = requests.get("http://agent:4318/v1/traces") ?? ""
      for (const text of ["orders", "staging", "1.2.3", callSpan, attemptSpan]) {
        assert.include(traces, `"${text}"`)
      }
      assert.include(requests.get("http://agent:4318/v1/metrics") ?? "", "sagemaker_runtime.call.duration")
    }))

  it.live("options renames and adds dimensions, and records attempts as events", () =>
    Effect.gen(function*() {
      const { layer, spans } = recordingTracer()
      yield* withEnvironment(Effect.provide(calls, [withOptions, layer]))
      const [succeeded, failed, ...others] = spans.filter(({ name }) => name.startsWith("SageMakerRuntime."))
      assert.isEmpty(others)
      assert.deepStrictEqual([succeeded, failed].map((span) => span?.events.map(([name]) => name)), [
        [attemptSpan],
        [attemptSpan]
      ])
      const tags = (yield* Metric.snapshot)
        .filter(({ metricKey }) => metricKey.name === "sagemaker_runtime.attempts")
        .map(({ metricKey }) => metricKey.tags.map(({ key, value }) => `${key}=${value}`))
      assert.isTrue(tags.some((all) => all.includes("client=orders") && all.includes("endpoint=echo")))
    }))

  it.live("CloudWatch prints lines of the embedded metric format", () =>
    Effect.gen(function*() {
      const lines = yield* printed(
        withEnvironment(Effect.provide(Effect.zipRight(Effect.logInfo("start"), calls), emf))
      )
      const [start = "", ...ended] = lines
      assert.notProperty(JSON.parse(start), "_aws")
      assert.strictEqual(ended.length, 2)
      for (const line of ended) {
        assertEmbeddedMetricFormat(line)
      }
      assert.include(ended[1], `"error.type":"ModelError"`)
    }))
})

const guide = readFileSync(new URL("../../docs/guides/observability.md", import.meta.url), "utf8")

/** The names that the guide does not contain as code. */
const missing = (names: Iterable<string>) => [...new Set(names)].filter((name) => !guide.includes(`\`${name}\``))

/** The names of spans, attributes and events. The guide names the span of a call for one operation. */
const namesOf = (spans: ReadonlyArray<RecordedSpan>) => {
  const ours = spans.filter(({ name }) => /^(?:SageMakerRuntime|AsyncInference|Batch)\./.test(name))
  const events = ours.flatMap((span) => span.events)
  return [
    ...ours.map(({ name }) => name.replace(/\.InvokeEndpoint\w+/, ".InvokeEndpoint")),
    ...ours.flatMap(({ attributes }) => [...attributes.keys()]),
    ...events.map(([name]) => name),
    ...events.flatMap(([, attributes]) => Object.keys(attributes ?? {}))
  ]
}

const summarizer = ModelEndpoint.make("summarizer", { request: Codec.text, response: Codec.text })

const asyncClient = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
  Layer.provideMerge(Emulator.layerObjectStore),
  Layer.provideMerge(Emulator.layerHttpClient({
    credentials: "anonymous",
    endpoints: [
      Emulator.endpoint(
        "summarizer",
        ({ Body }) => Effect.succeed({ Body: Body.subarray(0, 9), ContentType: "text/plain" })
      )
    ]
  })),
  Layer.provideMerge(Signer.layerAnonymous)
)

describe("The guide names each", () => {
  it("metric and dimension", () => {
    assert.deepStrictEqual(missing([...Object.keys(catalog), ...dimensionNames]), [])
  })

  it("metric that the configuration of the collector selects", () => {
    const selected = [...guide.matchAll(/^ +- \^(\S+)\$$/gm)].map(([, name = ""]) => name.replaceAll("\\.", "."))
    assert.isNotEmpty(selected)
    assert.includeMembers(Object.keys(catalog), selected)
  })

  it.effect("span and attribute of a batch", () =>
    Effect.gen(function*() {
      const { layer, spans } = recordingTracer()
      const batch = Stream.runDrain(Batch.run(summarizer, ["a", "b"]))
      yield* Effect.provide(batch, Layer.merge(asyncClient, layer))
      const names = namesOf(spans)
      assert.includeMembers(names, ["Batch.run", "aws.sagemaker.batch.rows"])
      assert.deepStrictEqual(missing(names), [])
    }))

  it.live("span, attribute, event and annotation of the calls of the demo", () =>
    Effect.gen(function*() {
      const { layer, spans } = recordingTracer()
      const annotations: Array<string> = []
      const logger = Logger.make((entry) => void annotations.push(...HashMap.keys(entry.annotations)))
      const client = NodeSageMaker.layer({
        region: "eu-west-1",
        credentials: Emulator.credentials,
        http: Emulator.layerHttpClient({ endpoints: models() })
      }).pipe(Resilience.circuitBreaker({ minimumThroughput: 3, failureRatio: 1 }), Telemetry.logs())
      yield* demoCalls.pipe(
        Effect.provide([client, layer, Logger.replace(Logger.defaultLogger, logger)]),
        Logger.withMinimumLogLevel(LogLevel.Debug)
      )
      assert.isNotEmpty(annotations)
      assert.deepStrictEqual(missing([...namesOf(spans), ...annotations]), [])
    }))

  it.live("span, attribute and event of asynchronous inference", () =>
    Effect.gen(function*() {
      const { layer, spans } = recordingTracer()
      const options = { inputPrefix: "s3://example-bucket/input/" }
      yield* AsyncInference.run(summarizer, "x".repeat(130_000), options).pipe(
        Effect.provide([asyncClient, layer])
      )
      assert.includeMembers(spans.map(({ name }) => name), ["AsyncInference.upload", "AsyncInference.result"])
      assert.deepStrictEqual(missing(namesOf(spans)), [])
    }))
})

const EmbeddedMetrics = Schema.Struct({
  _aws: Schema.Struct({
    Timestamp: Schema.Int,
    CloudWatchMetrics: Schema.NonEmptyArray(Schema.Struct({
      Namespace: Schema.Trim.pipe(Schema.length({ min: 1, max: 1024 })),
      Dimensions: Schema.Array(Schema.Array(Schema.String).pipe(Schema.maxItems(30))),
      Metrics: Schema.Array(Schema.Struct({ Name: Schema.String, Unit: Schema.Literal("Seconds", "Count") })).pipe(
        Schema.minItems(1),
        Schema.maxItems(100)
      )
    }))
  })
})

/** Checks the rules of AWS's specification: each dimension and metric refers to a member of the line. */
const assertEmbeddedMetricFormat = (line: string) => {
  const members = Schema.decodeUnknownSync(Schema.Record({ key: Schema.String, value: Schema.Unknown }))(
    JSON.parse(line)
  )
  const { _aws: { CloudWatchMetrics } } = Schema.decodeUnknownSync(EmbeddedMetrics)(members)
  for (const { Dimensions, Metrics } of CloudWatchMetrics) {
    for (const name of Dimensions.flat()) {
      assert.match(String(members[name]), /^[\x20-\x7e]{1,1024}$/)
      assert.typeOf(members[name], "string")
    }
    for (const { Name } of Metrics) {
      assert.typeOf(members[Name], "number")
    }
  }
}

/** What a program exports: spans, metrics and logs, by exporter. */
import { NodeSdk, Otlp } from "@effect/opentelemetry"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { InMemoryLogRecordExporter, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs"
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader
} from "@opentelemetry/sdk-metrics"
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base"
import { Effect, type Exit, Layer, Logger, LogLevel, Metric } from "effect"
import { inspect } from "node:util"
import { recordingTracer, spanText } from "./tracer.ts"

const show = (value: unknown): string =>
  inspect(value, { depth: 20, maxArrayLength: null, maxStringLength: null, breakLength: Infinity })

/** The exports of one exporter as text. */
export interface Exports {
  readonly spans: string
  readonly metrics: string
  readonly logs: string
}

/** A run of a program: how it ended, and what was exported. */
interface Exported {
  readonly exit: Exit.Exit<unknown, unknown>
  readonly exports: Exports
}

type Program = Effect.Effect<unknown, unknown>

const atEveryLevel = Logger.minimumLogLevel(LogLevel.All)

const shownSpan = (
  { attributes, events, instrumentationScope, kind, links, name, resource, status }: ReadableSpan
): unknown => ({ name, kind, attributes, events, links, status, instrumentationScope, resource: resource.attributes })

/** Runs a program with `@effect/opentelemetry` and OpenTelemetry's exporters in memory. */
const openTelemetry = (program: Program): Effect.Effect<Exported> =>
  Effect.gen(function*() {
    const spanExporter = new InMemorySpanExporter()
    const logExporter = new InMemoryLogRecordExporter()
    const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const metricReader = new PeriodicExportingMetricReader({
      exporter: metricExporter,
      exportIntervalMillis: 3_600_000
    })
    const sdk = NodeSdk.layer(() => ({
      resource: { serviceName: "test" },
      spanProcessor: new SimpleSpanProcessor(spanExporter),
      logRecordProcessor: new SimpleLogRecordProcessor({ exporter: logExporter }),
      metricReader
    }))
    const exported = Effect.gen(function*() {
      const exit = yield* Effect.exit(program)
      yield* Effect.promise(() => metricReader.forceFlush())
      const logs = logExporter.getFinishedLogRecords().map(({ attributes, body, severityText }) => ({
        attributes,
        body,
        severityText
      }))
      return {
        exit,
        exports: {
          spans: show(spanExporter.getFinishedSpans().map(shownSpan)),
          metrics: show(metricExporter.getMetrics()),
          logs: show(logs)
        }
      }
    })
    return yield* Effect.provide(exported, [sdk, atEveryLevel])
  })

/** Runs a program with Effect's own tracer, metrics and logger, which export OTLP as JSON. */
const otlp = (program: Program): Effect.Effect<Exported> =>
  Effect.gen(function*() {
    const bodies: Record<keyof Exports, string> = { spans: "", metrics: "", logs: "" }
    const kinds: ReadonlyArray<readonly [string, keyof Exports]> = [
      ["/v1/traces", "spans"],
      ["/v1/metrics", "metrics"],
      ["/v1/logs", "logs"]
    ]
    const collector = HttpClient.make((request, url) => {
      const { body } = request
      for (const [path, kind] of kinds) {
        if (url.pathname === path && body._tag === "Uint8Array") {
          bodies[kind] += new TextDecoder().decode(body.body)
        }
      }
      return Effect.succeed(HttpClientResponse.fromWeb(request, new Response("{}", { status: 200 })))
    })
    const exporters = Otlp.layerJson({
      baseUrl: "http://localhost",
      resource: { serviceName: "test" },
      tracerExportInterval: "1 hour",
      metricsExportInterval: "1 hour",
      loggerExportInterval: "1 hour"
    }).pipe(Layer.provide(Layer.succeed(HttpClient.HttpClient, collector)))
    // The exporters send what they have when their layer is closed.
    const exit = yield* Effect.provide(Effect.exit(program), [exporters, atEveryLevel])
    return { exit, exports: { ...bodies } }
  })

const formats = [
  Logger.stringLogger,
  Logger.logfmtLogger,
  Logger.jsonLogger,
  Logger.map(Logger.structuredLogger, show),
  Logger.make<unknown, string>((options) => show({ ...options, context: undefined }))
]

/** Runs a program with a tracer and loggers of Effect in memory. */
const inMemory = (program: Program): Effect.Effect<Exported> =>
  Effect.gen(function*() {
    const { layer, spans } = recordingTracer()
    const lines: Array<string> = []
    const loggers = formats.map((format) =>
      Logger.add(Logger.map(format, (line) => {
        lines.push(line)
      }))
    )
    const exit = yield* Effect.provide(Effect.exit(program), [
      layer,
      Layer.mergeAll(Logger.remove(Logger.defaultLogger), atEveryLevel, ...loggers)
    ])
    const links = show(spans.map(({ span }) => span.links))
    return {
      exit,
      exports: {
        spans: [links, ...spans.map(spanText)].join("\n"),
        metrics: show(Metric.unsafeSnapshot()),
        logs: lines.join("\n")
      }
    }
  })

/** The exporters by name. */
export const exporters = {
  "@effect/opentelemetry": openTelemetry,
  "Effect's OTLP exporter": otlp,
  "Effect's tracer, metrics and loggers": inMemory
}

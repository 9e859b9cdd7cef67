import { Otlp } from "@effect/opentelemetry"
import { FetchHttpClient, HttpServer } from "@effect/platform"
import { Console, Effect, Layer, Logger, LogLevel } from "effect"
import { Resilience, Telemetry } from "effect-sagemaker-runtime"
import { emulated } from "./emulated.ts"
import { calls } from "./observability/calls.ts"
import { Collector } from "./observability/collector.ts"
import { logLines } from "./observability/logLines.ts"
import { metricTable } from "./observability/metricTable.ts"
import { models } from "./observability/models.ts"
import { traceTree } from "./observability/traceTree.ts"
import { heading } from "./terminal.ts"

const client = emulated(...models()).pipe(
  Resilience.circuitBreaker({ minimumThroughput: 3, failureRatio: 1 }),
  Telemetry.metrics(),
  Telemetry.logs()
)

const exporter = Layer.unwrapEffect(
  HttpServer.addressFormattedWith((url) =>
    Effect.succeed(Otlp.layerJson({
      baseUrl: url,
      resource: { serviceName: "orders" },
      replaceLogger: Logger.defaultLogger
    }))
  )
).pipe(Layer.provide(FetchHttpClient.layer))

const program = Effect.gen(function*() {
  yield* calls.pipe(
    Effect.provide(Layer.provideMerge(exporter, client)),
    Logger.withMinimumLogLevel(LogLevel.Debug)
  )
  const { logs, measurements, spans } = yield* Collector
  yield* heading("One trace")
  yield* Console.log(traceTree(yield* spans))
  yield* heading("Metrics")
  yield* Console.log(metricTable(yield* measurements))
  yield* heading("Logs")
  yield* Console.log(logLines(yield* logs))
})

await Effect.runPromise(Effect.provide(program, Collector.layer))

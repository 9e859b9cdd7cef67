import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer, type Schema } from "effect"
import { createServer } from "node:http"
import {
  type LogLine,
  logLinesOf,
  LogsRequest,
  type Measurement,
  measurementsOf,
  MetricsRequest,
  spansOf,
  TracesRequest
} from "./telemetry.ts"

/** An OTLP collector in this process: it stores the traces, metrics and logs that it receives as OTLP/JSON over HTTP. */
export class Collector extends Effect.Service<Collector>()("Collector", {
  sync: () => {
    const traces: Array<typeof TracesRequest.Type> = []
    const logs: Array<LogLine> = []
    let measurements: ReadonlyArray<Measurement> = []
    const post = <A, I>(path: `/${string}`, schema: Schema.Schema<A, I>, store: (request: A) => void) =>
      HttpRouter.post(
        path,
        HttpServerRequest.schemaBodyJson(schema).pipe(
          Effect.map(store),
          Effect.zipRight(HttpServerResponse.json({}))
        )
      )
    return {
      routes: HttpRouter.empty.pipe(
        post("/v1/traces", TracesRequest, (request) => void traces.push(request)),
        post("/v1/metrics", MetricsRequest, (request) => {
          measurements = measurementsOf(request)
        }),
        post("/v1/logs", LogsRequest, (request) => void logs.push(...logLinesOf(request)))
      ),
      spans: Effect.sync(() => spansOf(traces)),
      measurements: Effect.sync(() => measurements),
      logs: Effect.sync(() => [...logs])
    }
  }
}) {
  static readonly layer = Layer.unwrapEffect(
    Effect.map(Collector, ({ routes }) => HttpServer.serve(routes))
  ).pipe(
    Layer.provideMerge(NodeHttpServer.layer(() => createServer(), { host: "127.0.0.1", port: 0 })),
    Layer.provideMerge(Collector.Default)
  )
}

import { Metrics, Resource } from "@effect/opentelemetry"
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus"
import { Effect, Layer } from "effect"

const exporter = (port: number) =>
  Effect.acquireRelease(
    Effect.sync(() => new PrometheusExporter({ port })),
    (exporter) => Effect.promise(() => exporter.shutdown())
  )

export const prometheus = (port = 9464) =>
  Effect.zipWith(exporter(port), Metrics.makeProducer, (exporter, producer) => exporter.setMetricProducer(producer))
    .pipe(
      Layer.scopedDiscard,
      Layer.provide(Resource.layer({ serviceName: "orders" }))
    )

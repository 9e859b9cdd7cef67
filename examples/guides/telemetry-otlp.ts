import { Otlp } from "@effect/opentelemetry"
import { FetchHttpClient } from "@effect/platform"
import { Config, Effect, Layer } from "effect"
import { Resilience, Telemetry } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

const client = NodeSageMaker.layer().pipe(
  Resilience.circuitBreaker(),
  Telemetry.metrics(),
  Telemetry.logs()
)

const exporter = Layer.unwrapEffect(
  Effect.map(
    Config.withDefault(Config.string("OTEL_EXPORTER_OTLP_ENDPOINT"), "http://localhost:4318"),
    (baseUrl) => Otlp.layerJson({ baseUrl, resource: { serviceName: "orders" } })
  )
).pipe(Layer.provide(FetchHttpClient.layer))

export const live = Layer.provideMerge(client, exporter)

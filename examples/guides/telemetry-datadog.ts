import { Otlp } from "@effect/opentelemetry"
import { FetchHttpClient } from "@effect/platform"
import { Config, Effect, Layer } from "effect"

const settings = Config.all({
  host: Config.withDefault(Config.string("DD_AGENT_HOST"), "localhost"),
  serviceName: Config.string("DD_SERVICE"),
  environment: Config.string("DD_ENV"),
  serviceVersion: Config.string("DD_VERSION")
})

export const datadog = Layer.unwrapEffect(
  Effect.map(settings, ({ environment, host, serviceName, serviceVersion }) =>
    Otlp.layerJson({
      baseUrl: `http://${host}:4318`,
      resource: { serviceName, serviceVersion, attributes: { "deployment.environment.name": environment } }
    }))
).pipe(Layer.provide(FetchHttpClient.layer))

import { FetchHttpClient, HttpClient, HttpClientRequest } from "@effect/platform"
import { Effect, Layer } from "effect"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

const withTenant = HttpClient.mapRequest(HttpClientRequest.setHeader("x-tenant", "blue"))

export const live = NodeSageMaker.layer({
  http: Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, withTenant)).pipe(
    Layer.provide(FetchHttpClient.layer)
  )
})

import { FetchHttpClient, type HttpClient } from "@effect/platform"
import { ConfigProvider, Effect, Layer } from "effect"
import { type SageMakerError, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import { call } from "./call.ts"

/** An anonymous client of a server, over an `HttpClient` layer; `fetch` by default. */
export const anonymousClient = (
  endpoint: string,
  http: Layer.Layer<HttpClient.HttpClient, SageMakerError.ConfigurationError> = FetchHttpClient.layer
) =>
  SageMakerRuntime.layer({ region: "eu-west-1", endpoint }).pipe(
    Layer.provide(Layer.merge(Signer.layerAnonymous, http))
  )

/** An anonymous client of a server, over Node's HTTP client without a proxy. */
export const anonymousNodeClient = (endpoint: string, options: NodeHttpClient.NodeHttpClientOptions = {}) =>
  anonymousClient(endpoint, NodeHttpClient.layer({ proxy: false, ...options }))

/** Invokes an endpoint of a server over Node's HTTP client. */
export const callTo = (endpoint: string, options?: NodeHttpClient.NodeHttpClientOptions) =>
  Effect.provide(call, anonymousClient(endpoint, NodeHttpClient.layer(options)))

/** Runs an effect with these environment variables and no others. */
export const environment = (variables: { readonly [name: string]: string }) =>
  Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))

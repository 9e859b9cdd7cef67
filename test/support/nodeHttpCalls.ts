import { ConfigProvider, Effect, Layer } from "effect"
import { SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import { call } from "./call.ts"

/** Invokes an endpoint at a URL over Node's HTTP client. */
export const callTo = (endpoint: string, options: NodeHttpClient.NodeHttpClientOptions = {}) =>
  call.pipe(
    Effect.provide(
      SageMakerRuntime.layer({ region: "eu-west-1", endpoint }).pipe(
        Layer.provide([Signer.layerAnonymous, NodeHttpClient.layer(options)])
      )
    )
  )

/** Runs an effect with these environment variables and no others. */
export const environment = (variables: { readonly [name: string]: string }) =>
  Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))

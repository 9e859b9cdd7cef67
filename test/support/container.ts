import { FetchHttpClient, type HttpClient } from "@effect/platform"
import { Effect, Layer } from "effect"
import { RetryPolicy, type SageMakerError, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import type { IncomingMessage, ServerResponse } from "node:http"
import { serve } from "./server.ts"

/** A request that a container received. */
interface Invocation {
  readonly url: string
  readonly headers: IncomingMessage["headers"]
  readonly body: string
}

const bodyOf = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of message) {
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** An HTTP server that behaves as a container: it responds to pings, and to invocations with `respond`. */
export const serveContainer = (
  respond: (response: ServerResponse, body: Buffer, request: IncomingMessage) => void,
  pingStatus: () => number = () => 200
) =>
  Effect.gen(function*() {
    const invocations: Array<Invocation> = []
    const pings: Array<number> = []
    const server = yield* serve((request, response) => {
      if (request.url?.endsWith("/ping") === true) {
        pings.push(pingStatus())
        response.writeHead(pingStatus()).end()
        return
      }
      Effect.runFork(Effect.map(Effect.promise(() => bodyOf(request)), (body) => {
        invocations.push({ url: request.url ?? "", headers: request.headers, body: body.toString() })
        respond(response, body, request)
      }))
    })
    return { ...server, invocations, pings }
  })

/** The HTTP clients that forward requests to containers. */
export const httpClients = { fetch: FetchHttpClient.layer, undici: NodeHttpClient.layer({ proxy: false }) }

/** A client of an emulator in memory with these endpoints; calls are not repeated. */
export const emulatedClient = (
  endpoints: ReadonlyArray<Emulator.EmulatorEndpoint<HttpClient.HttpClient>>,
  http: Layer.Layer<HttpClient.HttpClient, SageMakerError.ConfigurationError> = FetchHttpClient.layer
) =>
  SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
    Layer.provide(Signer.layerAnonymous),
    Layer.provide(RetryPolicy.layer(RetryPolicy.none)),
    Layer.provideMerge(Emulator.layerHttpClient({ endpoints, credentials: "anonymous" }).pipe(Layer.provide(http)))
  )

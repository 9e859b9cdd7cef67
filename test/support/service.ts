import { HttpClient, type HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { Effect, Layer } from "effect"
import { type InvokeEndpoint, invokeEndpoint, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"

/** A service that answers each request as a test says, by the endpoint or whatever else of it matters. */
export const service = (answer: (request: HttpClientRequest.HttpClientRequest) => Effect.Effect<Response>) => {
  const requests: Array<HttpClientRequest.HttpClientRequest> = []
  const http = Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) =>
      Effect.suspend(() => {
        requests.push(request)
        return Effect.map(answer(request), (response) => HttpClientResponse.fromWeb(request, response))
      })
    )
  )
  return {
    requests,
    client: SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(Layer.provide([Signer.layerAnonymous, http]))
  }
}

/** The endpoint a request is for. */
export const endpointOf = ({ url }: HttpClientRequest.HttpClientRequest): string => url.split("/").at(-2) ?? ""

export const answered: Effect.Effect<Response> = Effect.sync(() => new Response("ok"))

export const refused = (status: number, code?: string): Effect.Effect<Response> =>
  Effect.sync(() => new Response("{}", { status, headers: code === undefined ? {} : { "x-amzn-errortype": code } }))

/** A call of an endpoint. */
export const invoke = (EndpointName: string, members: Partial<InvokeEndpoint.InvokeEndpointInput> = {}) =>
  invokeEndpoint({ EndpointName, Body: "reading", ...members })

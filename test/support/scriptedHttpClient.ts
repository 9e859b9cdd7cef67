import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { Effect, Layer } from "effect"
import { type InvokeEndpoint, invokeEndpoint, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"

/** The scripted result of one request: a response, a transport failure, or an effect that gives or fails with one. */
export type Reply =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: BodyInit | null }
  | { readonly transport: unknown }
  | Effect.Effect<Response, HttpClientError.HttpClientError>

/** A reply that depends on the request. */
export type Responder = (request: HttpClientRequest.HttpClientRequest) => Reply

const respond = (request: HttpClientRequest.HttpClientRequest, reply: Reply) => {
  if (Effect.isEffect(reply)) {
    return Effect.map(reply, (response) => HttpClientResponse.fromWeb(request, response))
  }
  if ("transport" in reply) {
    return Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause: reply.transport }))
  }
  const { body = null, headers = {}, status } = reply
  return Effect.sync(() => HttpClientResponse.fromWeb(request, new Response(body, { status, headers })))
}

/** An `HttpClient` that returns the replies in order, repeats the last one, and records every request. */
export const scriptedHttpClient = (...replies: ReadonlyArray<Reply | Responder>) =>
  Effect.sync(() => {
    const seen: Array<{ readonly request: HttpClientRequest.HttpClientRequest; readonly signal: AbortSignal }> = []
    const client = HttpClient.make((request, _url, signal) =>
      Effect.suspend(() => {
        const reply = replies[Math.min(seen.length, replies.length - 1)]!
        seen.push({ request, signal })
        return respond(request, typeof reply === "function" ? reply(request) : reply)
      })
    )
    return {
      http: Layer.succeed(HttpClient.HttpClient, client),
      /** The requests so far. */
      requests: Effect.sync(() => seen.map(({ request }) => request)),
      /** The number of requests so far. */
      attempts: Effect.sync(() => seen.length),
      /** For each request so far, whether it was aborted. */
      aborted: Effect.sync(() => seen.map(({ signal }) => signal.aborted))
    }
  })

/** A scripted `HttpClient` with an anonymous SageMaker Runtime client on top of it. */
export const scriptedRuntime = (...replies: ReadonlyArray<Reply | Responder>) => scriptedRuntimeWith({}, ...replies)

/** `scriptedRuntime` with client options. */
export const scriptedRuntimeWith = (
  options: Partial<SageMakerRuntime.SageMakerRuntimeOptions>,
  ...replies: ReadonlyArray<Reply | Responder>
) =>
  Effect.map(scriptedHttpClient(...replies), (server) => ({
    ...server,
    layer: SageMakerRuntime.layer({ region: "eu-west-1", ...options }).pipe(
      Layer.provide([Signer.layerAnonymous, server.http])
    )
  }))

/** A successful reply with the text `ok`. */
export const ok: Reply = { status: 200, headers: { "content-type": "text/plain" }, body: "ok" }

/** An error reply with the code in its header, as the service sends it. */
export const refusal = (status: number, code: string, body: Record<string, unknown> = {}): Reply => ({
  status,
  headers: { "x-amzn-errortype": code, "x-amzn-requestid": "request-1", "content-type": "application/json" },
  body: JSON.stringify(body)
})

/** The reply of a model that is still loading. */
export const notReady: Reply = refusal(429, "ModelNotReadyException", { Message: "loading" })

/** A successful response as an effect, which a test can delay. */
export const okResponse: Effect.Effect<Response> = Effect.sync(() => new Response("ok"))

/** An error response as an effect, which a test can delay; without a code if none is given. */
export const errorResponse = (status: number, code?: string): Effect.Effect<Response> =>
  Effect.sync(() => new Response("{}", { status, headers: code === undefined ? {} : { "x-amzn-errortype": code } }))

/** The endpoint name in the URL of a request. */
export const endpointOf = ({ url }: HttpClientRequest.HttpClientRequest): string => url.split("/").at(-2) ?? ""

/** Calls an endpoint by name. */
export const invoke = (EndpointName: string, members: Partial<InvokeEndpoint.InvokeEndpointInput> = {}) =>
  invokeEndpoint({ EndpointName, Body: "reading", ...members })

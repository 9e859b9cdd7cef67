import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { Effect, Layer, Ref } from "effect"
import { SageMakerRuntime, Signer } from "effect-sagemaker-runtime"

/** What the scripted service does with one request. */
export type Reply =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: BodyInit | null }
  | { readonly transport: unknown }
  | Effect.Effect<Response>

const respond = (request: HttpClientRequest.HttpClientRequest, reply: Reply) =>
  Effect.isEffect(reply)
    ? Effect.map(reply, (response) => HttpClientResponse.fromWeb(request, response))
    : "transport" in reply
    ? Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause: reply.transport }))
    : Effect.succeed(
      HttpClientResponse.fromWeb(
        request,
        new Response(reply.body ?? null, { status: reply.status, headers: reply.headers ?? {} })
      )
    )

interface Seen {
  readonly request: HttpClientRequest.HttpClientRequest
  readonly signal: AbortSignal
}

/** An HTTP client that plays the replies in order, the last one for ever, and remembers the requests. */
export const scriptedHttp = (...replies: ReadonlyArray<Reply>) =>
  Effect.map(Ref.make<ReadonlyArray<Seen>>([]), (requests) => ({
    http: Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.make((request, _url, signal) =>
        Effect.flatMap(
          Ref.getAndUpdate(requests, (seen) => [...seen, { request, signal }]),
          (seen) => respond(request, replies[Math.min(seen.length, replies.length - 1)]!)
        )
      )
    ),
    requests: Effect.map(Ref.get(requests), (seen) => seen.map(({ request }) => request)),
    attempts: Effect.map(Ref.get(requests), (seen) => seen.length),
    /** Whether each request so far was told to stop. */
    aborted: Effect.map(Ref.get(requests), (seen) => seen.map(({ signal }) => signal.aborted))
  }))

/** The same below an unsigned client, all in one fiber. */
export const scripted = (...replies: ReadonlyArray<Reply>) => scriptedWith({}, ...replies)

/** The same with options of the client. */
export const scriptedWith = (
  options: Partial<SageMakerRuntime.SageMakerRuntimeOptions>,
  ...replies: ReadonlyArray<Reply>
) =>
  Effect.map(scriptedHttp(...replies), (server) => ({
    ...server,
    layer: SageMakerRuntime.layer({ region: "eu-west-1", ...options }).pipe(
      Layer.provide([Signer.layerAnonymous, server.http])
    )
  }))

/** Replies of the service that tests have in common. */
export const ok: Reply = { status: 200, headers: { "content-type": "text/plain" }, body: "ok" }

export const refusal = (status: number, code: string, body: Record<string, unknown> = {}): Reply => ({
  status,
  headers: { "x-amzn-errortype": code, "x-amzn-requestid": "request-1", "content-type": "application/json" },
  body: JSON.stringify(body)
})

export const notReady: Reply = refusal(429, "ModelNotReadyException", { Message: "loading" })

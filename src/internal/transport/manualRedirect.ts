import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as Headers from "@effect/platform/Headers"
import type * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"

const ofTheRequest = new Set(["method", "headers", "body", "duplex", "signal"])

/** The options `fetch` was given besides the request itself. */
const optionsOf = (init: RequestInit, requestHeaders: Headers.Headers): RequestInit => ({
  ...Object.fromEntries(Object.entries(init).filter(([option]) => !ofTheRequest.has(option))),
  headers: Object.fromEntries(Object.entries(init.headers ?? {}).filter(([name]) => !(name in requestHeaders)))
})

/**
 * What a client does, but that it never follows a redirect, so that a signed request and its body stay with the service.
 *
 * It is run in a fiber of its own, with the context given. An HTTP client that is not `fetch` ignores this. `fetch` takes
 * its options from the context in force, where a value of ours would displace those its layer was built with; so they are
 * learnt from a `fetch` that sends nothing: by the first request, and again by one without a header that hid an option so
 * far.
 */
export const neverFollow = (client: HttpClient.HttpClient) => {
  let learnt: RequestInit | undefined
  let manual: RequestInit = {}
  let hiding: ReadonlyArray<string> = []
  const learn = (init: RequestInit, { headers }: HttpClientRequest.HttpClientRequest) => {
    const options = optionsOf(init, headers)
    hiding = learnt === undefined ? Object.keys(headers) : hiding.filter((name) => name in headers)
    learnt = { ...options, headers: Object.assign({}, learnt?.headers, options.headers) }
    manual = { ...learnt, redirect: "manual" }
  }
  return (
    request: HttpClientRequest.HttpClientRequest,
    context: Context.Context<never>
  ): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError> => {
    const send = client.execute(request)
    const manually = Effect.suspend(() => {
      const own = Context.getOrElse(context, FetchHttpClient.RequestInit, () => undefined)
      const init = own === undefined ? manual : { ...learnt, ...own, redirect: "manual" as const }
      return Effect.zipRight(
        FiberRef.set(FiberRef.currentContext, Context.add(context, FetchHttpClient.RequestInit, init)),
        send
      )
    })
    if (learnt !== undefined && hiding.every((name) => name in request.headers)) {
      return manually
    }
    let probed = false
    const probe = (_: unknown, init: RequestInit = {}): Promise<Response> => {
      probed = true
      learn(init, request)
      return Promise.resolve(new Response(null, { status: 204 }))
    }
    const asking = Context.add(Context.omit(FetchHttpClient.RequestInit)(context), FetchHttpClient.Fetch, probe)
    return Effect.matchEffect(Effect.mapInputContext(send, () => asking), {
      onSuccess: (response) => (probed ? manually : Effect.succeed(response)),
      onFailure: (error) => (probed ? manually : Effect.fail(error))
    })
  }
}

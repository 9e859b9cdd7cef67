/** Disables redirects, so that a signed request and its body reach only the service. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as Headers from "@effect/platform/Headers"
import type * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"

const requestInits = new Set(["method", "headers", "body", "duplex", "signal"])

/** The options of a `fetch` call, except those that describe the request. */
const fetchOptions = (init: RequestInit, requestHeaders: Headers.Headers): RequestInit => ({
  ...Object.fromEntries(Object.entries(init).filter(([option]) => !requestInits.has(option))),
  headers: Object.fromEntries(Object.entries(init.headers ?? {}).filter(([name]) => !(name in requestHeaders)))
})

/**
 * Wraps a `fetch` client so that it never follows a redirect. Other clients are not changed.
 *
 * `redirect: "manual"` is set through `FetchHttpClient.RequestInit` in the context, which replaces the options of the
 * client's layer. To keep the layer's options, a probe reads them first: a fake `fetch` that sends nothing.
 *
 * Headers of a request override headers of the layer's options, so a probe cannot see those. A request without such a
 * header is probed again.
 *
 * The request changes the context of its fiber, so it must run in a new fiber.
 */
export const withManualRedirect = (client: HttpClient.HttpClient) => {
  let learned: RequestInit | undefined
  /** Headers that every probed request had. A header of the layer's options with such a name has not been seen. */
  let commonHeaders: ReadonlyArray<string> = []
  const learn = (init: RequestInit, { headers }: HttpClientRequest.HttpClientRequest) => {
    const options = fetchOptions(init, headers)
    commonHeaders = learned === undefined ? Object.keys(headers) : commonHeaders.filter((name) => name in headers)
    learned = { ...options, headers: Object.assign({}, learned?.headers, options.headers), redirect: "manual" }
  }
  return (
    request: HttpClientRequest.HttpClientRequest,
    context: Context.Context<never>
  ): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError> => {
    const send = client.execute(request)
    const sendManually = Effect.suspend(() => {
      const own = Context.getOrElse(context, FetchHttpClient.RequestInit, () => undefined)
      const init = own === undefined ? learned ?? {} : { ...learned, ...own, redirect: "manual" as const }
      return Effect.zipRight(
        FiberRef.set(FiberRef.currentContext, Context.add(context, FetchHttpClient.RequestInit, init)),
        send
      )
    })
    if (learned !== undefined && commonHeaders.every((name) => name in request.headers)) {
      return sendManually
    }
    let isFetch = false
    const probe = (_: unknown, init: RequestInit = {}): Promise<Response> => {
      isFetch = true
      learn(init, request)
      return Promise.resolve(new Response(null, { status: 204 }))
    }
    const probing = Context.add(Context.omit(FetchHttpClient.RequestInit)(context), FetchHttpClient.Fetch, probe)
    return Effect.matchEffect(Effect.mapInputContext(send, () => probing), {
      onSuccess: (response) => (isFetch ? sendManually : Effect.succeed(response)),
      onFailure: (error) => (isFetch ? sendManually : Effect.fail(error))
    })
  }
}

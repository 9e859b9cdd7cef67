/** Requests that follow no redirect, so that a signed request and its body reach only the service. */
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

/** The options of a `fetch` call without those that describe the request itself. */
const fetchOptions = (init: RequestInit, requestHeaders: Headers.Headers): RequestInit => ({
  ...Object.fromEntries(Object.entries(init).filter(([option]) => !requestInits.has(option))),
  headers: Object.fromEntries(Object.entries(init.headers ?? {}).filter(([name]) => !(name in requestHeaders)))
})

/** The options that a `fetch` layer was built with, as far as its calls have shown them. */
class LearnedOptions {
  #options: RequestInit | undefined
  /** Headers of all requests so far, which may hide a header of the layer's options. */
  #hiding: ReadonlyArray<string> = []

  /** Whether the options, as far as they apply to this request, are known. */
  covers({ headers }: HttpClientRequest.HttpClientRequest): boolean {
    return this.#options !== undefined && this.#hiding.every((name) => name in headers)
  }

  learn(init: RequestInit, { headers }: HttpClientRequest.HttpClientRequest): void {
    const options = fetchOptions(init, headers)
    this.#hiding = this.#options === undefined ? Object.keys(headers) : this.#hiding.filter((name) => name in headers)
    this.#options = { ...options, headers: Object.assign({}, this.#options?.headers, options.headers) }
    this.manual = { ...this.#options, redirect: "manual" }
  }

  /** The options with manual redirects. */
  manual: RequestInit = {}
}

/**
 * Wraps a client so that it never follows a redirect. The request runs in the context given, in a fiber of its own.
 *
 * A client that is not `fetch` ignores this. `fetch` reads its options from the context, where a value replaces the options
 * that its layer was built with. To keep those, a probe learns them: a `fetch` call that sends nothing and responds with 204.
 * The first request is probed, and a later one without a header that may have hidden an option.
 */
export const withManualRedirect = (client: HttpClient.HttpClient) => {
  const learned = new LearnedOptions()
  return (
    request: HttpClientRequest.HttpClientRequest,
    context: Context.Context<never>
  ): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError> => {
    const send = client.execute(request)
    const sendManually = Effect.suspend(() => {
      const own = Context.getOrElse(context, FetchHttpClient.RequestInit, () => undefined)
      const init = own === undefined ? learned.manual : { ...learned.manual, ...own, redirect: "manual" as const }
      return Effect.zipRight(
        FiberRef.set(FiberRef.currentContext, Context.add(context, FetchHttpClient.RequestInit, init)),
        send
      )
    })
    if (learned.covers(request)) {
      return sendManually
    }
    let isFetch = false
    const probe = (_: unknown, init: RequestInit = {}): Promise<Response> => {
      isFetch = true
      learned.learn(init, request)
      return Promise.resolve(new Response(null, { status: 204 }))
    }
    const probing = Context.add(Context.omit(FetchHttpClient.RequestInit)(context), FetchHttpClient.Fetch, probe)
    return Effect.matchEffect(Effect.mapInputContext(send, () => probing), {
      onSuccess: (response) => (isFetch ? sendManually : Effect.succeed(response)),
      onFailure: (error) => (isFetch ? sendManually : Effect.fail(error))
    })
  }
}

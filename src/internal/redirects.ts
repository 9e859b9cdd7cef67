import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

const ofTheRequest = new Set(["method", "headers", "body", "duplex", "signal"])

/** The options `fetch` was given besides the request itself. */
const optionsOf = (init: RequestInit, requestHeaders: Headers.Headers): RequestInit => ({
  ...Object.fromEntries(Object.entries(init).filter(([option]) => !ofTheRequest.has(option))),
  headers: Object.fromEntries(Object.entries(init.headers ?? {}).filter(([name]) => !(name in requestHeaders)))
})

/**
 * A client that never follows a redirect, so that a signed request and its body stay with the service.
 *
 * An HTTP client that is not `fetch` ignores this. `fetch` takes its options from the context in force, where a value of
 * ours would displace those its layer was built with; so they are learnt from a `fetch` that sends nothing: by the first
 * request, and again by one without a header that hid an option so far.
 */
export const neverFollow = (client: HttpClient.HttpClient): HttpClient.HttpClient => {
  let learnt: RequestInit | undefined
  let hiding: ReadonlyArray<string> = []
  return HttpClient.transform(client, (send, request) => {
    const has = (name: string) => name in request.headers
    const learn = (init: RequestInit) => {
      const options = optionsOf(init, request.headers)
      hiding = learnt === undefined ? Object.keys(request.headers) : hiding.filter(has)
      learnt = { ...options, headers: Object.assign({}, learnt?.headers, options.headers) }
    }
    const manually = Effect.suspend(() =>
      Effect.mapInputContext(
        send,
        (context: Context.Context<never>) =>
          Context.add(context, FetchHttpClient.RequestInit, {
            ...learnt,
            ...Context.getOrElse(context, FetchHttpClient.RequestInit, () => undefined),
            redirect: "manual"
          })
      )
    )
    const probing = Effect.suspend(() => {
      let probed = false
      const probe = (_: unknown, init: RequestInit = {}): Promise<Response> => {
        probed = true
        learn(init)
        return Promise.resolve(new Response(null, { status: 204 }))
      }
      const asked = Effect.mapInputContext(
        send,
        (context: Context.Context<never>) =>
          Context.add(Context.omit(FetchHttpClient.RequestInit)(context), FetchHttpClient.Fetch, probe)
      )
      return Effect.matchEffect(asked, {
        onSuccess: (response) => (probed ? manually : Effect.succeed(response)),
        onFailure: (error) => (probed ? manually : Effect.fail(error))
      })
    })
    return Effect.suspend(() => (learnt !== undefined && hiding.every(has) ? manually : probing))
  })
}

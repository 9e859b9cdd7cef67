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
 * ours would displace those its layer was built with; so the first request learns them from a `fetch` that sends nothing.
 */
export const neverFollow = (client: HttpClient.HttpClient): HttpClient.HttpClient => {
  let learnt: RequestInit | undefined
  return HttpClient.transform(client, (send, request) => {
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
        learnt = optionsOf(init, request.headers)
        return Promise.resolve(new Response(null, { status: 204 }))
      }
      return Effect.matchEffect(Effect.provideService(send, FetchHttpClient.Fetch, probe), {
        onSuccess: (response) => (probed ? manually : Effect.succeed(response)),
        onFailure: (error) => (probed ? manually : Effect.fail(error))
      })
    })
    return Effect.suspend(() => (learnt === undefined ? probing : manually))
  })
}

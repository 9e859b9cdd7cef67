import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** Ends a probing run of `fetch` before any I/O. */
const probed = Symbol("effect-sagemaker-runtime/probed")

const isProbed = (error: { readonly cause?: unknown }): boolean => error.cause === probed

const ofTheRequest = new Set(["method", "headers", "body", "duplex", "signal"])

/**
 * A client that never follows a redirect, so that a signed request and its body stay with the service.
 *
 * An HTTP client that is not `fetch` ignores this. `fetch` takes its options from the context in force, where a value of
 * ours would displace those its layer was built with; so the first request learns them from a `fetch` that sends nothing.
 */
export const neverFollow = (client: HttpClient.HttpClient): HttpClient.HttpClient => {
  let learnt: RequestInit | undefined
  const probe = (_: unknown, init?: RequestInit): Promise<never> => {
    learnt = Object.fromEntries(Object.entries(init ?? {}).filter(([option]) => !ofTheRequest.has(option)))
    return Promise.reject(probed)
  }
  return HttpClient.transformResponse(client, (send) => {
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
    return Effect.suspend(() =>
      learnt !== undefined
        ? manually
        : Effect.catchIf(Effect.provideService(send, FetchHttpClient.Fetch, probe as typeof fetch), isProbed, () =>
          manually)
    )
  })
}

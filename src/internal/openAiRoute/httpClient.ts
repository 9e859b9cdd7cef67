/** An `HttpClient` that authorizes the requests of the route with bearer tokens. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import type { BearerToken } from "../../BearerToken.ts"
import { withHeaders } from "../operation/request.ts"
import { withManualRedirect } from "../transport/manualRedirect.ts"
import { authorization } from "./authorization.ts"
import { RouteResponse, withoutToken } from "./httpResponse.ts"
import { isRejected, requireBelow } from "./requests.ts"

type Request = HttpClientRequest.HttpClientRequest

const isAbsolute = (url: string): boolean => /^[a-z][a-z\d+.-]*:|^\/\//i.test(url)

const resolve = (baseURL: string, url: string): string =>
  isAbsolute(url) ? url : `${baseURL}/${url.replace(/^\/+/, "")}`

const notSent = (request: Request, reason: "InvalidUrl" | "Transport") => (cause: unknown) =>
  new HttpClientError.RequestError({ request, reason, cause })

const withToken = (
  request: Request,
  baseURL: string,
  { get }: Context.Tag.Service<BearerToken>
): Effect.Effect<Request, HttpClientError.RequestError> =>
  Effect.gen(function*() {
    const url = yield* Effect.mapError(
      requireBelow(baseURL, resolve(baseURL, request.url)),
      notSent(request, "InvalidUrl")
    )
    const value = yield* Effect.mapError(Effect.flatMap(get, authorization), notSent(request, "Transport"))
    return withHeaders(request, { authorization: value }, url)
  })

type Send = (request: Request) => Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

/** Sends a request whose token a redirect cannot send to another URL. The context of the caller does not change. */
const sendTo = (inner: HttpClient.HttpClient): Send => {
  const send = withManualRedirect(inner)
  return (request) =>
    Effect.contextWithEffect((context: Context.Context<never>) =>
      Effect.locally(send(request, context), FiberRef.currentContext, context)
    )
}

/** The token is added last, so that no other change of the request can send it elsewhere. */
export const makeHttpClient = (
  inner: HttpClient.HttpClient,
  baseURL: string,
  tokens: Context.Tag.Service<BearerToken>
): HttpClient.HttpClient => {
  const send = sendTo(inner)
  return HttpClient.makeWith<HttpClientError.HttpClientError, never, HttpClientError.HttpClientError, never>(
    Effect.flatMap((request) =>
      Effect.flatMap(withToken(request, baseURL, tokens), (authorized) =>
        send(authorized).pipe(
          Effect.mapBoth({
            onFailure: withoutToken(request),
            onSuccess: (response) => new RouteResponse(request, response)
          }),
          Effect.tap(({ status }) => (isRejected(status) ? tokens.invalidate : Effect.void))
        ))
    ),
    Effect.succeed
  )
}

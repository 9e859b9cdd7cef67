/** Carries the requests of AWS's credential providers (STS, SSO, sign-in) over our HTTP client. */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import { buildQueryString, HttpResponse } from "@smithy/core/protocols"
import type { HttpRequest } from "@smithy/core/protocols"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { constTrue } from "effect/Function"
import * as Runtime from "effect/Runtime"
import { transportFailure } from "../../../protocol/error/transportFailure.ts"

/** How long one of their requests may take. */
const patience = "20 seconds"

const urlOf = ({ hostname, path, port, protocol, query }: HttpRequest): string => {
  const search = buildQueryString(query)
  return `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}${search === "" ? "" : `?${search}`}`
}

const bodyOf = (body: unknown): HttpBody.HttpBody =>
  typeof body === "string"
    ? HttpBody.raw(body)
    : body instanceof Uint8Array
    ? HttpBody.raw(body)
    : HttpBody.empty

/** A failure by its code alone, by which AWS's clients decide whether to try again. */
const failure = (code: string | undefined): Error => Object.assign(new Error("The request failed"), { code })

/** A request handler for AWS's clients, and the last status they were refused with. */
export const smithyRequestHandler = (client: HttpClient.HttpClient, runtime: Runtime.Runtime<never>) => {
  const http = HttpClient.withTracerDisabledWhen(client, constTrue)
  let refusedWith: number | undefined
  const exchange = (request: HttpRequest) => {
    refusedWith = undefined
    return HttpClientRequest.make(request.method as HttpMethod)(urlOf(request), {
      headers: request.headers,
      body: bodyOf(request.body)
    }).pipe(
      http.execute,
      Effect.flatMap((response) =>
        Effect.map(response.arrayBuffer, (body) => {
          refusedWith = response.status >= 300 ? response.status : undefined
          return new HttpResponse({
            statusCode: response.status,
            headers: { ...response.headers },
            body: new Uint8Array(body)
          })
        })
      ),
      Effect.mapError((error) => failure(transportFailure(error.cause).code)),
      Effect.timeoutFail({ duration: patience, onTimeout: () => failure("ETIMEDOUT") }),
      Effect.either
    )
  }
  return {
    status: () => refusedWith,
    handle: (request: HttpRequest, options?: { readonly abortSignal?: unknown }) => {
      const signal = options?.abortSignal
      return Runtime.runPromise(runtime)(exchange(request), signal instanceof AbortSignal ? { signal } : {})
        .then((result) => {
          if (Either.isLeft(result)) {
            throw result.left
          }
          return { response: result.right }
        })
    }
  }
}

/**
 * Sends the requests of AWS's credential providers (STS, SSO, sign-in) with the `HttpClient` in the context.
 *
 * Redirects are not followed. Plain `http` is only for a loopback address.
 */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import type * as AwsProtocols from "@smithy/core/protocols"
import type { HttpRequest } from "@smithy/core/protocols"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { constTrue } from "effect/Function"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import { withManualRedirect } from "../../../internal/transport/manualRedirect.ts"
import { addPiece, concat, type Pieces, piecesInOrder } from "../../../protocol/bytes/bytes.ts"
import { transportFailure } from "../../../protocol/error/transportFailure.ts"
import { isLoopback } from "../config/loopback.ts"
import { maxResponseBytes } from "./maxResponseBytes.ts"

const requestTimeout = "20 seconds"

/** An error text that `sourceFailure` recognises. It has no URL, because a URL can contain secrets. */
const plainHttp = "A credential service needs https: its URL uses plain http"

const plainHttpError = (): Error => new Error(plainHttp)

const isAllowed = ({ hostname, protocol }: HttpRequest): boolean => protocol === "https:" || isLoopback(hostname)

const urlOf = ({ hostname, path, port, protocol }: HttpRequest, search: string): string => {
  return `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}${search === "" ? "" : `?${search}`}`
}

const bodyOf = (body: unknown): HttpBody.HttpBody =>
  typeof body === "string" || body instanceof Uint8Array ? HttpBody.raw(body) : HttpBody.empty

/** AWS's clients decide by `code` whether to retry. The original error is not kept, because it can print the request. */
const requestError = (code: string | undefined): Error => Object.assign(new Error("The request failed"), { code })

const readBody = (
  { stream }: HttpClientResponse.HttpClientResponse
): Effect.Effect<Uint8Array, HttpClientError.ResponseError | Error> =>
  Effect.suspend(() => {
    let pieces: Pieces | undefined
    let size = 0
    return stream.pipe(
      Stream.catchAll((error) => (error.reason === "EmptyBody" ? Stream.empty : Stream.fail(error))),
      Stream.runForEach((chunk) => {
        pieces = addPiece(pieces, chunk)
        size += chunk.byteLength
        return size > maxResponseBytes ? Effect.fail(requestError(undefined)) : Effect.void
      }),
      Effect.map(() => concat(piecesInOrder(pieces)))
    )
  })

/**
 * A request handler for AWS's clients; `errorStatus` is the status of its last response if that was an error.
 *
 * AWS's package is a parameter. If this module were loaded on demand, a bundler would put each module of Effect that it
 * imports into a function, and the program would start later.
 */
export const smithyRequestHandler = (
  { buildQueryString, HttpResponse }: typeof AwsProtocols,
  client: HttpClient.HttpClient,
  runtime: Runtime.Runtime<never>
) => {
  const execute = withManualRedirect(HttpClient.withTracerDisabledWhen(client, constTrue))
  let errorStatus: number | undefined
  const send = (request: HttpRequest) => {
    errorStatus = undefined
    if (!isAllowed(request)) {
      return Effect.succeed(Either.left(plainHttpError()))
    }
    return HttpClientRequest.make(request.method as HttpMethod)(urlOf(request, buildQueryString(request.query)), {
      headers: request.headers,
      body: bodyOf(request.body)
    }).pipe(
      (sent) => Effect.flatMap(Effect.context<never>(), (context) => execute(sent, context)),
      Effect.flatMap((response) =>
        Effect.map(readBody(response), (body) => {
          errorStatus = response.status >= 300 ? response.status : undefined
          return new HttpResponse({ statusCode: response.status, headers: { ...response.headers }, body })
        })
      ),
      Effect.mapError(({ cause }) => requestError(transportFailure(cause).code)),
      Effect.timeoutFail({ duration: requestTimeout, onTimeout: () => requestError("ETIMEDOUT") }),
      Effect.either
    )
  }
  return {
    errorStatus: () => errorStatus,
    handle: (request: HttpRequest, options?: { readonly abortSignal?: unknown }) => {
      const signal = options?.abortSignal
      return Runtime.runPromise(runtime)(send(request), signal instanceof AbortSignal ? { signal } : {})
        .then((result) => {
          if (Either.isLeft(result)) {
            throw result.left
          }
          return { response: result.right }
        })
    }
  }
}

export type SmithyRequestHandler = ReturnType<typeof smithyRequestHandler>

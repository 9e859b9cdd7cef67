/** A transport over any `HttpClient`, with timeouts on Effect's clock. */
import * as HttpClient from "@effect/platform/HttpClient"
import { type HttpClientError, isHttpClientError, ResponseError } from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import { constTrue } from "effect/Function"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { detached, timeoutInFiber } from "../time/timeout.ts"
import { BodyReader } from "./bodyReader.ts"
import type { BodySource } from "./bodySource.ts"
import { withManualRedirect } from "./manualRedirect.ts"
import { type Transport, type TransportOwner, type TransportResponse, transportTimeout } from "./transport.ts"
import { responseSource, streamSource } from "./webSource.ts"

type AnyFiber = Fiber.RuntimeFiber<unknown, unknown>

/** Returns the response from the error of a client that was built with `filterStatus`. */
const responseOfStatusError = (
  error: HttpClientError
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError> =>
  error._tag === "ResponseError" && error.reason === "StatusCode" ? Effect.succeed(error.response) : Effect.fail(error)

/** The `Response` of `fetch` inside an `HttpClientResponse`. Reading it directly is faster. */
const webResponseOf = (response: HttpClientResponse.HttpClientResponse): Response | undefined => {
  const source: unknown = Reflect.get(response, "source")
  return typeof Response === "function" && source instanceof Response ? source : undefined
}

const sourceOf = (response: HttpClientResponse.HttpClientResponse, fiber: AnyFiber): BodySource => {
  const web = webResponseOf(response)
  if (web !== undefined) {
    return responseSource(web)
  }
  return streamSource(() => {
    const body = Stream.catchAll(
      response.stream,
      (error) => error.reason === "EmptyBody" ? Stream.empty : Stream.fail(error)
    )
    const runtime = Runtime.updateFiberRefs(Runtime.defaultRuntime, () => fiber.getFiberRefs())
    return Stream.toReadableStreamRuntime(body, runtime)
  })
}

const toTransportResponse = (
  response: HttpClientResponse.HttpClientResponse,
  idle: number,
  fiber: AnyFiber,
  { connection, toError }: TransportOwner,
  abort: Effect.Effect<void>
): TransportResponse => {
  const source = sourceOf(response, fiber)
  // A body that is cancelled first cannot fail later, when nobody listens to it any more.
  connection.opened(Effect.zipRight(source.cancel, abort))
  return {
    status: response.status,
    headers: response.headers,
    body: new BodyReader(source, {
      clock: Context.get(fiber.currentDefaultServices, Clock.Clock),
      idle,
      // Aborting a request is slow even if its response has ended, so a completed connection is not closed again.
      onComplete: () => connection.closed(),
      onIdle: () => toError(transportTimeout("idle", true)),
      onError: (cause) =>
        toError(
          isHttpClientError(cause) && cause._tag === "ResponseError"
            ? cause
            : new ResponseError({ request: response.request, response, reason: "Decode", cause })
        )
    })
  }
}

/**
 * Sends requests with an HTTP client. Each request has its own scope. The owner closes it to abort the request.
 */
export const fromHttpClient = (client: HttpClient.HttpClient): Transport => {
  const execute = withManualRedirect(HttpClient.withScope(client) as HttpClient.HttpClient)
  return (request, { firstByte, idle }, owner) =>
    Effect.flatMap(Scope.make(), (scope) =>
      Effect.withFiberRuntime((fiber) => {
        const abort = detached(Scope.close(scope, Exit.void))
        owner.connection.opened(abort)
        const response = Effect.zipRight(
          FiberRef.set(HttpClient.currentTracerDisabledWhen, constTrue),
          Effect.catchAll(
            execute(request, Context.add(fiber.currentContext, Scope.Scope, scope)),
            responseOfStatusError
          )
        )
        return Effect.mapBoth(
          timeoutInFiber(response, {
            millis: firstByte,
            onTimeout: () => transportTimeout("firstByte", true)
          }),
          {
            onSuccess: (received) => toTransportResponse(received, idle, fiber, owner, abort),
            onFailure: owner.toError
          }
        )
      }))
}

/** Exchanges over any HTTP client, their deadlines kept on Effect's clock. */
import type * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import { type HttpClientError, ResponseError } from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import { constTrue } from "effect/Function"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as anyBody from "./anyBody.ts"
import { neverFollow } from "./manualRedirect.ts"
import { heardOf, type Timer, timerOf } from "./timeout.ts"
import { type Exchange, Late, type Lost, type Owner, type Send } from "./transport.ts"
import * as webBody from "./webBody.ts"

const statusIsError = (
  error: HttpClientError
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError> =>
  error._tag === "ResponseError" && error.reason === "StatusCode"
    ? Effect.succeed(error.response)
    : Effect.fail(error)

/** A body of no more than this comes in one part. */
const maxOnePart = 64 * 1024

const isOnePart = (headers: Headers.Headers): boolean => {
  const length = headers["content-length"]
  return length !== undefined && Number(length) <= maxOnePart && headers["content-encoding"] === undefined
}

/** The web's own response below one of the platform's, whose reading costs less. */
const webResponse = (response: HttpClientResponse.HttpClientResponse): Response | undefined => {
  const source: unknown = Reflect.get(response, "source")
  return typeof Response === "function" && source instanceof Response ? source : undefined
}

type Read = {
  readonly bytes: Effect.Effect<Uint8Array, Lost>
  readonly start: Exchange["start"]
  readonly stream: Stream.Stream<Uint8Array, Lost>
}

const bodyOf = (
  response: HttpClientResponse.HttpClientResponse,
  headers: Headers.Headers,
  idle: number,
  timer: Timer
): Read => {
  const web = webResponse(response)
  if (web === undefined) {
    return {
      bytes: anyBody.whole(response, idle),
      start: (limit) => anyBody.start(response, idle, limit),
      stream: Stream.suspend(() => anyBody.stream(response, idle))
    }
  }
  const failed = (cause: unknown) => new ResponseError({ request: response.request, response, reason: "Decode", cause })
  const reading = { idle, timer, failed }
  const { body } = web
  return body === null
    ? {
      bytes: Effect.sync(() => new Uint8Array()),
      start: () => Effect.succeed(new Uint8Array()),
      stream: Stream.empty
    }
    : {
      bytes: isOnePart(headers) ? webBody.onePart(web, reading) : webBody.whole(body, reading),
      start: (limit) => webBody.start(body, reading, limit),
      stream: webBody.stream(body, reading)
    }
}

const exchangeOf = (
  response: HttpClientResponse.HttpClientResponse,
  idle: number,
  timer: Timer,
  { connection, lost }: Owner
): Exchange => {
  const { headers, status } = response
  const body = bodyOf(response, headers, idle, timer)
  return {
    status,
    headers,
    bytes: Effect.mapBoth(body.bytes, {
      onSuccess: (bytes) => {
        connection.opened(Effect.void)
        return bytes
      },
      onFailure: lost
    }),
    start: body.start,
    stream: Stream.mapError(body.stream, lost)
  }
}

/**
 * Exchanges over an HTTP client; each has a scope of its own. It is closed, which aborts, unless the body has ended: an
 * abort of what is over costs as much as one that is not.
 */
export const over = (client: HttpClient.HttpClient): Send => {
  const execute = neverFollow(HttpClient.withScope(client) as HttpClient.HttpClient)
  return (request, { firstByte, idle }, owner) =>
    Effect.flatMap(Scope.make(), (scope) =>
      Effect.withFiberRuntime((fiber) => {
        const timer = timerOf(Context.get(fiber.currentDefaultServices, Clock.Clock))
        owner.connection.opened(Scope.close(scope, Exit.void))
        const executed = Effect.zipRight(
          FiberRef.set(HttpClient.currentTracerDisabledWhen, constTrue),
          Effect.catchAll(execute(request, Context.add(fiber.currentContext, Scope.Scope, scope)), statusIsError)
        )
        return Effect.mapBoth(heardOf(firstByte, () => new Late("firstByte", true), () => executed), {
          onSuccess: (response) => exchangeOf(response, idle, timer, owner),
          onFailure: owner.lost
        })
      }))
}

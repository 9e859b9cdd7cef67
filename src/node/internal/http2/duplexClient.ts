/** The HTTP/2 client of Node as an `HttpClient`, and as a transport with system timers. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"
import * as Runtime from "effect/Runtime"
import type * as Stream from "effect/Stream"
import type { ClientHttp2Stream } from "node:http2"
import { detached } from "../../../internal/time/timeout.ts"
import { systemTimer } from "../../../internal/time/timer.ts"
import {
  attachTransport,
  type Transport,
  type TransportOwner,
  type TransportResponse,
  transportTimeout,
  type TransportTimeouts
} from "../../../internal/transport/transport.ts"
import type { BodyError } from "../../../Operation.ts"
import { decodedSource } from "../http/contentDecoder.ts"
import { toTransportResponse } from "../http/httpClient.ts"
import { NodeResponse } from "../http/nodeResponse.ts"
import { type Http2Callbacks, RunningRequest } from "./request.ts"
import { contentOf, type RequestContent, writeBody } from "./requestBody.ts"
import type { Sessions } from "./sessions.ts"

type AnyRuntime = Runtime.Runtime<never>

/** A request that is ready to be sent. */
interface ReadyRequest {
  readonly request: HttpClientRequest.HttpClientRequest
  readonly url: URL
  readonly content: RequestContent
  /** Runs the request body. */
  readonly runtime: AnyRuntime
}

/** Encodes the body of a request, then sends the request. */
const withContent = <A, E, E2>(
  request: HttpClientRequest.HttpClientRequest,
  url: URL,
  onEncodeError: (error: HttpClientError.RequestError) => E2,
  send: (ready: ReadyRequest) => Effect.Effect<A, E>
): Effect.Effect<A, E | E2> =>
  Effect.zip(contentOf(request.body, request.headers), Effect.runtime()).pipe(
    Effect.mapError((cause) => onEncodeError(new HttpClientError.RequestError({ request, reason: "Encode", cause }))),
    Effect.flatMap(([content, runtime]) => send({ request, url, content, runtime }))
  )

/** Sends a request. Its body runs in its own fiber, which ends with the request. */
const dispatch = (
  sessions: Sessions,
  { content, request, runtime, url }: ReadyRequest,
  callbacks: Omit<Http2Callbacks, "onOpen">
) => {
  const { body, headers } = content
  let writer: Fiber.RuntimeFiber<Exit.Exit<void, unknown>> | undefined
  let isEnded = false
  const interruptWriter = () => writer?.unsafeInterruptAsFork(writer.id())
  const stopWriter = Effect.suspend(() =>
    writer === undefined ? Effect.void : Effect.zipRight(Effect.sync(interruptWriter), detached(writer.await))
  )
  const write = (stream: ClientHttp2Stream, bytes: Stream.Stream<Uint8Array, unknown>) => {
    if (isEnded) {
      return
    }
    writer = Runtime.runFork(runtime)(Effect.exit(writeBody(stream, bytes)))
    writer.addObserver((exit) => {
      const written = Exit.flatten(exit)
      if (Exit.isFailure(written)) {
        running.abort(new HttpClientError.RequestError({ request, reason: "Encode", cause: written.cause }))
      }
    })
  }
  const running = new RunningRequest(sessions, { url, method: request.method, headers, hasBody: body !== undefined }, {
    ...callbacks,
    // The fiber starts later, because it can end the request, which is still being made.
    onOpen: (stream) => body !== undefined && queueMicrotask(() => write(stream, body)),
    onEnd: () => {
      isEnded = true
      interruptWriter()
      callbacks.onEnd()
    }
  })
  return {
    isStarted: () => running.isStarted(),
    /** Ends the request, unless it has ended, and the fiber of its body. */
    close: Effect.zipRight(Effect.sync(() => running.abort()), stopWriter)
  }
}

const requestError = (request: HttpClientRequest.HttpClientRequest, cause: unknown) =>
  HttpClientError.isHttpClientError(cause) && cause._tag === "RequestError"
    ? cause
    : new HttpClientError.RequestError({ request, reason: "Transport", cause })

/** Sends a request for the `HttpClient` interface. */
const execute = (
  sessions: Sessions,
  ready: ReadyRequest,
  signal: AbortSignal
): Effect.Effect<NodeResponse, HttpClientError.RequestError> =>
  Effect.async((resume) => {
    const abort = () => void Effect.runFork(dispatched.close)
    const dispatched = dispatch(sessions, ready, {
      onResponse: (status, headers, body) =>
        resume(Effect.succeed(new NodeResponse(ready.request, status, headers, decodedSource(body, headers)))),
      onError: (cause) => resume(Effect.failSync(() => requestError(ready.request, cause))),
      onEnd: () => signal.removeEventListener("abort", abort)
    })
    signal.addEventListener("abort", abort)
    return dispatched.close
  })

/** Sends a request for an attempt. If the waiting fiber is interrupted, the attempt closes the stream. */
const send = (
  sessions: Sessions,
  ready: ReadyRequest,
  { firstByte, idle }: TransportTimeouts,
  owner: TransportOwner
): Effect.Effect<TransportResponse, BodyError> =>
  Effect.async((resume) => {
    const { request } = ready
    const cancelTimer = systemTimer(firstByte, () => {
      const timeout = transportTimeout("firstByte", dispatched.isStarted())
      resume(Effect.failSync(() => owner.toError(timeout)))
      Effect.runFork(dispatched.close)
    })
    const dispatched = dispatch(sessions, ready, {
      onResponse: (status, headers, source) => {
        cancelTimer()
        resume(Effect.succeed(toTransportResponse(request, status, headers, source, idle, owner)))
      },
      onError: (cause) => {
        cancelTimer()
        resume(Effect.failSync(() => owner.toError(requestError(request, cause))))
      },
      onEnd: () => {}
    })
    owner.connection.opened(Effect.zipRight(Effect.sync(cancelTimer), dispatched.close))
  })

/** Makes an HTTP client over HTTP/2 connections. It has no response timeouts: the caller sets them. */
export const makeDuplexClient = (sessions: Sessions): HttpClient.HttpClient => {
  const transport: Transport = (request, timeouts, owner) =>
    Either.match(UrlParams.makeUrl(request.url, request.urlParams, request.hash), {
      onLeft: (cause) =>
        Effect.fail(owner.toError(new HttpClientError.RequestError({ request, reason: "InvalidUrl", cause }))),
      onRight: (url) => withContent(request, url, owner.toError, (ready) => send(sessions, ready, timeouts, owner))
    })
  const client = HttpClient.make((request, url, signal) =>
    withContent(request, url, identity, (ready) => execute(sessions, ready, signal))
  )
  return attachTransport(client, transport)
}

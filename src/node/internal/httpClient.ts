/** Requests over an undici dispatcher. */
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { Readable } from "node:stream"
import type { Dispatcher } from "undici"
import { type Body, makeBody } from "./body.ts"
import type { Connections, Dispatching } from "./connections.ts"
import { NodeResponse } from "./response.ts"

interface Sendable {
  readonly body: string | Uint8Array | Readable | null
  readonly headers: { readonly [name: string]: string }
}

/** A body of any kind `fetch` takes, as bytes, with the content type it implies. */
const encoded = (body: unknown, headers: Sendable["headers"]): Promise<Sendable> => {
  const given = new Response(body as ConstructorParameters<typeof Response>[0])
  const contentType = given.headers.get("content-type")
  return given.arrayBuffer().then((bytes) => ({
    body: new Uint8Array(bytes),
    headers: contentType === null ? headers : { "content-type": contentType, ...headers }
  }))
}

const sendable = (request: HttpClientRequest.HttpClientRequest): Effect.Effect<Sendable, unknown> => {
  const { body } = request
  const headers = Headers.remove(request.headers, "host")
  switch (body._tag) {
    case "Empty":
      return Effect.succeed({ body: null, headers })
    case "Uint8Array":
      return Effect.succeed({ body: body.body, headers })
    case "Stream":
      return Effect.map(
        Effect.runtime(),
        (runtime) => ({ body: Readable.from(Stream.toAsyncIterableRuntime(body.stream, runtime)), headers })
      )
    case "FormData":
      return Effect.tryPromise(() => encoded(body.formData, headers))
    default:
      return typeof body.body === "string" || body.body instanceof Uint8Array
        ? Effect.succeed({ body: body.body, headers })
        : Effect.tryPromise(() => encoded(body.body, headers))
  }
}

const interrupted = Object.assign(new Error("The request was interrupted"), { code: "UND_ERR_ABORTED" })

/** The cause of a failure before anything was written: the mark tells that the service saw nothing. */
const beforeSending = (cause: unknown): unknown => ({
  requestSent: false,
  code: Predicate.hasProperty(cause, "code") ? cause.code : undefined,
  cause
})

/** What is told of a request besides its response: that it was given to the dispatcher, and that it is over. */
interface Watcher {
  readonly dispatched: () => void
  readonly over: () => void
}

const send = (
  dispatcher: Dispatching,
  request: HttpClientRequest.HttpClientRequest,
  url: URL,
  signal: AbortSignal,
  { body, headers }: Sendable,
  watcher: Watcher
): Effect.Effect<NodeResponse, HttpClientError.RequestError> =>
  Effect.async((resume) => {
    let controller: Dispatcher.DispatchController | undefined
    let received: Body | undefined
    const abort = () => controller?.abort(interrupted)
    const settled = () => {
      signal.removeEventListener("abort", abort)
      watcher.over()
    }
    const fail = (error: unknown) => {
      settled()
      if (received === undefined) {
        const cause = controller === undefined ? beforeSending(error) : error
        resume(Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause })))
      } else {
        received.fail(error instanceof Error ? error : new Error("The response failed"))
      }
    }
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (started) => {
        controller = started
        if (signal.aborted) {
          abort()
        }
      },
      onResponseStart: (started, status, responseHeaders) => {
        if (status >= 200) {
          received = makeBody(started)
          resume(Effect.succeed(new NodeResponse(request, status, responseHeaders, received)))
        }
      },
      onResponseData: (_, chunk) => received?.push(chunk),
      onResponseEnd: () => {
        settled()
        received?.end()
      },
      onResponseError: (_, error) => fail(error)
    }
    signal.addEventListener("abort", abort)
    watcher.dispatched()
    try {
      dispatcher.dispatch({
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers,
        body,
        headersTimeout: 0,
        bodyTimeout: 0
      }, handler)
    } catch (error) {
      fail(error)
    }
  })

const unwatched: Watcher = { dispatched: () => {}, over: () => {} }

type Sending = (watcher: Watcher) => Effect.Effect<NodeResponse, HttpClientError.RequestError>

/**
 * Lets so many requests to an origin be under way; the others wait here, where one that is interrupted just leaves. In
 * undici's own queue it would stay, and use up a connection in its turn.
 */
const lines = (perOrigin: number) => {
  const semaphores = new Map<string, Effect.Semaphore>()
  const lineOf = (origin: string): Effect.Semaphore => {
    const semaphore = semaphores.get(origin) ?? Effect.unsafeMakeSemaphore(perOrigin)
    semaphores.set(origin, semaphore)
    return semaphore
  }
  return (origin: string, sending: Sending) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        const line = lineOf(origin)
        let isHeld = true
        let isDispatched = false
        const leave = () => {
          if (isHeld) {
            isHeld = false
            Effect.runSync(line.release(1))
          }
        }
        const watcher = { over: leave, dispatched: () => (isDispatched = true) }
        const unlessDispatched = Effect.sync(() => (isDispatched ? undefined : leave()))
        return Effect.zipRight(
          restore(line.take(1)),
          Effect.onError(restore(sending(watcher)), () => unlessDispatched)
        )
      })
    )
}

/** An HTTP client over connections; deadlines are the caller's. */
export const clientOver = ({ dispatcher, perOrigin }: Connections): HttpClient.HttpClient => {
  const inLine = perOrigin === undefined
    ? (_: string, sending: Sending) => sending(unwatched)
    : lines(perOrigin)
  return HttpClient.make((request, url, signal) =>
    sendable(request).pipe(
      Effect.mapError((cause) => new HttpClientError.RequestError({ request, reason: "Encode", cause })),
      Effect.flatMap((given) => inLine(url.origin, (watcher) => send(dispatcher, request, url, signal, given, watcher)))
    )
  )
}

/** The pooled HTTP client of Node: undici's dispatcher as an `HttpClient`, and as a transport with system timers. */
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Readable } from "node:stream"
import { defaultClock } from "../../../internal/time/defaultServices.ts"
import { noop, systemTimer } from "../../../internal/time/timer.ts"
import { BodyReader } from "../../../internal/transport/bodyReader.ts"
import { ContentDecoding } from "../../../internal/transport/contentDecoding.ts"
import {
  attachTransport,
  type Transport,
  type TransportOwner,
  type TransportResponse,
  transportTimeout,
  type TransportTimeouts
} from "../../../internal/transport/transport.ts"
import type { BodyError } from "../../../Operation.ts"
import { memoize } from "../../../protocol/function/memoize.ts"
import type { ConnectionPools } from "./connectionPools.ts"
import { decodedSource } from "./contentDecoder.ts"
import { type Dispatch, type DispatchRequest, makeDispatch, type RawHeaders, toHeaders } from "./dispatch.ts"
import { NodeResponse } from "./nodeResponse.ts"
import type { UndiciSource } from "./undiciSource.ts"

type Content = Pick<DispatchRequest, "body" | "headers">

/** Encodes any body that `fetch` accepts as bytes, and adds its content type. */
export const encodeBody = (body: unknown, headers: Content["headers"]): Promise<Content> => {
  const given = new Response(body as ConstructorParameters<typeof Response>[0])
  const contentType = given.headers.get("content-type")
  return given.arrayBuffer().then((bytes) => ({
    body: new Uint8Array(bytes),
    headers: contentType === null ? headers : { "content-type": contentType, ...headers }
  }))
}

/** A stream can fail after undici has removed its listeners, when its finalizers run. */
const toReadable = (chunks: AsyncIterable<Uint8Array>): Readable => Readable.from(chunks).on("error", noop)

const contentOf = (request: HttpClientRequest.HttpClientRequest): Content | Effect.Effect<Content, unknown> => {
  const { body } = request
  const headers = "host" in request.headers ? Headers.remove(request.headers, "host") : request.headers
  switch (body._tag) {
    case "Empty":
      return { body: null, headers }
    case "Uint8Array":
      return { body: body.body, headers }
    case "Stream":
      return Effect.map(
        Effect.runtime(),
        (runtime) => ({ body: toReadable(Stream.toAsyncIterableRuntime(body.stream, runtime)), headers })
      )
    case "FormData":
      return Effect.tryPromise(() => encodeBody(body.formData, headers))
    default:
      return typeof body.body === "string" || body.body instanceof Uint8Array
        ? { body: body.body, headers }
        : Effect.tryPromise(() => encodeBody(body.body, headers))
  }
}

/** Encodes the body of a request for undici, then sends the request. */
const withContent = <A, E, E2>(
  request: HttpClientRequest.HttpClientRequest,
  onEncodeError: (error: HttpClientError.RequestError) => E2,
  send: (content: Content) => Effect.Effect<A, E>
): Effect.Effect<A, E | E2> => {
  const content = contentOf(request)
  return Effect.isEffect(content)
    ? content.pipe(
      Effect.mapError((cause) => onEncodeError(new HttpClientError.RequestError({ request, reason: "Encode", cause }))),
      Effect.flatMap(send)
    )
    : send(content)
}

type Destination = Pick<DispatchRequest, "origin" | "path">

const toDestination = (url: URL): Destination => ({ origin: url.origin, path: url.pathname + url.search })

const destinationOf = memoize((url) =>
  Either.map(UrlParams.makeUrl(url, UrlParams.empty, Option.none()), toDestination)
)

const destination = (
  request: HttpClientRequest.HttpClientRequest
): Either.Either<Destination, HttpClientError.RequestError> =>
  Either.mapLeft(
    request.urlParams.length === 0 && Option.isNone(request.hash)
      ? destinationOf(request.url)
      : Either.map(UrlParams.makeUrl(request.url, request.urlParams, request.hash), toDestination),
    (cause) => new HttpClientError.RequestError({ request, reason: "InvalidUrl", cause })
  )

const transportError = (request: HttpClientRequest.HttpClientRequest, cause: unknown) =>
  new HttpClientError.RequestError({ request, reason: "Transport", cause })

/** Sends a request for the `HttpClient` interface. */
const execute = (
  dispatch: Dispatch,
  request: HttpClientRequest.HttpClientRequest,
  url: URL,
  { decodes, signal }: { readonly decodes: boolean; readonly signal: AbortSignal }
): Effect.Effect<NodeResponse, HttpClientError.RequestError> =>
  withContent(request, identity, (content) =>
    Effect.async((resume) => {
      const abort = () => dispatched.abort()
      const dispatched = dispatch({ ...toDestination(url), method: request.method, ...content }, {
        onResponse: (status, headers, body) => {
          const response = new NodeResponse(request, status, headers, decodes ? decodedSource(body, headers) : body)
          resume(Effect.succeed(response))
        },
        onError: (cause) => resume(Effect.failSync(() => transportError(request, cause))),
        onEnd: () => signal.removeEventListener("abort", abort)
      })
      signal.addEventListener("abort", abort)
      return Effect.sync(abort)
    }))

/** The response of an attempt, with timeouts on the system clock. */
export const toTransportResponse = (
  request: HttpClientRequest.HttpClientRequest,
  status: number,
  headers: RawHeaders,
  source: UndiciSource,
  idle: number,
  { toError }: TransportOwner
): TransportResponse => ({
  status,
  headers: toHeaders(headers),
  body: new BodyReader(decodedSource(source, headers), {
    clock: defaultClock,
    idle,
    onIdle: () => toError(transportTimeout("idle", true)),
    onError: (cause) => toError(new NodeResponse(request, status, headers, source).decodeError(cause))
  })
})

/** Sends a request for an attempt. If the waiting fiber is interrupted, the attempt closes the connection. */
const send = (
  dispatch: Dispatch,
  request: HttpClientRequest.HttpClientRequest,
  { firstByte, idle }: TransportTimeouts,
  content: Content,
  owner: TransportOwner
): Effect.Effect<TransportResponse, BodyError> =>
  Effect.async((resume) => {
    const to = destination(request)
    if (Either.isLeft(to)) {
      resume(Effect.fail(owner.toError(to.left)))
      return
    }
    const cancelTimer = systemTimer(firstByte, () => {
      const timeout = transportTimeout("firstByte", dispatched.isStarted())
      resume(Effect.failSync(() => owner.toError(timeout)))
      dispatched.abort()
    })
    const { origin, path } = to.right
    const { body, headers } = content
    const dispatched = dispatch({ origin, path, method: request.method, headers, body }, {
      onResponse: (status, responseHeaders, source) => {
        cancelTimer()
        const response = toTransportResponse(request, status, responseHeaders, source, idle, owner)
        resume(Effect.succeed(response))
      },
      onError: (cause) => {
        cancelTimer()
        resume(Effect.failSync(() => owner.toError(transportError(request, cause))))
      },
      onEnd: () => owner.connection.closed()
    })
    owner.connection.opened(Effect.sync(() => {
      cancelTimer()
      dispatched.abort()
    }))
  })

/** Makes an HTTP client over connection pools. It has no response timeouts: the caller sets them. */
export const makeHttpClient = (pools: ConnectionPools): HttpClient.HttpClient => {
  const dispatch = makeDispatch(pools)
  const transport: Transport = (request, timeouts, owner) =>
    withContent(request, owner.toError, (content) => send(dispatch, request, timeouts, content, owner))
  const client = HttpClient.make((request, url, signal, { currentContext }) =>
    execute(dispatch, request, url, { decodes: Context.get(currentContext, ContentDecoding), signal })
  )
  return attachTransport(client, transport)
}

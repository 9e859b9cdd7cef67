/** Node's HTTP client: undici's dispatcher as Effect's `HttpClient`, and as exchanges without its wrapping. */
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Readable } from "node:stream"
import {
  type Exchange,
  Late,
  type Owner,
  type Patience,
  type Send,
  withSend
} from "../../../internal/transport/transport.ts"
import type { BodyError } from "../../../Operation.ts"
import { memoize } from "../../../protocol/function/memoize.ts"
import { type Body, Silence } from "./body.ts"
import type { ConnectionPools } from "./connectionPools.ts"
import { type RawHeaders, requestsOver, type Sendable, type Start } from "./dispatch.ts"
import { headersOf, NodeResponse } from "./response.ts"
import { after, cancel } from "./timer.ts"

type Content = Pick<Sendable, "body" | "headers">

/** A body of any kind `fetch` takes, as bytes, with the content type it implies. */
const encoded = (body: unknown, headers: Content["headers"]): Promise<Content> => {
  const given = new Response(body as ConstructorParameters<typeof Response>[0])
  const contentType = given.headers.get("content-type")
  return given.arrayBuffer().then((bytes) => ({
    body: new Uint8Array(bytes),
    headers: contentType === null ? headers : { "content-type": contentType, ...headers }
  }))
}

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
        (runtime) => ({ body: Readable.from(Stream.toAsyncIterableRuntime(body.stream, runtime)), headers })
      )
    case "FormData":
      return Effect.tryPromise(() => encoded(body.formData, headers))
    default:
      return typeof body.body === "string" || body.body instanceof Uint8Array
        ? { body: body.body, headers }
        : Effect.tryPromise(() => encoded(body.body, headers))
  }
}

/** Sends once the body can be sent. */
const withContent = <A, E, E2>(
  request: HttpClientRequest.HttpClientRequest,
  refused: (error: HttpClientError.RequestError) => E2,
  send: (content: Content) => Effect.Effect<A, E>
): Effect.Effect<A, E | E2> => {
  const content = contentOf(request)
  return Effect.isEffect(content)
    ? content.pipe(
      Effect.mapError((cause) => refused(new HttpClientError.RequestError({ request, reason: "Encode", cause }))),
      Effect.flatMap(send)
    )
    : send(content)
}

type Place = Pick<Sendable, "origin" | "path">

const placeOf = (url: URL): Place => ({ origin: url.origin, path: url.pathname + url.search })

const unsent = (request: HttpClientRequest.HttpClientRequest, cause: unknown) =>
  new HttpClientError.RequestError({ request, reason: "Transport", cause })

const execute = (
  start: Start,
  request: HttpClientRequest.HttpClientRequest,
  url: URL,
  signal: AbortSignal
): Effect.Effect<NodeResponse, HttpClientError.RequestError> =>
  withContent(request, identity, (content) =>
    Effect.async((resume) => {
      const abort = () => sent.abort()
      const sent = start({ ...placeOf(url), method: request.method, ...content }, {
        answered: (status, headers, body) => resume(Effect.succeed(new NodeResponse(request, status, headers, body))),
        failed: (cause) => resume(Effect.fail(unsent(request, cause))),
        over: () => signal.removeEventListener("abort", abort)
      })
      signal.addEventListener("abort", abort)
      return Effect.sync(abort)
    }))

class NodeExchange implements Exchange {
  readonly status: number
  readonly headers: Headers.Headers
  readonly #request: HttpClientRequest.HttpClientRequest
  readonly #raw: RawHeaders
  readonly #body: Body
  readonly #idle: number
  readonly #owner: Owner

  constructor(
    request: HttpClientRequest.HttpClientRequest,
    status: number,
    headers: RawHeaders,
    body: Body,
    idle: number,
    owner: Owner
  ) {
    this.status = status
    this.headers = headersOf(headers)
    this.#request = request
    this.#raw = headers
    this.#body = body
    this.#idle = idle
    this.#owner = owner
  }

  get bytes(): Effect.Effect<Uint8Array, BodyError> {
    return this.#body.rest(this.#idle, (cause) => this.#lost(cause))
  }

  start(limit: number): Effect.Effect<Uint8Array> {
    return this.#body.start(limit, this.#idle)
  }

  get stream(): Stream.Stream<Uint8Array, BodyError> {
    return Stream.mapError(this.#body.stream(this.#idle), (cause) => this.#lost(cause))
  }

  #lost(cause: Error | Silence): BodyError {
    return this.#owner.lost(
      cause instanceof Silence
        ? new Late("idle", true)
        : new NodeResponse(this.#request, this.status, this.#raw, this.#body).unreadable(cause)
    )
  }
}

const plainPlace = memoize((url) => Either.map(UrlParams.makeUrl(url, UrlParams.empty, Option.none()), placeOf))

/** Where a request goes, or why that is nowhere. */
const destination = (
  request: HttpClientRequest.HttpClientRequest
): Either.Either<Place, HttpClientError.RequestError> =>
  Either.mapLeft(
    request.urlParams.length === 0 && Option.isNone(request.hash)
      ? plainPlace(request.url)
      : Either.map(UrlParams.makeUrl(request.url, request.urlParams, request.hash), placeOf),
    (cause) => new HttpClientError.RequestError({ request, reason: "InvalidUrl", cause })
  )

/** The owner closes the connection where a fiber that waits here is interrupted. */
const exchange = (
  start: Start,
  request: HttpClientRequest.HttpClientRequest,
  { firstByte, idle }: Patience,
  content: Content,
  owner: Owner
): Effect.Effect<NodeExchange, BodyError> =>
  Effect.async((resume) => {
    const place = destination(request)
    if (Either.isLeft(place)) {
      resume(Effect.fail(owner.lost(place.left)))
      return
    }
    const timer = after(firstByte, () => {
      resume(Effect.fail(owner.lost(new Late("firstByte", sent.isStarted()))))
      sent.abort()
    })
    const { origin, path } = place.right
    const sent = start({ origin, path, method: request.method, headers: content.headers, body: content.body }, {
      answered: (status, headers, body) => {
        cancel(timer)
        resume(Effect.succeed(new NodeExchange(request, status, headers, body, idle, owner)))
      },
      failed: (cause) => {
        cancel(timer)
        resume(Effect.fail(owner.lost(unsent(request, cause))))
      },
      over: () => owner.connection.opened(Effect.void)
    })
    owner.connection.opened(Effect.sync(() => {
      cancel(timer)
      sent.abort()
    }))
  })

/** An HTTP client over connections; its deadlines are the caller's. */
export const clientOver = (connections: ConnectionPools): HttpClient.HttpClient => {
  const start = requestsOver(connections)
  const send: Send = (request, patience, owner) =>
    withContent(request, owner.lost, (content) => exchange(start, request, patience, content, owner))
  return withSend(HttpClient.make((request, url, signal) => execute(start, request, url, signal)), send)
}

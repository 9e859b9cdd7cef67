import * as Cookies from "@effect/platform/Cookies"
import type * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as IncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { noHeaders } from "../../../internal/transport/request.ts"
import type { Body } from "./body.ts"
import type { RawHeaders } from "./dispatch.ts"

/** Headers with one text for each name. */
export const headersOf = (raw: RawHeaders): Headers.Headers => {
  const headers = noHeaders()
  for (const name of Object.keys(raw)) {
    const value = raw[name]
    if (value !== undefined) {
      headers[name] = typeof value === "string" ? value : value.join(", ")
    }
  }
  return headers
}

/** A response of Node's HTTP client; its body can be read once as a stream, or as often as wanted as a whole. */
export class NodeResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly [IncomingMessage.TypeId]: IncomingMessage.TypeId = IncomingMessage.TypeId
  readonly remoteAddress = Option.none<string>()
  readonly request: HttpClientRequest.HttpClientRequest
  readonly status: number
  readonly headers: Headers.Headers
  readonly #body: Body
  readonly #raw: RawHeaders
  #bytes: Effect.Effect<Uint8Array, HttpClientError.ResponseError> | undefined

  constructor(
    request: HttpClientRequest.HttpClientRequest,
    status: number,
    headers: RawHeaders,
    body: Body
  ) {
    super()
    this.request = request
    this.status = status
    this.#raw = headers
    this.headers = headersOf(headers)
    this.#body = body
  }

  get cookies(): Cookies.Cookies {
    return Cookies.fromSetCookie(this.#raw["set-cookie"] ?? [])
  }

  get stream(): Stream.Stream<Uint8Array, HttpClientError.ResponseError> {
    return Stream.mapError(this.#body.stream(Infinity), (cause) => this.unreadable(cause))
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpClientError.ResponseError> {
    return Effect.map(this.#whole, (bytes) => bytes.slice().buffer)
  }

  get text(): Effect.Effect<string, HttpClientError.ResponseError> {
    return Effect.map(this.#whole, (bytes) => new TextDecoder().decode(bytes))
  }

  get json(): Effect.Effect<unknown, HttpClientError.ResponseError> {
    return this.#parsed((text): unknown => (text === "" ? null : JSON.parse(text)))
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, HttpClientError.ResponseError> {
    return this.#parsed((text) => UrlParams.fromInput(new URLSearchParams(text)))
  }

  get formData(): Effect.Effect<FormData, HttpClientError.ResponseError> {
    return Effect.flatMap(this.#whole, (bytes) =>
      Effect.tryPromise({
        try: () =>
          new Response(bytes.slice(), { headers: { "content-type": this.headers["content-type"] ?? "" } }).formData(),
        catch: (cause) => this.unreadable(cause)
      }))
  }

  toJSON(): unknown {
    return IncomingMessage.inspect(this, {
      _id: "@effect/platform/HttpClientResponse",
      request: this.request.toJSON(),
      status: this.status
    })
  }

  get #whole(): Effect.Effect<Uint8Array, HttpClientError.ResponseError> {
    return this.#bytes ??= Effect.runSync(
      Effect.cached(this.#body.rest(Infinity, (cause) => this.unreadable(cause)))
    )
  }

  #parsed<A>(parse: (text: string) => A): Effect.Effect<A, HttpClientError.ResponseError> {
    return Effect.tryMap(this.text, { try: parse, catch: (cause) => this.unreadable(cause) })
  }

  /** The error of a body that cannot be read. */
  unreadable(cause: unknown): HttpClientError.ResponseError {
    return new HttpClientError.ResponseError({ request: this.request, response: this, reason: "Decode", cause })
  }
}

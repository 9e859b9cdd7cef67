/** A response of the pooled HTTP client, as an `HttpClientResponse` of `@effect/platform`. */
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
import type * as Stream from "effect/Stream"
import { defaultClock } from "../../../internal/time/defaultServices.ts"
import { BodyReader } from "../../../internal/transport/bodyReader.ts"
import type { BodySource } from "../../../internal/transport/bodySource.ts"
import { parseJson } from "../../../protocol/json/parse.ts"
import { type RawHeaders, toHeaders } from "./dispatch.ts"

/** A response. Its body can be read once as a stream, or any number of times as a whole. */
export class NodeResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly [IncomingMessage.TypeId]: IncomingMessage.TypeId = IncomingMessage.TypeId
  readonly remoteAddress = Option.none<string>()
  readonly request: HttpClientRequest.HttpClientRequest
  readonly status: number
  readonly headers: Headers.Headers
  readonly #body: BodyReader<HttpClientError.ResponseError>
  readonly #raw: RawHeaders
  #bytes: Effect.Effect<Uint8Array, HttpClientError.ResponseError> | undefined

  constructor(
    request: HttpClientRequest.HttpClientRequest,
    status: number,
    headers: RawHeaders,
    source: BodySource
  ) {
    super()
    this.request = request
    this.status = status
    this.#raw = headers
    this.headers = toHeaders(headers)
    const decodeError = (cause: unknown) => this.decodeError(cause)
    this.#body = new BodyReader(source, {
      clock: defaultClock,
      idle: Infinity,
      onIdle: () => decodeError(undefined),
      onError: decodeError
    })
  }

  get cookies(): Cookies.Cookies {
    return Cookies.fromSetCookie(this.#raw["set-cookie"] ?? [])
  }

  get stream(): Stream.Stream<Uint8Array, HttpClientError.ResponseError> {
    return this.#body.stream
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpClientError.ResponseError> {
    return Effect.map(this.#wholeBody, (bytes) => bytes.slice().buffer)
  }

  get text(): Effect.Effect<string, HttpClientError.ResponseError> {
    return Effect.map(this.#wholeBody, (bytes) => new TextDecoder().decode(bytes))
  }

  get json(): Effect.Effect<unknown, HttpClientError.ResponseError> {
    return this.#parsed((text): unknown => (text === "" ? null : parseJson(text)))
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, HttpClientError.ResponseError> {
    return this.#parsed((text) => UrlParams.fromInput(new URLSearchParams(text)))
  }

  get formData(): Effect.Effect<FormData, HttpClientError.ResponseError> {
    return Effect.flatMap(this.#wholeBody, (bytes) =>
      Effect.tryPromise({
        try: () =>
          new Response(bytes.slice(), { headers: { "content-type": this.headers["content-type"] ?? "" } }).formData(),
        catch: (cause) => this.decodeError(cause)
      }))
  }

  toJSON(): unknown {
    return IncomingMessage.inspect(this, {
      _id: "@effect/platform/HttpClientResponse",
      request: this.request.toJSON(),
      status: this.status
    })
  }

  get #wholeBody(): Effect.Effect<Uint8Array, HttpClientError.ResponseError> {
    return this.#bytes ??= Effect.runSync(
      Effect.cached(this.#body.bytes(Infinity, () => this.decodeError(new RangeError("The body is too large"))))
    )
  }

  #parsed<A>(parse: (text: string) => A): Effect.Effect<A, HttpClientError.ResponseError> {
    return Effect.tryMap(this.text, { try: parse, catch: (cause) => this.decodeError(cause) })
  }

  /** The error of a body that cannot be read or decoded. */
  decodeError(cause: unknown): HttpClientError.ResponseError {
    return new HttpClientError.ResponseError({ request: this.request, response: this, reason: "Decode", cause })
  }
}

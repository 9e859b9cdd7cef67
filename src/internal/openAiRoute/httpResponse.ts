/** A response whose request, also in its errors, is the one without the token: `@effect/platform` prints requests. */
import type * as Cookies from "@effect/platform/Cookies"
import type * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as IncomingMessage from "@effect/platform/HttpIncomingMessage"
import type * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import type * as Option from "effect/Option"
import * as Stream from "effect/Stream"

type Request = HttpClientRequest.HttpClientRequest
type Response = HttpClientResponse.HttpClientResponse
type ResponseError = HttpClientError.ResponseError

export class RouteResponse extends Inspectable.Class implements Response {
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly [IncomingMessage.TypeId]: IncomingMessage.TypeId = IncomingMessage.TypeId
  readonly request: Request
  readonly #original: Response

  constructor(request: Request, original: Response) {
    super()
    this.request = request
    this.#original = original
  }

  get status(): number {
    return this.#original.status
  }

  get headers(): Headers.Headers {
    return this.#original.headers
  }

  get cookies(): Cookies.Cookies {
    return this.#original.cookies
  }

  get remoteAddress(): Option.Option<string> {
    return this.#original.remoteAddress
  }

  get formData(): Effect.Effect<FormData, ResponseError> {
    return this.#withError(this.#original.formData)
  }

  get text(): Effect.Effect<string, ResponseError> {
    return this.#withError(this.#original.text)
  }

  get json(): Effect.Effect<unknown, ResponseError> {
    return this.#withError(this.#original.json)
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, ResponseError> {
    return this.#withError(this.#original.urlParamsBody)
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, ResponseError> {
    return this.#withError(this.#original.arrayBuffer)
  }

  get stream(): Stream.Stream<Uint8Array, ResponseError> {
    return Stream.mapError(this.#original.stream, (error) => this.#error(error))
  }

  toJSON(): unknown {
    return IncomingMessage.inspect(this, {
      _id: "@effect/platform/HttpClientResponse",
      request: this.request.toJSON(),
      status: this.status
    })
  }

  #withError<A>(read: Effect.Effect<A, ResponseError>): Effect.Effect<A, ResponseError> {
    return Effect.mapError(read, (error) => this.#error(error))
  }

  #error({ cause, description, reason }: ResponseError): ResponseError {
    return responseError({ cause, description, reason, request: this.request, response: this })
  }
}

const responseError = (
  { description, ...fields }: Pick<ResponseError, "cause" | "reason" | "request" | "response"> & {
    readonly description: string | undefined
  }
): ResponseError => new HttpClientError.ResponseError(description === undefined ? fields : { ...fields, description })

/** The error of an HTTP client with the request that has no token. */
export const withoutToken = (request: Request) => (error: HttpClientError.HttpClientError) => {
  const { cause, description } = error
  if (error._tag === "ResponseError") {
    const response = new RouteResponse(request, error.response)
    return responseError({ cause, description, reason: error.reason, request, response })
  }
  const { reason } = error
  return new HttpClientError.RequestError({
    cause,
    reason,
    request,
    ...(description === undefined ? {} : { description })
  })
}

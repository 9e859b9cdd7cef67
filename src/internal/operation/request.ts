/** Makes requests with one copy of the headers. Each combinator of `HttpClientRequest` copies them again. */
import * as Headers from "@effect/platform/Headers"
import type * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"

type Fields = Pick<HttpClientRequest.HttpClientRequest, "body" | "hash" | "headers" | "method" | "url" | "urlParams">

const emptyPost = HttpClientRequest.post("")
const prototype: object = Object.getPrototypeOf(emptyPost)

const make = (fields: Fields): HttpClientRequest.HttpClientRequest =>
  Object.assign(Object.create(prototype) as HttpClientRequest.HttpClientRequest, fields)

const headersPrototype: object = Object.getPrototypeOf(Headers.empty)

type Values = { readonly [name: string]: string }

/** Empty headers. Set the prototype before the values: the other order is ten times slower. */
export const emptyHeaders = (): Record<string, string> & Headers.Headers => Object.create(headersPrototype)

const headersOf = (first: Values, second: Values): Headers.Headers => Object.assign(emptyHeaders(), first, second)

/** A POST request with a body of bytes. Header names are in lower case. */
export const post = (url: string, headers: Values, body: HttpBody.Uint8Array): HttpClientRequest.HttpClientRequest => {
  const { hash, method, urlParams } = emptyPost
  const bodyHeaders = { "content-type": body.contentType, "content-length": `${body.contentLength}` }
  return make({ method, url, urlParams, hash, headers: headersOf(headers, bodyHeaders), body })
}

/** A copy of a request with additional headers, whose names are in lower case, and optionally another URL. */
export const withHeaders = (
  { body, hash, headers, method, url, urlParams }: HttpClientRequest.HttpClientRequest,
  more: Values,
  otherUrl: string = url
): HttpClientRequest.HttpClientRequest =>
  make({ method, url: otherUrl, urlParams, hash, headers: headersOf(headers, more), body })

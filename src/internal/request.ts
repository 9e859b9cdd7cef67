/** Requests made in one step: `HttpClientRequest`'s own combinators copy all headers at each. */
import * as Headers from "@effect/platform/Headers"
import type * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"

type Fields = Pick<HttpClientRequest.HttpClientRequest, "body" | "hash" | "headers" | "method" | "url" | "urlParams">

const blank = HttpClientRequest.post("")
const prototype: object = Object.getPrototypeOf(blank)

const make = (fields: Fields): HttpClientRequest.HttpClientRequest =>
  Object.assign(Object.create(prototype) as HttpClientRequest.HttpClientRequest, fields)

/** A request with a body of bytes, and lower-case headers besides those the body implies. */
export const post = (
  url: string,
  headers: { readonly [name: string]: string },
  body: HttpBody.Uint8Array
): HttpClientRequest.HttpClientRequest => {
  const { hash, method, urlParams } = blank
  const all: Record<string, string> = { ...headers }
  all["content-type"] = body.contentType
  all["content-length"] = `${body.contentLength}`
  return make({ method, url, urlParams, hash, headers: Headers.unsafeFromRecord(all), body })
}

/** A copy of a request with more headers, lower-case ones, and perhaps another URL. */
export const withHeaders = (
  { body, hash, headers, method, url, urlParams }: HttpClientRequest.HttpClientRequest,
  more: { readonly [name: string]: string | undefined },
  otherUrl: string = url
): HttpClientRequest.HttpClientRequest => {
  const all: Record<string, string> = { ...headers }
  for (const name of Object.keys(more)) {
    const value = more[name]
    if (value !== undefined) {
      all[name] = value
    }
  }
  return make({ method, url: otherUrl, urlParams, hash, headers: Headers.unsafeFromRecord(all), body })
}

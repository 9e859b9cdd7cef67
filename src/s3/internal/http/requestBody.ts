/** The body of a request of AWS's client, for an `HttpClient`. */
import * as HttpBody from "@effect/platform/HttpBody"
import { identity } from "effect/Function"
import * as Stream from "effect/Stream"

type Chunk = Uint8Array | string

const encoder = new TextEncoder()

const toBytes = (chunk: Chunk): Uint8Array => (typeof chunk === "string" ? encoder.encode(chunk) : chunk)

const isAsyncIterable = (body: object): body is AsyncIterable<Chunk> => Symbol.asyncIterator in body

const streamOf = (body: object): Stream.Stream<Uint8Array, unknown> | undefined => {
  if (typeof Blob === "function" && body instanceof Blob) {
    return Stream.fromReadableStream<Uint8Array, unknown>(() => body.stream(), identity)
  }
  if (isAsyncIterable(body)) {
    return Stream.map(Stream.fromAsyncIterable(body, identity), toBytes)
  }
  return typeof ReadableStream === "function" && body instanceof ReadableStream
    ? Stream.fromReadableStream<Uint8Array, unknown>(() => body, identity)
    : undefined
}

/** `undefined` if the body is of an unknown kind. */
export const requestBody = (body: unknown, contentLength: number | undefined): HttpBody.HttpBody | undefined => {
  if (body === undefined || body === null) {
    return HttpBody.empty
  }
  if (typeof body === "string" || body instanceof Uint8Array) {
    return HttpBody.raw(body)
  }
  const stream = typeof body === "object" ? streamOf(body) : undefined
  return stream === undefined ? undefined : HttpBody.stream(stream, undefined, contentLength)
}

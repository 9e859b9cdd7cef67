/** Converts the requests and responses of an HTTP client to messages of the emulator, without a network connection. */
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import { type HttpResponseMessage, type HttpStreamRequest, statusesWithoutBody } from "./httpMessage.ts"

const toBody = ({ body }: HttpClientRequest.HttpClientRequest): Stream.Stream<Uint8Array, unknown> => {
  switch (body._tag) {
    case "Uint8Array":
      return Stream.succeed(body.body)
    case "Stream":
      return body.stream
    case "Raw":
      return Stream.suspend(() => rawBody(body.body))
    default:
      return Stream.empty
  }
}

const isAsyncIterable = (value: unknown): value is AsyncIterable<Uint8Array> =>
  typeof value === "object" && value !== null && Symbol.asyncIterator in value

/** A body that `@effect/platform` passes to the HTTP client as it is: a stream of Node, or any body of `fetch`. */
const rawBody = (body: unknown): Stream.Stream<Uint8Array, unknown> => {
  if (isAsyncIterable(body) && !(body instanceof ReadableStream)) {
    return Stream.fromAsyncIterable(body, (error) => error)
  }
  return Stream.unwrap(
    Effect.try(() => {
      const readable = new Response(body as BodyInit).body
      return readable === null ? Stream.empty : Stream.fromReadableStream(() => readable, (error) => error)
    })
  )
}

const connectionReset = () => Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })

const toWebBody = (
  { body, status }: HttpResponseMessage,
  runtime: Runtime.Runtime<never>
): BodyInit | null => {
  if (statusesWithoutBody.has(status)) {
    return null
  }
  if (body instanceof Uint8Array) {
    return body.byteLength === 0 ? null : new Uint8Array(body)
  }
  return Stream.toReadableStreamRuntime(Stream.mapError(body, connectionReset), runtime)
}

/** Converts a response. If its body fails, so does reading it, as after the loss of a connection. */
export const toWebResponse = (response: HttpResponseMessage): Effect.Effect<Response> =>
  Effect.map(
    Effect.runtime(),
    (runtime) => new Response(toWebBody(response, runtime), { status: response.status, headers: response.headers })
  )

/** The length of a body that an HTTP client sends as it is, if it knows the length before it sends the body. */
const rawLength = (body: unknown): number | undefined => {
  if (typeof body === "string") {
    return new TextEncoder().encode(body).byteLength
  }
  return ArrayBuffer.isView(body) ? body.byteLength : undefined
}

const contentLength = ({ body }: HttpClientRequest.HttpClientRequest): Record<string, string> => {
  const known = "contentLength" in body ? body.contentLength : undefined
  const length = known ?? (body._tag === "Raw" ? rawLength(body.body) : undefined)
  return length === undefined ? {} : { "content-length": String(length) }
}

/** Records that a body failed: then the request fails, as it does with a network connection. */
const observeFailure = (stream: Stream.Stream<Uint8Array, unknown>) => {
  let failure: Option.Option<unknown> = Option.none()
  const body = Stream.tapError(stream, (error) =>
    Effect.sync(() => {
      failure = Option.some(error)
    }))
  return { body, failure: () => failure }
}

/** A request as the service receives it, and the failure of its body. */
export interface ReceivedRequest {
  readonly received: HttpStreamRequest
  readonly failure: () => Option.Option<unknown>
}

export const toStreamRequest = (request: HttpClientRequest.HttpClientRequest, url: URL): ReceivedRequest => {
  const { body, failure } = observeFailure(toBody(request))
  return {
    received: {
      method: request.method,
      target: `${url.pathname}${url.search}`,
      headers: { ...contentLength(request), ...request.headers, host: url.host },
      body
    },
    failure
  }
}

export const toRequestError = (request: HttpClientRequest.HttpClientRequest) => (cause: unknown) =>
  Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause }))

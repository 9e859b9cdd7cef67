/**
 * Sends the requests of AWS's S3 client with an `HttpClient`.
 *
 * Bodies are streamed. Redirects are not followed. The connection is closed when the request is aborted.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import { fromHttpClientError } from "../../../internal/client/transportError.ts"
import { transportMessage } from "../../../internal/error/transportMessage.ts"
import { ConnectionLease } from "../../../internal/transport/connectionLease.ts"
import { ContentDecoding } from "../../../internal/transport/contentDecoding.ts"
import { fromHttpClient } from "../../../internal/transport/fromHttpClient.ts"
import type { TransportFailure, TransportResponse, TransportTimeouts } from "../../../internal/transport/transport.ts"
import type { BodyError } from "../../../Operation.ts"
import { TimeoutError } from "../../../SageMakerError.ts"
import { StoreFailure } from "../failure.ts"
import { withDecodedHeaders } from "./decodedResponse.ts"
import { requestBody } from "./requestBody.ts"

/** The members of a request of AWS's client that are read. */
interface SmithyRequest {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number | undefined
  readonly path: string
  readonly query?: { readonly [name: string]: string | ReadonlyArray<string> | null } | undefined
  readonly headers: { readonly [name: string]: string }
  readonly body?: unknown
}

interface HandlerOptions {
  readonly abortSignal?: unknown
}

/** The members of a response that AWS's client reads. */
interface SmithyResponse {
  readonly statusCode: number
  readonly headers: Record<string, string>
  readonly body: ReadableStream<Uint8Array>
}

/** A request handler, as AWS's clients expect it. */
interface RequestHandler {
  readonly metadata: { readonly handlerProtocol: string }
  readonly handle: (
    request: SmithyRequest,
    options?: HandlerOptions
  ) => Promise<{ readonly response: SmithyResponse }>
  readonly updateHttpClientConfig: () => void
  readonly httpHandlerConfigs: () => object
}

/** The HTTP client sets these headers itself. None of them is part of the signature, except `content-length`. */
const managedHeaders = new Set(["connection", "content-length", "expect", "transfer-encoding"])

/** A request body may arrive at this rate at least. Its time is added to the timeout for the response headers. */
const bodyBytesPerMilli = 64

const escapeUri = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

const searchOf = (query: SmithyRequest["query"] = {}): string =>
  Object.keys(query).toSorted().flatMap((name) => {
    const value = query[name]
    const values = Array.isArray(value) ? value : [value]
    return values.map((each) => (typeof each === "string" ? `${escapeUri(name)}=${escapeUri(each)}` : escapeUri(name)))
  }).join("&")

const changedPath = "the key has a segment \".\" or \"..\", which an HTTP client removes from the URL"

/** The URL of a request. An HTTP client parses it, which removes the segments `.` and `..` of a key. */
const urlOf = ({ hostname, path, port, protocol, query }: SmithyRequest): string => {
  const search = searchOf(query)
  const url = `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}${
    search === "" ? "" : `?${search}`
  }`
  if (!URL.canParse(url)) {
    throw new StoreFailure("other", "the endpoint is not a valid URL")
  }
  if (new URL(url).pathname !== path) {
    throw new StoreFailure("other", changedPath)
  }
  return url
}

const contentLengthOf = ({ headers }: SmithyRequest): number | undefined => {
  const length = Number(headers["content-length"] ?? Number.NaN)
  return Number.isSafeInteger(length) ? length : undefined
}

const toHttpRequest = (request: SmithyRequest): HttpClientRequest.HttpClientRequest => {
  const body = requestBody(request.body, contentLengthOf(request))
  if (body === undefined) {
    throw new StoreFailure("other", "AWS's client sent a body of an unknown kind")
  }
  const headers = Object.entries(request.headers).filter(([name]) => !managedHeaders.has(name.toLowerCase()))
  // The headers come last, because setting an empty body removes the content type.
  return HttpClientRequest.make(request.method as HttpMethod)(urlOf(request)).pipe(
    HttpClientRequest.setBody(body),
    HttpClientRequest.setHeaders(headers)
  )
}

const bodyBytesOf = (request: SmithyRequest): number => {
  const { body } = request
  if (body instanceof Uint8Array) {
    return body.byteLength
  }
  return body === undefined || typeof body === "string" ? 0 : contentLengthOf(request) ?? Infinity
}

/** AWS's client retries by the codes of Node. */
const lostCode = "ECONNRESET"
const timeoutCode = "ETIMEDOUT"

const timeoutProblems: { readonly [phase in TimeoutError["phase"]]?: string } = {
  connect: "no connection to the store in time",
  idle: "the store stopped sending the object"
}

/** The failure of a request. Only the code and the address of the error are kept. */
const toStoreFailure = (error: BodyError): StoreFailure => {
  if (error._tag === "TimeoutError") {
    return new StoreFailure(
      "unavailable",
      timeoutProblems[error.phase] ?? "the store did not respond in time",
      timeoutCode
    )
  }
  const isProtocol = error._tag === "ProtocolError"
  if (error.retry === "never") {
    return new StoreFailure(
      "other",
      isProtocol ? "the response of the store is not valid HTTP" : transportMessage(error)
    )
  }
  return new StoreFailure(
    "unavailable",
    isProtocol ? "the response of the store is incomplete" : transportMessage(error),
    lostCode
  )
}

const progress = { attempts: 1, totalRetryDelay: 0 }

const toBodyError = (failure: TransportFailure): BodyError =>
  failure._tag === "TransportTimeout"
    ? new TimeoutError({ ...progress, phase: failure.phase, duration: 0, requestSent: true, retry: "transient" })
    : fromHttpClientError(failure, progress, 0)

const aborted = (): Error => Object.assign(new Error("The request was aborted"), { name: "AbortError" })

const signalOf = ({ abortSignal }: HandlerOptions): AbortSignal | undefined =>
  abortSignal instanceof AbortSignal ? abortSignal : undefined

/** A request that runs, or whose response body is read. */
class RunningRequest {
  readonly #lease = new ConnectionLease()
  readonly #signal: AbortSignal | undefined
  readonly #runtime: Runtime.Runtime<never>
  #onAbort = () => this.#abort()

  constructor(runtime: Runtime.Runtime<never>, signal: AbortSignal | undefined) {
    this.#runtime = runtime
    this.#signal = signal
  }

  readonly connection = {
    opened: (close: Effect.Effect<void>) => this.#lease.opened(close),
    closed: () => {
      this.#lease.closed()
      this.#signal?.removeEventListener("abort", this.#onAbort)
    }
  }

  run(response: Effect.Effect<TransportResponse, StoreFailure>): Promise<TransportResponse> {
    return new Promise((resolve, reject) => {
      const fiber = Runtime.runFork(this.#runtime)(Effect.exit(response))
      this.#onAbort = () => {
        fiber.unsafeInterruptAsFork(fiber.id())
        this.#abort()
        reject(aborted())
      }
      this.#signal?.addEventListener("abort", this.#onAbort, { once: true })
      fiber.addObserver((done) => {
        const exit = Exit.flatten(done)
        if (Exit.isSuccess(exit)) {
          resolve(exit.value)
        } else {
          this.#abort()
          this.connection.closed()
          reject(Cause.squash(exit.cause))
        }
      })
    })
  }

  #abort(): void {
    Runtime.runFork(this.#runtime)(this.#lease.close())
  }
}

const toWebStream = ({ body }: TransportResponse, runtime: Runtime.Runtime<never>): ReadableStream<Uint8Array> =>
  Stream.toReadableStreamRuntime(Stream.mapError(body.stream, toStoreFailure), runtime)

const toInvalidRequest = (error: unknown): StoreFailure =>
  error instanceof StoreFailure ? error : new StoreFailure("other", "the request is not valid")

/** A request handler for AWS's clients. */
export const makeRequestHandler = (
  client: HttpClient.HttpClient,
  runtime: Runtime.Runtime<never>,
  { firstByte, idle }: TransportTimeouts
): RequestHandler => {
  const transport = fromHttpClient(withDecodedHeaders(client))
  const send = (request: SmithyRequest, { connection }: RunningRequest) =>
    Effect.try({ try: () => toHttpRequest(request), catch: toInvalidRequest }).pipe(
      Effect.flatMap((httpRequest) => {
        const timeouts = { firstByte: firstByte + bodyBytesOf(request) / bodyBytesPerMilli, idle }
        return Effect.mapError(transport(httpRequest, timeouts, { connection, toError: toBodyError }), toStoreFailure)
      }),
      Effect.provideService(ContentDecoding, false)
    )
  return {
    metadata: { handlerProtocol: "http/1.1" },
    handle: (request, options = {}) => {
      const signal = signalOf(options)
      if (signal?.aborted === true) {
        return Promise.reject(aborted())
      }
      const running = new RunningRequest(runtime, signal)
      return running.run(send(request, running)).then((response) => ({
        response: {
          statusCode: response.status,
          headers: { ...response.headers },
          body: toWebStream(response, runtime)
        }
      }))
    },
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({})
  }
}

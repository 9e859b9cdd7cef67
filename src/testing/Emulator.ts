/**
 * An in-process emulator of SageMaker Runtime for tests.
 *
 * It verifies signatures and constraints as AWS does, and calls your handlers in place of deployed models. It supports
 * `InvokeEndpoint`, `InvokeEndpointAsync`, `InvokeEndpointWithResponseStream` and the OpenAI-compatible route, and the
 * operations of Amazon S3 that store, read, list and remove objects.
 *
 * @since 0.1.0
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { YieldableError } from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import type { CredentialsInput } from "../Credentials.ts"
import { bytesUpTo } from "../internal/objectStore/firstBytes.ts"
import type { InvokeEndpointInput, InvokeEndpointOutput } from "../InvokeEndpoint.ts"
import type { InvokeEndpointAsyncInput } from "../InvokeEndpointAsync.ts"
import { ObjectStore, type ObjectStoreService } from "../ObjectStore.ts"
import type { EmulatorObjects } from "./internal/asyncInference/objects.ts"
import type { AsyncInferenceOutcome } from "./internal/asyncInference/outcomes.ts"
import { ContainerFailure } from "./internal/emulator/errorResponse.ts"
import {
  type HttpRequestMessage,
  type HttpResponseMessage,
  type HttpStreamRequest,
  statusesWithoutBody
} from "./internal/emulator/httpMessage.ts"
import { makeService } from "./internal/emulator/service.ts"
import { isS3Request } from "./internal/s3/route.ts"

/**
 * The input of an endpoint's handler: the members of the operation's input, with the body as bytes.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmulatorRequest
  extends Omit<InvokeEndpointInput, "Body">, Omit<InvokeEndpointAsyncInput, keyof InvokeEndpointInput>
{
  /** The name of the operation. */
  readonly operation:
    | "InvokeEndpoint"
    | "InvokeEndpointWithResponseStream"
    | "InvokeEndpointAsync"
    | "OpenAiChatCompletion"
  /** The request body. For `InvokeEndpointAsync` with `InputLocation` it is the object at that location. */
  readonly Body: Uint8Array
}

/**
 * The output of an endpoint's handler, with members such as `ContentType` and `CustomAttributes`.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmulatorOutput extends Omit<InvokeEndpointOutput, "Body" | "$metadata"> {
  /**
   * The response body; strings are encoded as UTF-8.
   *
   * In a response stream, each element of a `Stream` is sent as one `PayloadPart` event. The OpenAI-compatible route sends
   * each element when it is produced, and closes the connection if the `Stream` fails. The other operations send a
   * `Stream` as one body.
   */
  readonly Body: string | Uint8Array | Stream.Stream<string | Uint8Array, unknown>
}

/**
 * The result of an endpoint's handler: a body, an `EmulatorOutput`, or an HTTP response that is sent unchanged.
 *
 * @since 0.1.0
 * @category models
 */
export type EmulatorResponse = EmulatorOutput["Body"] | EmulatorOutput | HttpServerResponse.HttpServerResponse

/**
 * The notifications of an asynchronous endpoint, as in AWS's `CreateEndpointConfig`.
 *
 * @since 0.1.0
 * @category models
 */
export interface AsyncInferenceNotificationConfig {
  /** The ARN of the Amazon SNS topic for completed requests: `TopicArn` of their notifications. Default: none. */
  readonly SuccessTopic?: string | undefined
  /** The ARN of the Amazon SNS topic for failed requests: `TopicArn` of their notifications. Default: none. */
  readonly ErrorTopic?: string | undefined
  /**
   * The notifications that include the response, if it has at most 131,072 bytes (128 KB). They have a `responseBody`.
   * Default: none.
   */
  readonly IncludeInferenceResponseIn?:
    | ReadonlyArray<"SUCCESS_NOTIFICATION_TOPIC" | "ERROR_NOTIFICATION_TOPIC">
    | undefined
}

/**
 * The configuration of an asynchronous endpoint, as in AWS's `CreateEndpointConfig`.
 *
 * @since 0.1.0
 * @category models
 */
export interface AsyncInferenceConfig {
  /** How the requests are sent to the container. */
  readonly ClientConfig?: {
    /**
     * How many requests an instance processes at once: 1 to 1,000.
     *
     * Default: 1. SageMaker chooses a value, which AWS does not document.
     */
    readonly MaxConcurrentInvocationsPerInstance?: number | undefined
  } | undefined
  /** Where results are stored, and who is notified. */
  readonly OutputConfig?: {
    /** The location below which outputs are stored. Default: `s3://emulator/<endpoint>/output`. */
    readonly S3OutputPath?: string | undefined
    /** The location below which failures are stored. Default: `s3://emulator/<endpoint>/failure`. */
    readonly S3FailurePath?: string | undefined
    /** The notifications of the endpoint. */
    readonly NotificationConfig?: AsyncInferenceNotificationConfig | undefined
  } | undefined
}

/**
 * Options of an emulated endpoint, with the names of AWS's `CreateEndpointConfig`.
 *
 * `InvokeEndpointAsync` fails with `ValidationError` if an option has an invalid value.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmulatorEndpointOptions {
  /**
   * Makes the endpoint asynchronous: as in SageMaker, it rejects `InvokeEndpoint` and
   * `InvokeEndpointWithResponseStream`.
   *
   * Default: the endpoint supports all three operations, and has the defaults of `AsyncInferenceConfig`.
   */
  readonly AsyncInferenceConfig?: AsyncInferenceConfig | undefined
  /**
   * The number of instances, which multiplies `MaxConcurrentInvocationsPerInstance`. With 0, as after scaling to zero,
   * asynchronous requests stay in the queue until they expire. Default: 1.
   */
  readonly InitialInstanceCount?: number | undefined
}

/**
 * A notification of a completed or failed asynchronous inference request: the JSON object that SageMaker publishes to
 * Amazon SNS.
 *
 * `AsyncInference.Completion` decodes it.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmulatorNotification {
  /** The region that the request was signed for. Default: `us-east-1`. */
  readonly awsRegion: string
  /** When the request completed, in ISO 8601. */
  readonly eventTime: string
  /** When the request was received, in ISO 8601. */
  readonly receivedTime: string
  /** Whether the request completed or failed. */
  readonly invocationStatus: "Completed" | "Failed"
  /** Why the request failed. It does not contain the response of the container. */
  readonly failureReason?: string | undefined
  /** The members of the request. Members that the request does not have are absent. */
  readonly requestParameters: {
    /** `Accept` of the request. */
    readonly accept?: string | undefined
    /** `ContentType` of the request. */
    readonly contentType?: string | undefined
    /** `EndpointName` of the request. */
    readonly endpointName: string
    /** `InputLocation` of the request. */
    readonly inputLocation?: string | undefined
  }
  /** The stored result. Absent if a failure could not be stored. */
  readonly responseParameters?: {
    /** The content type of the stored object. */
    readonly contentType?: string | undefined
    /** The location of the output of a completed request. */
    readonly outputLocation?: string | undefined
    /** The location of the failure of a failed request. */
    readonly failureLocation?: string | undefined
  } | undefined
  /** The response, if `IncludeInferenceResponseIn` requires it. */
  readonly responseBody?: {
    /** The output in Base64, or the text of the failure. */
    readonly content: string
    /** The encoding of an output. Absent for a failure. */
    readonly encoding?: string | undefined
  } | undefined
  /** The ID of the request. */
  readonly inferenceId: string
  /** `"1.0"`. */
  readonly eventVersion: string
  /** `"aws:sagemaker"`. */
  readonly eventSource: string
  /** `"InferenceResult"`. */
  readonly eventName: string
  /**
   * The topic of the endpoint's `NotificationConfig`, if there is one.
   *
   * It is a member of the envelope in Amazon SNS, so it is not enumerable: `JSON.stringify` omits it.
   */
  readonly TopicArn?: string | undefined
}

/**
 * An emulated endpoint, created with `endpoint`.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmulatorEndpoint<out R = never> {
  /** The endpoint's name, as in `EndpointName`. */
  readonly name: string
  /** Handles the requests to the endpoint, in place of a model. */
  readonly handler: (request: EmulatorRequest) => Effect.Effect<EmulatorResponse, unknown, R>
  /** The options of the endpoint. */
  readonly options?: EmulatorEndpointOptions | undefined
}

/**
 * Options of the emulator.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmulatorOptions<R = never> {
  /** The emulated endpoints. A request to any other endpoint fails with `ValidationError`. */
  readonly endpoints: ReadonlyArray<EmulatorEndpoint<R>>
  /**
   * The credentials that requests must be signed with, and tokens made from. `"anonymous"` accepts requests without
   * verifying signatures and tokens.
   *
   * Default: `Emulator.credentials`.
   */
  readonly credentials?: CredentialsInput | "anonymous" | undefined
  /** The region that requests must be signed for. Default: any region. */
  readonly region?: string | undefined
  /**
   * The maximum size of a request body in bytes. A larger body fails with status 413, before its signature is verified.
   * A server does not read the rest of it.
   *
   * Default: 26,214,400 (25 MiB).
   */
  readonly maxBodyBytes?: number | undefined
  /**
   * The store of the inputs, outputs and failures of `InvokeEndpointAsync`.
   *
   * If it fails, the request fails. The time to store a result is also limited by `InvocationTimeoutSeconds`.
   *
   * Default: objects in memory, until the layer's scope closes.
   */
  readonly objectStore?: ObjectStoreService | undefined
}

/**
 * The credentials that requests to the emulator are signed with by default.
 *
 * @since 0.1.0
 * @category constants
 */
export const credentials: CredentialsInput = {
  accessKeyId: "AKIDEMULATOR",
  secretAccessKey: "emulator-secret-access-key"
}

/**
 * The emulated service, independent of any HTTP library.
 *
 * @since 0.1.0
 * @category tags
 */
export class Emulator extends Context.Tag("effect-sagemaker-runtime/testing/Emulator")<Emulator, {
  /** Handles one HTTP request. Errors of the service are responses, so the effect never fails. */
  readonly handle: (request: HttpRequestMessage) => Effect.Effect<HttpResponseMessage>
  /** The maximum size of a request body in bytes. A server stops reading a larger body and sends `tooLarge`. */
  readonly maxBodyBytes: number
  /** The response to a body that is too large: status 413, which closes the connection. */
  readonly tooLarge: Effect.Effect<HttpResponseMessage>
  /**
   * Handles one request to the emulated S3, while its body arrives. Errors of Amazon S3 are responses, so the effect
   * never fails.
   */
  readonly handleS3: (request: HttpStreamRequest) => Effect.Effect<HttpResponseMessage>
  /**
   * The objects of the emulated S3: the inputs (`InputLocation`), outputs (`OutputLocation`) and failures
   * (`FailureLocation`) of `InvokeEndpointAsync`.
   *
   * `layerObjectStore` provides it as `ObjectStore`.
   */
  readonly objectStore: ObjectStoreService
  /** The objects of `objectStore`, as bytes. */
  readonly objects: EmulatorObjects
  /**
   * Waits for the asynchronous inference request with this `InferenceId`.
   *
   * The result is the output body (`Right`) or the text of the failure (`Left`). If several requests have the same
   * `InferenceId`, it is the result of the latest one. The result is stored and published before.
   */
  readonly outcome: (InferenceId: string) => Effect.Effect<AsyncInferenceOutcome>
  /**
   * The notifications of completed and failed asynchronous inference requests, each one after its result was stored.
   *
   * Each run of the stream starts with the latest 1,000 notifications, so that a program can run it after its requests.
   * It ends when the layer's scope closes. Notifications are published without configured topics, too.
   */
  readonly notifications: Stream.Stream<EmulatorNotification>
}>() {}

/**
 * Creates an emulated endpoint from a name and a handler.
 *
 * If the handler fails with an error of the service, such as `ModelNotReadyException`, the emulator responds with that
 * error. A `ValidationError` with a `reason` has the service's message for that reason. `containerError` is an error
 * response of the container. Any other failure or defect becomes `ModelError` with `OriginalStatusCode` 500. In a
 * response stream that has started, it becomes `ModelStreamError`, and `TransportError` closes the connection. On the
 * OpenAI-compatible route, any failure of a stream that has started closes the connection.
 *
 * The endpoint processes asynchronous inference requests one at a time, in their order, unless `options` allow more. It
 * calls the handler once for each of them. A request fails after `RequestTTLSeconds` in the queue (default 21,600), and
 * if it is not processed within `InvocationTimeoutSeconds` (default 900). An input that cannot be read and an output that
 * cannot be stored fail the request, too.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "effect-sagemaker-runtime/testing"
 *
 * export const echo = Emulator.endpoint("echo", ({ Body }) => Effect.succeed(Body))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const endpoint = <E, R>(
  name: string,
  handler: (request: EmulatorRequest) => Effect.Effect<EmulatorResponse, E, R>,
  options?: EmulatorEndpointOptions
): EmulatorEndpoint<R> => ({ name, handler, options })

/**
 * The HTTP response with which a container reports an error.
 *
 * @since 0.1.0
 * @category models
 */
export interface ContainerErrorResponse {
  /** HTTP status code, 400 to 599. `0` if the container gives no response, as after a timeout of the service. */
  readonly status: number
  /** The response body; bytes are decoded as UTF-8. */
  readonly body: string | Uint8Array
  /** The content type of the body. SageMaker does not forward it, so clients do not receive it. */
  readonly contentType?: string | undefined
}

/**
 * An error response of a container, as a failure of an endpoint's handler.
 *
 * @since 0.1.0
 * @category models
 */
export interface ContainerError extends YieldableError, Readonly<ContainerErrorResponse> {
  /** The name of the error class. */
  readonly _tag: "ContainerError"
}

/**
 * Makes a failure of a handler from an error response of a container.
 *
 * Clients receive it as SageMaker wraps it: `ModelError` (HTTP 424) with `OriginalStatusCode`, `OriginalMessage`,
 * `LogStreamArn` and a message that quotes the body. This applies to every status, 429 and 503 included. In a response
 * stream that has started, clients receive `ModelStreamError` with the same message and `ErrorCode` `StreamBroken`. The
 * failure object of an asynchronous inference request contains the members of the `ModelError` as JSON. On the
 * OpenAI-compatible route, the message is in an `error` object, with status 400 for a client error and 424 for any other.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Emulator } from "effect-sagemaker-runtime/testing"
 *
 * export const strict = Emulator.endpoint("strict", ({ Body }) =>
 *   Body.length > 0
 *     ? Effect.succeed("ok")
 *     : Effect.fail(Emulator.containerError({ status: 422, body: `{"detail":"empty body"}` })))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const containerError = ({ body, contentType, status }: ContainerErrorResponse): ContainerError =>
  new ContainerFailure({ status, body, contentType })

/**
 * Provides the emulated service.
 *
 * Asynchronous inference requests run until the layer's scope closes. Requests that have not completed by then are
 * interrupted and have no result.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <R = never>(options: EmulatorOptions<R>): Layer.Layer<Emulator, never, R> =>
  Layer.scoped(Emulator, makeService(options, options.credentials ?? credentials))

/**
 * Provides the objects of the emulator as `ObjectStore`, for the results of asynchronous inference requests.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Emulator } from "effect-sagemaker-runtime/testing"
 *
 * const echo = Emulator.endpoint("echo", ({ Body }) => Effect.succeed(Body))
 *
 * export const emulator = Emulator.layerObjectStore.pipe(
 *   Layer.provideMerge(Emulator.layerHttpClient({ endpoints: [echo] }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerObjectStore: Layer.Layer<ObjectStore, never, Emulator> = Layer.fresh(Layer.effect(
  ObjectStore,
  Effect.map(Emulator, ({ objectStore }) => objectStore)
))

/** The whole body, or `undefined` as soon as it exceeds the limit. */
const readBody = (
  { body, headers }: HttpStreamRequest,
  limit: number
): Effect.Effect<Uint8Array | undefined, unknown> =>
  Number(headers["content-length"] ?? 0) > limit
    ? Effect.succeed(undefined)
    : bytesUpTo(body, limit)

/**
 * Handles a request to the emulated S3 while its body arrives, and any other request once it has arrived. Fails if the
 * body of the latter cannot be read.
 */
const dispatch = (
  { handle, handleS3, maxBodyBytes, tooLarge }: Context.Tag.Service<Emulator>,
  request: HttpStreamRequest
): Effect.Effect<HttpResponseMessage, unknown> =>
  isS3Request(request) ? handleS3(request) : Effect.flatMap(
    readBody(request, maxBodyBytes),
    (body) => (body === undefined ? tooLarge : handle({ ...request, body }))
  )

const hasNoBody = ({ source }: HttpServerRequest.HttpServerRequest): boolean =>
  source instanceof Request && source.body === null

/**
 * The emulated service as an `HttpApp`, for any `@effect/platform` HTTP server.
 *
 * It serves SageMaker Runtime and the emulated S3. A request is for Amazon S3 if it is signed for it, or if it is not
 * signed and its path does not start with `/endpoints/`. It stops reading a body at `maxBodyBytes`, except that of a
 * request for Amazon S3: that is stored while it arrives.
 *
 * @since 0.1.0
 * @category apps
 */
export const app: HttpApp.Default<never, Emulator> = Effect.gen(function*() {
  const request = yield* HttpServerRequest.HttpServerRequest
  const { headers, method, stream, url } = request
  const body = hasNoBody(request) ? Stream.empty : stream
  const response = yield* dispatch(yield* Emulator, { method, target: url, headers, body }).pipe(
    // There is no response to a request whose body cannot be read.
    Effect.catchAll(() => Effect.interrupt)
  )
  const options = { status: response.status, headers: response.headers }
  if (!(response.body instanceof Uint8Array)) {
    return HttpServerResponse.stream(response.body, options)
  }
  return response.body.byteLength === 0
    ? HttpServerResponse.empty(options)
    : HttpServerResponse.uint8Array(response.body, options)
})

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

const toWebResponse = (response: HttpResponseMessage): Effect.Effect<Response> =>
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

/**
 * Provides an `HttpClient` that sends every request to the emulated service, without a network connection.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHttpClient = <R = never>(
  options: EmulatorOptions<R>
): Layer.Layer<HttpClient.HttpClient | Emulator, never, R> =>
  Layer.provideMerge(
    Layer.effect(
      HttpClient.HttpClient,
      Effect.map(Emulator, (emulator) =>
        HttpClient.make((request, url) =>
          Effect.suspend(() => {
            const { body, failure } = observeFailure(toBody(request))
            const fail = (cause: unknown) =>
              Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause }))
            return dispatch(emulator, {
              method: request.method,
              target: `${url.pathname}${url.search}`,
              headers: { ...contentLength(request), ...request.headers, host: url.host },
              body
            }).pipe(
              Effect.flatMap((response) =>
                Option.match(failure(), {
                  onNone: () => Effect.succeed(response),
                  onSome: Effect.fail
                })
              ),
              Effect.catchAll(fail),
              Effect.flatMap(toWebResponse),
              Effect.map((response) => HttpClientResponse.fromWeb(request, response))
            )
          })
        ))
    ),
    layer(options)
  )

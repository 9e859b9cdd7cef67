/**
 * An in-process emulator of SageMaker Runtime for tests.
 *
 * It verifies signatures and constraints as AWS does, and calls your handlers in place of deployed models. It supports
 * `InvokeEndpoint`, `InvokeEndpointAsync`, `InvokeEndpointWithResponseStream`, `InvokeEndpointWithBidirectionalStream` and
 * the OpenAI-compatible route, and the operations of Amazon S3 that store, read, list and remove objects.
 *
 * @since 0.1.0
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { WebSocketConstructor } from "@effect/platform/Socket"
import type { YieldableError } from "effect/Cause"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { CredentialsInput } from "../Credentials.ts"
import { DuplexTransport } from "../DuplexTransport.ts"
import { bytesUpTo } from "../internal/objectStore/firstBytes.ts"
import type { InvokeEndpointInput, InvokeEndpointOutput } from "../InvokeEndpoint.ts"
import type { InvokeEndpointAsyncInput } from "../InvokeEndpointAsync.ts"
import type { RequestPart, ResponsePart } from "../InvokeEndpointWithBidirectionalStream.ts"
import { ObjectStore, type ObjectStoreService } from "../ObjectStore.ts"
import type { EmulatorObjects } from "./internal/asyncInference/objects.ts"
import type { AsyncInferenceOutcome } from "./internal/asyncInference/outcomes.ts"
import { makeDuplexClient } from "./internal/bidirectional/duplexClient.ts"
import { webSocketHandler } from "./internal/bidirectional/webSocketContainer.ts"
import { containerHandler } from "./internal/container/container.ts"
import { plainUrl } from "./internal/container/settings.ts"
import { noHandler } from "./internal/emulator/endpoints.ts"
import { ContainerFailure } from "./internal/emulator/errorResponse.ts"
import type { HttpRequestMessage, HttpResponseMessage, HttpStreamRequest } from "./internal/emulator/httpMessage.ts"
import { makeService } from "./internal/emulator/service.ts"
import { toRequestError, toStreamRequest, toWebResponse } from "./internal/emulator/webMessage.ts"
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
 * The input of a handler of bidirectional streams: the members of the operation's input, without the body.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmulatorBidirectionalRequest {
  /** The name of the operation. */
  readonly operation: "InvokeEndpointWithBidirectionalStream"
  /** The name of the endpoint. */
  readonly EndpointName: string
  /** The production variant to invoke. */
  readonly TargetVariant?: string | undefined
  /** The path of the container's WebSocket route, without a slash at its start. */
  readonly ModelInvocationPath?: string | undefined
  /** The query string of the container's WebSocket route, without a question mark. */
  readonly ModelQueryString?: string | undefined
}

/**
 * An output of a handler of bidirectional streams. It is sent as one `PayloadPart` event.
 *
 * A string has the `DataType` `UTF8`, bytes have `BINARY`. Both are complete messages: `CompletionState` is `COMPLETE`. A
 * `ResponsePart` is sent unchanged.
 *
 * @since 0.1.0
 * @category models
 */
export type EmulatorBidirectionalOutput = ResponsePart | string | Uint8Array

/**
 * A handler of bidirectional streams, in place of a model. It returns outputs while it receives the parts of the request.
 *
 * @since 0.1.0
 * @category models
 */
export type EmulatorBidirectionalHandler<out E = never, out R = never> = (
  parts: Stream.Stream<RequestPart>,
  request: EmulatorBidirectionalRequest
) => Stream.Stream<EmulatorBidirectionalOutput, E, R>

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
 * An emulated endpoint, created with `endpoint`, `bidirectional`, `container` or `webSocketContainer`.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmulatorEndpoint<out R = never> {
  /** The endpoint's name, as in `EndpointName`. */
  readonly name: string
  /** Handles the requests to the endpoint, in place of a model. */
  readonly handler: (request: EmulatorRequest) => Effect.Effect<EmulatorResponse, unknown, R>
  /** Handles bidirectional streams. Default: the endpoint does not support them. */
  readonly bidirectional?: EmulatorBidirectionalHandler<unknown, R> | undefined
  /** The options of the endpoint. */
  readonly options?: EmulatorEndpointOptions | undefined
  /** The URL of the container that requests are forwarded to, if there is one. The browser page shows it. */
  readonly url?: string | undefined
}

/**
 * The services that the handlers of endpoints need: the union of those of each endpoint.
 *
 * @since 0.1.0
 * @category models
 */
export type EmulatorServices<Endpoint> = Endpoint extends EmulatorEndpoint<infer R> ? R : never

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
   * A server does not read the rest of it. A bidirectional stream has no limit.
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
  /**
   * Serves a page for browsers at `/`: it lists the endpoints and the last 200 requests, and sends requests without a
   * signature.
   *
   * The page is available at IP addresses, at `localhost` and at the given host names. Pages of other origins cannot use
   * it. It records payloads only while that is switched on in the page: the first 32 KiB of each.
   *
   * Default: `false`. `NodeEmulator` has its own default.
   */
  readonly page?: boolean | {
    /** Further host names that a browser uses for the emulator. Default: none. */
    readonly hosts?: ReadonlyArray<string> | undefined
  } | undefined
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
  /**
   * Handles one HTTP request, to SageMaker Runtime or to the browser page. Errors of the service are responses, so the
   * effect never fails.
   */
  readonly handle: (request: HttpRequestMessage) => Effect.Effect<HttpResponseMessage>
  /** The maximum size of a request body in bytes. A server stops reading a larger body and sends `tooLarge`. */
  readonly maxBodyBytes: number
  /** The response to a body that is too large: status 413, which closes the connection. */
  readonly tooLarge: Effect.Effect<HttpResponseMessage>
  /**
   * Handles one bidirectional stream, while its body arrives. The effect completes with the response headers. The handler
   * of the endpoint runs until the scope closes. Errors of the service are responses, so the effect never fails.
   */
  readonly handleBidirectional: (request: HttpStreamRequest) => Effect.Effect<HttpResponseMessage, never, Scope.Scope>
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
 * Creates an emulated endpoint that supports bidirectional streams, from a name and a handler.
 *
 * The response headers are sent when the handler reads the first part or returns the first output. A failure before that is
 * an error response. A failure after that is an exception event. An error of the service is sent unchanged. Any other
 * failure or defect becomes `ModelError` or `ModelStreamError`. After the response headers, `TransportError` resets the
 * stream.
 *
 * The emulator verifies the signature and the constraints of each part. At the first invalid part it interrupts the handler
 * and ends the response with an exception event. `parts` ends when the client ends the request. If the client resets the
 * stream, the handler is interrupted.
 *
 * Endpoints of `endpoint` and `bidirectional` with the same name are one endpoint. Without `endpoint`, other operations
 * fail with `ModelError` and `OriginalStatusCode` 404.
 *
 * @example
 * ```ts
 * import { Stream } from "effect"
 * import { Emulator } from "effect-sagemaker-runtime/testing"
 *
 * export const echo = Emulator.bidirectional("echo", (parts) => Stream.map(parts, ({ Bytes }) => Bytes))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const bidirectional = <E, R>(
  name: string,
  handler: EmulatorBidirectionalHandler<E, R>
): EmulatorEndpoint<R> => ({ name, handler: noHandler, bidirectional: handler })

/**
 * Options of `container`. The options of an asynchronous endpoint are included.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmulatorContainerOptions extends EmulatorEndpointOptions {
  /**
   * The time in which the container must send its whole response; of a stream, the response headers. It does not apply to
   * asynchronous requests, which have `InvocationTimeoutSeconds`. Default: 60 seconds.
   */
  readonly invocationTimeout?: Duration.DurationInput | undefined
  /** The time in which the container must end a stream, from its response headers. Default: 8 minutes. */
  readonly streamTimeout?: Duration.DurationInput | undefined
  /**
   * The maximum size of a response of `InvokeEndpoint` in bytes. Streams have no limit. Asynchronous requests have a limit
   * of 1 GiB.
   *
   * Default: 26,214,400 (25 MiB).
   */
  readonly maxResponseBytes?: number | undefined
}

/**
 * Creates an emulated endpoint that forwards its requests to the HTTP server of a container, as SageMaker does.
 *
 * `url` is the URL of the container, such as `http://127.0.0.1:8080`. Each request is sent to `/invocations` with its body
 * and the headers of `InvokeEndpoint`. Credentials and signatures are not forwarded, and redirects are not followed. In a
 * response stream, each chunk of the container is one `PayloadPart` event.
 *
 * Requests fail with `ModelNotReadyException` (status 429) until `GET /ping` returns status 200, and again after the
 * container could not be reached. Asynchronous requests wait for it. A status other than 2xx becomes `ModelError` with that
 * status and the first 64 KiB of the body. A timeout, a broken response, a response above the limit and a response with an
 * invalid header become `ModelError` with `OriginalStatusCode` 0. In a response stream that has started, a timeout is
 * `ModelStreamError` with `ErrorCode` `ModelInvocationTimeExceeded`, and a broken response with `StreamBroken`.
 *
 * An invalid URL or option fails each request with `ModelError`. Use `webSocketContainer` with the same name for
 * bidirectional streams. `FetchHttpClient.layer` of `@effect/platform` or `NodeHttpClient.layer` provides the HTTP client.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { NodeEmulator, NodeHttpClient } from "effect-sagemaker-runtime/node"
 * import { Emulator } from "effect-sagemaker-runtime/testing"
 *
 * export const emulator = NodeEmulator.layer({
 *   endpoints: [Emulator.container("llama", "http://127.0.0.1:8080")]
 * }).pipe(Layer.provide(NodeHttpClient.layer()))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const container = (
  name: string,
  url: string,
  options: EmulatorContainerOptions = {}
): EmulatorEndpoint<HttpClient.HttpClient> => ({
  name,
  handler: containerHandler(url, options),
  options,
  url: plainUrl(url)
})

/**
 * Options of `webSocketContainer`.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebSocketContainerOptions {
  /**
   * The time without a message of the container after which the connection is closed. It starts at the end of the request.
   *
   * Default: 1 second. AWS does not document when SageMaker closes it.
   */
  readonly closeAfter?: Duration.DurationInput | undefined
}

/**
 * Creates an emulated endpoint whose bidirectional streams are connected with the WebSocket route of a container, as
 * SageMaker does.
 *
 * `url` is the URL of the container, such as `ws://127.0.0.1:8080`. The path is `invocations-bidirectional-stream`, or
 * `ModelInvocationPath` of the request; `ModelQueryString` is the query. A part with the `DataType` `UTF8` is a text
 * message, any other part is a binary message. Parts with `PARTIAL` are joined into one message of at most 64 MiB. Each
 * message of the container is a part with its `DataType` and `COMPLETE`.
 *
 * The stream ends when the container closes the connection with status 1000 or without a status. It fails with
 * `ModelStreamError` for any other status, which is the `ErrorCode`. If the connection does not open within 10 seconds, the
 * call fails with `ModelError` and `OriginalStatusCode` 0.
 *
 * `Socket.layerWebSocketConstructorGlobal` of `@effect/platform` provides the constructor, or
 * `NodeSocket.layerWebSocketConstructor` of `@effect/platform-node` for Node 20. The emulator sends no pings. The WebSocket
 * responds to pings of the container.
 *
 * @example
 * ```ts
 * import { Socket } from "@effect/platform"
 * import { Layer } from "effect"
 * import { NodeEmulator } from "effect-sagemaker-runtime/node"
 * import { Emulator } from "effect-sagemaker-runtime/testing"
 *
 * export const emulator = NodeEmulator.layer({
 *   endpoints: [Emulator.webSocketContainer("voice", "ws://127.0.0.1:8080")]
 * }).pipe(Layer.provide(Socket.layerWebSocketConstructorGlobal))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const webSocketContainer = (
  name: string,
  url: string,
  options: WebSocketContainerOptions = {}
): EmulatorEndpoint<WebSocketConstructor> => bidirectional(name, webSocketHandler(url, options.closeAfter))

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

const withServices = <Endpoint extends EmulatorEndpoint<unknown>>(
  options: EmulatorOptions<unknown> & { readonly endpoints: ReadonlyArray<Endpoint> }
) => options as EmulatorOptions<EmulatorServices<Endpoint>>

/**
 * Provides the emulated service.
 *
 * Asynchronous inference requests run until the layer's scope closes. Requests that have not completed by then are
 * interrupted and have no result.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <Endpoint extends EmulatorEndpoint<unknown> = never>(
  options: EmulatorOptions<unknown> & { readonly endpoints: ReadonlyArray<Endpoint> }
): Layer.Layer<Emulator, never, EmulatorServices<Endpoint>> =>
  Layer.scoped(Emulator, makeService(withServices(options), options.credentials ?? credentials))

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
 * It serves SageMaker Runtime, the emulated S3 and the browser page. A request is for Amazon S3 if it is signed for it, or
 * if it is not signed, its path does not start with `/endpoints/`, and it is not a request of the page.
 *
 * It stops reading a body at `maxBodyBytes`, except that of a request for Amazon S3: that is stored while it arrives. It
 * does not serve bidirectional streams: use `NodeEmulator` or `layerDuplexTransport`.
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

/**
 * A client without a network connection. As with a connection, handlers and stores do not run in the context of the
 * caller: a `fetch` that the caller provides for its own requests would also receive theirs.
 */
const httpClient: Layer.Layer<HttpClient.HttpClient, never, Emulator> = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(Effect.context<Emulator>(), (context) => {
    const emulator = Context.get(context, Emulator)
    return HttpClient.make((request, url) =>
      Effect.suspend(() => {
        const { failure, received } = toStreamRequest(request, url)
        return dispatch(emulator, received).pipe(
          Effect.flatMap((response) =>
            Option.match(failure(), {
              onNone: () => Effect.succeed(response),
              onSome: Effect.fail
            })
          ),
          Effect.catchAll(toRequestError(request)),
          Effect.flatMap(toWebResponse),
          Effect.map((response) => HttpClientResponse.fromWeb(request, response)),
          Effect.mapInputContext(() => context)
        )
      })
    )
  })
)

const duplexTransport: Layer.Layer<DuplexTransport, never, Emulator> = Layer.effect(
  DuplexTransport,
  Effect.map(Emulator, makeDuplexClient)
)

/**
 * Provides an `HttpClient` that sends every request to the emulated service, without a network connection, and a
 * `DuplexTransport` for its bidirectional streams.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHttpClient = <Endpoint extends EmulatorEndpoint<unknown> = never>(
  options: EmulatorOptions<unknown> & { readonly endpoints: ReadonlyArray<Endpoint> }
): Layer.Layer<HttpClient.HttpClient | DuplexTransport | Emulator, never, EmulatorServices<Endpoint>> =>
  Layer.provideMerge(Layer.merge(httpClient, duplexTransport), layer(options))

/**
 * Provides a `DuplexTransport` that sends every bidirectional stream to the emulated service, without a network
 * connection. `layerHttpClient` also provides it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerDuplexTransport = <Endpoint extends EmulatorEndpoint<unknown> = never>(
  options: EmulatorOptions<unknown> & { readonly endpoints: ReadonlyArray<Endpoint> }
): Layer.Layer<DuplexTransport | Emulator, never, EmulatorServices<Endpoint>> =>
  Layer.provideMerge(duplexTransport, layer(options))

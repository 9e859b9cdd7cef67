/**
 * Typed access to a deployed model: encodes requests and decodes responses with codecs.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { dual } from "effect/Function"
import * as Predicate from "effect/Predicate"
import type * as Schedule from "effect/Schedule"
import type * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { Batcher, BatcherLimits, BatchModel } from "./Batch.ts"
import type { BearerToken } from "./BearerToken.ts"
import * as Chat from "./Chat.ts"
import * as Codec from "./Codec.ts"
import type { Framing } from "./Framing.ts"
import * as internalBatched from "./internal/batch/batched.ts"
import * as calls from "./internal/modelEndpoint/calls.ts"
import { fromModel } from "./internal/modelEndpoint/chat.ts"
import { configure, embeddingCalls } from "./internal/modelEndpoint/embeddings/calls.ts"
import { withEndpointSettings } from "./internal/modelEndpoint/embeddings/settings.ts"
import { ofLanguageModel } from "./internal/modelEndpoint/modelKind.ts"
import { completionUsage } from "./internal/modelEndpoint/modelUsage.ts"
import { fromRoute } from "./internal/modelEndpoint/openAiChat.ts"
import * as internal from "./internal/modelEndpoint/warmUp.ts"
import type * as InvokeEndpoint from "./InvokeEndpoint.ts"
import type * as InvokeEndpointAsync from "./InvokeEndpointAsync.ts"
import type * as InvokeEndpointWithResponseStream from "./InvokeEndpointWithResponseStream.ts"
import type * as SageMakerError from "./SageMakerError.ts"
import type { SageMakerRuntime } from "./SageMakerRuntime.ts"
import type * as Tokens from "./Tokens.ts"

/**
 * Input members of `invokeEndpoint` except the endpoint's name and the body.
 *
 * @since 0.1.0
 * @category models
 */
export interface ModelEndpointOptions extends InvokeEndpoint.InvokeEndpointOptions {}

/**
 * Input members of `streamEndpoint` except the endpoint's name and the body.
 *
 * @since 0.1.0
 * @category models
 */
export interface ModelEndpointStreamOptions
  extends InvokeEndpointWithResponseStream.InvokeEndpointWithResponseStreamOptions
{}

/**
 * Input members of `invokeEndpointAsync` except the endpoint's name and the input.
 *
 * @since 0.1.0
 * @category models
 */
export interface ModelEndpointAsyncOptions extends InvokeEndpointAsync.InvokeEndpointAsyncOptions {}

/**
 * All errors of `ModelEndpoint.invoke`.
 *
 * @since 0.1.0
 * @category errors
 */
export type ModelEndpointError = InvokeEndpoint.InvokeEndpointError | SageMakerError.CodecError

/**
 * All errors of `ModelEndpoint.stream` except the errors of the framing.
 *
 * @since 0.1.0
 * @category errors
 */
export type ModelEndpointStreamError =
  | InvokeEndpointWithResponseStream.InvokeEndpointWithResponseStreamError
  | SageMakerError.StreamError
  | SageMakerError.CodecError

/**
 * The members of a response except the body: the invoked variant, custom attributes, content type and metadata.
 *
 * @since 0.1.0
 * @category models
 */
export interface ModelEndpointResponse extends Omit<InvokeEndpoint.InvokeEndpointOutput, "Body"> {}

/**
 * A decoded value with the other members of the response.
 *
 * @since 0.1.0
 * @category models
 */
export interface ModelEndpointResult<out B> {
  /** The decoded response body. */
  readonly value: B
  /** The other members of the response. */
  readonly response: ModelEndpointResponse
}

/**
 * A deployed model with the types of its requests and responses.
 *
 * @since 0.1.0
 * @category models
 */
export interface ModelEndpoint<in out A, in out B, out R = never> {
  /** The name of the endpoint. */
  readonly name: string
  /** Input members that every call sends. The options of a call override them. */
  readonly defaults: ModelEndpointOptions
  /** Encodes the requests of the model. */
  readonly request: Codec.Codec<A, R>
  /** Decodes the responses of the model. */
  readonly response: Codec.Codec<B, R>
  /**
   * Sends a value and decodes the response. Fails with `CodecError` if the value cannot be encoded or the response
   * cannot be decoded. The same error reports a response with a content type that the response codec does not read.
   */
  readonly invoke: (
    value: A,
    options?: ModelEndpointOptions
  ) => Effect.Effect<B, ModelEndpointError, SageMakerRuntime | R>
  /** Sends a value as `invoke` does. Returns the decoded response with the members of the response, such as the variant. */
  readonly invokeWithResponse: (
    value: A,
    options?: ModelEndpointOptions
  ) => Effect.Effect<ModelEndpointResult<B>, ModelEndpointError, SageMakerRuntime | R>
  /**
   * Sends a value and decodes the response stream with a framing. The framing's media type is sent as `Accept`. Fails
   * with `CodecError` as `invoke` does. Fails with `InvalidInputError` if `defaults` has a member that the operation
   * does not have, such as `TargetModel`.
   */
  readonly stream: <C, E, R2>(
    value: A,
    framing: Framing<C, E, R2>,
    options?: ModelEndpointStreamOptions
  ) => Stream.Stream<C, ModelEndpointStreamError | E, SageMakerRuntime | R | R2>
  /**
   * Queues an asynchronous inference request with the value as its inline body, at most 128,000 bytes. Fails with
   * `InvalidInputError` if `defaults` has a member that the operation does not have, such as `TargetModel`.
   */
  readonly invokeAsync: (
    value: A,
    options?: ModelEndpointAsyncOptions
  ) => Effect.Effect<
    InvokeEndpointAsync.InvokeEndpointAsyncOutput,
    InvokeEndpointAsync.InvokeEndpointAsyncError | SageMakerError.CodecError,
    SageMakerRuntime | R
  >
}

const fromConfig = <A, R1, B, R2>(
  name: string,
  config: calls.Configured<A, R1, B, R2>
): ModelEndpoint<A, B, R1 | R2> => ({
  name,
  defaults: Either.match(config, { onLeft: () => ({}), onRight: ({ defaults }) => defaults }),
  request: Either.match(config, { onLeft: () => calls.failingCodec(), onRight: ({ request }) => request }),
  response: Either.match(config, { onLeft: () => calls.failingCodec(), onRight: ({ response }) => response }),
  invoke: calls.invoke(config),
  invokeWithResponse: calls.invokeWithResponse(config),
  stream: calls.stream(config),
  invokeAsync: calls.invokeAsync(config)
})

/**
 * Makes a typed model from the name of its endpoint, a codec of its requests and a codec of its responses.
 *
 * The media types of the codecs are sent as `ContentType` and `Accept`. Other members of the options are sent with
 * every call. Invalid options fail every call with `InvalidInputError`.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Codec, ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * const anomaly = ModelEndpoint.make("anomaly-v2", {
 *   request: Codec.csv(Schema.Struct({ cpu: Schema.Number, load: Schema.Number })),
 *   response: Codec.json(Schema.Struct({ score: Schema.Number }))
 * })
 *
 * export const score = anomaly.invoke({ cpu: 0.2, load: 17 }).pipe(
 *   Effect.map(({ score }) => score),
 *   Effect.catchTag("ModelNotReadyException", () => Effect.succeed(0))
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <A, R1, B, R2>(
  name: string,
  options: {
    /** Encodes the requests of the model. */
    readonly request: Codec.Codec<A, R1>
    /** Decodes the responses of the model. */
    readonly response: Codec.Codec<B, R2>
  } & ModelEndpointOptions
): ModelEndpoint<A, B, R1 | R2> => fromConfig(name, calls.configOf(name, options))

const chatCodecs = () => ({
  request: Codec.json(Chat.ChatRequest),
  response: ofLanguageModel(
    { operation: "chat", usageOf: completionUsage },
    Codec.json(Chat.ChatCompletion, { nonFinite: true })
  )
})

/**
 * A deployed language model with OpenAI's chat completions API. Its calls need `R` in addition to the client.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChatEndpoint<out R = never> {
  /** The name of the endpoint. */
  readonly name: string
  /** Input members that every call sends. The options of a call override them. */
  readonly defaults: ModelEndpointOptions
  /** Encodes chat requests. */
  readonly request: Codec.Codec<Chat.ChatRequest>
  /** Decodes chat completions. */
  readonly response: Codec.Codec<Chat.ChatCompletion>
  /**
   * Sends a request and returns the completion, as `ModelEndpoint.invoke` does. The members `stream` and
   * `stream_options` of the request are not sent.
   */
  readonly invoke: (
    request: Chat.ChatRequest,
    options?: ModelEndpointOptions
  ) => Effect.Effect<Chat.ChatCompletion, ModelEndpointError, SageMakerRuntime | R>
  /** Sends a request as `invoke` does. Returns the completion with the members of the response, such as the variant. */
  readonly invokeWithResponse: (
    request: Chat.ChatRequest,
    options?: ModelEndpointOptions
  ) => Effect.Effect<ModelEndpointResult<Chat.ChatCompletion>, ModelEndpointError, SageMakerRuntime | R>
  /** Queues an asynchronous inference request, as `ModelEndpoint.invokeAsync` does. */
  readonly invokeAsync: ModelEndpoint<Chat.ChatRequest, Chat.ChatCompletion>["invokeAsync"]
  /**
   * Sends a request and streams the completion as tokens. Default framing: `Tokens.detected`. The request has
   * `stream_options: { include_usage: true }` unless it sets `stream_options` itself.
   */
  readonly stream: {
    // TypeScript infers from the last signature where the function is an argument, such as in `Stream.flatMap`.
    <C, E, R2>(
      request: Chat.ChatRequest,
      framing: Framing<C, E, R2>,
      options?: ModelEndpointStreamOptions
    ): Stream.Stream<
      C,
      ModelEndpointStreamError | E,
      SageMakerRuntime | R | R2
    >
    (
      request: Chat.ChatRequest,
      framing?: Tokens.Dialect,
      options?: ModelEndpointStreamOptions
    ): Stream.Stream<
      Tokens.Token,
      ModelEndpointStreamError,
      SageMakerRuntime | R
    >
  }
  /**
   * Requests a value of a schema and decodes it: structured output. The JSON Schema is sent as `response_format` of type
   * `json_schema` with `strict: true`, unless the request has a `response_format`.
   *
   * The content of the first choice is decoded. Reasoning in `<think>` tags and a Markdown code fence around the JSON are
   * removed. Fails with `CodecError` if the schema has no JSON Schema, or if the content is missing, incomplete or does
   * not match. The text is the `body` of the error.
   */
  readonly object: <A, I, R2>(
    schema: Schema.Schema<A, I, R2>,
    request: Chat.ChatRequest,
    options?: ModelEndpointOptions
  ) => Effect.Effect<A, ModelEndpointError, SageMakerRuntime | R | R2>
  /** Requests a value as `object` does. Returns it with the completion and the members of the response. */
  readonly objectWithResponse: <A, I, R2>(
    schema: Schema.Schema<A, I, R2>,
    request: Chat.ChatRequest,
    options?: ModelEndpointOptions
  ) => Effect.Effect<ChatObjectResult<A>, ModelEndpointError, SageMakerRuntime | R | R2>
}

/**
 * A decoded value with the completion that contained it.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChatObjectResult<out A> extends ModelEndpointResult<A> {
  /** The completion, for example for its token usage. */
  readonly completion: Chat.ChatCompletion
}

/**
 * Makes a typed language model from the name of its endpoint.
 *
 * The model's container must implement OpenAI's chat completions API, as vLLM, SGLang, LMI and TGI do. The presets in
 * `Container` have such a model as the member `chat`.
 *
 * @example
 * ```ts
 * import { Console, Stream } from "effect"
 * import { ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * const llama = ModelEndpoint.chat("llama-3-8b")
 *
 * export const printed = llama.stream({ messages: [{ role: "user", content: "Why is the sky blue?" }] }).pipe(
 *   Stream.runForEach(({ text }) => Console.log(text))
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const chat = (name: string, defaults: ModelEndpointOptions = {}): ChatEndpoint => {
  const config = calls.configOf(name, defaults, chatCodecs())
  return fromModel<never>({ ...fromConfig(name, config), invokeThen: calls.invokeThen(config) })
}

/**
 * Options of `openAiChat`, and the input members that every call sends.
 *
 * `TargetModel`, `TargetContainerHostname` and `EnableExplanations` are no members of the route.
 *
 * @since 0.1.0
 * @category models
 */
export interface OpenAiChatOptions extends ModelEndpointStreamOptions {
  /**
   * The name of the inference component, as `InferenceComponentName`, which the route has in its path. At most 63
   * letters, digits and hyphens. Default: none.
   */
  readonly inferenceComponent?: string | undefined
}

/**
 * Makes a typed language model that is called through SageMaker's OpenAI-compatible route, with a bearer token in place
 * of a signature.
 *
 * It has the calls of `chat`, and `warmUp` works with it. The differences:
 *
 * - `stream` reads the bytes that the container sends: server-sent events or JSON Lines, not an event stream.
 * - `model` of a request is the container's name of the model. Default: `""`, which every container accepts.
 * - An error response of the container is `ModelError` with `OriginalStatusCode` and `OriginalMessage`. The service's text
 *   is the hidden field `serviceMessage` of an error and not a part of `message`.
 * - The statuses 401 and 403 are `AccessDeniedError`. The token is discarded, so that the next call makes another one.
 * - `invokeAsync` calls the signed operation, because the route has no asynchronous requests.
 *
 * Invalid options fail every call with `InvalidInputError`.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { BearerToken, ModelEndpoint } from "effect-sagemaker-runtime"
 * import { NodeSageMaker } from "effect-sagemaker-runtime/node"
 *
 * const llama = ModelEndpoint.openAiChat("llama-3-8b", { inferenceComponent: "adapter-7" })
 *
 * export const live = BearerToken.layer().pipe(Layer.provideMerge(NodeSageMaker.layer()))
 *
 * export const answer = llama.invoke({ messages: [{ role: "user", content: "Why is the sky blue?" }] })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const openAiChat = (name: string, options: OpenAiChatOptions = {}): ChatEndpoint<BearerToken> =>
  fromRoute(name, options, chatCodecs())

/**
 * The progress of `warmUp`.
 *
 * @since 0.1.0
 * @category models
 */
export interface WarmUpProgress {
  /**
   * How many results `warmUp` has received, including results of requests that other calls sent. Retries by the client's
   * `RetryPolicy` are not counted.
   */
  readonly attempts: number
  /** The time since `warmUp` started. */
  readonly elapsed: Duration.Duration
}

/**
 * The errors after which `warmUp` sends another request: the model is loading, or has no capacity (`no-capacity`).
 *
 * @since 0.1.0
 * @category errors
 */
export type NotReadyError = SageMakerError.ModelNotReadyException | SageMakerError.ValidationError

/**
 * Options of `warmUp`, and the input members that its requests send.
 *
 * @since 0.1.0
 * @category models
 */
export interface WarmUpOptions<out A, out R = never> extends ModelEndpointOptions {
  /**
   * The value to send. Default: a request with an empty body, or without messages on the OpenAI-compatible route. Then any
   * response of the container means that the model is ready, even a `ModelError`.
   */
  readonly value?: A
  /** Runs after each request that found the model not ready. */
  readonly onProgress?: ((progress: WarmUpProgress) => Effect.Effect<void, never, R>) | undefined
}

/**
 * Sends requests to a model until the model is ready or the schedule ends.
 *
 * It waits while the model is loading (`ModelNotReadyException`) and while the endpoint or its inference component is
 * scaled to zero (`SageMakerError.isNoCapacity`). The schedule applies to these errors only, in place of the client's
 * `RetryPolicy`. The policy still retries other retryable errors. If the schedule ends, `warmUp` fails with the last of
 * these errors.
 *
 * Default schedule: delays of 5 seconds that grow to 15 seconds, with jitter, for 15 minutes.
 *
 * Concurrent calls of one client share their requests if endpoint, inference component, variant, target model,
 * container and route are equal. One request is in progress at a time. Calls that send the same options and the same
 * `value` share every result. Other calls share only the result that the model is not ready. A call uses a result of
 * the last 5 seconds in place of a request. Each call has its own schedule, progress and interruption. A request ends
 * when no call waits for it.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * const llama = ModelEndpoint.chat("llama-3-8b")
 *
 * export const answer = ModelEndpoint.warmUp(llama).pipe(
 *   Effect.zipRight(llama.invoke({ messages: [{ role: "user", content: "Why is the sky blue?" }] }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const warmUp: {
  <Out, R2 = never, R3 = never, A = never>(
    schedule?: Schedule.Schedule<Out, NotReadyError, R2>,
    options?: WarmUpOptions<A, R3>
  ): <B, R>(
    endpoint: Pick<ModelEndpoint<A, B, R>, "name" | "defaults" | "invoke">
  ) => Effect.Effect<WarmUpProgress, ModelEndpointError, SageMakerRuntime | R | R2 | R3>
  <A, B, R, Out, R2 = never, R3 = never>(
    endpoint: Pick<ModelEndpoint<A, B, R>, "name" | "defaults" | "invoke">,
    schedule?: Schedule.Schedule<Out, NotReadyError, R2>,
    options?: WarmUpOptions<A, R3>
  ): Effect.Effect<WarmUpProgress, ModelEndpointError, SageMakerRuntime | R | R2 | R3>
} = dual(([first]) => Predicate.hasProperty(first, "invoke"), internal.warmUp)

/**
 * The body of an embedding request: `input` or `inputs` with the texts, and any other members.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmbeddingRequest {
  /** A member of the request body. */
  readonly [member: string]: unknown
}

/**
 * Options of a call of an embedding endpoint. They override the options of the endpoint.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmbedOptions extends ModelEndpointOptions {
  /**
   * `"mean"` returns the mean of the token vectors of a text, if the model returns a vector per token. The mean has all
   * tokens of the response, special tokens too. A model that returns a vector per text is not affected.
   *
   * Default: `"none"`. A response with a vector per token then fails with `CodecError`.
   */
  readonly pooling?: "mean" | "none" | undefined
  /** The maximum number of texts in a request. Default: 32, the default limit of Text Embeddings Inference. */
  readonly maxBatchSize?: number | undefined
  /**
   * The maximum size of the texts of a request: bytes of their UTF-8, without the JSON around them. A larger text fails
   * with `InvalidInputError` before a request is sent. Default: no limit.
   */
  readonly maxBatchBytes?: number | undefined
  /** How many requests of a call run at the same time. Default: 1. */
  readonly concurrency?: number | "unbounded" | undefined
  /** The name of the model, sent as `model`. Default: omitted. */
  readonly model?: string | undefined
  /** The length of the vectors, sent as `dimensions`. Not every model can change it. Default: omitted. */
  readonly dimensions?: number | undefined
  /** How the model encodes the vectors, sent as `encoding_format`. Both encodings are decoded. Default: omitted. */
  readonly encodingFormat?: "float" | "base64" | undefined
  /** Additional members of the request body, such as `{ truncate: true }` or `{ input_type: "query" }`. */
  readonly request?: { readonly [member: string]: unknown } | undefined
}

/**
 * Options of `embeddings`, and the input members that its requests send.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmbeddingOptions extends EmbedOptions {
  /**
   * The format of the requests. `"openAi"` sends the texts as `input`, `"huggingFace"` as `inputs`. Responses are read in
   * both formats. Default: `"openAi"`.
   */
  readonly format?: "openAi" | "huggingFace" | undefined
}

/**
 * The response to one request of `embedMany`.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmbeddingBatch {
  /** The position of the first text of the request in the list of the call. */
  readonly start: number
  /** The vectors of the texts of the request, in their order. */
  readonly vectors: ReadonlyArray<ReadonlyArray<number>>
  /** The decoded JSON of the response body, with all its members. */
  readonly body: unknown
  /** The other members of the response. */
  readonly response: ModelEndpointResponse
}

/**
 * The vector of a text with the response that contained it.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmbedResult extends ModelEndpointResult<ReadonlyArray<number>> {
  /** The decoded JSON of the response body, with all its members. */
  readonly body: unknown
  /** The token usage, if the response has it. */
  readonly usage?: Tokens.TokenUsage
}

/**
 * The vectors of several texts with the responses that contained them.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmbedManyResult {
  /** The vectors in the order of the texts. */
  readonly value: ReadonlyArray<ReadonlyArray<number>>
  /** The responses in the order of the texts, one per request. */
  readonly batches: ReadonlyArray<EmbeddingBatch>
  /** The token usage of all requests, if a response has it. */
  readonly usage?: Tokens.TokenUsage
}

/**
 * A deployed model that turns texts into vectors.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmbeddingEndpoint extends Omit<ModelEndpoint<EmbeddingRequest, unknown>, "stream"> {
  /**
   * Returns the vector of a text. The request has the text itself, not a list. Fails with `CodecError` if the response
   * does not have exactly one vector of finite numbers.
   */
  readonly embed: (
    text: string,
    options?: EmbedOptions
  ) => Effect.Effect<ReadonlyArray<number>, ModelEndpointError, SageMakerRuntime>
  /** Returns the vector as `embed` does, with the token usage and the members of the response. */
  readonly embedWithResponse: (
    text: string,
    options?: EmbedOptions
  ) => Effect.Effect<EmbedResult, ModelEndpointError, SageMakerRuntime>
  /**
   * Returns the vectors of texts, in the order of the texts. An empty list sends no request.
   *
   * A request has at most `maxBatchSize` texts. The first request that fails fails the call and interrupts the others.
   * Fails with `CodecError` if a response does not have one vector per text, or if vectors have different lengths. The
   * error contains the position of the text.
   */
  readonly embedMany: (
    texts: ReadonlyArray<string>,
    options?: EmbedOptions
  ) => Effect.Effect<ReadonlyArray<ReadonlyArray<number>>, ModelEndpointError, SageMakerRuntime>
  /** Returns the vectors as `embedMany` does, with the token usage and the responses. */
  readonly embedManyWithResponse: (
    texts: ReadonlyArray<string>,
    options?: EmbedOptions
  ) => Effect.Effect<EmbedManyResult, ModelEndpointError, SageMakerRuntime>
}

/**
 * Makes a typed embedding model from the name of its endpoint.
 *
 * Reads OpenAI's responses: `data` with `index` and `embedding`, as numbers or Base64. Reads nested lists of numbers, as
 * Text Embeddings Inference and Hugging Face's containers send them. Also reads an object with the list `embeddings`,
 * `embedding`, `vectors`, `predictions` (MLflow) or `outputs` (TensorFlow Serving). The indexes of OpenAI's format
 * determine the order. Invalid options fail every call with `InvalidInputError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * const model = ModelEndpoint.embeddings("bge-m3", { format: "huggingFace", maxBatchSize: 16 })
 *
 * export const dimensions = model.embedMany(["a cat", "a dog"]).pipe(
 *   Effect.map((vectors) => vectors.map((vector) => vector.length))
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const embeddings = (name: string, options?: EmbeddingOptions): EmbeddingEndpoint => {
  const configuration = configure(name, options)
  const { stream: _, ...model } = fromConfig(name, configuration.model)
  return withEndpointSettings({ ...model, ...embeddingCalls(configuration) }, configuration.settings)
}

/**
 * Options of `batched`. Invalid options fail every call with `InvalidInputError`.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchedOptions<in out Row, in out Out, in out A, in out B> extends BatcherLimits {
  /** Joins rows to one request. Default: `Batch.lists()`, for models of lists. */
  readonly batcher?: Batcher<Row, Out, A, B> | undefined
  /**
   * How long a call waits for other calls, from the first call of a request. A request with `maxRows` rows is sent
   * immediately. Default: 10 milliseconds.
   */
  readonly window?: Duration.DurationInput | undefined
}

/**
 * A model whose concurrent calls share requests.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchedEndpoint<in Row, out Out, out E, out R> {
  /** The name of the endpoint. */
  readonly name: string
  /** Sends a row in a request with the rows of other calls, and returns its result. */
  readonly invoke: (row: Row) => Effect.Effect<Out, E, R>
}

/**
 * Makes a model whose concurrent calls are joined to one request.
 *
 * A call waits for other calls, at most for `window`. Calls of different clients are not joined. A request that fails
 * because of one row is divided as in `Batch.run`, so that only the call with this row fails. Any other error fails all
 * calls of the request.
 *
 * A request runs with the context of its first call: its retry policy, timeouts and span. An interrupted call does not
 * affect the others. A request without calls is interrupted.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Codec, ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * const Reading = Schema.Struct({ cpu: Schema.Number, load: Schema.Number })
 *
 * const anomaly = ModelEndpoint.make("anomaly-v2", {
 *   request: Codec.csv(Schema.Array(Reading)),
 *   response: Codec.jsonLines(Schema.Struct({ score: Schema.Number }))
 * })
 *
 * const score = ModelEndpoint.batched(anomaly, { window: "5 millis", maxRows: 64 })
 *
 * export const scores = (readings: ReadonlyArray<typeof Reading.Type>) =>
 *   Effect.forEach(readings, score.invoke, { concurrency: "unbounded" })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const batched: {
  <Row, Out, A, B, E, R>(
    model: BatchModel<A, B, E, R>,
    options: BatchedOptions<Row, Out, A, B> & { readonly batcher: Batcher<Row, Out, A, B> }
  ): BatchedEndpoint<Row, Out, E | SageMakerError.CodecError | SageMakerError.InvalidInputError, R>
  <Row, Out, E, R>(
    model: BatchModel<ReadonlyArray<Row>, ReadonlyArray<Out>, E, R>,
    options?: BatchedOptions<Row, Out, ReadonlyArray<Row>, ReadonlyArray<Out>> & { readonly batcher?: undefined }
  ): BatchedEndpoint<Row, Out, E | SageMakerError.CodecError | SageMakerError.InvalidInputError, R>
} = internalBatched.batched

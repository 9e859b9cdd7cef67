/**
 * Typed access to a deployed model: values in, values out.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Predicate from "effect/Predicate"
import type * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as Chat from "./Chat.ts"
import * as Codec from "./Codec.ts"
import type { Framing } from "./Framing.ts"
import { withoutColdModelRetries } from "./internal/client/coldModels.ts"
import { requireMediaType } from "./internal/codec/mediaTypes.ts"
import * as InvokeEndpoint from "./InvokeEndpoint.ts"
import * as InvokeEndpointAsync from "./InvokeEndpointAsync.ts"
import * as InvokeEndpointWithResponseStream from "./InvokeEndpointWithResponseStream.ts"
import type * as SageMakerError from "./SageMakerError.ts"
import { type CodecError, InvalidInputError } from "./SageMakerError.ts"
import type { SageMakerRuntime } from "./SageMakerRuntime.ts"
import * as Tokens from "./Tokens.ts"

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
export type ModelEndpointError = InvokeEndpoint.InvokeEndpointError | CodecError

/**
 * All errors of `ModelEndpoint.stream`, without those of the framing.
 *
 * @since 0.1.0
 * @category errors
 */
export type ModelEndpointStreamError =
  | InvokeEndpointWithResponseStream.InvokeEndpointWithResponseStreamError
  | SageMakerError.StreamError
  | CodecError

/**
 * A deployed model with the types of its requests and responses.
 *
 * @since 0.1.0
 * @category models
 */
export interface ModelEndpoint<in A, out B, out R = never> {
  /** The name of the endpoint. */
  readonly name: string
  /** Input members that every call sends. The options of a call override them. */
  readonly defaults: ModelEndpointOptions
  /**
   * Sends a value and decodes the response. Fails with `CodecError` if the value cannot be encoded, if the response codec
   * does not read the content type of the response, or if the response is invalid.
   */
  readonly invoke: (
    value: A,
    options?: ModelEndpointOptions
  ) => Effect.Effect<B, ModelEndpointError, SageMakerRuntime | R>
  /**
   * Sends a value and decodes the response stream with a framing. The framing's media type is sent as `Accept`. Fails with
   * `CodecError` as `invoke` does, and with `InvalidInputError` if `defaults` has a member that the operation lacks.
   */
  readonly stream: <C, E, R2>(
    value: A,
    framing: Framing<C, E, R2>,
    options?: ModelEndpointStreamOptions
  ) => Stream.Stream<C, ModelEndpointStreamError | E, SageMakerRuntime | R | R2>
  /**
   * Queues an asynchronous inference request with the value as its inline body, at most 128,000 bytes. Fails with
   * `InvalidInputError` if `defaults` has a member that the operation lacks.
   */
  readonly invokeAsync: (
    value: A,
    options?: ModelEndpointAsyncOptions
  ) => Effect.Effect<
    InvokeEndpointAsync.InvokeEndpointAsyncOutput,
    InvokeEndpointAsync.InvokeEndpointAsyncError | CodecError,
    SageMakerRuntime | R
  >
}

interface Config<A, R1, B, R2> {
  readonly name: string
  readonly defaults: ModelEndpointOptions
  readonly request: Codec.Codec<A, R1>
  readonly response: Codec.Codec<B, R2>
}

/** Drops `undefined` members, so that they do not override defaults. */
const definedMembers = <O extends object>(options: O | undefined): Partial<O> =>
  Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined)) as Partial<O>

/**
 * Fails for a member that the operation does not have. Dropping a routing member such as `TargetModel` silently would
 * invoke another model.
 */
const rejectUnknownMembers = (
  { operation, requestHeaders }: {
    readonly operation: { readonly name: string }
    readonly requestHeaders: { readonly table: object }
  },
  members: object
): Effect.Effect<void, InvalidInputError> => {
  const field = Object.keys(members).find((member) => !Object.hasOwn(requestHeaders.table, member))
  return field === undefined
    ? Effect.void
    : Effect.fail(new InvalidInputError({ field, constraint: `omitted: ${operation.name} has no such member` }))
}

const invoke = <A, R1, B, R2>({ defaults, name, request, response }: Config<A, R1, B, R2>) =>
  Effect.fnUntraced(function*(value: A, options?: ModelEndpointOptions) {
    const Body = yield* request.encode(value)
    const output = yield* InvokeEndpoint.invokeEndpoint({
      ContentType: request.mediaType,
      Accept: response.mediaType,
      ...definedMembers(defaults),
      ...definedMembers(options),
      EndpointName: name,
      Body
    })
    return yield* Codec.decode(output, response)
  })

const stream = <A, R1, B, R2>({ defaults, name, request }: Config<A, R1, B, R2>) => {
  const { Accept: _, ...routing } = defaults
  return <C, E, R3>(value: A, framing: Framing<C, E, R3>, options?: ModelEndpointStreamOptions) =>
    Stream.unwrapScoped(Effect.gen(function*() {
      const members = {
        ContentType: request.mediaType,
        ...definedMembers({ Accept: framing.mediaType }),
        ...definedMembers(routing),
        ...definedMembers(options)
      }
      yield* rejectUnknownMembers(InvokeEndpointWithResponseStream, members)
      const output = yield* InvokeEndpointWithResponseStream.invokeEndpointWithResponseStream({
        ...members,
        EndpointName: name,
        Body: yield* request.encode(value)
      })
      yield* requireMediaType(framing.reads ?? ["*/*"], output.ContentType)
      return framing.frame(output.Body)
    }))
}

const invokeAsync = <A, R1, B, R2>({ defaults, name, request, response }: Config<A, R1, B, R2>) =>
  Effect.fnUntraced(function*(value: A, options?: ModelEndpointAsyncOptions) {
    const members = {
      ContentType: request.mediaType,
      Accept: response.mediaType,
      ...definedMembers(defaults),
      ...definedMembers(options)
    }
    yield* rejectUnknownMembers(InvokeEndpointAsync, members)
    const Body = yield* request.encode(value)
    return yield* InvokeEndpointAsync.invokeEndpointAsync({ ...members, EndpointName: name, Body })
  })

/**
 * Makes a typed model from the name of its endpoint, a codec of its requests and a codec of its responses.
 *
 * The media types of the codecs are sent as `ContentType` and `Accept`. Other members of the options are sent with every
 * call.
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
  { request, response, ...defaults }: {
    /** Encodes the values that the model takes. */
    readonly request: Codec.Codec<A, R1>
    /** Decodes the responses of the model. */
    readonly response: Codec.Codec<B, R2>
  } & ModelEndpointOptions
): ModelEndpoint<A, B, R1 | R2> => {
  const config = { name, request, response, defaults }
  return {
    name,
    defaults,
    invoke: invoke(config),
    stream: stream(config),
    invokeAsync: invokeAsync(config)
  }
}

/**
 * A deployed language model with OpenAI's chat completions API.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChatEndpoint {
  /** The name of the endpoint. */
  readonly name: string
  /** Input members that every call sends. The options of a call override them. */
  readonly defaults: ModelEndpointOptions
  /**
   * Sends a request and returns the completion, as `ModelEndpoint.invoke` does. The members `stream` and `stream_options`
   * of the request are dropped.
   */
  readonly invoke: ModelEndpoint<Chat.ChatRequest, Chat.ChatCompletion>["invoke"]
  /** Queues an asynchronous inference request, as `ModelEndpoint.invokeAsync` does. */
  readonly invokeAsync: ModelEndpoint<Chat.ChatRequest, Chat.ChatCompletion>["invokeAsync"]
  /**
   * Sends a request and streams the completion as tokens. Default framing: `Tokens.detected`. The request asks for token
   * usage (`stream_options`) unless it sets `stream_options` itself.
   */
  readonly stream: {
    (
      request: Chat.ChatRequest,
      framing?: Tokens.Dialect,
      options?: ModelEndpointStreamOptions
    ): Stream.Stream<
      Tokens.Token,
      ModelEndpointStreamError,
      SageMakerRuntime
    >
    <C, E, R>(
      request: Chat.ChatRequest,
      framing: Framing<C, E, R>,
      options?: ModelEndpointStreamOptions
    ): Stream.Stream<
      C,
      ModelEndpointStreamError | E,
      SageMakerRuntime | R
    >
  }
}

/**
 * Makes a typed language model from the name of its endpoint.
 *
 * The model's container must implement OpenAI's chat completions API, as vLLM, LMI and TGI do.
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
  const endpoint = make(name, {
    ...defaults,
    request: Codec.json(Chat.ChatRequest),
    response: Codec.json(Chat.ChatCompletion)
  })
  return {
    ...endpoint,
    invoke: (request, options) =>
      endpoint.invoke({ ...request, stream: undefined, stream_options: undefined }, options),
    stream: <C, E, R>(
      request: Chat.ChatRequest,
      framing: Framing<C, E, R> | Tokens.Dialect = Tokens.detected,
      options?: ModelEndpointStreamOptions
    ) =>
      endpoint.stream(
        { stream_options: { include_usage: true }, ...request, stream: true },
        framing as Framing<C, E, R>,
        options
      )
  }
}

/**
 * The progress of `warmUp`.
 *
 * @since 0.1.0
 * @category models
 */
export interface WarmUpProgress {
  /** How many requests were sent. */
  readonly attempts: number
  /** The time since the first request. */
  readonly elapsed: Duration.Duration
}

/**
 * Options of `warmUp`, and the input members that its requests send.
 *
 * @since 0.1.0
 * @category models
 */
export interface WarmUpOptions<out A, out R = never> extends ModelEndpointOptions {
  /**
   * The value to send. Default: a request with an empty body, for which any response of the container counts as ready,
   * `ModelError` included.
   */
  readonly value?: A
  /** Runs after each `ModelNotReadyException`. */
  readonly onProgress?: ((progress: WarmUpProgress) => Effect.Effect<void, never, R>) | undefined
}

type Invocable<A, B, R> = Pick<ModelEndpoint<A, B, R>, "name" | "defaults" | "invoke">

const probe = <A, B, R>(
  endpoint: Invocable<A, B, R>,
  value: A | undefined,
  options: ModelEndpointOptions
): Effect.Effect<unknown, ModelEndpointError, SageMakerRuntime | R> =>
  value === undefined
    ? InvokeEndpoint.invokeEndpoint({
      ...definedMembers(endpoint.defaults),
      ...definedMembers(options),
      EndpointName: endpoint.name,
      Body: ""
    }).pipe(Effect.catchTag("ModelError", (error) => Effect.succeed(error)))
    : endpoint.invoke(value, options)

const retryWhileNotReady = <A, R, Out, R2>(
  attempt: Effect.Effect<A, ModelEndpointError, R>,
  schedule: Schedule.Schedule<Out, SageMakerError.ModelNotReadyException, R2>
): Effect.Effect<A, ModelEndpointError, R | R2> =>
  Effect.retry(attempt, {
    schedule: schedule as Schedule.Schedule<Out, ModelEndpointError, R2>,
    while: ({ _tag }) => _tag === "ModelNotReadyException"
  })

/**
 * Sends requests to a model until it is ready to serve, as the schedule allows.
 *
 * Only `ModelNotReadyException` is retried; every other error fails at once. The schedule alone decides about these
 * retries. The client's `RetryPolicy` still handles other retryable errors. If the schedule ends, the last
 * `ModelNotReadyException` is the error.
 *
 * @example
 * ```ts
 * import { Console, Duration, Schedule } from "effect"
 * import { ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * const everyFiveSeconds = Schedule.spaced("5 seconds").pipe(Schedule.upTo("10 minutes"))
 *
 * export const ready = ModelEndpoint.warmUp(ModelEndpoint.chat("llama-3-8b"), everyFiveSeconds, {
 *   onProgress: ({ elapsed }) => Console.log(`loading for ${Duration.format(elapsed)}`)
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const warmUp: {
  <Out, R2 = never, R3 = never, A = never>(
    schedule: Schedule.Schedule<Out, SageMakerError.ModelNotReadyException, R2>,
    options?: WarmUpOptions<A, R3>
  ): <B, R>(
    endpoint: Pick<ModelEndpoint<A, B, R>, "name" | "defaults" | "invoke">
  ) => Effect.Effect<WarmUpProgress, ModelEndpointError, SageMakerRuntime | R | R2 | R3>
  <A, B, R, Out, R2 = never, R3 = never>(
    endpoint: Pick<ModelEndpoint<A, B, R>, "name" | "defaults" | "invoke">,
    schedule: Schedule.Schedule<Out, SageMakerError.ModelNotReadyException, R2>,
    options?: WarmUpOptions<A, R3>
  ): Effect.Effect<WarmUpProgress, ModelEndpointError, SageMakerRuntime | R | R2 | R3>
} = dual(
  ([first]) => Predicate.hasProperty(first, "invoke"),
  <A, B, R, Out, R2, R3>(
    endpoint: Invocable<A, B, R>,
    schedule: Schedule.Schedule<Out, SageMakerError.ModelNotReadyException, R2>,
    { onProgress = () => Effect.void, value, ...options }: WarmUpOptions<A, R3> = {}
  ): Effect.Effect<WarmUpProgress, ModelEndpointError, SageMakerRuntime | R | R2 | R3> =>
    Effect.gen(function*() {
      const begin = yield* Clock.currentTimeMillis
      let attempts = 0
      const progress = Effect.map(
        Clock.currentTimeMillis,
        (now): WarmUpProgress => ({ attempts, elapsed: Duration.millis(now - begin) })
      )
      const attempt = Effect.suspend(() => {
        attempts += 1
        return withoutColdModelRetries(probe(endpoint, value, options))
      })
      yield* retryWhileNotReady(
        Effect.tapErrorTag(attempt, "ModelNotReadyException", () => Effect.flatMap(progress, onProgress)),
        schedule
      )
      return yield* progress
    })
)

/**
 * A deployed model as a typed function.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
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
 * Members of a request besides the endpoint and the body; AWS's names.
 *
 * @since 0.1.0
 * @category models
 */
export interface ModelEndpointOptions
  extends Partial<Omit<InvokeEndpoint.InvokeEndpointInput, "EndpointName" | "Body">>
{}

/**
 * The same for a response stream.
 *
 * @since 0.1.0
 * @category models
 */
export interface ModelEndpointStreamOptions
  extends Partial<Omit<InvokeEndpointWithResponseStream.InvokeEndpointWithResponseStreamInput, "EndpointName" | "Body">>
{}

/**
 * The same for work handed over.
 *
 * @since 0.1.0
 * @category models
 */
export interface ModelEndpointAsyncOptions
  extends Partial<Omit<InvokeEndpointAsync.InvokeEndpointAsyncInput, "EndpointName" | "Body" | "InputLocation">>
{}

/**
 * Everything a typed call can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type ModelEndpointError = InvokeEndpoint.InvokeEndpointError | CodecError

/**
 * Everything a typed stream can fail with, besides what its framing adds.
 *
 * @since 0.1.0
 * @category errors
 */
export type ModelEndpointStreamError =
  | InvokeEndpointWithResponseStream.InvokeEndpointWithResponseStreamError
  | SageMakerError.StreamError
  | CodecError

/**
 * A deployed model: what it takes, what it gives.
 *
 * - `invoke` gives the answer, read as the model says what it is.
 * - `stream` gives what the framing makes of the parts of a streamed answer.
 * - `invokeAsync` hands the value over and says where the result will be.
 * - `defaults` are the members every request has.
 *
 * @since 0.1.0
 * @category models
 */
export interface ModelEndpoint<in A, out B, out R = never> {
  readonly name: string
  readonly defaults: ModelEndpointOptions
  readonly invoke: (
    value: A,
    options?: ModelEndpointOptions
  ) => Effect.Effect<B, ModelEndpointError, SageMakerRuntime | R>
  readonly stream: <C, E, R2>(
    value: A,
    framing: Framing<C, E, R2>,
    options?: ModelEndpointStreamOptions
  ) => Stream.Stream<C, ModelEndpointStreamError | E, SageMakerRuntime | R | R2>
  readonly invokeAsync: (
    value: A,
    options?: ModelEndpointAsyncOptions
  ) => Effect.Effect<
    InvokeEndpointAsync.InvokeEndpointAsyncOutput,
    InvokeEndpointAsync.InvokeEndpointAsyncError | CodecError,
    SageMakerRuntime | R
  >
}

/** The members that are not left open, as a member given as `undefined` is. */
const given = <O extends object>(options: O | undefined): Partial<O> =>
  Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined)) as Partial<O>

/** Fails where a request has a member its operation does not know: it would be answered by another model than meant. */
const known = (operation: string, headers: object, members: object): Effect.Effect<void, InvalidInputError> => {
  const field = Object.keys(members).find((member) => !Object.hasOwn(headers, member))
  return field === undefined
    ? Effect.void
    : Effect.fail(new InvalidInputError({ field, constraint: `left out: ${operation} has no such member` }))
}

/**
 * Makes a typed function of the endpoint with this name.
 *
 * The media types of the codecs, and of a framing, are sent as `ContentType` and `Accept` unless the members given say
 * otherwise. An answer whose media type the codec or framing does not read fails with `CodecError`.
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
    readonly request: Codec.Codec<A, R1>
    readonly response: Codec.Codec<B, R2>
  } & ModelEndpointOptions
): ModelEndpoint<A, B, R1 | R2> => {
  const { Accept: _, ...withoutAccept } = defaults
  return {
    name,
    defaults,
    invoke: (value, options) =>
      Effect.gen(function*() {
        const Body = yield* request.encode(value)
        const answer = yield* InvokeEndpoint.invokeEndpoint({
          ContentType: request.mediaType,
          Accept: response.mediaType,
          ...given(defaults),
          ...given(options),
          EndpointName: name,
          Body
        })
        return yield* Codec.decode(response)(answer)
      }),
    stream: (value, framing, options) =>
      Stream.unwrapScoped(Effect.gen(function*() {
        const { operation, requestHeaders } = InvokeEndpointWithResponseStream
        const members = {
          ContentType: request.mediaType,
          ...given({ Accept: framing.mediaType }),
          ...given(withoutAccept),
          ...given(options)
        }
        yield* known(operation.name, requestHeaders.table, members)
        const Body = yield* request.encode(value)
        const answer = yield* InvokeEndpointWithResponseStream.invokeEndpointWithResponseStream({
          ...members,
          EndpointName: name,
          Body
        })
        yield* requireMediaType(framing.reads ?? ["*/*"], answer.ContentType)
        return framing.frame(answer.Body)
      })),
    invokeAsync: (value, options) =>
      Effect.gen(function*() {
        const { operation, requestHeaders } = InvokeEndpointAsync
        const members = {
          ContentType: request.mediaType,
          Accept: response.mediaType,
          ...given(defaults),
          ...given(options)
        }
        yield* known(operation.name, requestHeaders.table, members)
        const Body = yield* request.encode(value)
        return yield* InvokeEndpointAsync.invokeEndpointAsync({ ...members, EndpointName: name, Body })
      })
  }
}

/**
 * A deployed language model: `invoke` gives its message as a whole, `stream` token by token, in any dialect unless one is
 * named.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChatEndpoint extends Omit<ModelEndpoint<Chat.ChatRequest, Chat.ChatCompletion>, "stream"> {
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
 * Makes a typed function of an endpoint that speaks OpenAI's chat completions, as vLLM, LMI and TGI do.
 *
 * A stream asks for its usage (`stream_options`) unless the request says otherwise.
 *
 * @example
 * ```ts
 * import { Console, Stream } from "effect"
 * import { ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * const llama = ModelEndpoint.chat("llama-3-8b")
 *
 * export const answer = llama.stream({ messages: [{ role: "user", content: "Why is the sky blue?" }] }).pipe(
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
 * How far the warming of a model has come: how often it was asked, and for how long.
 *
 * @since 0.1.0
 * @category models
 */
export interface WarmUpProgress {
  readonly attempts: number
  readonly elapsed: Duration.Duration
}

/**
 * Asks a model until it is ready: `ModelNotReadyException` is asked again as the schedule says, any other failure ends it.
 *
 * The request is `value`, or has an empty body; then whatever the container answers shows that it is there, `ModelError`
 * too. The schedule alone decides about a model that is not ready; the client's own policy takes care of everything else.
 * `onProgress` hears of each answer that was too early. A schedule that ends leaves the last `ModelNotReadyException`.
 *
 * @example
 * ```ts
 * import { Console, Duration, Schedule } from "effect"
 * import { ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * const patient = Schedule.spaced("5 seconds").pipe(Schedule.upTo("10 minutes"))
 *
 * export const ready = ModelEndpoint.warmUp(ModelEndpoint.chat("llama-3-8b"), patient, {
 *   onProgress: ({ elapsed }) => Console.log(`loading for ${Duration.format(elapsed)}`)
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const warmUp = <A, B, R, Out, R2 = never, R3 = never>(
  endpoint: Pick<ModelEndpoint<A, B, R>, "name" | "defaults" | "invoke">,
  schedule: Schedule.Schedule<Out, SageMakerError.ModelNotReadyException, R2>,
  { onProgress = () => Effect.void, value, ...options }: {
    readonly value?: A
    readonly onProgress?: ((progress: WarmUpProgress) => Effect.Effect<void, never, R3>) | undefined
  } & ModelEndpointOptions = {}
): Effect.Effect<WarmUpProgress, ModelEndpointError, SageMakerRuntime | R | R2 | R3> =>
  Effect.gen(function*() {
    const begin = yield* Clock.currentTimeMillis
    let attempts = 0
    const progress = Effect.map(
      Clock.currentTimeMillis,
      (now): WarmUpProgress => ({ attempts, elapsed: Duration.millis(now - begin) })
    )
    const probe: Effect.Effect<unknown, ModelEndpointError, SageMakerRuntime | R> = value === undefined
      ? InvokeEndpoint.invokeEndpoint({
        ...given(endpoint.defaults),
        ...given(options),
        EndpointName: endpoint.name,
        Body: ""
      }).pipe(Effect.catchTag("ModelError", (error) => Effect.succeed(error)))
      : endpoint.invoke(value, options)
    const asked = Effect.suspend(() => {
      attempts += 1
      return withoutColdModelRetries(probe)
    })
    yield* asked.pipe(
      Effect.tapErrorTag("ModelNotReadyException", () => Effect.flatMap(progress, onProgress)),
      Effect.retry({
        schedule: schedule as Schedule.Schedule<Out, ModelEndpointError, R2>,
        while: ({ _tag }) => _tag === "ModelNotReadyException"
      })
    )
    return yield* progress
  })

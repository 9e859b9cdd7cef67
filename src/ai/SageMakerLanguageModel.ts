/**
 * A `LanguageModel` of `@effect/ai` for models on SageMaker endpoints.
 *
 * It works with every `ChatEndpoint`: `ModelEndpoint.chat`, `ModelEndpoint.openAiChat`, and the member `chat` of the
 * presets in `Container`. It needs the package `@effect/ai`: `npm install @effect/ai@0.37`.
 *
 * Every error of the client becomes an `AiError`, whose `cause` is the error of the client:
 *
 * - `HttpRequestError`: the connection failed or timed out (`TransportError`, `TimeoutError`).
 * - `HttpResponseError`: the service or the container rejected the request. `response.status` is the HTTP status.
 * - `MalformedInput`: the prompt, a tool or a setting cannot be sent. No request was sent.
 * - `MalformedOutput`: the response cannot be read, is incomplete, or has an invalid tool call. The `body` of the cause is
 *   what the model generated. It is not enumerable.
 * - `UnknownError`: any other error, such as `CredentialsError`.
 *
 * @example
 * ```ts
 * import { LanguageModel } from "@effect/ai"
 * import { Effect, Layer } from "effect"
 * import { Container } from "effect-sagemaker-runtime"
 * import { SageMakerLanguageModel } from "effect-sagemaker-runtime/ai"
 * import { NodeSageMaker } from "effect-sagemaker-runtime/node"
 *
 * const qwen = SageMakerLanguageModel.layer({ model: Container.vllm("qwen3-8b").chat, config: { temperature: 0.2 } })
 *
 * export const answer = LanguageModel.generateText({ prompt: "Why is the sky blue?" }).pipe(
 *   Effect.map(({ text }) => text),
 *   Effect.provide(qwen.pipe(Layer.provide(NodeSageMaker.layer())))
 * )
 * ```
 *
 * @since 0.1.0
 */
import type * as AiError from "@effect/ai/AiError"
import * as LanguageModel from "@effect/ai/LanguageModel"
import * as AiModel from "@effect/ai/Model"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type * as Chat from "../Chat.ts"
import type { Framing } from "../Framing.ts"
import type { EffectOrStream, Same } from "../internal/context/effectOrStream.ts"
import { definedMembers } from "../internal/modelEndpoint/calls.ts"
import type { ModelEndpointResult } from "../ModelEndpoint.ts"
import type { SageMakerError } from "../SageMakerError.ts"
import * as Tokens from "../Tokens.ts"
import { malformedInput, toAiError } from "./internal/provider/aiError.ts"
import { provideServices, provideServicesToStream } from "./internal/provider/services.ts"
import { annotateRequest } from "./internal/provider/telemetry.ts"
import { chatRequest } from "./internal/request/chatRequest.ts"
import { toolNames } from "./internal/request/tools.ts"
import { completionParts, type Expected } from "./internal/response/completionParts.ts"
import { streamParts } from "./internal/response/streamParts.ts"

/**
 * How a response that must be JSON is requested (`LanguageModel.generateObject`).
 *
 * - `json_schema`: the JSON Schema is sent as `response_format`. The container restricts the tokens to it.
 * - `json`: the JSON Schema is sent as `response_format` in the format of TGI.
 * - `json_object`: the JSON Schema is part of the system message, and `response_format` requires any JSON object.
 * - `instructions`: the JSON Schema is part of the system message only, for containers without `response_format`.
 *
 * @since 0.1.0
 * @category models
 */
export type StructuredOutput = "json_schema" | "json" | "json_object" | "instructions"

/**
 * Members of the chat requests of a model, such as `temperature`.
 *
 * The members of the service in the context override those of the layer. `withConfigOverride` overrides both.
 *
 * @since 0.1.0
 * @category tags
 */
export class Config extends Context.Tag("effect-sagemaker-runtime/ai/SageMakerLanguageModel/Config")<
  Config,
  Config.Service
>() {
  /**
   * The members in the context, or `undefined` if there are none.
   *
   * @since 0.1.0
   */
  static readonly getOrUndefined: Effect.Effect<Config.Service | undefined> = Effect.map(
    Effect.context<never>(),
    (context) => configOf(context)
  )
}

/**
 * The types of `Config`.
 *
 * @since 0.1.0
 */
export declare namespace Config {
  /**
   * Members of chat requests, with the names of `Chat.ChatRequest`.
   *
   * The prompt, the tools and the response format of a call determine the other members. `Chat.withMembers` adds members
   * that `ChatRequest` does not declare.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Service extends
    Partial<
      Omit<Chat.ChatRequest, "messages" | "tools" | "tool_choice" | "functions" | "function_call" | "n" | "stream">
    >
  {
    /** How a response that must be JSON is requested. It is not sent. Default: `json_schema`. */
    readonly structuredOutput?: StructuredOutput | undefined
  }
}

const configOf = (context: Context.Context<never>): Config.Service | undefined =>
  context.unsafeMap.get(Config.key) as Config.Service | undefined

/**
 * The members of a `ChatEndpoint` that a language model calls.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChatModel {
  /** The name of the endpoint. */
  readonly name: string
  /** Sends a request and returns the completion with the members of the response. */
  readonly invokeWithResponse: (
    request: Chat.ChatRequest
  ) => Effect.Effect<ModelEndpointResult<Chat.ChatCompletion>, SageMakerError, unknown>
  /** Sends a request and decodes the response stream with a framing. */
  readonly stream: <C, E, R>(
    request: Chat.ChatRequest,
    framing: Framing<C, E, R>
  ) => Stream.Stream<C, SageMakerError | E, unknown>
}

/**
 * The services that the calls of a model need, such as `SageMakerRuntime`.
 *
 * @since 0.1.0
 * @category models
 */
export type Requirements<Model extends Pick<ChatModel, "invokeWithResponse">> = Effect.Effect.Context<
  ReturnType<Model["invokeWithResponse"]>
>

/**
 * Options of a language model.
 *
 * @since 0.1.0
 * @category models
 */
export interface LanguageModelOptions<out Model extends ChatModel> {
  /** The endpoint, for example `Container.vllm("qwen3-8b").chat`. */
  readonly model: Model
  /** Members of every request. Default: none. */
  readonly config?: Config.Service | undefined
}

type ProviderOptions = LanguageModel.ProviderOptions

const withEvents = Tokens.withEvents(Tokens.detected)

/** The request of a call. Values whose members throw when they are read fail the call. */
const prepare = (
  layer: Context.Context<never>,
  { config }: LanguageModelOptions<ChatModel>,
  options: ProviderOptions
): Effect.Effect<Expected, AiError.AiError> =>
  Effect.gen(function*() {
    const current = yield* Config.getOrUndefined
    const names = toolNames(options.tools)
    const members = { ...definedMembers(config), ...definedMembers(configOf(layer)), ...definedMembers(current) }
    const request = yield* chatRequest(options, members, names)
    annotateRequest(options.span, request)
    return { request, names, isObject: options.responseFormat.type === "json" }
  }).pipe(
    Effect.catchAllDefect(() => Effect.fail(malformedInput("the prompt, a tool or the configuration cannot be read")))
  )

const callOf = ({ name }: ChatModel, method: string) =>
  ({ module: "SageMakerLanguageModel", method, endpoint: name }) as const

type ConstructorParams = LanguageModel.ConstructorParams

const generateText = (
  layer: Context.Context<never>,
  settings: LanguageModelOptions<ChatModel>
): ConstructorParams["generateText"] =>
  Effect.fnUntraced(function*(options) {
    const expected = yield* prepare(layer, settings, options)
    const result = yield* settings.model.invokeWithResponse(expected.request).pipe(
      provideServices(layer, options.span),
      Effect.mapError(toAiError(callOf(settings.model, "generateText")))
    )
    return yield* completionParts(result, expected)
  })

const streamText =
  (layer: Context.Context<never>, settings: LanguageModelOptions<ChatModel>): ConstructorParams["streamText"] =>
  (options) =>
    Stream.unwrap(Effect.map(prepare(layer, settings, options), (expected) => {
      const tokens = settings.model.stream(expected.request, withEvents).pipe(
        provideServicesToStream(layer, options.span),
        Stream.mapError(toAiError(callOf(settings.model, "streamText")))
      )
      return streamParts(tokens, expected)
    }))

/**
 * Makes a language model, with the services of the context in which it is made.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <Model extends ChatModel>(
  options: LanguageModelOptions<Model>
): Effect.Effect<LanguageModel.Service, never, Requirements<Model>> =>
  Effect.flatMap(
    Effect.context<never>(),
    (layer) =>
      LanguageModel.make({ generateText: generateText(layer, options), streamText: streamText(layer, options) })
  )

/**
 * Provides a `LanguageModel` that calls a SageMaker endpoint.
 *
 * @example
 * ```ts
 * import { ModelEndpoint } from "effect-sagemaker-runtime"
 * import { SageMakerLanguageModel } from "effect-sagemaker-runtime/ai"
 *
 * export const llama = SageMakerLanguageModel.layer({
 *   model: ModelEndpoint.chat("llama-3-8b"),
 *   config: { max_tokens: 500, structuredOutput: "instructions" }
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <Model extends ChatModel>(
  options: LanguageModelOptions<Model>
): Layer.Layer<LanguageModel.LanguageModel, never, Requirements<Model>> =>
  Layer.effect(LanguageModel.LanguageModel, make(options))

/**
 * Makes an `AiModel`, which provides the `LanguageModel` and the name of the provider, `sagemaker`.
 *
 * @example
 * ```ts
 * import { LanguageModel } from "@effect/ai"
 * import { Effect } from "effect"
 * import { ModelEndpoint } from "effect-sagemaker-runtime"
 * import { SageMakerLanguageModel } from "effect-sagemaker-runtime/ai"
 *
 * const llama = SageMakerLanguageModel.model(ModelEndpoint.chat("llama-3-8b"), { temperature: 0 })
 *
 * export const answer = LanguageModel.generateText({ prompt: "Why is the sky blue?" }).pipe(Effect.provide(llama))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const model = <Model extends ChatModel>(
  endpoint: Model,
  config?: Config.Service
): AiModel.Model<"sagemaker", LanguageModel.LanguageModel, Requirements<Model>> =>
  AiModel.make("sagemaker", layer({ model: endpoint, config }))

const override = (config: Config.Service) => <R>(context: Context.Context<R>): Context.Context<R | Config> =>
  Context.add(context, Config, {
    ...definedMembers(configOf(context as Context.Context<never>)),
    ...definedMembers(config)
  })

/**
 * Overrides members of the requests of an effect or a stream. Members that are `undefined` override nothing.
 *
 * @example
 * ```ts
 * import { LanguageModel } from "@effect/ai"
 * import { SageMakerLanguageModel } from "effect-sagemaker-runtime/ai"
 *
 * export const idea = LanguageModel.generateText({ prompt: "A name for a cat" }).pipe(
 *   SageMakerLanguageModel.withConfigOverride({ temperature: 1.2, max_tokens: 10 })
 * )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const withConfigOverride: {
  (config: Config.Service): <Self extends EffectOrStream>(self: Self) => Same<Self>
  <Self extends EffectOrStream>(self: Self, config: Config.Service): Same<Self>
} = dual(2, <Self extends EffectOrStream>(self: Self, config: Config.Service): Same<Self> => {
  const provided: EffectOrStream = Effect.isEffect(self)
    ? Effect.mapInputContext(self, override(config))
    : Stream.mapInputContext(self, override(config))
  return provided as Same<Self>
})

declare module "@effect/ai/Prompt" {
  interface SystemMessageOptions extends ProviderOptions {
    /** Additional members of the message, such as `role: "developer"`. */
    readonly sagemaker?: { readonly [member: string]: unknown } | undefined
  }
  interface UserMessageOptions extends ProviderOptions {
    /** Additional members of the message, such as `name`. */
    readonly sagemaker?: { readonly [member: string]: unknown } | undefined
  }
  interface AssistantMessageOptions extends ProviderOptions {
    /** Additional members of the message. */
    readonly sagemaker?: { readonly [member: string]: unknown } | undefined
  }
  interface ToolMessageOptions extends ProviderOptions {
    /** Additional members of the messages with the results. */
    readonly sagemaker?: { readonly [member: string]: unknown } | undefined
  }
  interface TextPartOptions extends ProviderOptions {
    /** Additional members of the content part. */
    readonly sagemaker?: { readonly [member: string]: unknown } | undefined
  }
  interface FilePartOptions extends ProviderOptions {
    /** Options of the file. */
    readonly sagemaker?: {
      /** The resolution at which the model processes an image. Default: the container decides. */
      readonly detail?: "auto" | "low" | "high" | undefined
      /** The type of the content part. The options are then the whole part, and `data` is not sent. */
      readonly type?: string | undefined
      /** A member of the content part. */
      readonly [member: string]: unknown
    } | undefined
  }
  interface ToolResultPartOptions extends ProviderOptions {
    /** Additional members of the message with the result, such as `name`. */
    readonly sagemaker?: { readonly [member: string]: unknown } | undefined
  }
}

declare module "@effect/ai/Response" {
  interface TextPartMetadata extends ProviderMetadata {
    /** Metadata of a text. */
    readonly sagemaker?: {
      /** The text with which the model refused the request. */
      readonly refusal?: string | undefined
    } | undefined
  }
  interface TextDeltaPartMetadata extends ProviderMetadata {
    /** Metadata of a piece of text. */
    readonly sagemaker?: {
      /** A piece of the text with which the model refused the request. */
      readonly refusal?: string | undefined
    } | undefined
  }
  interface ResponseMetadataPartMetadata extends ProviderMetadata {
    /** Metadata of the response. Streams do not have it. */
    readonly sagemaker?: {
      /** AWS's request ID. */
      readonly requestId?: string | undefined
      /** The production variant that processed the request. */
      readonly InvokedProductionVariant?: string | undefined
    } | undefined
  }
  interface FilePartMetadata extends ProviderMetadata {
    /** Metadata of audio. Streams do not have it. */
    readonly sagemaker?: {
      /** The ID of the audio, to refer to it in a later request. */
      readonly id?: string | undefined
      /** When the server deletes the audio, in seconds since 1970. */
      readonly expiresAt?: number | undefined
    } | undefined
  }
  interface FinishPartMetadata extends ProviderMetadata {
    /** Metadata of the completion. */
    readonly sagemaker?: {
      /** Why the model stopped, as the server sends it. */
      readonly rawFinishReason?: string | undefined
      /** The stop sequence or the stop token that the model generated. Streams do not have it. */
      readonly stopReason?: string | number | undefined
      /** The version of the server's configuration. */
      readonly systemFingerprint?: string | undefined
      /** The service tier that processed the request. Streams do not have it. */
      readonly serviceTier?: string | undefined
      /** The log probabilities: those of the choice, or `Tokens.TokenLogprob` of a stream. */
      readonly logprobs?: unknown
    } | undefined
  }
}

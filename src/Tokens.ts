/**
 * Token streams of language models, in one format for all supported model servers.
 *
 * Sources: OpenAI's API reference, whose chunks vLLM, SGLang, LMI and TGI also write. TGI's `generate_stream`, DJL
 * Serving's LMI output schemas, SGLang's `/generate`, Triton's generate extension and Anthropic's Messages API.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { Framing } from "./Framing.ts"
import * as internal from "./internal/tokens/collect.ts"
import { makeDialect, withEvents as addEvents } from "./internal/tokens/dialect.ts"
import * as kinds from "./internal/tokens/eventKind.ts"
import type { CodecError, ModelStreamError } from "./SageMakerError.ts"

/**
 * Why a model stopped.
 *
 * Any other reason is `other`. `Token.rawFinishReason` is the reason as the server sends it.
 *
 * @since 0.1.0
 * @category models
 */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "other"

/**
 * How many tokens a completion used. A count is missing if the model server does not report it.
 *
 * @since 0.1.0
 * @category models
 */
export interface TokenUsage {
  /** Tokens of the prompt. */
  readonly inputTokens?: number
  /** Tokens that the model generated. */
  readonly outputTokens?: number
  /** Tokens of the prompt and the completion. */
  readonly totalTokens?: number
  /** Tokens of the prompt that the server read from its cache. */
  readonly cachedInputTokens?: number
  /** Generated tokens of the model's reasoning. */
  readonly reasoningTokens?: number
}

/**
 * The log probability of a token.
 *
 * @since 0.1.0
 * @category models
 */
export interface TokenLogprob {
  /** The text of the token. */
  readonly token: string
  /** The natural logarithm of the token's probability. Missing for the first token of some prompts. */
  readonly logprob?: number
  /** The UTF-8 bytes of the token, if the server sends them. */
  readonly bytes?: ReadonlyArray<number>
  /** The most likely tokens at this position, if the request enables them. */
  readonly topLogprobs?: ReadonlyArray<TokenLogprob>
}

/**
 * A part of a tool call.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolCallPart {
  /**
   * The position of the tool call. Parts with the same index belong to one call. Some servers send the same index for
   * several calls; the later calls get another index.
   */
  readonly index: number
  /** The ID of the tool call, in one of its parts. A numeric ID is converted to text. */
  readonly id?: string
  /** The name of the function, in one of the parts, usually the first one. */
  readonly name?: string
  /** A part of the arguments' JSON text. Join the parts of a call to get the complete text. */
  readonly arguments: string
}

/**
 * One or more tokens of a model's output.
 *
 * @since 0.1.0
 * @category models
 */
export interface Token {
  /** The generated text. Empty for special tokens, such as the end of the text. */
  readonly text: string
  /** The choice that the token belongs to. Default: 0. */
  readonly index: number
  /** Text of the model's reasoning. */
  readonly reasoning?: string
  /** The model's refusal of the request. */
  readonly refusal?: string
  /** The natural logarithm of the token's probability. Missing if the event has no or several tokens. */
  readonly logprob?: number
  /** The log probabilities of all tokens of the event, if the request enables them. */
  readonly logprobs?: ReadonlyArray<TokenLogprob>
  /** Parts of tool calls. */
  readonly toolCalls?: ReadonlyArray<ToolCallPart>
  /** Why the model stopped. Only the last token of a choice has it. */
  readonly finishReason?: FinishReason
  /** Why the model stopped, as the server sends it, such as `eos_token`. */
  readonly rawFinishReason?: string
  /** How many tokens were used. Only the last token of a stream has it. */
  readonly usage?: TokenUsage
}

/**
 * A `Framing` that decodes the token stream of a model server.
 *
 * An event that is not a token fails with `CodecError`. An error that the model server writes into the stream fails
 * with `ModelStreamError`.
 *
 * @since 0.1.0
 * @category models
 */
export type Dialect = Framing<Token, CodecError | ModelStreamError>

/**
 * Decodes chunks of OpenAI's chat completions and completions, in server-sent events or lines of JSON.
 *
 * vLLM, SGLang, LMI and TGI write them on their OpenAI-compatible routes. A whole completion in place of a stream is
 * decoded too.
 *
 * @since 0.1.0
 * @category dialects
 */
export const openAi: Dialect = makeDialect("an OpenAI chunk", "text/event-stream", kinds.openAiEvents)

/**
 * Decodes TGI's `generate_stream`: one event per `token`. The last event has `generated_text`.
 *
 * A whole response of `generate` in place of a stream is decoded too.
 *
 * @since 0.1.0
 * @category dialects
 */
export const tgi: Dialect = makeDialect(
  "a TGI token",
  "text/event-stream",
  kinds.generatedTokens,
  kinds.generatedTexts
)

/**
 * Decodes the output of DJL Serving's LMI: one line of JSON per `token`. The last line has `details` or
 * `generated_text`.
 *
 * Without rolling batches, LMI writes lines with `outputs`. They are decoded too, and so is a whole response.
 *
 * @since 0.1.0
 * @category dialects
 */
export const lmi: Dialect = makeDialect(
  "an LMI token",
  "application/jsonlines",
  kinds.generatedTokens,
  kinds.generatedTexts,
  kinds.batchOutputLines
)

/**
 * Decodes SGLang's `/generate`: events with the whole `text` so far and `meta_info`.
 *
 * Each token has the new text only. Servers that run with `--stream-output` send the new text only; it is decoded too.
 *
 * @since 0.1.0
 * @category dialects
 */
export const sglang: Dialect = makeDialect("an SGLang event", "text/event-stream", kinds.sglangEvents)

/**
 * Decodes Triton's generate extension: events with `text_output`.
 *
 * Triton writes no final event. A stream that ends is complete.
 *
 * @since 0.1.0
 * @category dialects
 */
export const triton: Dialect = makeDialect("a Triton event", "text/event-stream", kinds.tritonEvents)

/**
 * Decodes the events of Anthropic's Messages API, and a whole message in place of a stream.
 *
 * Calls of server tools, which the API runs itself, are not `toolCalls`.
 *
 * @since 0.1.0
 * @category dialects
 */
export const anthropic: Dialect = makeDialect(
  "an event of the Messages API",
  "text/event-stream",
  kinds.anthropicEvents
)

/**
 * Decodes any supported dialect. The members of each event identify its dialect.
 *
 * @example
 * ```ts
 * import { Console, Stream } from "effect"
 * import { streamEndpoint, Tokens } from "effect-sagemaker-runtime"
 *
 * const Body = JSON.stringify({ inputs: "Once upon a time", stream: true })
 *
 * export const story = Tokens.detected.frame(streamEndpoint({ EndpointName: "story", Body })).pipe(
 *   Stream.runForEach(({ text }) => Console.log(text))
 * )
 * ```
 *
 * @since 0.1.0
 * @category dialects
 */
export const detected: Dialect = makeDialect(
  "a token",
  undefined,
  kinds.openAiEvents,
  kinds.generatedTokens,
  kinds.sglangEvents,
  kinds.tritonEvents,
  kinds.generatedTexts,
  kinds.batchOutputLines,
  kinds.anthropicEvents
)

/**
 * A token with the event that contained it.
 *
 * @since 0.1.0
 * @category models
 */
export interface TokenWithEvent extends Token {
  /** The decoded JSON value of the event, with all members that the server sent. */
  readonly event: unknown
}

/**
 * Adds to each token the event that contained it, for members that a token does not have.
 *
 * An event without content becomes a token with an empty text. The tokens of a custom dialect have the event `undefined`.
 *
 * @example
 * ```ts
 * import { ModelEndpoint, Tokens } from "effect-sagemaker-runtime"
 *
 * const llama = ModelEndpoint.chat("llama-3-8b")
 *
 * export const tokens = llama.stream(
 *   { messages: [{ role: "user", content: "Why is the sky blue?" }] },
 *   Tokens.withEvents(Tokens.openAi)
 * )
 * ```
 *
 * @since 0.1.0
 * @category dialects
 */
export const withEvents = (dialect: Dialect): Framing<TokenWithEvent, CodecError | ModelStreamError> =>
  addEvents(dialect)

/**
 * A complete tool call.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolCall {
  /** The ID of the tool call. The message with the tool's result repeats it. */
  readonly id?: string
  /** The name of the function to call. */
  readonly name: string
  /** The arguments as the JSON text that the model generated. It can be invalid JSON. */
  readonly arguments: string
}

/**
 * The combined tokens of one choice.
 *
 * @since 0.1.0
 * @category models
 */
export interface CollectedCompletion {
  /** The generated text. */
  readonly text: string
  /** The text of the model's reasoning. Empty if there is none. */
  readonly reasoning: string
  /** The text of the model's refusal. */
  readonly refusal?: string
  /** The tool calls, in the order in which they began. */
  readonly toolCalls: ReadonlyArray<ToolCall>
  /** The log probabilities of all tokens, if the request enables them. */
  readonly logprobs?: ReadonlyArray<TokenLogprob>
  /** Why the model stopped. Missing if the server did not send a reason. */
  readonly finishReason?: FinishReason
  /** Why the model stopped, as the server sends it, such as `eos_token`. */
  readonly rawFinishReason?: string
  /** How many tokens were used, for all choices. Missing if the model server did not report it. */
  readonly usage?: TokenUsage
}

/**
 * Options of `collect`.
 *
 * @since 0.1.0
 * @category models
 */
export interface CollectOptions {
  /** The index of the choice. Default: 0. */
  readonly choice?: number | undefined
  /** Whether to return the tokens of an incomplete stream in place of the error. Default: `false`. */
  readonly allowIncomplete?: boolean | undefined
}

/**
 * Runs a token stream and combines the tokens of one choice.
 *
 * `options` is the index of the choice (default: 0), or an object.
 * Fails with `ModelStreamError` (`ErrorCode: "IncompleteStream"`) if the stream ends without a finish reason, `[DONE]`
 * or a final record. Call it with the stream, or use it in a pipe: `stream.pipe(Tokens.collect)` or
 * `stream.pipe(Tokens.collect(1))`.
 *
 * @example
 * ```ts
 * import { ModelEndpoint, Tokens } from "effect-sagemaker-runtime"
 *
 * const llama = ModelEndpoint.chat("llama-3-8b")
 *
 * export const completion = llama.stream({ messages: [{ role: "user", content: "Why is the sky blue?" }] }).pipe(
 *   Tokens.collect
 * )
 * ```
 *
 * @since 0.1.0
 * @category destructors
 */
// One signature instead of overloads: TypeScript infers no type parameters of an overloaded function in a pipe.
export const collect: <S extends Stream.Stream<Token, unknown, unknown> | CollectOptions | number = number>(
  tokens?: S,
  options?: number | CollectOptions
) => S extends Stream.Stream<Token, infer E, infer R> ? Effect.Effect<CollectedCompletion, E | ModelStreamError, R>
  : <E, R>(tokens: Stream.Stream<Token, E, R>) => Effect.Effect<CollectedCompletion, E | ModelStreamError, R> = dual(
    ([first]) => Predicate.hasProperty(first, Stream.StreamTypeId),
    <E, R>(tokens: Stream.Stream<Token, E, R>, options: number | CollectOptions = 0) =>
      internal.collect(tokens, options)
  )

/**
 * Runs a token stream and combines the tokens of every choice, in the order of their indexes.
 *
 * Fails as `collect` does if one of the choices is incomplete. A stream without tokens is incomplete, unless it ends with
 * `[DONE]` or a final record.
 *
 * @since 0.1.0
 * @category destructors
 */
export const collectAll: <
  S extends Stream.Stream<Token, unknown, unknown> | Pick<CollectOptions, "allowIncomplete"> = object
>(
  tokens?: S,
  options?: Pick<CollectOptions, "allowIncomplete">
) => S extends Stream.Stream<Token, infer E, infer R>
  ? Effect.Effect<ReadonlyArray<CollectedCompletion>, E | ModelStreamError, R>
  : <E, R>(
    tokens: Stream.Stream<Token, E, R>
  ) => Effect.Effect<ReadonlyArray<CollectedCompletion>, E | ModelStreamError, R> = dual(
    ([first]) => Predicate.hasProperty(first, Stream.StreamTypeId),
    <E, R>(tokens: Stream.Stream<Token, E, R>, options: Pick<CollectOptions, "allowIncomplete"> = {}) =>
      internal.collectAll(tokens, options)
  )

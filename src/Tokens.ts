/**
 * Token streams of language models, in one format for all supported model servers.
 *
 * Sources: OpenAI's API reference (chunks of chat completions and completions, which vLLM, LMI and TGI also write),
 * TGI's `generate_stream`, and DJL Serving's LMI output schemas.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { Framing } from "./Framing.ts"
import * as internal from "./internal/tokens/collect.ts"
import { generationReader, makeDialect, openAiReader, outputsReader } from "./internal/tokens/dialect.ts"
import type { CodecError, ModelStreamError } from "./SageMakerError.ts"

/**
 * Why a model stopped. A reason with no equivalent here is `other`.
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
}

/**
 * A part of a tool call.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolCallPart {
  /** The position of the tool call. Parts with the same index belong to one call. */
  readonly index: number
  /** The ID of the tool call, usually in its first part only. */
  readonly id?: string
  /** The name of the function, usually in the first part only. */
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
  /** The natural logarithm of the token's probability. */
  readonly logprob?: number
  /** Parts of tool calls. */
  readonly toolCalls?: ReadonlyArray<ToolCallPart>
  /** Why the model stopped. Only the last token of a choice has it. */
  readonly finishReason?: FinishReason
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
 * vLLM, LMI and TGI write them on their OpenAI-compatible routes.
 *
 * @since 0.1.0
 * @category dialects
 */
export const openAi: Dialect = makeDialect("an OpenAI chunk", "text/event-stream", openAiReader)

/**
 * Decodes TGI's `generate_stream`: one event per `token`. The last event has `details`.
 *
 * @since 0.1.0
 * @category dialects
 */
export const tgi: Dialect = makeDialect("a TGI token", "text/event-stream", generationReader)

/**
 * Decodes the output of DJL Serving's LMI: one line of JSON per `token`. The last line has `details`.
 *
 * Without rolling batches, LMI writes one line with `outputs`. It is decoded too.
 *
 * @since 0.1.0
 * @category dialects
 */
export const lmi: Dialect = makeDialect("an LMI token", "application/jsonlines", generationReader, outputsReader)

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
export const detected: Dialect = makeDialect("a token", undefined, openAiReader, generationReader, outputsReader)

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
  /** The tool calls, in the order in which they began. */
  readonly toolCalls: ReadonlyArray<ToolCall>
  /** Why the model stopped. Missing if the stream ended without a reason. */
  readonly finishReason?: FinishReason
  /** How many tokens were used. Missing if the model server did not report it. */
  readonly usage?: TokenUsage
}

/**
 * Runs a token stream and combines the tokens of one choice. `choice` is the index of the choice, by default 0.
 *
 * Call it with the stream, or use it in a pipe: `stream.pipe(Tokens.collect)` or `stream.pipe(Tokens.collect(1))`.
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
export const collect: <S extends Stream.Stream<Token, unknown, unknown> | number = number>(
  tokens?: S,
  choice?: number
) => S extends Stream.Stream<Token, infer E, infer R> ? Effect.Effect<CollectedCompletion, E, R>
  : <E, R>(tokens: Stream.Stream<Token, E, R>) => Effect.Effect<CollectedCompletion, E, R> = dual(
    ([first]) => Predicate.hasProperty(first, Stream.StreamTypeId),
    <E, R>(tokens: Stream.Stream<Token, E, R>, choice: number = 0) => internal.collect(tokens, choice)
  )

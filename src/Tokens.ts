/**
 * Streams of tokens: one shape for the dialects models speak on SageMaker.
 *
 * Sources: OpenAI's API reference (chunks of chat completions and completions, as vLLM, LMI and TGI write them), TGI's
 * `generate_stream`, DJL Serving's LMI schemas.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { LazyArg } from "effect/Function"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Framing } from "./Framing.ts"
import { issuesOf } from "./internal/codec/codecError.ts"
import { parse } from "./internal/codec/json.ts"
import { jsonLinesTypes, jsonTypes } from "./internal/codec/mediaTypes.ts"
import * as dialects from "./internal/tokens/dialects.ts"
import { decodeEvents } from "./internal/tokens/payloads.ts"
import { lazy } from "./protocol/function/lazy.ts"
import { CodecError, ModelStreamError } from "./SageMakerError.ts"

/**
 * Why a model stopped; what it calls otherwise is `other`.
 *
 * @since 0.1.0
 * @category models
 */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "other"

/**
 * How many tokens went in and came out, as far as the model says.
 *
 * @since 0.1.0
 * @category models
 */
export interface TokenUsage {
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly totalTokens?: number
}

/**
 * A part of a call of a tool: the parts with the same `index` make one, their `arguments` joined.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolCallPart {
  readonly index: number
  readonly id?: string
  readonly name?: string
  readonly arguments: string
}

/**
 * What a model wrote at a time.
 *
 * `text` is empty where it wrote none; `index` tells several choices apart. `logprob` is a natural logarithm. Special
 * tokens (the end of a text) have no text. `finishReason` and `usage` come with the last tokens.
 *
 * @since 0.1.0
 * @category models
 */
export interface Token {
  readonly text: string
  readonly index: number
  readonly reasoning?: string
  readonly logprob?: number
  readonly toolCalls?: ReadonlyArray<ToolCallPart>
  readonly finishReason?: FinishReason
  readonly usage?: TokenUsage
}

/**
 * Makes tokens of a response stream; a `Framing` whose failures include what the model tells of itself.
 *
 * @since 0.1.0
 * @category models
 */
export interface Dialect extends Framing<Token, CodecError | ModelStreamError> {}

type Reader = (value: unknown) => Either.Either<dialects.DecodedEvent, ReadonlyArray<string>> | undefined

const reader = <A, I>(
  schemaOf: LazyArg<Schema.Schema<A, I>>,
  member: string,
  meaning: (event: A) => dialects.DecodedEvent
): Reader => {
  const read = lazy(() => {
    const schema = schemaOf()
    const decode = Schema.decodeUnknownEither(schema)
    const issuesIn = issuesOf(schema.ast)
    return (value: unknown) => Either.mapBoth(decode(value), { onLeft: issuesIn, onRight: meaning })
  })
  return (value) => (Predicate.hasProperty(value, member) ? read()(value) : undefined)
}

const openAiReader = reader(dialects.openAi, "choices", dialects.fromOpenAi)
const generationReader = reader(dialects.generation, "token", dialects.fromGeneration)
const outputsReader = reader(dialects.outputsOf, "outputs", dialects.fromOutputs)

const unreadable = (name: string, text: string, issues: ReadonlyArray<string>) =>
  new CodecError({
    message: `An event of the stream cannot be read as ${name}: ${issues.join("; ")}`,
    mediaType: "text/event-stream",
    direction: "decode",
    issues,
    body: new TextEncoder().encode(text)
  })

const isName = (text: string): boolean => /^[\w.-]{1,64}$/.test(text)

const failed = ({ message, name, status }: dialects.StreamedError) => {
  const ErrorCode = name !== undefined && isName(name) ? name : undefined
  const said = [ErrorCode, status].filter((part) => part !== undefined)
  return new ModelStreamError({
    message: `The model reported an error in its stream${said.length === 0 ? "" : ` (${said.join(", ")})`}`,
    ErrorCode,
    OriginalStatusCode: status,
    OriginalMessage: message
  })
}

const jsonOf = (text: string): Either.Either<unknown, ReadonlyArray<string>> =>
  Either.try({ try: () => parse(text), catch: () => ["it is not JSON"] })

const tokensOf = (name: string, readers: ReadonlyArray<Reader>) =>
(
  text: string
): Effect.Effect<ReadonlyArray<Token>, CodecError | ModelStreamError> =>
  Effect.gen(function*() {
    const value = yield* Either.mapLeft(jsonOf(text), (issues) => unreadable(name, text, issues))
    const error = dialects.streamedError(value)
    if (error !== undefined) {
      return yield* failed(error)
    }
    for (const read of readers) {
      const event = read(value)
      if (event !== undefined) {
        const meaning = yield* Either.mapLeft(event, (issues) => unreadable(name, text, issues))
        return "_tag" in meaning ? yield* failed(meaning) : meaning
      }
    }
    return yield* unreadable(name, text, ["it has none of the members that are known"])
  })

const dialect = (
  name: string,
  mediaType: string | undefined,
  ...readers: ReadonlyArray<Reader>
): Dialect => {
  const read = tokensOf(name, readers)
  return {
    mediaType,
    reads: ["text/event-stream", ...jsonLinesTypes, ...jsonTypes],
    frame: (parts, limits) => decodeEvents(parts, limits, read)
  }
}

/**
 * Chunks of OpenAI's chat completions and completions, as vLLM, LMI and TGI write them: events, or lines of JSON.
 *
 * @since 0.1.0
 * @category dialects
 */
export const openAi: Dialect = dialect("OpenAI's chunks", "text/event-stream", openAiReader)

/**
 * TGI's `generate_stream`: events with a `token` each, the last with `details`.
 *
 * @since 0.1.0
 * @category dialects
 */
export const tgi: Dialect = dialect("TGI's tokens", "text/event-stream", generationReader)

/**
 * DJL Serving's LMI: a line of JSON for each token, the last with `details`; without rolling batches `outputs`.
 *
 * @since 0.1.0
 * @category dialects
 */
export const lmi: Dialect = dialect("LMI's tokens", "application/jsonlines", generationReader, outputsReader)

/**
 * Any of the dialects, told by each event's members, as events or lines of JSON.
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
export const detected: Dialect = dialect(
  "tokens of a known dialect",
  undefined,
  openAiReader,
  generationReader,
  outputsReader
)

/**
 * A call of a tool, whole; `arguments` is JSON the model wrote, which need not fit.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolCall {
  readonly id?: string
  readonly name: string
  readonly arguments: string
}

/**
 * What the tokens of one choice make together.
 *
 * @since 0.1.0
 * @category models
 */
export interface CollectedCompletion {
  readonly text: string
  readonly reasoning: string
  readonly toolCalls: ReadonlyArray<ToolCall>
  readonly finishReason?: FinishReason
  readonly usage?: TokenUsage
}

const withPart = (calls: Map<number, ToolCall>, { arguments: more, id, index, name }: ToolCallPart) => {
  const before = calls.get(index) ?? { name: "", arguments: "" }
  return calls.set(index, {
    ...before,
    ...(id === undefined ? {} : { id }),
    name: name ?? before.name,
    arguments: before.arguments + more
  })
}

/**
 * Puts the tokens of one choice together, the first unless told otherwise.
 *
 * @since 0.1.0
 * @category destructors
 */
export const collect = <E, R>(
  tokens: Stream.Stream<Token, E, R>,
  choice: number = 0
): Effect.Effect<CollectedCompletion, E, R> =>
  Effect.suspend(() => {
    const calls = new Map<number, ToolCall>()
    const begin: CollectedCompletion = { text: "", reasoning: "", toolCalls: [] }
    return Stream.runFold(
      tokens,
      begin,
      (whole, { finishReason, index, reasoning = "", text, toolCalls = [], usage }) => {
        const told = usage === undefined ? whole : { ...whole, usage }
        if (index !== choice) {
          return told
        }
        toolCalls.forEach((part) => withPart(calls, part))
        return {
          ...told,
          text: told.text + text,
          reasoning: told.reasoning + reasoning,
          ...(finishReason === undefined ? {} : { finishReason })
        }
      }
    ).pipe(Effect.map((whole) => Object.assign(whole, { toolCalls: Array.from(calls.values()) })))
  })

/** Chunks of OpenAI's chat completions and completions, and whole completions in place of a stream. */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { Token, TokenLogprob, TokenUsage } from "../../../Tokens.ts"
import { nullish } from "../../schema/fields.ts"
import { type Decoded, type DecodedEvent, finishReasonsOf, hasContent, makeToken, usageOf } from "../token.ts"
import { legacyCall, makeToolCallIndexes, type ReceivedCall } from "./toolCalls.ts"

const called = () =>
  Schema.Struct({ name: nullish(Schema.String), arguments: nullish(Schema.Union(Schema.String, Schema.Object)) })

const toolCall = () =>
  Schema.Struct({
    index: nullish(Schema.Number),
    id: nullish(Schema.Union(Schema.String, Schema.Number)),
    function: nullish(called())
  })

/** A part of the content. Mistral's models write their reasoning as parts of type `thinking`. */
const contentPart = () =>
  Schema.Struct({
    text: nullish(Schema.String),
    thinking: nullish(Schema.Array(Schema.Struct({ text: nullish(Schema.String) })))
  })

/** A part of a message in `delta`, or a whole message in `message`. */
const message = () =>
  Schema.Struct({
    content: nullish(Schema.Union(Schema.String, Schema.Array(contentPart()))),
    reasoning_content: nullish(Schema.String),
    reasoning: nullish(Schema.String),
    refusal: nullish(Schema.String),
    tool_calls: nullish(Schema.Union(Schema.Array(toolCall()), toolCall())),
    function_call: nullish(called())
  })

const logprob = () =>
  Schema.Struct({
    token: Schema.String,
    logprob: nullish(Schema.Number),
    bytes: nullish(Schema.Array(Schema.Number))
  })

const chatLogprob = () => Schema.Struct({ ...logprob().fields, top_logprobs: nullish(Schema.Array(logprob())) })

const completionTop = () => Schema.NullOr(Schema.Record({ key: Schema.String, value: Schema.Number }))

/** `content` and `refusal` of chat completions, the other members of completions. */
const logprobs = () =>
  Schema.Struct({
    content: nullish(Schema.Array(chatLogprob())),
    refusal: nullish(Schema.Array(chatLogprob())),
    tokens: nullish(Schema.Array(Schema.String)),
    token_logprobs: nullish(Schema.Array(Schema.NullOr(Schema.Number))),
    top_logprobs: nullish(Schema.Array(completionTop()))
  })

const choice = () =>
  Schema.Struct({
    index: nullish(Schema.Number),
    text: nullish(Schema.String),
    delta: nullish(message()),
    message: nullish(message()),
    logprobs: nullish(logprobs()),
    finish_reason: nullish(Schema.String)
  })

export const openAiChunk = () =>
  Schema.Struct({
    object: nullish(Schema.String),
    choices: nullish(Schema.Array(choice())),
    usage: nullish(
      Schema.Struct({
        prompt_tokens: nullish(Schema.Number),
        completion_tokens: nullish(Schema.Number),
        total_tokens: nullish(Schema.Number),
        prompt_tokens_details: nullish(Schema.Struct({ cached_tokens: nullish(Schema.Number) })),
        completion_tokens_details: nullish(Schema.Struct({ reasoning_tokens: nullish(Schema.Number) }))
      })
    )
  })

/** The chunk without usage and log probabilities, for a server that writes them in another format. */
export const withoutDetails = (chunk: Readonly<Record<string, unknown>>): unknown => ({
  ...chunk,
  usage: undefined,
  choices: Array.isArray(chunk["choices"])
    ? chunk["choices"].map((each: unknown) => Predicate.isRecord(each) ? { ...each, logprobs: undefined } : each)
    : chunk["choices"]
})

type Chunk = Decoded<typeof openAiChunk>
type Choice = Decoded<typeof choice>
type Message = Decoded<typeof message>

const argumentsText = (value: string | object | null | undefined): string =>
  typeof value === "object" && value !== null ? JSON.stringify(value) : value ?? ""

const receivedCall = (
  { function: target, id, index }: Decoded<typeof toolCall>,
  position: number
): ReceivedCall => ({
  index: index ?? undefined,
  position,
  id: id === null || id === undefined ? "" : String(id),
  name: target?.name ?? "",
  arguments: argumentsText(target?.arguments)
})

const receivedCalls = ({ function_call, tool_calls }: Message): ReadonlyArray<ReceivedCall> => {
  const calls = tool_calls === null || tool_calls === undefined ? [] : [tool_calls].flat().map(receivedCall)
  return function_call === null || function_call === undefined
    ? calls
    : [...calls, legacyCall(function_call.name ?? "", argumentsText(function_call.arguments))]
}

const textOf = (content: Message["content"]): string =>
  typeof content === "string" ? content : content?.map(({ text }) => text ?? "").join("") ?? ""

const reasoningOf = ({ content, reasoning, reasoning_content }: Message): string => {
  const text = reasoning_content === "" ? reasoning : reasoning_content ?? reasoning
  return typeof content === "object" && content !== null
    ? (text ?? "") + content.flatMap(({ thinking }) => thinking ?? []).map((part) => part.text ?? "").join("")
    : text ?? ""
}

const toLogprob = ({ bytes, logprob: value, token }: Decoded<typeof logprob>): TokenLogprob => ({
  token,
  ...(typeof value === "number" ? { logprob: value } : {}),
  ...(Predicate.isNotNullable(bytes) ? { bytes } : {})
})

const chatLogprobs = (list: ReadonlyArray<Decoded<typeof chatLogprob>>): ReadonlyArray<TokenLogprob> =>
  list.map(({ top_logprobs, ...rest }) => ({
    ...toLogprob(rest),
    ...(top_logprobs?.length ? { topLogprobs: top_logprobs.map(toLogprob) } : {})
  }))

const completionLogprob = (
  token: string,
  value: number | null | undefined,
  top: Readonly<Record<string, number>> | null | undefined
): TokenLogprob => {
  const topLogprobs = Object.entries(top ?? {}).map(([name, each]) => ({ token: name, logprob: each }))
  return {
    token,
    ...(typeof value === "number" ? { logprob: value } : {}),
    ...(topLogprobs.length === 0 ? {} : { topLogprobs })
  }
}

const completionLogprobs = (
  { token_logprobs, tokens, top_logprobs }: Decoded<typeof logprobs>
): ReadonlyArray<TokenLogprob> =>
  (tokens ?? []).map((token, at) => completionLogprob(token, token_logprobs?.[at], top_logprobs?.[at]))

const noLogprobs: Pick<Token, "logprob" | "logprobs"> = {}

const logprobsOf = (given: Decoded<typeof logprobs> | null | undefined): Pick<Token, "logprob" | "logprobs"> => {
  if (given === null || given === undefined) {
    return noLogprobs
  }
  const list = [
    ...chatLogprobs(given.content ?? []),
    ...chatLogprobs(given.refusal ?? []),
    ...completionLogprobs(given)
  ]
  const value = list.length === 1 ? list[0]!.logprob : undefined
  return list.length === 0 ? noLogprobs : { ...(value === undefined ? {} : { logprob: value }), logprobs: list }
}

const openAiUsage = (usage: Chunk["usage"]): TokenUsage | undefined =>
  usage === null || usage === undefined ? undefined : usageOf({
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens,
    totalTokens: usage.total_tokens,
    cachedInputTokens: usage.prompt_tokens_details?.cached_tokens,
    reasoningTokens: usage.completion_tokens_details?.reasoning_tokens
  })

const noMessage: Message = {}

const isWhole = ({ choices, object }: Chunk): boolean =>
  object === "chat.completion" || (choices ?? []).some(({ message: whole }) => Predicate.isNotNullable(whole))

/** Reads the chunks of one stream. The choices of further whole completions follow those of the first one. */
class Reader {
  readonly indexes = makeToolCallIndexes()
  offset = 0

  read(chunk: Chunk): DecodedEvent {
    const tokens: Array<Token> = []
    const isFinal = isWhole(chunk)
    const choices = chunk.choices ?? []
    for (const each of choices) {
      if (each.finish_reason === "error") {
        return { tokens, error: { name: undefined, status: undefined, message: undefined } }
      }
      const token = this.readChoice(each, (each.index ?? 0) + (isFinal ? this.offset : 0))
      if (hasContent(token)) {
        tokens.push(token)
      }
    }
    this.offset += isFinal ? choices.length : 0
    const usage = openAiUsage(chunk.usage)
    if (usage !== undefined) {
      tokens.push(makeToken({ text: "", index: 0, usage }))
    }
    return { tokens, isFinal }
  }

  private readChoice(
    { delta, finish_reason, logprobs: probabilities, message: whole, text }: Choice,
    index: number
  ): Token {
    const given = delta ?? whole ?? noMessage
    return makeToken({
      text: given === noMessage ? text : textOf(given.content),
      index,
      reasoning: reasoningOf(given),
      refusal: given.refusal,
      toolCalls: this.indexes(index, receivedCalls(given), finish_reason),
      ...logprobsOf(probabilities),
      ...finishReasonsOf(finish_reason)
    })
  }
}

export const makeOpenAiReader = () => {
  const reader = new Reader()
  return (chunk: Chunk): DecodedEvent => reader.read(chunk)
}

/** Events of Anthropic's Messages API, and a whole message in place of a stream. */
import * as Schema from "effect/Schema"
import type { Token, ToolCallPart } from "../../../Tokens.ts"
import { nullish } from "../../schema/fields.ts"
import { type Decoded, type DecodedEvent, finishReasonsOf, hasContent, makeToken, usageOf } from "../token.ts"

const usage = () =>
  Schema.Struct({
    input_tokens: nullish(Schema.Number),
    output_tokens: nullish(Schema.Number),
    cache_read_input_tokens: nullish(Schema.Number),
    output_tokens_details: nullish(Schema.Struct({ thinking_tokens: nullish(Schema.Number) }))
  })

const block = () =>
  Schema.Struct({
    type: nullish(Schema.String),
    text: nullish(Schema.String),
    thinking: nullish(Schema.String),
    id: nullish(Schema.String),
    name: nullish(Schema.String),
    input: nullish(Schema.Object)
  })

const message = () =>
  Schema.Struct({
    content: nullish(Schema.Array(block())),
    stop_reason: nullish(Schema.String),
    usage: nullish(usage())
  })

export const anthropicEvent = () =>
  Schema.Struct({
    ...message().fields,
    type: Schema.String,
    index: nullish(Schema.Number),
    message: nullish(message()),
    content_block: nullish(block()),
    delta: nullish(
      Schema.Struct({
        text: nullish(Schema.String),
        thinking: nullish(Schema.String),
        partial_json: nullish(Schema.String),
        stop_reason: nullish(Schema.String)
      })
    )
  })

type Event = Decoded<typeof anthropicEvent>
type Block = Decoded<typeof block>
type Usage = Decoded<typeof usage>

/** Whether the type is that of an event or of a whole message. The API can add types of events. */
export const isAnthropicType = (type: unknown): boolean =>
  typeof type === "string" && /^(?:message|message_.*|content_block_.*|ping)$/.test(type)

/** The input of a call that is sent as a whole. A stream begins with an empty object and sends the input in parts. */
const inputText = (input: object | null | undefined): string =>
  input === null || input === undefined || Object.keys(input).length === 0 ? "" : JSON.stringify(input)

const tokenWith = (members: Partial<Token>): DecodedEvent => {
  const token = makeToken({ text: "", index: 0, ...members })
  return { tokens: hasContent(token) ? [token] : [] }
}

const withUsage = (given: Token["usage"]): Partial<Token> => (given === undefined ? {} : { usage: given })

/** Reads the events of one stream. Only calls of the client's own tools are tool calls. */
class Reader {
  /** The indexes of the tool calls, by the index of their content block. */
  readonly calls = new Map<number, number>()
  counts: Usage = {}

  read(event: Event): DecodedEvent {
    switch (event.type) {
      case "message":
        return this.readMessage(event)
      case "message_start":
        return { tokens: [], counts: { index: 0, ...this.count(event.message?.usage) } }
      case "content_block_start":
        return tokenWith(this.readBlock(event.content_block ?? {}, event.index ?? 0))
      case "content_block_delta":
        return tokenWith(this.readDelta(event))
      case "message_delta":
        return tokenWith({ ...finishReasonsOf(event.delta?.stop_reason), ...withUsage(this.count(event.usage)) })
      case "message_stop":
        return { tokens: [], isFinal: true }
      default:
        return { tokens: [] }
    }
  }

  /** The counts so far: an event repeats only those that have changed. */
  private count(more: Usage | null | undefined): Token["usage"] {
    const present = Object.entries(more ?? {}).filter(([, value]) => value !== null)
    this.counts = { ...this.counts, ...Object.fromEntries(present) }
    const { cache_read_input_tokens, input_tokens, output_tokens, output_tokens_details } = this.counts
    return usageOf({
      inputTokens: input_tokens,
      outputTokens: output_tokens,
      cachedInputTokens: cache_read_input_tokens,
      reasoningTokens: output_tokens_details?.thinking_tokens
    })
  }

  private beginCall({ id, input, name }: Block, at: number): ReadonlyArray<ToolCallPart> {
    const index = this.calls.size
    this.calls.set(at, index)
    return [{ index, ...(id ? { id } : {}), ...(name ? { name } : {}), arguments: inputText(input) }]
  }

  private readBlock(given: Block, at: number): Partial<Token> {
    switch (given.type) {
      case "text":
        return { text: given.text ?? "" }
      case "thinking":
        return { reasoning: given.thinking ?? "" }
      case "tool_use":
        return { toolCalls: this.beginCall(given, at) }
      default:
        return {}
    }
  }

  private readDelta({ delta, index }: Event): Partial<Token> {
    const call = this.calls.get(index ?? 0)
    const toolCalls = call !== undefined && delta?.partial_json ? [{ index: call, arguments: delta.partial_json }] : []
    return {
      text: delta?.text ?? "",
      reasoning: delta?.thinking ?? "",
      ...(toolCalls.length === 0 ? {} : { toolCalls })
    }
  }

  private readMessage({ content, stop_reason, usage: given }: Decoded<typeof message>): DecodedEvent {
    const blocks = (content ?? []).map((each, at) => this.readBlock(each, at))
    const toolCalls = blocks.flatMap((each) => each.toolCalls ?? [])
    const read = tokenWith({
      text: blocks.map(({ text = "" }) => text).join(""),
      reasoning: blocks.map(({ reasoning = "" }) => reasoning).join(""),
      ...(toolCalls.length === 0 ? {} : { toolCalls }),
      ...finishReasonsOf(stop_reason),
      ...withUsage(this.count(given))
    })
    return { ...read, isFinal: true }
  }
}

export const makeAnthropicReader = () => {
  const reader = new Reader()
  return (event: Event): DecodedEvent => reader.read(event)
}

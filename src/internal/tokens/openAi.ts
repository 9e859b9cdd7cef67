/** Chunks of OpenAI's chat completions and completions. */
import * as Schema from "effect/Schema"
import type { Token, ToolCallPart } from "../../Tokens.ts"
import { type Decoded, finishReason, hasContent, makeToken, nullish, usageOf } from "./token.ts"

const toolCallDelta = () =>
  Schema.Struct({
    index: nullish(Schema.Number),
    id: nullish(Schema.String),
    function: nullish(Schema.Struct({ name: nullish(Schema.String), arguments: nullish(Schema.String) }))
  })

const choiceDelta = () =>
  Schema.Struct({
    content: nullish(Schema.String),
    reasoning_content: nullish(Schema.String),
    reasoning: nullish(Schema.String),
    tool_calls: nullish(Schema.Array(toolCallDelta()))
  })

export const openAiChunk = () =>
  Schema.Struct({
    choices: Schema.Array(
      Schema.Struct({
        index: nullish(Schema.Number),
        text: nullish(Schema.String),
        delta: nullish(choiceDelta()),
        finish_reason: nullish(Schema.String)
      })
    ),
    usage: nullish(
      Schema.Struct({
        prompt_tokens: nullish(Schema.Number),
        completion_tokens: nullish(Schema.Number),
        total_tokens: nullish(Schema.Number)
      })
    )
  })

const toolCallPart = (
  { function: called, id, index }: Decoded<typeof toolCallDelta>,
  position: number
): ToolCallPart => ({
  index: index ?? position,
  ...(typeof id === "string" ? { id } : {}),
  ...(typeof called?.name === "string" ? { name: called.name } : {}),
  arguments: called?.arguments ?? ""
})

export const fromOpenAiChunk = ({ choices, usage }: Decoded<typeof openAiChunk>): ReadonlyArray<Token> => {
  const tokens = choices.map(({ delta, finish_reason, index, text }) =>
    makeToken({
      text: delta?.content ?? text,
      index,
      reasoning: delta?.reasoning_content ?? delta?.reasoning,
      toolCalls: delta?.tool_calls?.map(toolCallPart),
      finishReason: finishReason(finish_reason)
    })
  )
  const counts = usageOf({
    inputTokens: usage?.prompt_tokens,
    outputTokens: usage?.completion_tokens,
    totalTokens: usage?.total_tokens
  })
  return (counts === undefined ? tokens : [...tokens, makeToken({ text: "", index: 0, usage: counts })])
    .filter(hasContent)
}

/** Combines the tokens of a choice. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CollectedCompletion, Token, ToolCall, ToolCallPart } from "../../Tokens.ts"

type Calls = Map<number, ToolCall>

const addPart = (calls: Calls, { arguments: more, id, index, name }: ToolCallPart): Calls => {
  const before = calls.get(index) ?? { name: "", arguments: "" }
  return calls.set(index, {
    ...before,
    ...(id === undefined ? {} : { id }),
    name: name ?? before.name,
    arguments: before.arguments + more
  })
}

/** Usage counts for all choices, so it is taken from every token. */
const addToken =
  (choice: number, calls: Calls) => (completion: CollectedCompletion, token: Token): CollectedCompletion => {
    const { finishReason, index, reasoning = "", text, toolCalls = [], usage } = token
    const withUsage = usage === undefined ? completion : { ...completion, usage }
    if (index !== choice) {
      return withUsage
    }
    toolCalls.forEach((part) => addPart(calls, part))
    return {
      ...withUsage,
      text: withUsage.text + text,
      reasoning: withUsage.reasoning + reasoning,
      ...(finishReason === undefined ? {} : { finishReason })
    }
  }

export const collect = <E, R>(
  tokens: Stream.Stream<Token, E, R>,
  choice: number
): Effect.Effect<CollectedCompletion, E, R> =>
  Effect.suspend(() => {
    const calls: Calls = new Map()
    const empty: CollectedCompletion = { text: "", reasoning: "", toolCalls: [] }
    return Effect.map(
      Stream.runFold(tokens, empty, addToken(choice, calls)),
      (completion) => ({ ...completion, toolCalls: Array.from(calls.values()) })
    )
  })

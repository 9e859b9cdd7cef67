/** Makes the assistant message of the next request from a completion. */
import * as Predicate from "effect/Predicate"
import type { ChatAssistantMessage, ChatCompletion, ChatToolCall } from "../../Chat.ts"
import type { CollectedCompletion } from "../../Tokens.ts"

type Message = ChatCompletion["choices"][number]["message"]
type CompletionToolCall = NonNullable<Message["tool_calls"]>[number]

/** Servers reject members that are `null` where they expect a value. */
const withoutNulls = (value: object): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => Predicate.isNotNullable(member)))

/** The arguments as JSON text. Servers parse it, and an empty text is no JSON. */
const argumentsText = (value: string | object | null | undefined): string => {
  const text = typeof value === "string" ? value : JSON.stringify(value ?? {})
  return text.trim() === "" ? "{}" : text
}

/** A server without IDs gets the position of the call. */
const idOf = (id: string | number | null | undefined, position: number): string =>
  Predicate.isNotNullable(id) && id !== "" ? String(id) : `call_${position}`

const toToolCall = (call: CompletionToolCall, position: number): ChatToolCall => {
  const { index: _, ...members } = withoutNulls(call)
  return {
    ...members,
    id: idOf(call.id, position),
    type: "function",
    function: {
      ...withoutNulls(call.function ?? {}),
      name: call.function?.name ?? "",
      arguments: argumentsText(call.function?.arguments)
    }
  }
}

const isFunctionCall = ({ type }: CompletionToolCall): boolean =>
  !Predicate.isNotNullable(type) || type === "" || type === "function"

/** Calls of another type, such as `custom`, are sent back as they are. */
const toToolCalls = (calls: ReadonlyArray<CompletionToolCall>): ReadonlyArray<ChatToolCall> =>
  calls.map((call, position) => (isFunctionCall(call) ? toToolCall(call, position) : call as unknown as ChatToolCall))

/** A message with tool calls only has no content. Any other message needs one. */
const contentOf = (content: string | null | undefined, hasCalls: boolean): string | null =>
  hasCalls && (content ?? "") === "" ? null : content ?? ""

const functionCallOf = ({ function_call: call }: Message): Pick<ChatAssistantMessage, "function_call"> =>
  Predicate.isNotNullable(call)
    ? { function_call: { name: call.name ?? "", arguments: argumentsText(call.arguments) } }
    : {}

/** A request refers to audio by its ID. */
const audioOf = ({ audio }: Message): Pick<ChatAssistantMessage, "audio"> =>
  typeof audio?.id === "string" ? { audio: { id: audio.id } } : {}

const fromMessage = (message: Message): ChatAssistantMessage => {
  const { audio: _audio, function_call: _call, tool_calls, ...members } = message
  const calls = toToolCalls(tool_calls ?? [])
  const call = functionCallOf(message)
  return {
    ...withoutNulls(members),
    role: "assistant",
    content: contentOf(message.content, calls.length > 0 || call.function_call !== undefined),
    ...audioOf(message),
    ...call,
    ...(calls.length === 0 ? {} : { tool_calls: calls })
  }
}

/** The name of the reasoning differs between servers. A server ignores the one that it does not know. */
const reasoningOf = (reasoning: string) => (reasoning === "" ? {} : { reasoning, reasoning_content: reasoning })

const fromCollected = ({ reasoning, refusal, text, toolCalls }: CollectedCompletion): ChatAssistantMessage => ({
  role: "assistant",
  content: contentOf(text, toolCalls.length > 0),
  ...reasoningOf(reasoning),
  ...(refusal === undefined ? {} : { refusal }),
  ...(toolCalls.length === 0
    ? {}
    : { tool_calls: toToolCalls(toolCalls.map(({ id, ...called }) => ({ id, function: called }))) })
})

const empty: ChatAssistantMessage = { role: "assistant", content: "" }

export const choiceOf = ({ choices }: ChatCompletion, index: number) =>
  choices.find((choice, position) => (choice.index ?? position) === index)

export const toMessage = (completion: ChatCompletion | CollectedCompletion, index: number): ChatAssistantMessage => {
  if (!("choices" in completion)) {
    return fromCollected(completion)
  }
  const choice = choiceOf(completion, index)
  return choice === undefined ? empty : fromMessage(choice.message)
}

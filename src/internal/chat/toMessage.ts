/** Makes the assistant message of the next request from a completion. */
import * as Predicate from "effect/Predicate"
import type { ChatAssistantMessage, ChatCompletion, ChatToolCall } from "../../Chat.ts"
import type { CollectedCompletion } from "../../Tokens.ts"
import { argumentsText } from "./arguments.ts"

type Message = ChatCompletion["choices"][number]["message"]
type CompletionToolCall = NonNullable<Message["tool_calls"]>[number]

/** Servers reject members that are `null` where they expect a value. */
const withoutNulls = (value: object): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => Predicate.isNotNullable(member)))

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

/** A call of another type, such as `custom`, keeps its members. */
const toOtherCall = (call: CompletionToolCall, position: number): ChatToolCall =>
  ({ ...call, id: idOf(call.id, position) }) as unknown as ChatToolCall

const toToolCalls = (calls: ReadonlyArray<CompletionToolCall>): ReadonlyArray<ChatToolCall> =>
  calls.map((call, position) => (isFunctionCall(call) ? toToolCall(call, position) : toOtherCall(call, position)))

/** The release of TGI that made a completion, as in `3.1.1-sha-70217ac`. */
const tgiRelease = (fingerprint: string | null | undefined): number | undefined => {
  const [, major, minor, patch] =
    /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:-dev\d+)?-(?:native|sha-)/.exec(fingerprint ?? "") ?? []
  return major === undefined ? undefined : Number(major) * 1e6 + Number(minor) * 1e3 + Number(patch)
}

/** TGI from 3.1.1 on ignores the tool calls of a message with content. */
export const ignoresCallsWithContent = (fingerprint: string | null | undefined): boolean =>
  (tgiRelease(fingerprint) ?? 0) >= 3_001_001

/** The IDs of TGI's tool calls: their positions. */
export const isNumberedId = (id: string): boolean => /^\d{1,3}$/.test(id)

/** A stream of TGI has no release in its tokens. From 3.2 on, the IDs of its tool calls are numbers as text. */
const hasNumberedIds = (calls: CollectedCompletion["toolCalls"]): boolean =>
  calls.length > 0 && calls.every(({ id }) => id !== undefined && isNumberedId(id))

/**
 * TGI before 3.1.1 and LMI reject a message with `null` or without content, SGLang one without content. An empty text is
 * valid for all of them.
 */
const contentOf = (
  content: string | null | undefined,
  omitEmpty: boolean
): Pick<ChatAssistantMessage, "content"> => (omitEmpty && (content ?? "") === "" ? {} : { content: content ?? "" })

const functionCallOf = ({ function_call: call }: Message): Pick<ChatAssistantMessage, "function_call"> =>
  Predicate.isNotNullable(call)
    ? {
      function_call: { ...withoutNulls(call), name: call.name ?? "", arguments: argumentsText(call.arguments) }
    }
    : {}

/** A request refers to audio by its ID. */
const audioOf = ({ audio }: Message): Pick<ChatAssistantMessage, "audio"> =>
  typeof audio?.id === "string" ? { audio: { id: audio.id } } : {}

const fromMessage = (message: Message, fingerprint: string | null | undefined): ChatAssistantMessage => {
  const { audio: _audio, content, function_call: _call, tool_calls, ...members } = message
  const calls = tool_calls ?? []
  return {
    ...withoutNulls(members),
    role: "assistant",
    ...contentOf(content, calls.length > 0 && ignoresCallsWithContent(fingerprint)),
    ...audioOf(message),
    ...functionCallOf(message),
    ...(calls.length === 0 ? {} : { tool_calls: toToolCalls(calls) })
  }
}

/** The name of the reasoning differs between servers. A server ignores the name that it does not use. */
const reasoningOf = (reasoning: string) => (reasoning === "" ? {} : { reasoning, reasoning_content: reasoning })

const fromCollected = ({ reasoning, refusal, text, toolCalls }: CollectedCompletion): ChatAssistantMessage => {
  const calls = toolCalls.map(({ id, ...called }) => ({ id, function: called }))
  return {
    role: "assistant",
    ...contentOf(text, hasNumberedIds(toolCalls)),
    ...reasoningOf(reasoning),
    ...(refusal === undefined ? {} : { refusal }),
    ...(calls.length === 0 ? {} : { tool_calls: toToolCalls(calls) })
  }
}

const empty: ChatAssistantMessage = { role: "assistant", content: "" }

export const choiceOf = ({ choices }: ChatCompletion, index: number) =>
  choices.find((choice, position) => (choice.index ?? position) === index)

export const toMessage = (completion: ChatCompletion | CollectedCompletion, index: number): ChatAssistantMessage => {
  if (!("choices" in completion)) {
    return fromCollected(completion)
  }
  const choice = choiceOf(completion, index)
  return choice === undefined ? empty : fromMessage(choice.message, completion.system_fingerprint)
}

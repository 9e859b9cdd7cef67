/** The messages of a prompt as the messages of a chat request. */
import type * as AiError from "@effect/ai/AiError"
import type * as Prompt from "@effect/ai/Prompt"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { ChatContentPart, ChatMessage } from "../../../Chat.ts"
import * as Chat from "../../../Chat.ts"
import { malformedInput } from "../provider/aiError.ts"
import { filePart } from "./filePart.ts"
import type { ToolNames } from "./tools.ts"

type Members = Readonly<Record<string, unknown>>

type Failure = AiError.MalformedInput

/** The options of a message or a part for this provider. They are members of the message or the part. */
const optionsOf = ({ options }: { readonly options: Prompt.ProviderOptions }): Members => options["sagemaker"] ?? {}

const hasOptions = (part: { readonly options: Prompt.ProviderOptions }): boolean =>
  Object.keys(optionsOf(part)).length > 0

const withOptions = (message: ChatMessage, source: Prompt.Message): ChatMessage =>
  Chat.withMembers(message, optionsOf(source))

const contentPart = (part: Prompt.UserMessagePart, place: string): Either.Either<ChatContentPart, Failure> =>
  part.type === "text"
    ? Either.right({ type: "text", text: part.text, ...optionsOf(part) })
    : Either.mapLeft(filePart(part, optionsOf(part)), (problem) => malformedInput(`${place}: ${problem}`))

/** One text is sent as a text, because not every chat template accepts a list. */
const userContent = (
  { content }: Prompt.UserMessage,
  place: string
): Either.Either<string | ReadonlyArray<ChatContentPart>, Failure> => {
  const [first] = content
  if (first === undefined) {
    return Either.right("")
  }
  return content.length === 1 && first.type === "text" && !hasOptions(first)
    ? Either.right(first.text)
    : Either.all(content.map((part, index) => contentPart(part, `${place}.content[${index}]`)))
}

const toJson = (value: unknown, place: string, what: string): Either.Either<string, Failure> =>
  Either.try({
    try: () => JSON.stringify(value) ?? "",
    catch: () => malformedInput(`${place}: ${what} has no JSON representation`)
  })

/** The chat completions API has no member for a failure, so that the text of the result contains it. */
const resultText = (part: Prompt.ToolResultPart, place: string): Either.Either<string, Failure> =>
  !part.isFailure && typeof part.result === "string"
    ? Either.right(part.result)
    : toJson(part.isFailure ? { error: part.result } : part.result, place, "the result of the tool")

const toolMessage = (part: Prompt.ToolResultPart, place: string): Either.Either<ChatMessage, Failure> =>
  Either.map(
    resultText(part, place),
    (content) => Chat.withMembers<ChatMessage>({ role: "tool", tool_call_id: part.id, content }, optionsOf(part))
  )

type AssistantPart = Prompt.AssistantMessagePart

const textOf = (content: ReadonlyArray<AssistantPart>, type: "text" | "reasoning"): string =>
  content.map((part) => part.type === type ? part.text : "").join("")

const assistantMessages = (
  message: Prompt.AssistantMessage,
  place: string,
  names: ToolNames
): Either.Either<ReadonlyArray<ChatMessage>, Failure> =>
  Either.gen(function*() {
    const toolCalls: Array<{ readonly id: string; readonly name: string; readonly arguments: string }> = []
    const results: Array<ChatMessage> = []
    for (const [index, part] of message.content.entries()) {
      const at = `${place}.content[${index}]`
      if (part.type === "file") {
        return yield* Either.left(malformedInput(`${at}: an assistant message cannot have a file`))
      }
      if (part.type === "tool-call") {
        const text = yield* toJson(part.params ?? {}, at, "params")
        toolCalls.push({ id: part.id, name: names.toWire(part.name), arguments: text })
      }
      if (part.type === "tool-result") {
        results.push(yield* toolMessage(part, at))
      }
    }
    const sent = Chat.toMessage({
      text: textOf(message.content, "text"),
      reasoning: textOf(message.content, "reasoning"),
      toolCalls
    })
    return [withOptions(sent, message), ...results]
  })

const messagesOf = (
  message: Prompt.Message,
  place: string,
  names: ToolNames
): Either.Either<ReadonlyArray<ChatMessage>, Failure> => {
  switch (message.role) {
    case "system":
      return Either.right([withOptions(Chat.system(message.content), message)])
    case "user":
      return Either.map(userContent(message, place), (content) => [withOptions(Chat.user(content), message)])
    case "assistant":
      return assistantMessages(message, place, names)
    default:
      return Either.map(
        Either.all(message.content.map((part, index) => toolMessage(part, `${place}.content[${index}]`))),
        (results) => results.map((result) => withOptions(result, message))
      )
  }
}

/** Fails for a part that cannot be sent. The error contains its position. */
export const chatMessages = (
  { content }: Prompt.Prompt,
  names: ToolNames
): Effect.Effect<ReadonlyArray<ChatMessage>, AiError.AiError> =>
  Effect.map(
    Either.all(content.map((message, index) => messagesOf(message, `prompt.content[${index}]`, names))),
    (lists) => lists.flat()
  )

/**
 * OpenAI's chat completions API, which vLLM, SGLang, LMI and TGI implement on SageMaker.
 *
 * Member names are those of the API. The schemas keep members that they do not declare, at every level and in both
 * directions. Such members are not part of the types, so that TypeScript reports a misspelled member: add them to a
 * request with `withMembers`, and read them by assigning a value to `Record<string, unknown>`.
 *
 * Sources: OpenAI's API reference, and the documentation of vLLM, SGLang, DJL Serving and TGI.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type * as Schema from "effect/Schema"
import { decodeArguments as decode, toJsonSchema } from "./internal/chat/arguments.ts"
import * as completion from "./internal/chat/completion.ts"
import * as content from "./internal/chat/content.ts"
import { keepUnknownMembers } from "./internal/chat/fields.ts"
import * as message from "./internal/chat/message.ts"
import * as request from "./internal/chat/request.ts"
import { choiceOf, toMessage as messageOf } from "./internal/chat/toMessage.ts"
import type { CodecError } from "./SageMakerError.ts"
import type { CollectedCompletion } from "./Tokens.ts"

// Each type is a mapped type of its schema's type, so that an editor shows `ChatRequest` instead of all its members.
type Named<A> = { [Member in keyof A]: A[Member] }

/**
 * A part of a message's content: text, an image, audio, video, embeddings of an image, or a refusal.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ChatContentPart = keepUnknownMembers(content.contentPart)

/**
 * A part of a message's content: text, an image, audio, video, embeddings of an image, or a refusal.
 *
 * The schema accepts parts of other types, which the type does not have. `otherPart` makes one.
 *
 * @since 0.1.0
 * @category models
 */
export type ChatContentPart = Named<typeof ChatContentPart.Type>

/**
 * A function call that the model generated, as a request contains it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ChatToolCall = keepUnknownMembers(message.toolCall)

/**
 * A function call that the model generated, as a request contains it.
 *
 * @since 0.1.0
 * @category models
 */
export type ChatToolCall = { [Member in keyof typeof ChatToolCall.Type]: (typeof ChatToolCall.Type)[Member] }

/**
 * A call of a function: a tool call of a message, of a completion or of collected tokens.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChatCalledFunction {
  /** The function to call. The calls of messages and completions have it. */
  readonly function?:
    | {
      /** The name of the function. */
      readonly name?: string | null | undefined
      /** The arguments, as JSON text or as an object. */
      readonly arguments?: string | object | null | undefined
    }
    | null
    | undefined
  /** The arguments as JSON text. The calls of collected tokens have it. */
  readonly arguments?: string | undefined
}

/**
 * A message of a conversation.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ChatMessage = keepUnknownMembers(message.message)

/**
 * A message of a conversation.
 *
 * The schema accepts messages of other roles, which the type does not have. `otherMessage` makes one.
 *
 * @since 0.1.0
 * @category models
 */
export type ChatMessage = Named<typeof ChatMessage.Type>

/**
 * A message of the model.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ChatAssistantMessage = keepUnknownMembers(message.assistantMessage)

/**
 * A message of the model.
 *
 * @since 0.1.0
 * @category models
 */
export type ChatAssistantMessage = {
  [Member in keyof typeof ChatAssistantMessage.Type]: (typeof ChatAssistantMessage.Type)[Member]
}

/**
 * A function that the model can call.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ChatTool = keepUnknownMembers(request.tool)

/**
 * A function that the model can call.
 *
 * @since 0.1.0
 * @category models
 */
export type ChatTool = { [Member in keyof typeof ChatTool.Type]: (typeof ChatTool.Type)[Member] }

/**
 * A request for a chat completion, with the members that vLLM, SGLang, LMI and TGI add to OpenAI's.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ChatRequest = keepUnknownMembers(request.request)

/**
 * A request for a chat completion, with the members that vLLM, SGLang, LMI and TGI add to OpenAI's.
 *
 * `withMembers` adds members that the type does not declare.
 *
 * @since 0.1.0
 * @category models
 */
export type ChatRequest = { [Member in keyof typeof ChatRequest.Type]: (typeof ChatRequest.Type)[Member] }

/**
 * How many tokens a completion used.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ChatUsage = keepUnknownMembers(completion.usage)

/**
 * How many tokens a completion used.
 *
 * @since 0.1.0
 * @category models
 */
export type ChatUsage = { [Member in keyof typeof ChatUsage.Type]: (typeof ChatUsage.Type)[Member] }

/**
 * A chat completion.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ChatCompletion = keepUnknownMembers(completion.completion)

/**
 * A chat completion.
 *
 * @since 0.1.0
 * @category models
 */
export type ChatCompletion = { [Member in keyof typeof ChatCompletion.Type]: (typeof ChatCompletion.Type)[Member] }

/**
 * A chunk of a streamed chat completion.
 *
 * `Tokens` decodes chunks as tokens. This schema decodes all their members.
 *
 * @example
 * ```ts
 * import { Chat, Framing } from "effect-sagemaker-runtime"
 *
 * export const chunks = Framing.sseJson(Chat.ChatCompletionChunk)
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const ChatCompletionChunk = keepUnknownMembers(completion.completionChunk)

/**
 * A chunk of a streamed chat completion.
 *
 * @since 0.1.0
 * @category models
 */
export type ChatCompletionChunk = {
  [Member in keyof typeof ChatCompletionChunk.Type]: (typeof ChatCompletionChunk.Type)[Member]
}

/**
 * Makes a system message.
 *
 * @since 0.1.0
 * @category constructors
 */
export const system = (text: string): ChatMessage => ({ role: "system", content: text })

/**
 * Makes a message of the user from a text or from parts.
 *
 * @since 0.1.0
 * @category constructors
 */
export const user = (given: string | ReadonlyArray<ChatContentPart>): ChatMessage => ({ role: "user", content: given })

/**
 * Makes a message of the model from a text, for example to show the model how it should respond.
 *
 * @since 0.1.0
 * @category constructors
 */
export const assistant = (text: string): ChatAssistantMessage => ({ role: "assistant", content: text })

/**
 * Makes the message with the result of a tool call. A result that is not a text becomes JSON.
 *
 * Throws a `TypeError` if the result has no JSON representation, as `JSON.stringify` does: a `bigint` or a value that
 * contains itself.
 *
 * @example
 * ```ts
 * import { Chat } from "effect-sagemaker-runtime"
 *
 * export const results = (completion: Chat.ChatCompletion) =>
 *   (Chat.toMessage(completion).tool_calls ?? []).map((call) => Chat.toolResult(call, { celsius: 21 }))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const toolResult = (call: Pick<ChatToolCall, "id">, result: unknown): ChatMessage => ({
  role: "tool",
  tool_call_id: call.id,
  content: typeof result === "string" ? result : JSON.stringify(result) ?? ""
})

/**
 * Makes a content part of a type that `ChatContentPart` does not declare.
 *
 * @example
 * ```ts
 * import { Chat } from "effect-sagemaker-runtime"
 *
 * export const question = Chat.user([
 *   { type: "text", text: "What does the document say?" },
 *   Chat.otherPart({ type: "document_url", document_url: { url: "https://example.com/a.pdf" } })
 * ])
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const otherPart = (part: { readonly type: string; readonly [member: string]: unknown }): ChatContentPart =>
  part as unknown as ChatContentPart

/**
 * Makes a message of a role that `ChatMessage` does not declare. The chat template of the model must declare it.
 *
 * @example
 * ```ts
 * import { Chat } from "effect-sagemaker-runtime"
 *
 * export const document = Chat.otherMessage({ role: "document", content: "The town hall is grey." })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const otherMessage = (
  given: { readonly role: string; readonly [member: string]: unknown }
): ChatMessage => given as unknown as ChatMessage

/**
 * Adds members that a type does not declare, such as a new option of a model server.
 *
 * @example
 * ```ts
 * import { Chat } from "effect-sagemaker-runtime"
 *
 * const request: Chat.ChatRequest = { messages: [Chat.user("Why is the sky blue?")], top_k: 20 }
 *
 * export const extended = Chat.withMembers(request, { new_option: true })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const withMembers: {
  (members: { readonly [member: string]: unknown }): <A extends object>(value: A) => A
  <A extends object>(value: A, members: { readonly [member: string]: unknown }): A
} = dual(2, <A extends object>(value: A, members: { readonly [member: string]: unknown }): A => ({
  ...value,
  ...members
}))

/**
 * Makes a tool from a schema of its parameters.
 *
 * Throws an error if the schema has no JSON Schema.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Chat } from "effect-sagemaker-runtime"
 *
 * export const weather = Chat.tool({
 *   name: "weather",
 *   description: "The current weather in a city",
 *   parameters: Schema.Struct({ city: Schema.String })
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const tool = <A, I, R>(options: {
  /** The name of the function. */
  readonly name: string
  /** What the function does. The model uses it to decide when to call the function. */
  readonly description?: string | undefined
  /** The schema of the arguments. */
  readonly parameters: Schema.Schema<A, I, R>
  /** Whether the arguments must match the JSON Schema exactly. Default: the server decides. */
  readonly strict?: boolean | undefined
}): ChatTool => ({
  type: "function",
  function: {
    name: options.name,
    ...(options.description === undefined ? {} : { description: options.description }),
    parameters: toJsonSchema(options.parameters.ast),
    ...(options.strict === undefined ? {} : { strict: options.strict })
  }
})

/**
 * Decodes the arguments of a tool call with a schema. Empty arguments and `null` are an empty object.
 *
 * Accepts the tool calls of a message, of a completion and of collected tokens.
 *
 * Fails with `CodecError` if the arguments are not JSON or do not match the schema. Its message contains no arguments.
 *
 * @since 0.1.0
 * @category decoding
 */
export const decodeArguments: {
  <A, I, R>(
    schema: Schema.Schema<A, I, R>
  ): (call: ChatCalledFunction) => Effect.Effect<A, CodecError, R>
  <A, I, R>(
    call: ChatCalledFunction,
    schema: Schema.Schema<A, I, R>
  ): Effect.Effect<A, CodecError, R>
} = dual(2, decode)

/**
 * Makes the assistant message of the next request from a completion, or from the collected tokens of a stream.
 *
 * `choice` is the index of the choice, by default 0. If the completion does not have the choice, the message has no text. IDs of
 * tool calls become text, arguments become JSON text (`{}` if they are empty), and members that are `null` are removed.
 * Unknown members stay. A tool call without an ID gets one from its position.
 *
 * `content` is an empty text if the model generated tool calls only, because some servers reject `null`. It is omitted
 * for TGI from 3.1.1 on, which ignores the tool calls of a message with content.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Chat, ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * const llama = ModelEndpoint.chat("llama-3-8b")
 * const question = Chat.user("Why is the sky blue?")
 *
 * export const shorter = llama.invoke({ messages: [question] }).pipe(
 *   Effect.map((completion) => [question, Chat.toMessage(completion), Chat.user("Shorter, please")]),
 *   Effect.flatMap((messages) => llama.invoke({ messages }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const toMessage: {
  (choice?: number): (completion: ChatCompletion | CollectedCompletion) => ChatAssistantMessage
  (completion: ChatCompletion | CollectedCompletion, choice?: number): ChatAssistantMessage
} = dual(
  ([first]) => typeof first === "object",
  (given: ChatCompletion | CollectedCompletion, choice: number = 0): ChatAssistantMessage => messageOf(given, choice)
)

/**
 * The text of a choice of a completion. It is empty if the choice has no text. `choice` is the index, by default 0.
 *
 * @since 0.1.0
 * @category conversions
 */
export const text: {
  (choice?: number): (completion: ChatCompletion) => string
  (completion: ChatCompletion, choice?: number): string
} = dual(
  ([first]) => typeof first === "object",
  (given: ChatCompletion, choice: number = 0): string => choiceOf(given, choice)?.message.content ?? ""
)

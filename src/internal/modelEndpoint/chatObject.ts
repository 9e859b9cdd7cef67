/** Structured output: a chat request for a value of a schema, and the value in the completion. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import type { ChatCompletion, ChatRequest } from "../../Chat.ts"
import * as Codec from "../../Codec.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { toJsonSchema } from "../chat/arguments.ts"
import { undecodable, unencodable } from "../codec/codecError.ts"

const mediaType = "application/json"

/** OpenAI limits the name of a JSON Schema to these characters. */
const nameOf = (ast: AST.AST): string =>
  AST.getJSONIdentifierAnnotation(ast).pipe(
    Option.orElse(() => AST.getIdentifierAnnotation(AST.typeAST(ast))),
    Option.filter((name) => /^[\w-]{1,64}$/.test(name)),
    Option.getOrElse(() => "response")
  )

const responseFormat = ({ ast }: { readonly ast: AST.AST }): object => ({
  type: "json_schema",
  json_schema: { name: nameOf(ast), schema: toJsonSchema(ast), strict: true }
})

const responseFormatOf = (schema: { readonly ast: AST.AST }): Either.Either<object, CodecError> =>
  Either.try({
    try: () => responseFormat(schema),
    catch: () => unencodable(mediaType, "the schema has no JSON Schema")
  })

/** Adds the JSON Schema as `response_format`, unless the request has a `response_format`. */
export const requestObject = <A, I, R>(
  schema: Schema.Schema<A, I, R>,
  request: ChatRequest
): Either.Either<ChatRequest, CodecError> =>
  request.response_format === undefined
    ? Either.map(responseFormatOf(schema), (response_format) => ({ ...request, response_format }))
    : Either.right(request)

/** The content of a message that should be JSON. */
export interface ObjectText {
  /** The reasoning that the model wrote before the content. Empty if there is none. */
  readonly reasoning: string
  readonly text: string
}

/** Models without a reasoning parser write their reasoning before the content. */
const splitReasoning = (text: string): ObjectText => {
  const end = text.startsWith("<think>") ? text.indexOf("</think>") : -1
  return end === -1
    ? { reasoning: "", text }
    : { reasoning: text.slice("<think>".length, end).trim(), text: text.slice(end + "</think>".length).trim() }
}

/** Models that ignore `response_format` often write JSON as a fenced code block of Markdown. */
const withoutFence = (text: string): string => {
  const begin = text.startsWith("```") && text.endsWith("```") ? text.indexOf("\n") : -1
  return begin === -1 ? text : text.slice(begin + 1, -"```".length)
}

/** Removes reasoning in `<think>` tags and a code fence. */
export const readObjectText = (content: string): ObjectText => {
  const { reasoning, text } = splitReasoning(content.trim())
  return { reasoning, text: withoutFence(text) }
}

const problemOf = (choice: ChatCompletion["choices"][number] | undefined, text: string): string | undefined => {
  if (choice === undefined) {
    return "the completion has no choice"
  }
  if (choice.finish_reason === "length") {
    return "the completion ended at its token limit (finish_reason: length)"
  }
  return text === "" ? "the message of the completion has no content" : undefined
}

const encoder = new TextEncoder()

/** Decodes the content of the first choice. */
export const decodeObject = <A, I, R>(
  schema: Schema.Schema<A, I, R>,
  { choices }: ChatCompletion
): Effect.Effect<A, CodecError, R> => {
  const choice = choices.find(({ index }) => index === 0) ?? choices[0]
  const { text } = readObjectText(choice?.message.content ?? "")
  const body = encoder.encode(text)
  const problem = problemOf(choice, text)
  return Codec.json(schema).decode(body).pipe(
    Effect.mapError((error) => (problem === undefined ? error : undecodable(mediaType, body, problem)))
  )
}

/** The members of a request, or the instructions of a prompt, for a response that is JSON of a schema. */
import type * as AiError from "@effect/ai/AiError"
import type { ProviderOptions } from "@effect/ai/LanguageModel"
import * as Tool from "@effect/ai/Tool"
import * as Either from "effect/Either"
import type { ChatMessage, ChatRequest } from "../../../Chat.ts"
import { toJsonSchema } from "../../../internal/chat/arguments.ts"
import type { StructuredOutput } from "../../SageMakerLanguageModel.ts"
import { malformedInput } from "../provider/aiError.ts"

type JsonFormat = Extract<ProviderOptions["responseFormat"], { readonly type: "json" }>

const schemaOf = ({ schema }: JsonFormat): Either.Either<object, AiError.MalformedInput> =>
  Either.try({
    try: () => toJsonSchema(schema.ast),
    catch: () => malformedInput("schema: it has no JSON Schema")
  })

/** OpenAI limits the name of a JSON Schema to these characters. */
const nameOf = (name: string): string => name.replace(/[^\w-]/g, "_").slice(0, 64) || "response"

const jsonSchemaFormat = (format: JsonFormat, schema: object): object => {
  const description = Tool.getDescriptionFromSchemaAst(format.schema.ast)
  return {
    type: "json_schema",
    json_schema: {
      name: nameOf(format.objectName),
      ...(description === undefined ? {} : { description }),
      schema,
      strict: true
    }
  }
}

const instructions = (schema: object): string =>
  "Respond with one JSON value only: no explanations and no Markdown. " +
  `The JSON value must match this JSON Schema:\n${JSON.stringify(schema)}`

/** Adds a text to the system message, because many chat templates accept one system message only, as the first one. */
const withInstructions = (messages: ReadonlyArray<ChatMessage>, text: string): ReadonlyArray<ChatMessage> => {
  const [first, ...others] = messages
  return first?.role === "system" && typeof first.content === "string"
    ? [{ ...first, content: `${first.content}\n\n${text}` }, ...others]
    : [{ role: "system", content: text }, ...messages]
}

/** A `response_format` of the request stays as it is. */
export const withStructuredOutput = (
  request: ChatRequest,
  format: ProviderOptions["responseFormat"],
  mode: StructuredOutput = "json_schema"
): Either.Either<ChatRequest, AiError.MalformedInput> => {
  if (format.type === "text") {
    return Either.right(request)
  }
  return Either.map(schemaOf(format), (schema) => {
    if (mode === "json_schema") {
      return { response_format: jsonSchemaFormat(format, schema), ...request }
    }
    if (mode === "json") {
      return { response_format: { type: "json", value: schema }, ...request }
    }
    const messages = withInstructions(request.messages, instructions(schema))
    return mode === "json_object"
      ? { response_format: { type: "json_object" }, ...request, messages }
      : { ...request, messages }
  })
}

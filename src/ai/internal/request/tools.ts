/** The tools of a toolkit as the tools of a chat request. */
import type * as AiError from "@effect/ai/AiError"
import type { ProviderOptions } from "@effect/ai/LanguageModel"
import * as Tool from "@effect/ai/Tool"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { ChatRequest, ChatTool } from "../../../Chat.ts"
import { toJsonSchema } from "../../../internal/chat/arguments.ts"
import { malformedInput } from "../provider/aiError.ts"

/** The names of tools in the toolkit and in the request. They differ for provider-defined tools. */
export interface ToolNames {
  readonly toWire: (name: string) => string
  /** The tool in the toolkit; `undefined` if the request has no such tool. */
  readonly fromWire: (name: string) => CalledTool | undefined
}

/** A tool that the model calls. */
interface CalledTool {
  readonly name: string
  /** Whether the container runs the tool. The toolkit has no handler for it. */
  readonly providerExecuted: boolean
}

const runsInContainer = (tool: Tool.Any): boolean => Tool.isProviderDefined(tool) && !tool.requiresHandler

const wireName = (tool: Tool.Any): string => Tool.isProviderDefined(tool) ? tool.providerName : tool.name

export const toolNames = (tools: ReadonlyArray<Tool.Any>): ToolNames => {
  const wireNames = new Map(tools.map((tool) => [tool.name, wireName(tool)]))
  const names = new Map(
    tools.map((tool) => [wireName(tool), { name: tool.name, providerExecuted: runsInContainer(tool) }])
  )
  return {
    toWire: (name) => wireNames.get(name) ?? name,
    fromWire: (name) => names.get(name)
  }
}

const descriptionOf = (tool: Tool.Any): string | undefined =>
  tool.description ?? Tool.getDescriptionFromSchemaAst(tool.parametersSchema.ast)

const functionTool = (tool: Tool.Any): Either.Either<ChatTool, AiError.MalformedInput> =>
  Either.try({
    try: () => {
      const description = descriptionOf(tool)
      return {
        type: "function" as const,
        function: {
          name: wireName(tool),
          ...(description === undefined ? {} : { description }),
          parameters: toJsonSchema(tool.parametersSchema.ast)
        }
      }
    },
    catch: () => malformedInput(`tool ${tool.name}: the schema of its parameters has no JSON Schema`)
  })

/** A tool that the container runs, sent as it is: its type and its arguments. */
const containerTool = ({ args, providerName }: Tool.ProviderDefined<string>): ChatTool =>
  ({ ...Object(args) as object, type: providerName }) as unknown as ChatTool

const chatTool = (tool: Tool.Any): Either.Either<ChatTool, AiError.MalformedInput> => {
  if (!Tool.isProviderDefined(tool) || tool.requiresHandler) {
    return functionTool(tool)
  }
  return tool.id.startsWith("sagemaker.")
    ? Either.right(containerTool(tool))
    : Either.left(malformedInput(
      `tool ${tool.name}: another provider runs it (${tool.id}). Use a tool with a handler, or one with an id that ` +
        "begins with sagemaker."
    ))
}

type ToolMembers = Pick<ChatRequest, "tools" | "tool_choice">

const choiceOf = (
  choice: ProviderOptions["toolChoice"],
  names: ToolNames
): NonNullable<ChatRequest["tool_choice"]> => {
  if (typeof choice === "string") {
    return choice
  }
  return "tool" in choice
    ? { type: "function", function: { name: names.toWire(String(choice.tool)) } }
    : choice.mode ?? "auto"
}

/** `@effect/ai` has removed the tools that `oneOf` does not list. */
export const toolMembers = (
  { toolChoice, tools }: ProviderOptions,
  names: ToolNames
): Effect.Effect<ToolMembers, AiError.AiError> => {
  if (tools.length > 0) {
    return Effect.map(
      Either.all(tools.map(chatTool)),
      (list) => ({ tools: list, tool_choice: choiceOf(toolChoice, names) })
    )
  }
  return typeof toolChoice === "object" && "oneOf" in toolChoice && toolChoice.mode === "required"
    ? Effect.fail(malformedInput("toolChoice: oneOf lists no tool of the toolkit"))
    : Effect.succeed({})
}

/** Messages of a conversation and their tool calls. */
import * as Schema from "effect/Schema"
import { nullish } from "../schema/fields.ts"
import { lazySchema } from "../schema/lazySchema.ts"
import { content } from "./content.ts"
import { optional } from "./fields.ts"

/** A call of the legacy API with `functions`. */
const functionCall = lazySchema(() =>
  Schema.Struct({
    /** The name of the function. */
    name: Schema.String,
    /** The arguments as the JSON text that the model generated. It can be invalid JSON. */
    arguments: Schema.String
  })
)

const functionToolCall = lazySchema(() =>
  Schema.Struct({
    /** The ID of the call. The message with its result repeats it as `tool_call_id`. */
    id: Schema.String,
    /** The type of the tool. Always `function`. */
    type: Schema.Literal("function"),
    /** The function to call. */
    function: functionCall
  })
)

const otherToolCall = lazySchema(() =>
  Schema.Struct({
    type: Schema.String.pipe(Schema.filter((type) => type !== "function", { description: "another type of tool call" }))
  })
)

/** The type has function calls only, so that a misspelled type is a type error. `Chat.toMessage` keeps other calls. */
export const toolCall = lazySchema(() =>
  Schema.asSchema(
    Schema.Union(functionToolCall, otherToolCall)
  ) as Schema.Schema<typeof functionToolCall.Type, typeof functionToolCall.Encoded>
)

const inputMessage = lazySchema(() =>
  Schema.Struct({
    /** The author of the message. */
    role: Schema.Literal("system", "developer", "user"),
    /** The text of the message, or its parts: text, images, audio, video. */
    content,
    /** The name of the author, to distinguish authors of one role. */
    name: optional(Schema.String)
  })
)

export const assistantMessage = lazySchema(() =>
  Schema.Struct({
    /** The author of the message: the model. */
    role: Schema.Literal("assistant"),
    /** The text of the message, or its parts. Some servers require it, others ignore tool calls if it is a text. */
    content: nullish(content),
    /** The name of the author, to distinguish authors of one role. */
    name: nullish(Schema.String),
    /** The text of the model's reasoning, as vLLM from version 0.16 names it. */
    reasoning: nullish(Schema.String),
    /** The text of the model's reasoning, as SGLang, LMI and earlier versions of vLLM name it. */
    reasoning_content: nullish(Schema.String),
    /** The text with which the model refused the request. */
    refusal: nullish(Schema.String),
    /** The audio response of the model that the message refers to. */
    audio: nullish(Schema.Struct({
      /** The ID of the audio response. */
      id: Schema.String
    })),
    /** The tool calls that the model generated. */
    tool_calls: nullish(Schema.Array(toolCall)),
    /** The function call of the legacy API. */
    function_call: nullish(functionCall)
  })
)

const toolMessage = lazySchema(() =>
  Schema.Struct({
    /** The author of the message: a tool. */
    role: Schema.Literal("tool"),
    /** The result of the tool call. */
    content,
    /** The ID of the tool call. */
    tool_call_id: Schema.String,
    /** The name of the tool, which some chat templates need. */
    name: optional(Schema.String)
  })
)

const functionMessage = lazySchema(() =>
  Schema.Struct({
    /** The author of the message: a function of the legacy API. */
    role: Schema.Literal("function"),
    /** The result of the function. */
    content: Schema.NullOr(Schema.String),
    /** The name of the function. */
    name: Schema.String
  })
)

const knownRoles: ReadonlySet<string> = new Set(["system", "developer", "user", "assistant", "tool", "function"])

const otherRole = lazySchema(() =>
  Schema.String.pipe(
    Schema.filter((role) => !knownRoles.has(role), { description: "another role" })
  )
)

const otherMessage = lazySchema(() => Schema.Struct({ role: otherRole, content: nullish(content) }))

const knownMessage = lazySchema(() => Schema.Union(inputMessage, assistantMessage, toolMessage, functionMessage))

/** The type has the known roles only, so that a misspelled role is a type error and a role selects a member of the union. */
export const message = lazySchema(() =>
  Schema.asSchema(
    Schema.Union(knownMessage, otherMessage)
  ) as Schema.Schema<typeof knownMessage.Type, typeof knownMessage.Encoded>
)

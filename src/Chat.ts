/**
 * Chat completions: the bodies of OpenAI's API, which vLLM, LMI and TGI speak on SageMaker, with its names.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(schema)

const absent = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

const others = Schema.Record({ key: Schema.String, value: Schema.Unknown })

const texts = Schema.Union(
  Schema.String,
  Schema.Array(
    Schema.Union(
      Schema.Struct({ type: Schema.Literal("text"), text: Schema.String }),
      Schema.Struct({
        type: Schema.Literal("image_url"),
        image_url: Schema.Struct({ url: Schema.String, detail: optional(Schema.Literal("auto", "low", "high")) })
      }),
      Schema.Struct({
        type: Schema.Literal("input_audio"),
        input_audio: Schema.Struct({ data: Schema.String, format: Schema.String })
      })
    )
  )
)

/**
 * A function the model wants called; `arguments` is JSON the model wrote, which need not fit.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ChatToolCall = Schema.Struct({
  id: Schema.String,
  type: Schema.Literal("function"),
  function: Schema.Struct({ name: Schema.String, arguments: Schema.String })
})

/**
 * A function the model wants called; `arguments` is JSON the model wrote, which need not fit.
 *
 * @since 0.1.0
 * @category models
 */
export type ChatToolCall = typeof ChatToolCall.Type

/**
 * A message of a conversation.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ChatMessage = Schema.Union(
  Schema.Struct({
    role: Schema.Literal("system", "developer", "user"),
    content: texts,
    name: optional(Schema.String)
  }),
  Schema.Struct({
    role: Schema.Literal("assistant"),
    content: absent(texts),
    tool_calls: optional(Schema.Array(ChatToolCall))
  }),
  Schema.Struct({ role: Schema.Literal("tool"), content: texts, tool_call_id: Schema.String })
)

/**
 * A message of a conversation.
 *
 * @since 0.1.0
 * @category models
 */
export type ChatMessage = typeof ChatMessage.Type

/**
 * A function the model may call; `parameters` is a JSON Schema, as `JSONSchema.make` of Effect gives.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ChatTool = Schema.Struct({
  type: Schema.Literal("function"),
  function: Schema.Struct({
    name: Schema.String,
    description: optional(Schema.String),
    parameters: optional(Schema.Object),
    strict: optional(Schema.Boolean)
  })
})

/**
 * A function the model may call; `parameters` is a JSON Schema, as `JSONSchema.make` of Effect gives.
 *
 * @since 0.1.0
 * @category models
 */
export type ChatTool = typeof ChatTool.Type

/**
 * A request for a completion; members a server has besides (`top_k`, `guided_json`, …) are sent as they are.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ChatRequest = Schema.Struct(
  {
    messages: Schema.Array(ChatMessage),
    model: optional(Schema.String),
    tools: optional(Schema.Array(ChatTool)),
    tool_choice: optional(
      Schema.Union(
        Schema.Literal("none", "auto", "required"),
        Schema.Struct({ type: Schema.Literal("function"), function: Schema.Struct({ name: Schema.String }) })
      )
    ),
    parallel_tool_calls: optional(Schema.Boolean),
    max_tokens: optional(Schema.Number),
    max_completion_tokens: optional(Schema.Number),
    temperature: optional(Schema.Number),
    top_p: optional(Schema.Number),
    n: optional(Schema.Number),
    stop: optional(Schema.Union(Schema.String, Schema.Array(Schema.String))),
    seed: optional(Schema.Number),
    frequency_penalty: optional(Schema.Number),
    presence_penalty: optional(Schema.Number),
    logprobs: optional(Schema.Boolean),
    top_logprobs: optional(Schema.Number),
    response_format: optional(Schema.Object),
    stream_options: optional(Schema.Struct({ include_usage: optional(Schema.Boolean) }, others))
  },
  others
)

/**
 * A request for a completion; members a server has besides (`top_k`, `guided_json`, …) are sent as they are.
 *
 * @since 0.1.0
 * @category models
 */
export type ChatRequest = typeof ChatRequest.Type

/**
 * How many tokens a completion took.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ChatUsage = Schema.Struct({
  prompt_tokens: absent(Schema.Number),
  completion_tokens: absent(Schema.Number),
  total_tokens: absent(Schema.Number)
})

/**
 * How many tokens a completion took.
 *
 * @since 0.1.0
 * @category models
 */
export type ChatUsage = typeof ChatUsage.Type

/**
 * A completion: the model's message, or several.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ChatCompletion = Schema.Struct({
  id: optional(Schema.String),
  model: optional(Schema.String),
  choices: Schema.Array(
    Schema.Struct({
      index: Schema.Number,
      message: Schema.Struct({
        role: optional(Schema.String),
        content: absent(Schema.String),
        reasoning_content: absent(Schema.String),
        tool_calls: absent(Schema.Array(ChatToolCall))
      }),
      finish_reason: absent(Schema.String),
      logprobs: absent(Schema.Object)
    })
  ),
  usage: absent(ChatUsage)
})

/**
 * A completion: the model's message, or several.
 *
 * @since 0.1.0
 * @category models
 */
export type ChatCompletion = typeof ChatCompletion.Type

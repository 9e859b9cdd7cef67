/**
 * Schemas of OpenAI's chat completions API, which vLLM, LMI and TGI implement on SageMaker.
 *
 * Member names are those of the API. Source: OpenAI's API reference.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(schema)

/** A member that servers omit or send as `null`. */
const nullish = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

const unknownMembers = Schema.Record({ key: Schema.String, value: Schema.Unknown })

// Each type is a mapped type of its schema's type, so that an editor shows `ChatRequest` instead of all its members.

const textPart = Schema.Struct({
  /** The type of the part. */
  type: Schema.Literal("text"),
  /** The text of the part. */
  text: Schema.String
})

const imagePart = Schema.Struct({
  /** The type of the part. */
  type: Schema.Literal("image_url"),
  /** The image. */
  image_url: Schema.Struct({
    /** The URL of the image, or a `data:` URL with its bytes in base64. */
    url: Schema.String,
    /** The resolution at which the model sees the image. Default: `auto`. */
    detail: optional(Schema.Literal("auto", "low", "high"))
  })
})

const audioPart = Schema.Struct({
  /** The type of the part. */
  type: Schema.Literal("input_audio"),
  /** The audio. */
  input_audio: Schema.Struct({
    /** The bytes of the audio in base64. */
    data: Schema.String,
    /** The format of the audio, for example `wav` or `mp3`. */
    format: Schema.String
  })
})

const content = Schema.Union(Schema.String, Schema.Array(Schema.Union(textPart, imagePart, audioPart)))

/**
 * A function call that the model generated.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ChatToolCall = Schema.Struct({
  /** The ID of the call. The message with its result repeats it as `tool_call_id`. */
  id: Schema.String,
  /** The type of the tool. Always `function`. */
  type: Schema.Literal("function"),
  /** The function to call. */
  function: Schema.Struct({
    /** The name of the function. */
    name: Schema.String,
    /** The arguments as the JSON text that the model generated. It can be invalid JSON. */
    arguments: Schema.String
  })
})

/**
 * A function call that the model generated.
 *
 * @since 0.1.0
 * @category models
 */
export type ChatToolCall = { [Member in keyof typeof ChatToolCall.Type]: (typeof ChatToolCall.Type)[Member] }

/**
 * A message of a conversation.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ChatMessage = Schema.Union(
  Schema.Struct({
    /** The author of the message. */
    role: Schema.Literal("system", "developer", "user"),
    /** The text of the message, or its text, image and audio parts. */
    content,
    /** The name of the author, to distinguish authors of one role. */
    name: optional(Schema.String)
  }),
  Schema.Struct({
    /** The author of the message: the model. */
    role: Schema.Literal("assistant"),
    /** The text of the message. Optional if the message has tool calls. */
    content: nullish(content),
    /** The tool calls that the model generated. */
    tool_calls: optional(Schema.Array(ChatToolCall))
  }),
  Schema.Struct({
    /** The author of the message: a tool. */
    role: Schema.Literal("tool"),
    /** The result of the tool call. */
    content,
    /** The ID of the tool call. */
    tool_call_id: Schema.String
  })
)

/**
 * A message of a conversation.
 *
 * @since 0.1.0
 * @category models
 */
export type ChatMessage = typeof ChatMessage.Type

/**
 * A function that the model can call.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ChatTool = Schema.Struct({
  /** The type of the tool. Always `function`. */
  type: Schema.Literal("function"),
  /** The function. */
  function: Schema.Struct({
    /** The name of the function. */
    name: Schema.String,
    /** What the function does. The model uses it to decide when to call the function. */
    description: optional(Schema.String),
    /** The parameters as a JSON Schema, for example from Effect's `JSONSchema.make`. Default: no parameters. */
    parameters: optional(Schema.Object),
    /** Whether the arguments must match the JSON Schema exactly. Default: `false`. */
    strict: optional(Schema.Boolean)
  })
})

/**
 * A function that the model can call.
 *
 * @since 0.1.0
 * @category models
 */
export type ChatTool = { [Member in keyof typeof ChatTool.Type]: (typeof ChatTool.Type)[Member] }

/**
 * A request for a chat completion.
 *
 * Members that the schema does not declare, such as `top_k` or `guided_json`, are sent unchanged.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ChatRequest = Schema.Struct(
  {
    /** The conversation so far. */
    messages: Schema.Array(ChatMessage),
    /** The name of the model. Model servers with a single model ignore it or require their own name. */
    model: optional(Schema.String),
    /** The functions that the model can call. */
    tools: optional(Schema.Array(ChatTool)),
    /** Whether the model calls a function: `none`, `auto`, `required`, or a specific one. Default: `auto` with tools. */
    tool_choice: optional(
      Schema.Union(
        Schema.Literal("none", "auto", "required"),
        Schema.Struct({
          /** The type of the tool. Always `function`. */
          type: Schema.Literal("function"),
          /** The function to call. */
          function: Schema.Struct({
            /** The name of the function. */
            name: Schema.String
          })
        })
      )
    ),
    /** Whether one completion can contain several tool calls. Default: `true`. */
    parallel_tool_calls: optional(Schema.Boolean),
    /** The maximum number of tokens to generate. Newer API versions call it `max_completion_tokens`. */
    max_tokens: optional(Schema.Number),
    /** The maximum number of tokens to generate, reasoning included. */
    max_completion_tokens: optional(Schema.Number),
    /** The sampling temperature, 0 to 2. Lower values are more deterministic. Default of the API: 1. */
    temperature: optional(Schema.Number),
    /** Nucleus sampling: the total probability of the tokens that are considered, 0 to 1. Default of the API: 1. */
    top_p: optional(Schema.Number),
    /** How many choices to generate. Default: 1. */
    n: optional(Schema.Number),
    /** Stop sequences: the model stops at the first one. The completion does not contain it. */
    stop: optional(Schema.Union(Schema.String, Schema.Array(Schema.String))),
    /** The seed of the sampling, for reproducible completions. */
    seed: optional(Schema.Number),
    /** Lowers the probability of a token in proportion to its frequency so far, -2 to 2. Default: 0. */
    frequency_penalty: optional(Schema.Number),
    /** Lowers the probability of a token that has occurred already, -2 to 2. Default: 0. */
    presence_penalty: optional(Schema.Number),
    /** Whether to return the log probabilities of the generated tokens. Default: `false`. */
    logprobs: optional(Schema.Boolean),
    /** How many of the most likely tokens to return at each position. Requires `logprobs`. */
    top_logprobs: optional(Schema.Number),
    /** The format of the completion, for example `{ type: "json_object" }` or a JSON Schema. Default: text. */
    response_format: optional(Schema.Object),
    /** Options of a stream. Default in streams of `ModelEndpoint.chat`: `{ include_usage: true }`. */
    stream_options: optional(
      Schema.Struct({
        /** Whether the stream ends with the token usage. */
        include_usage: optional(Schema.Boolean)
      }, unknownMembers)
    )
  },
  unknownMembers
)

/**
 * A request for a chat completion.
 *
 * Members that the schema does not declare, such as `top_k` or `guided_json`, are sent unchanged.
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
export const ChatUsage = Schema.Struct({
  /** Tokens of the prompt. */
  prompt_tokens: nullish(Schema.Number),
  /** Tokens that the model generated. */
  completion_tokens: nullish(Schema.Number),
  /** Tokens of the prompt and the completion. */
  total_tokens: nullish(Schema.Number)
})

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
export const ChatCompletion = Schema.Struct({
  /** The ID of the completion. */
  id: optional(Schema.String),
  /** The name of the model. */
  model: optional(Schema.String),
  /** The generated choices, as many as the request's `n`. */
  choices: Schema.Array(
    Schema.Struct({
      /** The index of the choice. */
      index: Schema.Number,
      /** The generated message. */
      message: Schema.Struct({
        /** The author of the message, usually `assistant`. */
        role: optional(Schema.String),
        /** The text of the message. `null` if the message has tool calls only. */
        content: nullish(Schema.String),
        /** The text of the model's reasoning. */
        reasoning_content: nullish(Schema.String),
        /** The tool calls that the model generated. */
        tool_calls: nullish(Schema.Array(ChatToolCall))
      }),
      /** Why the model stopped, for example `stop`, `length` or `tool_calls`. */
      finish_reason: nullish(Schema.String),
      /** The log probabilities of the tokens, if the request asked for them. */
      logprobs: nullish(Schema.Object)
    })
  ),
  /** How many tokens the completion used. */
  usage: nullish(ChatUsage)
})

/**
 * A chat completion.
 *
 * @since 0.1.0
 * @category models
 */
export type ChatCompletion = { [Member in keyof typeof ChatCompletion.Type]: (typeof ChatCompletion.Type)[Member] }

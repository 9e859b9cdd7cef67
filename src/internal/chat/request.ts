/** Requests for chat completions: OpenAI's members, and those that vLLM, SGLang, LMI and TGI add. */
import * as Schema from "effect/Schema"
import { lazy } from "../../protocol/function/lazy.ts"
import { lazySchema } from "../schema/lazySchema.ts"
import { optional } from "./fields.ts"
import { message } from "./message.ts"

const functionTool = lazySchema(() =>
  Schema.Struct({
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
      strict: optional(Schema.NullOr(Schema.Boolean))
    })
  })
)

const otherType = (known: ReadonlyArray<string>) =>
  Schema.String.pipe(Schema.filter((type) => !known.includes(type), { description: "another type" }))

/** The type has functions only, so that a misspelled type is a type error. `Chat.withMembers` adds other tools. */
export const tool = lazySchema(() =>
  Schema.asSchema(
    Schema.Union(functionTool, Schema.Struct({ type: otherType(["function"]) }))
  ) as Schema.Schema<typeof functionTool.Type, typeof functionTool.Encoded>
)

const knownToolChoice = lazySchema(() =>
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
    }),
    Schema.Struct({
      /** The model can only call some of the tools. */
      type: Schema.Literal("allowed_tools"),
      /** The tools that the model can call, and whether it must call one. */
      allowed_tools: Schema.Object
    })
  )
)

const toolChoice = lazySchema(() =>
  Schema.asSchema(
    Schema.Union(knownToolChoice, Schema.Struct({ type: otherType(["function", "allowed_tools"]) }))
  ) as Schema.Schema<typeof knownToolChoice.Type, typeof knownToolChoice.Encoded>
)

const openAiFields = lazy(() => ({
  /** The conversation so far. */
  messages: Schema.Array(message),
  /** The name of the model. Model servers with a single model ignore it or require their own name. */
  model: optional(Schema.String),
  /** The functions that the model can call. */
  tools: optional(Schema.Array(tool)),
  /** Whether the model calls a function: `none`, `auto`, `required`, or a specific one. Default: `auto` with tools. */
  tool_choice: optional(toolChoice),
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
  /** Changes the probability of tokens, by their IDs: -100 to 100. */
  logit_bias: optional(Schema.Record({ key: Schema.String, value: Schema.Number })),
  /** Whether to return the log probabilities of the generated tokens. Default: `false`. */
  logprobs: optional(Schema.Boolean),
  /** How many of the most likely tokens to return at each position. Requires `logprobs`. */
  top_logprobs: optional(Schema.Number),
  /** The format of the completion, for example `{ type: "json_object" }` or a JSON Schema. Default: text. */
  response_format: optional(Schema.Object),
  /** How much the model reasons, for example `low`, `medium` or `high`. */
  reasoning_effort: optional(Schema.String),
  /** The kinds of output, for example `["text", "audio"]`. */
  modalities: optional(Schema.Array(Schema.String)),
  /** The voice and the format of the output audio. */
  audio: optional(Schema.Object),
  /** Text that the completion probably contains, for faster generation. */
  prediction: optional(Schema.Object),
  /** Options of a web search. */
  web_search_options: optional(Schema.Object),
  /** How detailed the completion is, for example `low`. */
  verbosity: optional(Schema.String),
  /** The service tier that processes the request. */
  service_tier: optional(Schema.String),
  /** Whether the server stores the completion. */
  store: optional(Schema.Boolean),
  /** Labels of a stored completion. */
  metadata: optional(Schema.Record({ key: Schema.String, value: Schema.String })),
  /** An ID of the end user. */
  user: optional(Schema.String),
  /** A stable ID of the end user, to detect misuse. */
  safety_identifier: optional(Schema.String),
  /** A key that requests with the same prompt share, to use the server's cache. */
  prompt_cache_key: optional(Schema.String),
  /** The functions of the legacy API. */
  functions: optional(Schema.Array(Schema.Object)),
  /** Whether the model calls a function of the legacy API. */
  function_call: optional(Schema.Union(Schema.String, Schema.Object)),
  /** Whether the response is a stream. `ModelEndpoint.chat` sets it. */
  stream: optional(Schema.Boolean),
  /** Options of a stream. Default in streams of `ModelEndpoint.chat`: `{ include_usage: true }`. */
  stream_options: optional(
    Schema.Struct({
      /** Whether the stream ends with the token usage. */
      include_usage: optional(Schema.Boolean),
      /** Whether each chunk contains the token usage so far. vLLM supports it. */
      continuous_usage_stats: optional(Schema.Boolean)
    })
  )
}))

const samplingFields = lazy(() => ({
  /** How many of the most likely tokens are considered. vLLM, SGLang, LMI. */
  top_k: optional(Schema.Number),
  /** The minimum probability of a token relative to the most likely one, 0 to 1. vLLM, SGLang. */
  min_p: optional(Schema.Number),
  /** Lowers the probability of tokens of the prompt and the completion so far; 1 has no effect. vLLM, SGLang, LMI, TGI. */
  repetition_penalty: optional(Schema.Number),
  /** Changes the score of long sequences in a beam search; 1 has no effect. vLLM. */
  length_penalty: optional(Schema.Number),
  /** The minimum number of tokens to generate. vLLM, SGLang. */
  min_tokens: optional(Schema.Number),
  /** How many completions are generated, of which the best `n` are returned. vLLM, LMI. */
  best_of: optional(Schema.Number),
  /** Whether the model generates with a beam search. vLLM. */
  use_beam_search: optional(Schema.Boolean),
  /** Whether the model samples. LMI, TGI. */
  do_sample: optional(Schema.Boolean),
  /** The IDs of tokens at which the model stops. vLLM, SGLang, LMI. */
  stop_token_ids: optional(Schema.Array(Schema.Number)),
  /** Whether the completion contains the stop sequence. vLLM, LMI. */
  include_stop_str_in_output: optional(Schema.Boolean),
  /** Whether the model continues after its end token. vLLM, SGLang. */
  ignore_eos: optional(Schema.Boolean),
  /** Whether special tokens are removed from the text. Default: `true`. vLLM, SGLang, LMI. */
  skip_special_tokens: optional(Schema.Boolean),
  /** Whether special tokens are separated by spaces. vLLM, SGLang. */
  spaces_between_special_tokens: optional(Schema.Boolean),
  /** Whether the stop sequence stays in the text. SGLang. */
  no_stop_trim: optional(Schema.Boolean),
  /** How many log probabilities of each token of the prompt are returned. vLLM. */
  prompt_logprobs: optional(Schema.Number),
  /** How many tokens of the prompt are used, from its end. vLLM. */
  truncate_prompt_tokens: optional(Schema.Number),
  /** The IDs of the only tokens that the model can generate. vLLM. */
  allowed_token_ids: optional(Schema.Array(Schema.Number)),
  /** Words that the model does not generate. vLLM. */
  bad_words: optional(Schema.Array(Schema.String)),
  /** The regular expressions at which the model stops. SGLang. */
  stop_regex: optional(Schema.Union(Schema.String, Schema.Array(Schema.String))),
  /** The maximum number of tokens of the reasoning. vLLM. */
  thinking_token_budget: optional(Schema.Number)
}))

const guidedFields = lazy(() => ({
  /** The JSON Schema of the completion. vLLM before 0.12, LMI. */
  guided_json: optional(Schema.Union(Schema.String, Schema.Object)),
  /** The regular expression of the completion. vLLM before 0.12, LMI. */
  guided_regex: optional(Schema.String),
  /** The completions that are allowed. vLLM before 0.12, LMI. */
  guided_choice: optional(Schema.Array(Schema.String)),
  /** The grammar of the completion. vLLM before 0.12, LMI. */
  guided_grammar: optional(Schema.String),
  /** The library that restricts the completion. vLLM before 0.12, LMI. */
  guided_decoding_backend: optional(Schema.String),
  /** The pattern of white space in JSON. vLLM before 0.12. */
  guided_whitespace_pattern: optional(Schema.String),
  /** The JSON Schema, the regular expression, the choices or the grammar of the completion. vLLM. */
  structured_outputs: optional(Schema.Object),
  /** The regular expression of the completion. SGLang. */
  regex: optional(Schema.String),
  /** The grammar of the completion in EBNF. SGLang. */
  ebnf: optional(Schema.String)
}))

const serverFields = lazy(() => ({
  /** The chat template, in place of the model's own. vLLM. */
  chat_template: optional(Schema.String),
  /** Variables of the chat template, for example `{ enable_thinking: false }`. vLLM, SGLang, LMI. */
  chat_template_kwargs: optional(Schema.Object),
  /** Whether the prompt ends with the beginning of the assistant's message. Default: `true`. vLLM. */
  add_generation_prompt: optional(Schema.Boolean),
  /** Whether the model continues the last message. vLLM, SGLang. */
  continue_final_message: optional(Schema.Boolean),
  /** Whether special tokens are added to the prompt. vLLM. */
  add_special_tokens: optional(Schema.Boolean),
  /** Documents for retrieval, if the chat template uses them. vLLM. */
  documents: optional(Schema.Array(Schema.Object)),
  /** Whether the response contains the last message of the request. vLLM. */
  echo: optional(Schema.Boolean),
  /** Whether the response contains the reasoning. vLLM. */
  include_reasoning: optional(Schema.Boolean),
  /** Whether the reasoning is separated from the content. Default: `true`. SGLang. */
  separate_reasoning: optional(Schema.Boolean),
  /** Whether the reasoning is streamed. Default: `true`. SGLang. */
  stream_reasoning: optional(Schema.Boolean),
  /** Options of the processor of images, audio and video. vLLM. */
  mm_processor_kwargs: optional(Schema.Object),
  /** Options of loading images, audio and video, by modality. vLLM. */
  media_io_kwargs: optional(Schema.Object),
  /** The priority of the request. vLLM processes lower values first. vLLM, SGLang. */
  priority: optional(Schema.Number),
  /** The ID of the request on the server. vLLM. */
  request_id: optional(Schema.String),
  /** The ID of the request on the server. SGLang. */
  rid: optional(Schema.String),
  /** A secret that separates the server's prefix cache between tenants. vLLM, SGLang. */
  cache_salt: optional(Schema.String),
  /** Options of the transfer of the key-value cache. vLLM. */
  kv_transfer_params: optional(Schema.Object),
  /** Whether the response contains the IDs of the tokens. vLLM. */
  return_token_ids: optional(Schema.Boolean),
  /** Whether tokens in log probabilities are written as `token_id:` and the ID. vLLM. */
  return_tokens_as_token_ids: optional(Schema.Boolean),
  /** Whether the response contains the hidden states of the model. SGLang. */
  return_hidden_states: optional(Schema.Boolean),
  /** A serialized logit processor. SGLang. */
  custom_logit_processor: optional(Schema.String),
  /** Parameters of the logit processor. SGLang. */
  custom_params: optional(Schema.Object),
  /** Options of extensions of the server. vLLM. */
  vllm_xargs: optional(Schema.Object),
  /** The LoRA adapter of the request. SGLang. */
  lora_path: optional(Schema.String),
  /** The LoRA adapters of the request. LMI. */
  adapters: optional(Schema.Union(Schema.String, Schema.Array(Schema.String))),
  /** The LoRA adapter of the request. TGI. */
  adapter_id: optional(Schema.String),
  /** The text before the descriptions of the tools. TGI. */
  tool_prompt: optional(Schema.String),
  /** The policy of the chat template of a model that classifies content. TGI. */
  guideline: optional(Schema.String)
}))

export const request = lazySchema(() =>
  Schema.Struct({ ...openAiFields(), ...samplingFields(), ...guidedFields(), ...serverFields() })
)

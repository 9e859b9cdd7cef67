/** Chat completions, and the chunks in which they are streamed. */
import * as Schema from "effect/Schema"
import { lazy } from "../../protocol/function/lazy.ts"
import { nullish } from "../schema/fields.ts"
import { lazySchema } from "../schema/lazySchema.ts"

/** A list. One object in place of a list is decoded as a list of one. */
const listOf = <A, I>(schema: Schema.Schema<A, I>) =>
  Schema.Union(
    Schema.Array(schema),
    Schema.transform(schema, Schema.Tuple(Schema.typeSchema(schema)), {
      strict: true,
      decode: (value) => [value] as const,
      encode: ([value]) => value
    })
  ) as Schema.Schema<ReadonlyArray<A>, ReadonlyArray<I> | I>

const calledFunction = lazySchema(() =>
  Schema.Struct({
    /** The name of the function. */
    name: nullish(Schema.String),
    /** The arguments: the JSON text that the model generated, or an object, which TGI before 3.2 sends. */
    arguments: nullish(Schema.Union(Schema.String, Schema.Object))
  })
)

const completionToolCall = lazySchema(() =>
  Schema.Struct({
    /** The ID of the call. TGI before 3.2 sends a number. */
    id: nullish(Schema.Union(Schema.String, Schema.Number)),
    /** The position of the call. Chunks have it. */
    index: nullish(Schema.Number),
    /** The type of the tool, usually `function`. */
    type: nullish(Schema.String),
    /** The function to call. */
    function: nullish(calledFunction)
  })
)

const annotation = lazySchema(() =>
  Schema.Struct({
    /** The type of the annotation, for example `url_citation`. */
    type: nullish(Schema.String),
    /** A citation of a web page. */
    url_citation: nullish(Schema.Struct({
      /** The address of the page. */
      url: nullish(Schema.String),
      /** The title of the page. */
      title: nullish(Schema.String),
      /** The position of the first character that the citation belongs to. */
      start_index: nullish(Schema.Number),
      /** The position of the last character that the citation belongs to. */
      end_index: nullish(Schema.Number)
    }))
  })
)

const audio = lazySchema(() =>
  Schema.Struct({
    /** The ID of the audio, to refer to it in a later request. */
    id: nullish(Schema.String),
    /** The bytes of the audio in base64. */
    data: nullish(Schema.String),
    /** The text of the audio. */
    transcript: nullish(Schema.String),
    /** When the server deletes the audio, in seconds since 1970. */
    expires_at: nullish(Schema.Number)
  })
)

const messageFields = lazy(() => ({
  /** The author of the message, usually `assistant`. */
  role: nullish(Schema.String),
  /** The text of the message. `null` if the message has tool calls only. */
  content: nullish(Schema.String),
  /** The text of the model's reasoning, as vLLM from version 0.16 names it. */
  reasoning: nullish(Schema.String),
  /** The text of the model's reasoning, as SGLang, LMI and earlier versions of vLLM name it. */
  reasoning_content: nullish(Schema.String),
  /** The text of the model's refusal. */
  refusal: nullish(Schema.String),
  /** Annotations of the text, such as citations. */
  annotations: nullish(listOf(annotation)),
  /** The audio response of the model. */
  audio: nullish(audio),
  /** The function call of the legacy API. */
  function_call: nullish(calledFunction)
}))

const completionMessage = lazySchema(() =>
  Schema.Struct({
    ...messageFields(),
    /** The tool calls that the model generated. */
    tool_calls: nullish(listOf(completionToolCall))
  })
)

const delta = lazySchema(() =>
  Schema.Struct({
    ...messageFields(),
    /** Parts of tool calls. TGI before 3.2 sends one object in place of a list. */
    tool_calls: nullish(Schema.Union(Schema.Array(completionToolCall), completionToolCall))
  })
)

const tokenFields = lazy(() => ({
  /** The text of the token. */
  token: nullish(Schema.String),
  /** The natural logarithm of the token's probability. */
  logprob: nullish(Schema.Number),
  /** The UTF-8 bytes of the token. */
  bytes: nullish(Schema.Array(Schema.Number))
}))

const tokenLogprob = lazySchema(() =>
  Schema.Struct({
    ...tokenFields(),
    /** The most likely tokens at this position. */
    top_logprobs: nullish(Schema.Array(Schema.Struct(tokenFields())))
  })
)

const logprobs = lazySchema(() =>
  Schema.Struct({
    /** The tokens of the content. */
    content: nullish(Schema.Array(tokenLogprob)),
    /** The tokens of the refusal. */
    refusal: nullish(Schema.Array(tokenLogprob))
  })
)

const choiceFields = lazy(() => ({
  /** The index of the choice. */
  index: nullish(Schema.Number),
  /** Why the model stopped, for example `stop`, `length` or `tool_calls`. */
  finish_reason: nullish(Schema.String),
  /** The stop sequence or the stop token that the model generated. vLLM sends it. */
  stop_reason: nullish(Schema.Union(Schema.String, Schema.Number)),
  /** The stop sequence or the stop token that the model generated. SGLang sends it. */
  matched_stop: nullish(Schema.Union(Schema.String, Schema.Number)),
  /** The log probabilities of the tokens, if the request enables them. */
  logprobs: nullish(logprobs)
}))

export const usage = lazySchema(() =>
  Schema.Struct({
    /** Tokens of the prompt. */
    prompt_tokens: nullish(Schema.Number),
    /** Tokens that the model generated. */
    completion_tokens: nullish(Schema.Number),
    /** Tokens of the prompt and the completion. */
    total_tokens: nullish(Schema.Number),
    /** Tokens of the prompt by kind. */
    prompt_tokens_details: nullish(Schema.Struct({
      /** Tokens that the server read from its cache. */
      cached_tokens: nullish(Schema.Number),
      /** Tokens of audio. */
      audio_tokens: nullish(Schema.Number)
    })),
    /** Generated tokens by kind. */
    completion_tokens_details: nullish(Schema.Struct({
      /** Tokens of the reasoning. */
      reasoning_tokens: nullish(Schema.Number),
      /** Tokens of audio. */
      audio_tokens: nullish(Schema.Number),
      /** Tokens of the prediction that the completion contains. */
      accepted_prediction_tokens: nullish(Schema.Number),
      /** Tokens of the prediction that the completion does not contain. */
      rejected_prediction_tokens: nullish(Schema.Number)
    })),
    /** Tokens of the reasoning. SGLang sends it. */
    reasoning_tokens: nullish(Schema.Number)
  })
)

const completionFields = lazy(() => ({
  /** The ID of the completion. */
  id: nullish(Schema.String),
  /** The type of the object. */
  object: nullish(Schema.String),
  /** When the server made the completion, in seconds since 1970. */
  created: nullish(Schema.Number),
  /** The name of the model. */
  model: nullish(Schema.String),
  /** The version of the server's configuration. */
  system_fingerprint: nullish(Schema.String),
  /** The service tier that processed the request. */
  service_tier: nullish(Schema.String),
  /** How many tokens the completion used. */
  usage: nullish(usage)
}))

export const completion = lazySchema(() =>
  Schema.Struct({
    ...completionFields(),
    /** The generated choices, as many as the request's `n`. */
    choices: Schema.Array(
      Schema.Struct({
        ...choiceFields(),
        /** The generated message. */
        message: completionMessage
      })
    )
  })
)

export const completionChunk = lazySchema(() =>
  Schema.Struct({
    ...completionFields(),
    /** A part of each choice. The chunk with the usage has none. */
    choices: Schema.Array(
      Schema.Struct({
        ...choiceFields(),
        /** The new part of the message. */
        delta: nullish(delta)
      })
    )
  })
)

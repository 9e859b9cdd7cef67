/** SGLang. Source: `http_server.py` and `docs/basic_usage/sampling_params.md` of SGLang. */
import * as Schema from "effect/Schema"
import * as Codec from "../../../Codec.ts"
import type { SglangEndpoint } from "../../../Container.ts"
import type { ModelEndpointOptions } from "../../../ModelEndpoint.ts"
import * as Tokens from "../../../Tokens.ts"
import { ofLanguageModel } from "../../modelEndpoint/modelKind.ts"
import { sglangUsage } from "../../modelEndpoint/modelUsage.ts"
import { nullish, open } from "../../schema/fields.ts"
import { lazySchema } from "../../schema/lazySchema.ts"
import { generationEndpoint } from "./generation.ts"
import { oneOrMany } from "./members.ts"
import { modelsOf } from "./models.ts"

const samplingParameters = lazySchema(() =>
  open({
    /** The maximum number of tokens to generate. Default: 128. */
    max_new_tokens: nullish(Schema.Number),
    /** The minimum number of tokens to generate. Default: 0. */
    min_new_tokens: nullish(Schema.Number),
    /** The sampling temperature. Default: that of the model, else 1. */
    temperature: nullish(Schema.Number),
    /** Nucleus sampling: the total probability of the tokens that are considered, 0 to 1. */
    top_p: nullish(Schema.Number),
    /** How many of the most likely tokens are considered. -1 means all. */
    top_k: nullish(Schema.Number),
    /** The minimum probability of a token, relative to that of the most likely one. */
    min_p: nullish(Schema.Number),
    /** Lowers the probability of a token in proportion to its frequency so far, -2 to 2. Default: 0. */
    frequency_penalty: nullish(Schema.Number),
    /** Lowers the probability of a token that has occurred already, -2 to 2. Default: 0. */
    presence_penalty: nullish(Schema.Number),
    /** Stop sequences. */
    stop: nullish(oneOrMany(Schema.String)),
    /** The IDs of tokens at which the model stops. */
    stop_token_ids: nullish(Schema.Array(Schema.Number)),
    /** How many texts to generate for each prompt. Default: 1. */
    n: nullish(Schema.Number),
    /** A JSON Schema that the text must match, as JSON text. */
    json_schema: nullish(Schema.String),
    /** A regular expression that the text must match. */
    regex: nullish(Schema.String)
  })
)

export const generateRequest = lazySchema(() =>
  open({
    /** The text to continue, or several texts. A request has `text`, `input_ids` or `input_embeds`. */
    text: nullish(oneOrMany(Schema.String)),
    /** The token IDs of the prompt, or of several prompts. */
    input_ids: nullish(Schema.Union(Schema.Array(Schema.Number), Schema.Array(Schema.Array(Schema.Number)))),
    /** How to generate the text, once or for each prompt. */
    sampling_params: nullish(oneOrMany(samplingParameters)),
    /** An ID of the request, or of each prompt. */
    rid: nullish(oneOrMany(Schema.String)),
    /** Whether to return log probabilities. */
    return_logprob: nullish(oneOrMany(Schema.Boolean))
  })
)

export const generation = lazySchema(() =>
  open({
    /** The generated text. Missing if the server has no tokenizer. */
    text: nullish(Schema.String),
    /** The IDs of the generated tokens. */
    output_ids: nullish(Schema.Array(Schema.Number)),
    /** Token counts and why the model stopped. */
    meta_info: nullish(
      open({
        /** The ID of the request. */
        id: nullish(Schema.String),
        /** Why the model stopped. */
        finish_reason: nullish(
          Schema.Union(
            Schema.String,
            open({
              /** The reason: `stop`, `length` or `abort`. */
              type: nullish(Schema.String),
              /** The stop sequence or the ID of the token that ended the text. */
              matched: nullish(Schema.Union(Schema.String, Schema.Number)),
              /** The limit that ended the text. */
              length: nullish(Schema.Number),
              /** What failed, if the reason is `abort`. */
              message: nullish(Schema.String)
            })
          )
        ),
        /** Tokens of the prompt. */
        prompt_tokens: nullish(Schema.Number),
        /** Tokens that the model generated. */
        completion_tokens: nullish(Schema.Number),
        /** Tokens of the prompt that were read from the cache. */
        cached_tokens: nullish(Schema.Number),
        /** How long the request took, in seconds. */
        e2e_latency: nullish(Schema.Number)
      })
    )
  })
)

export const generateResponse = lazySchema(() => oneOrMany(generation))

export const sglang = (name: string, options?: ModelEndpointOptions): SglangEndpoint => {
  const { chat, make } = modelsOf(name, options)
  return {
    name,
    chat,
    generate: generationEndpoint(
      make({
        request: Codec.json(generateRequest),
        response: ofLanguageModel(
          { operation: "text_completion", usageOf: sglangUsage },
          Codec.json(generateResponse, { nonFinite: true })
        )
      }),
      Tokens.sglang
    )
  }
}

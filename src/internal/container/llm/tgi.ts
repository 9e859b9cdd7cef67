/** Hugging Face's Text Generation Inference. Source: `router/src/lib.rs` and `router/src/sagemaker.rs` of TGI. */
import * as Schema from "effect/Schema"
import type { TgiEndpoint } from "../../../Container.ts"
import type { ModelEndpointOptions } from "../../../ModelEndpoint.ts"
import { lazy } from "../../../protocol/function/lazy.ts"
import * as Tokens from "../../../Tokens.ts"
import { ofLanguageModel } from "../../modelEndpoint/modelKind.ts"
import { generationUsage } from "../../modelEndpoint/modelUsage.ts"
import { nullish, open } from "../../schema/fields.ts"
import { lazySchema } from "../../schema/lazySchema.ts"
import { completionsOf } from "./completions.ts"
import { generationEndpoint } from "./generation.ts"
import { generationJson, oneOrMany, seed } from "./members.ts"
import { modelsOf } from "./models.ts"

const parameters = lazySchema(() =>
  open({
    /** The maximum number of tokens to generate. Default: 100, or what the context allows in newer releases. */
    max_new_tokens: nullish(Schema.Number),
    /** Whether to sample. Default: `false`. */
    do_sample: Schema.optional(Schema.Boolean),
    /** The sampling temperature, greater than 0. */
    temperature: nullish(Schema.Number),
    /** How many of the most likely tokens are considered. */
    top_k: nullish(Schema.Number),
    /** Nucleus sampling: the total probability of the tokens that are considered, between 0 and 1. */
    top_p: nullish(Schema.Number),
    /** Typical decoding mass, between 0 and 1. */
    typical_p: nullish(Schema.Number),
    /** Lowers the probability of tokens that have occurred, greater than 0. 1 means no penalty. */
    repetition_penalty: nullish(Schema.Number),
    /** Lowers the probability of a token in proportion to its frequency so far, -2 to 2. */
    frequency_penalty: nullish(Schema.Number),
    /** The seed of the sampling, for reproducible texts: 64 bits. */
    seed: nullish(seed),
    /** Stop sequences, by default at most four. */
    stop: Schema.optional(Schema.Array(Schema.String)),
    /** Whether the generated text starts with the input. */
    return_full_text: nullish(Schema.Boolean),
    /** Keeps only this many of the last input tokens. */
    truncate: nullish(Schema.Number),
    /** Whether the response has `details`. Default: `false`. */
    details: Schema.optional(Schema.Boolean),
    /** Whether `details` has the tokens of the input. Default: `false`. Not available in a stream. */
    decoder_input_details: Schema.optional(Schema.Boolean),
    /** How many of the most likely tokens to return at each position, as `top_tokens`. */
    top_n_tokens: nullish(Schema.Number),
    /** How many texts to generate. The one with the highest probability is returned. Not available in a stream. */
    best_of: nullish(Schema.Number),
    /** Whether to add a watermark to the text. Default: `false`. */
    watermark: Schema.optional(Schema.Boolean),
    /** A grammar that the text must match. */
    grammar: nullish(
      open({
        /** The kind of grammar: `json`, `json_schema` or `regex`. */
        type: Schema.String,
        /** A JSON Schema, or the text of a regular expression. */
        value: Schema.Unknown
      })
    ),
    /** The ID of a LoRA adapter. */
    adapter_id: nullish(Schema.String)
  })
)

export const generateRequest = lazySchema(() =>
  open({
    /** The text to continue. */
    inputs: Schema.String,
    /** How to generate the text. */
    parameters: Schema.optional(parameters)
  })
)

const token = lazySchema(() =>
  open({
    /** The ID of the token in the model's vocabulary. */
    id: Schema.Number,
    /** The text of the token. */
    text: Schema.String,
    /** The natural logarithm of the token's probability. `null` for the first token of the input. */
    logprob: nullish(Schema.Number),
    /** Whether the token is special, such as the end of the text. Tokens of the input do not have it. */
    special: nullish(Schema.Boolean)
  })
)

const sequence = lazy(() => ({
  /** Why the model stopped: `length`, `eos_token` or `stop_sequence`. */
  finish_reason: nullish(Schema.String),
  /** How many tokens the model generated. */
  generated_tokens: nullish(Schema.Number),
  /** The seed, if the model sampled: 64 bits. A `bigint` beyond 2^53. */
  seed: nullish(seed),
  /** The tokens of the input. Empty unless the request has `decoder_input_details`. */
  prefill: nullish(Schema.Array(token)),
  /** The generated tokens. */
  tokens: nullish(Schema.Array(token)),
  /** The most likely tokens at each position, if the request has `top_n_tokens`. */
  top_tokens: nullish(Schema.Array(Schema.Array(token)))
}))

export const generation = lazySchema(() =>
  open({
    /** The generated text. */
    generated_text: Schema.String,
    /** The generated tokens and why the model stopped, if the request has `details`. */
    details: nullish(
      open({
        ...sequence(),
        /** The other texts, if the request has `best_of`. */
        best_of_sequences: nullish(
          Schema.Array(
            open({
              /** The generated text. */
              generated_text: Schema.String,
              ...sequence()
            })
          )
        )
      })
    )
  })
)

export const generateResponse = lazySchema(() => oneOrMany(generation))

export const tgi = (name: string, options?: ModelEndpointOptions): TgiEndpoint => {
  const models = modelsOf(name, options)
  return {
    name,
    chat: models.chat,
    completions: completionsOf(models),
    generate: generationEndpoint(
      models.make({
        request: generationJson(generateRequest),
        response: ofLanguageModel(
          { operation: "text_completion", usageOf: generationUsage },
          generationJson(generateResponse)
        )
      }),
      Tokens.tgi
    )
  }
}

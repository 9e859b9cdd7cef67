/** DJL Serving's Large Model Inference. Source: `serving/docs/lmi/user_guides` and `djl_python/lmi_vllm` of DJL Serving. */
import * as Schema from "effect/Schema"
import type { LmiEndpoint } from "../../../Container.ts"
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
    /** The maximum number of tokens to generate. Default: 30. */
    max_new_tokens: nullish(Schema.Number),
    /** Whether to sample. LMI 0.31 and earlier sample only if it is `true`. */
    do_sample: nullish(Schema.Boolean),
    /** The sampling temperature. Default: 1. */
    temperature: nullish(Schema.Number),
    /** How many of the most likely tokens are considered. */
    top_k: nullish(Schema.Number),
    /** Nucleus sampling: the total probability of the tokens that are considered. Default: 1. */
    top_p: nullish(Schema.Number),
    /** Lowers the probability of tokens that have occurred. Default: 1, no penalty. */
    repetition_penalty: nullish(Schema.Number),
    /** The seed of the sampling: 64 bits. Default: random. */
    seed: nullish(seed),
    /** Stop sequences. LMI's asynchronous vLLM handler passes its parameters to vLLM, which reads `stop` instead. */
    stop_sequences: nullish(Schema.Array(Schema.String)),
    /** Whether the generated text starts with the input. Default: `false`. */
    return_full_text: nullish(Schema.Boolean),
    /** Whether the response has `details`. Default: `false`. */
    details: nullish(Schema.Boolean),
    /** Whether `details` has the tokens of the input. Default: `false`. Not available in a stream. */
    decoder_input_details: nullish(Schema.Boolean)
  })
)

export const generateRequest = lazySchema(() =>
  open({
    /** The text to continue. With dynamic batching it can be a list of texts. */
    inputs: oneOrMany(Schema.String),
    /** How to generate the text. */
    parameters: nullish(parameters)
  })
)

const token = lazySchema(() =>
  open({
    /** The ID of the token in the model's vocabulary. */
    id: nullish(Schema.Number),
    /** The text of the token. */
    text: nullish(Schema.String),
    /** The natural logarithm of the token's probability. */
    log_prob: nullish(Schema.Number),
    /** `log_prob` under the name that TGI and the asynchronous vLLM handler use. */
    logprob: nullish(Schema.Number)
  })
)

const sequence = lazy(() => ({
  /** Why the model stopped: `length`, `eos_token`, `stop_sequence` or `error`. */
  finish_reason: nullish(Schema.String),
  /** How many tokens the model generated. */
  generated_tokens: nullish(Schema.Number),
  /** The generated tokens. */
  tokens: nullish(Schema.Array(token))
}))

export const generation = lazySchema(() =>
  open({
    /** The generated text. */
    generated_text: Schema.String,
    /** The generated tokens and why the model stopped, if the request has `details`. */
    details: nullish(
      open({
        ...sequence(),
        /** The input. */
        inputs: nullish(Schema.String),
        /** The tokens of the input, if the request has `decoder_input_details`. */
        prefill: nullish(Schema.Array(token)),
        /** The other texts, if the request has `n`, `best_of` or `num_beams`. */
        best_of_sequences: nullish(
          Schema.Array(
            open({
              /** The generated text. */
              generated_text: nullish(Schema.String),
              ...sequence()
            })
          )
        )
      })
    )
  })
)

export const generateResponse = lazySchema(() => oneOrMany(generation))

export const lmi = (name: string, options?: ModelEndpointOptions): LmiEndpoint => {
  const models = modelsOf(name, options)
  return {
    name,
    chat: models.chat,
    completions: completionsOf(models),
    embeddings: models.embeddings("huggingFace"),
    generate: generationEndpoint(
      models.make({
        request: generationJson(generateRequest),
        response: ofLanguageModel(
          { operation: "text_completion", usageOf: generationUsage },
          generationJson(generateResponse)
        )
      }),
      Tokens.lmi
    )
  }
}

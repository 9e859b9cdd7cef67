/** OpenAI's completions API, as vLLM, LMI and TGI implement it. */
import * as Schema from "effect/Schema"
import * as Chat from "../../../Chat.ts"
import * as Codec from "../../../Codec.ts"
import type { CompletionsEndpoint } from "../../../Container.ts"
import * as Tokens from "../../../Tokens.ts"
import { ofLanguageModel } from "../../modelEndpoint/modelKind.ts"
import { completionUsage } from "../../modelEndpoint/modelUsage.ts"
import { nullish, open } from "../../schema/fields.ts"
import { lazySchema } from "../../schema/lazySchema.ts"
import { generationEndpoint } from "./generation.ts"
import { oneOrMany, textOrTokens } from "./members.ts"
import type { modelsOf } from "./models.ts"

export const completionsRequest = lazySchema(() =>
  open({
    /** The prompt, or several prompts. vLLM also accepts token IDs. */
    prompt: textOrTokens,
    /** The name of the model. vLLM rejects any name but its own. Default: the model of the container. */
    model: nullish(Schema.String),
    /** The maximum number of tokens to generate. Default of vLLM: 16; of TGI: 100, or what the context allows. */
    max_tokens: nullish(Schema.Number),
    /** The sampling temperature, 0 to 2. Lower values are more deterministic. */
    temperature: nullish(Schema.Number),
    /** Nucleus sampling: the total probability of the tokens that are considered, 0 to 1. */
    top_p: nullish(Schema.Number),
    /** How many choices to generate for each prompt. Default: 1. */
    n: nullish(Schema.Number),
    /** Stop sequences: the model stops at the first one. */
    stop: nullish(oneOrMany(Schema.String)),
    /** The seed of the sampling, for reproducible completions. */
    seed: nullish(Schema.Number),
    /** Text that follows the completion. */
    suffix: nullish(Schema.String),
    /** Whether the completion starts with the prompt. Default: `false`. */
    echo: nullish(Schema.Boolean),
    /** How many of the most likely tokens to return at each position, with their log probabilities. */
    logprobs: nullish(Schema.Number),
    /** Lowers the probability of a token in proportion to its frequency so far, -2 to 2. Default: 0. */
    frequency_penalty: nullish(Schema.Number),
    /** Lowers the probability of a token that has occurred already, -2 to 2. Default: 0. */
    presence_penalty: nullish(Schema.Number),
    /** Options of a stream. Default of `stream`: `{ include_usage: true }`. `invoke` does not send it. */
    stream_options: Schema.optional(
      open({
        /** Whether the stream ends with the token usage. */
        include_usage: Schema.optional(Schema.Boolean)
      })
    )
  })
)

const logprobs = lazySchema(() =>
  open({
    /** The tokens as text. */
    tokens: nullish(Schema.Array(Schema.String)),
    /** The log probability of each token. `null` for the first token of an echoed prompt. */
    token_logprobs: nullish(Schema.Array(Schema.NullOr(Schema.Number))),
    /** The most likely tokens at each position, with their log probabilities. */
    top_logprobs: nullish(
      Schema.Array(Schema.NullOr(Schema.Record({ key: Schema.String, value: Schema.NullOr(Schema.Number) })))
    ),
    /** The offset of each token in the text. */
    text_offset: nullish(Schema.Array(Schema.Number))
  })
)

export const completionsResponse = lazySchema(() =>
  open({
    /** The ID of the completion. TGI sends an empty text. */
    id: nullish(Schema.String),
    /** The type of the response, usually `text_completion`. */
    object: nullish(Schema.String),
    /** When the completion was created, in seconds since 1970. */
    created: nullish(Schema.Number),
    /** The name of the model. */
    model: nullish(Schema.String),
    /** The generated choices: `n` for each prompt. */
    choices: Schema.Array(
      open({
        /** The index of the choice. */
        index: nullish(Schema.Number),
        /** The generated text. */
        text: Schema.String,
        /** The log probabilities of the tokens, if the request enables them. */
        logprobs: nullish(logprobs),
        /** Why the model stopped, for example `stop` or `length`. */
        finish_reason: nullish(Schema.String),
        /** The stop sequence or the ID of the token that ended the completion (vLLM). */
        stop_reason: nullish(Schema.Union(Schema.String, Schema.Number))
      })
    ),
    /** How many tokens the completion used. */
    usage: nullish(Chat.ChatUsage),
    /** The version of the server. */
    system_fingerprint: nullish(Schema.String)
  })
)

export const completionsOf = ({ make }: ReturnType<typeof modelsOf>): CompletionsEndpoint =>
  generationEndpoint(
    make({
      request: Codec.json(completionsRequest),
      response: ofLanguageModel(
        { operation: "text_completion", usageOf: completionUsage },
        Codec.json(completionsResponse, { nonFinite: true })
      )
    }),
    Tokens.openAi,
    { stream_options: { include_usage: true } }
  )

/** Events of TGI's `generate_stream` and lines of DJL Serving's LMI, which differ in a few member names. */
import * as Schema from "effect/Schema"
import type { Token } from "../../Tokens.ts"
import { type Decoded, type DecodedEvent, finishReason, hasContent, makeToken, nullish, usageOf } from "./token.ts"

export const generatedToken = () =>
  Schema.Struct({
    token: Schema.Struct({
      text: nullish(Schema.String),
      logprob: nullish(Schema.Number),
      log_prob: nullish(Schema.Number),
      special: nullish(Schema.Boolean),
      special_token: nullish(Schema.Boolean)
    }),
    details: nullish(
      Schema.Struct({
        finish_reason: nullish(Schema.String),
        generated_tokens: nullish(Schema.Number),
        input_length: nullish(Schema.Number)
      })
    )
  })

export const fromGeneratedToken = ({ details, token }: Decoded<typeof generatedToken>): DecodedEvent => {
  if (details?.finish_reason === "error") {
    return { _tag: "Reported", name: undefined, status: undefined, message: undefined }
  }
  const isSpecial = token.special === true || token.special_token === true
  const generated = makeToken({
    text: isSpecial ? "" : token.text,
    index: 0,
    logprob: isSpecial ? undefined : token.logprob ?? token.log_prob,
    finishReason: finishReason(details?.finish_reason),
    usage: usageOf({ inputTokens: details?.input_length, outputTokens: details?.generated_tokens })
  })
  return [generated].filter(hasContent)
}

/** The line that LMI writes without rolling batches: one text per input. */
export const batchOutputs = () => Schema.Struct({ outputs: Schema.Array(Schema.String) })

export const fromBatchOutputs = ({ outputs }: Decoded<typeof batchOutputs>): ReadonlyArray<Token> =>
  outputs.map((text, index) => makeToken({ text, index })).filter(hasContent)

/** Events of TGI's `generate_stream` and lines of DJL Serving's LMI, which differ in a few member names. */
import * as Schema from "effect/Schema"
import type { TokenLogprob } from "../../../Tokens.ts"
import { nullish } from "../../schema/fields.ts"
import type { History } from "../eventKind.ts"
import { type Decoded, type DecodedEvent, finishReasonsOf, hasContent, makeToken, usageOf } from "../token.ts"

const tokenFields = () =>
  Schema.Struct({
    text: nullish(Schema.String),
    logprob: nullish(Schema.Number),
    log_prob: nullish(Schema.Number),
    special: nullish(Schema.Boolean),
    special_token: nullish(Schema.Boolean)
  })

const details = () =>
  Schema.Struct({
    finish_reason: nullish(Schema.String),
    generated_tokens: nullish(Schema.Number),
    input_length: nullish(Schema.Number),
    prefill: nullish(Schema.Array(Schema.Unknown)),
    tokens: nullish(Schema.Array(tokenFields()))
  })

export const generatedToken = () =>
  Schema.Struct({
    token: Schema.extend(tokenFields(), Schema.Struct({ error_msg: nullish(Schema.String) })),
    top_tokens: nullish(Schema.Array(tokenFields())),
    generated_text: nullish(Schema.String),
    details: nullish(details())
  })

type Generated = Decoded<typeof tokenFields>

const isSpecial = ({ special, special_token }: Generated): boolean => special === true || special_token === true

const logprobOf = ({ log_prob, logprob }: Generated): number | undefined => logprob ?? log_prob ?? undefined

const toLogprob = (token: Generated): TokenLogprob => {
  const logprob = logprobOf(token)
  return { token: token.text ?? "", ...(logprob === undefined ? {} : { logprob }) }
}

const endOf = (given: Decoded<typeof details> | null | undefined) => ({
  ...finishReasonsOf(given?.finish_reason),
  usage: usageOf({
    inputTokens: given?.input_length ?? given?.prefill?.length,
    outputTokens: given?.generated_tokens
  })
})

const failed = (message: string | null | undefined): DecodedEvent => ({
  tokens: [],
  error: { name: undefined, status: undefined, message: message ?? undefined }
})

const fromGeneratedToken = (event: Decoded<typeof generatedToken>): DecodedEvent => {
  const { details: given, generated_text, token, top_tokens } = event
  if (given?.finish_reason === "error" || (token.error_msg ?? "") !== "") {
    return failed(token.error_msg)
  }
  const special = isSpecial(token)
  const generated = makeToken({
    text: special ? "" : token.text,
    index: 0,
    logprob: special ? undefined : logprobOf(token),
    logprobs: top_tokens?.length ? [{ ...toLogprob(token), topLogprobs: top_tokens.map(toLogprob) }] : undefined,
    ...endOf(given)
  })
  return { tokens: hasContent(generated) ? [generated] : [], isFinal: typeof generated_text === "string" }
}

/** Reads the events of one stream. Each one is a token. */
export const makeGeneratedTokenReader = () => {
  let outputTokens = 0
  return (event: Decoded<typeof generatedToken>): DecodedEvent => {
    outputTokens += 1
    return { ...fromGeneratedToken(event), counts: { index: 0, outputTokens } }
  }
}

/** A whole generation in place of a stream, and the last line of LMI if it repeats the text only. */
export const generatedText = () =>
  Schema.Struct({ generated_text: nullish(Schema.String), details: nullish(details()) })

type Generation = Decoded<typeof generatedText>

/** Reads the generations of one stream. Each one without tokens before it is a separate choice. */
export const makeGeneratedTextReader = () => {
  let count = 0
  return ({ details: given, generated_text }: Generation, _: number, { hasTokens }: History): DecodedEvent => {
    if (given?.finish_reason === "error") {
      return failed(undefined)
    }
    const index = hasTokens ? 0 : count
    count += hasTokens ? 0 : 1
    const generated = makeToken({
      text: hasTokens ? "" : generated_text,
      index,
      logprobs: hasTokens || !given?.tokens?.length ? undefined : given.tokens.map(toLogprob),
      ...endOf(given)
    })
    return { tokens: hasContent(generated) ? [generated] : [], isFinal: true }
  }
}

/** The line that LMI writes without rolling batches: one text per input. The end of the stream completes it. */
export const batchOutputs = () => Schema.Struct({ outputs: Schema.Array(Schema.String) })

export const fromBatchOutputs = ({ outputs }: Decoded<typeof batchOutputs>): DecodedEvent => ({
  tokens: outputs.map((text, index) => makeToken({ text, index })).filter(hasContent)
})

/** Events of SGLang's `/generate`: the whole text so far, or the new text with `--stream-output`. */
import * as Schema from "effect/Schema"
import type { Token, TokenLogprob } from "../../../Tokens.ts"
import { type Decoded, type DecodedEvent, finishReasonsOf, hasContent, makeToken, nullish, usageOf } from "../token.ts"

const finish = () =>
  Schema.Struct({
    type: nullish(Schema.String),
    message: nullish(Schema.String),
    status_code: nullish(Schema.Number),
    err_type: nullish(Schema.String)
  })

const logprob = () => Schema.Tuple([Schema.NullOr(Schema.Number), Schema.Unknown], Schema.Unknown)

export const sglangText = () =>
  Schema.Struct({
    text: nullish(Schema.String),
    index: nullish(Schema.Number),
    meta_info: Schema.Struct({
      finish_reason: nullish(Schema.Union(Schema.String, finish())),
      prompt_tokens: nullish(Schema.Number),
      completion_tokens: nullish(Schema.Number),
      cached_tokens: nullish(Schema.Number),
      output_token_logprobs: nullish(Schema.Array(logprob()))
    })
  })

type Event = Decoded<typeof sglangText>

/** How much of a choice earlier events contained. */
interface Progress {
  readonly text: string
  readonly logprobs: number
  /** Whether events contain the new text only. */
  readonly isIncremental: boolean
}

const start: Progress = { text: "", logprobs: 0, isIncremental: false }

const advance = (before: Progress, text: string, logprobs: number): Progress => ({
  text,
  logprobs,
  isIncremental: before.isIncremental || !text.startsWith(before.text)
})

const logprobsOf = (list: NonNullable<Event["meta_info"]["output_token_logprobs"]>): ReadonlyArray<TokenLogprob> =>
  list.map(([value, , token]) => ({
    token: typeof token === "string" ? token : "",
    ...(value === null ? {} : { logprob: value })
  }))

const reasonOf = (reason: Event["meta_info"]["finish_reason"]) =>
  typeof reason === "object" && reason !== null ? reason : { type: reason }

const endOf = ({ meta_info }: Event): Partial<Token> => {
  const { cached_tokens, completion_tokens, prompt_tokens } = meta_info
  const reasons = finishReasonsOf(reasonOf(meta_info.finish_reason).type)
  const usage = usageOf({
    inputTokens: prompt_tokens,
    outputTokens: completion_tokens,
    cachedInputTokens: cached_tokens
  })
  return reasons.finishReason === undefined || usage === undefined ? reasons : { ...reasons, usage }
}

/** Reads the events of one stream. */
export const makeSglangReader = () => {
  const choices = new Map<number, Progress>()
  return (event: Event, position: number): DecodedEvent => {
    const { finish_reason, output_token_logprobs } = event.meta_info
    const reason = reasonOf(finish_reason)
    if (reason.type === "abort" || reason.type === "error") {
      const { err_type, message, status_code } = {
        err_type: undefined,
        message: undefined,
        status_code: undefined,
        ...reason
      }
      return {
        tokens: [],
        error: { name: err_type ?? reason.type, status: status_code ?? undefined, message: message ?? undefined }
      }
    }
    const index = event.index ?? position
    const before = choices.get(index) ?? start
    const text = event.text ?? ""
    const after = advance(before, text, output_token_logprobs?.length ?? 0)
    choices.set(index, after)
    const added = logprobsOf((output_token_logprobs ?? []).slice(after.isIncremental ? 0 : before.logprobs))
    const token = makeToken({
      text: after.isIncremental ? text : text.slice(before.text.length),
      index,
      logprob: added.length === 1 ? added[0]!.logprob : undefined,
      logprobs: added.length === 0 ? undefined : added,
      ...endOf(event)
    })
    return { tokens: hasContent(token) ? [token] : [] }
  }
}

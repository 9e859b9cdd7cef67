/** Events of SGLang's `/generate`: the whole text so far, or the new text with `--stream-output`. */
import * as Schema from "effect/Schema"
import type { Token, TokenLogprob, TokenUsage } from "../../../Tokens.ts"
import { nullish } from "../../schema/fields.ts"
import { type Decoded, type DecodedEvent, finishReasonsOf, hasContent, makeToken, usageOf } from "../token.ts"

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
    output_ids: nullish(Schema.Array(Schema.Unknown)),
    meta_info: Schema.Struct({
      finish_reason: nullish(Schema.Union(Schema.String, finish())),
      prompt_tokens: nullish(Schema.Number),
      completion_tokens: nullish(Schema.Number),
      cached_tokens: nullish(Schema.Number),
      output_token_logprobs: nullish(Schema.Array(logprob())),
      output_top_logprobs: nullish(Schema.Array(Schema.NullOr(Schema.Array(logprob()))))
    })
  })

type Event = Decoded<typeof sglangText>

/** How much of a choice earlier events contained. */
interface Progress {
  readonly text: string
  readonly logprobs: number
  /** Whether events contain the whole text so far, or the new text only. `undefined` before the second event. */
  readonly format: "whole" | "new" | undefined
}

const start: Progress = { text: "", logprobs: 0, format: undefined }

/** Whether the event lists the tokens of all events so far. Then its text is the whole text, too. */
const listsAllTokens = ({ meta_info: { completion_tokens }, output_ids }: Event): boolean =>
  Array.isArray(output_ids) && typeof completion_tokens === "number" && completion_tokens > 1 &&
  output_ids.length >= completion_tokens

/** Whether the event lists fewer tokens than were generated. */
const listsNewTokens = ({ meta_info: { completion_tokens }, output_ids }: Event): boolean =>
  Array.isArray(output_ids) && output_ids.length < (completion_tokens ?? 0)

/** Whether the event contains the whole text so far. The text of a server that removes a stop sequence can shrink. */
const formatOf = (before: Progress, text: string, event: Event): Progress["format"] => {
  if (before.text === "" || before.format === "new") {
    return before.format
  }
  const isLonger = text.length > before.text.length && text.startsWith(before.text)
  if (isLonger || listsAllTokens(event)) {
    return "whole"
  }
  const isPart = before.text.startsWith(text)
  return isPart && (before.format === "whole" || !listsNewTokens(event)) ? "whole" : "new"
}

const commonLength = (left: string, right: string): number => {
  let length = 0
  while (length < left.length && left.charCodeAt(length) === right.charCodeAt(length)) {
    length += 1
  }
  return length
}

const addedText = (before: Progress, format: Progress["format"], text: string): string =>
  format === "new"
    ? text
    : text.slice(text.startsWith(before.text) ? before.text.length : commonLength(before.text, text))

/** The position of the first log probability that earlier events did not contain. */
const firstNewLogprob = (before: Progress, format: Progress["format"], { meta_info }: Event): number => {
  const count = meta_info.output_token_logprobs?.length ?? 0
  const listsAll = typeof meta_info.completion_tokens === "number"
    ? count >= meta_info.completion_tokens
    : format === "whole" || (format === undefined && count > before.logprobs)
  return listsAll ? before.logprobs : 0
}

type Logprob = readonly [number | null, unknown, ...ReadonlyArray<unknown>]

const toLogprob = (
  [value, , token]: Logprob,
  top?: ReadonlyArray<Logprob> | null
): TokenLogprob => ({
  token: typeof token === "string" ? token : "",
  ...(value === null ? {} : { logprob: value }),
  ...(top?.length ? { topLogprobs: top.map((each) => toLogprob(each)) } : {})
})

/** The log probabilities that an event adds. */
const logprobsOf = ({ output_token_logprobs, output_top_logprobs }: Event["meta_info"], from: number) =>
  (output_token_logprobs ?? []).slice(from).map((each, at) => toLogprob(each, output_top_logprobs?.[from + at]))

const reasonOf = (reason: Event["meta_info"]["finish_reason"]) =>
  typeof reason === "object" && reason !== null ? reason : { type: reason }

const countsOf = ({ meta_info: { cached_tokens, completion_tokens, prompt_tokens } }: Event) =>
  usageOf({ inputTokens: prompt_tokens, outputTokens: completion_tokens, cachedInputTokens: cached_tokens })

const endOf = ({ meta_info }: Event, usage: TokenUsage | undefined): Partial<Token> => {
  const reasons = finishReasonsOf(reasonOf(meta_info.finish_reason).type)
  return reasons.finishReason === undefined || usage === undefined ? reasons : { ...reasons, usage }
}

/** Reads the events of one stream. */
export const makeSglangReader = () => {
  const choices = new Map<number, Progress>()
  return (event: Event, position: number): DecodedEvent => {
    const { finish_reason } = event.meta_info
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
    const format = formatOf(before, text, event)
    const logprobs = logprobsOf(event.meta_info, firstNewLogprob(before, format, event))
    const isPart = format === "whole" && before.text.startsWith(text)
    choices.set(index, {
      text: isPart ? before.text : text,
      format,
      logprobs: event.meta_info.output_token_logprobs?.length ?? 0
    })
    const usage = countsOf(event)
    const token = makeToken({
      text: addedText(before, format, text),
      index,
      logprob: logprobs.length === 1 ? logprobs[0]!.logprob : undefined,
      logprobs: logprobs.length === 0 ? undefined : logprobs,
      ...endOf(event, usage)
    })
    return { tokens: hasContent(token) ? [token] : [], counts: { index, ...usage } }
  }
}

/** What whole responses of language models report: finish reasons and token counts. */
import * as Predicate from "effect/Predicate"
import type { ModelUsage } from "../telemetry/modelCall.ts"

type Nullish<A> = A | null | undefined

/** A completion of OpenAI's chat completions API or completions API. */
interface Completion {
  readonly choices: ReadonlyArray<{ readonly finish_reason?: Nullish<string> }>
  readonly usage?: Nullish<{
    readonly prompt_tokens?: Nullish<number>
    readonly completion_tokens?: Nullish<number>
  }>
}

/** The finish reasons that servers set. They send `null` or an empty text if there is none. */
const given = (reasons: ReadonlyArray<Nullish<string>>): ReadonlyArray<string> =>
  reasons.filter((reason) => typeof reason === "string" && reason !== "") as ReadonlyArray<string>

export const completionUsage = ({ choices, usage }: Completion): ModelUsage => ({
  finishReasons: given(choices.map(({ finish_reason }) => finish_reason)),
  inputTokens: usage?.prompt_tokens ?? undefined,
  outputTokens: usage?.completion_tokens ?? undefined
})

/** A count of the member `usage` of a response. */
export const usageCount = (body: unknown, member: string): number | undefined => {
  const usage = Predicate.hasProperty(body, "usage") ? body.usage : undefined
  const count = Predicate.hasProperty(usage, member) ? usage[member] : undefined
  return typeof count === "number" ? count : undefined
}

/** Embeddings have no generated tokens. */
export const embeddingUsage = (body: unknown): ModelUsage => ({ inputTokens: usageCount(body, "prompt_tokens") })

/** A text that TGI, LMI or a Hugging Face container generated. */
interface GeneratedText {
  readonly details?: Nullish<{
    readonly finish_reason?: Nullish<string>
    readonly generated_tokens?: Nullish<number>
    readonly prefill?: Nullish<ReadonlyArray<unknown>>
    readonly best_of_sequences?: Nullish<
      ReadonlyArray<{ readonly finish_reason?: Nullish<string>; readonly generated_tokens?: Nullish<number> }>
    >
  }>
}

/** The sum of the counts. `undefined` without a count. */
const sum = (counts: ReadonlyArray<Nullish<number>>): number | undefined =>
  counts.reduce<number | undefined>(
    (total, count) => typeof count === "number" ? (total ?? 0) + count : total,
    undefined
  )

/** `best_of_sequences` are tokens that the model generated too. An empty `prefill` means that it was not requested. */
export const generationUsage = (response: GeneratedText | ReadonlyArray<GeneratedText>): ModelUsage => {
  const details = [response].flat().flatMap((text) => text.details ?? [])
  const sequences = details.flatMap(({ best_of_sequences, ...first }) => [first, ...best_of_sequences ?? []])
  return {
    finishReasons: given(details.map(({ finish_reason }) => finish_reason)),
    inputTokens: sum(details.map(({ prefill }) => prefill?.length || undefined)),
    outputTokens: sum(sequences.map(({ generated_tokens }) => generated_tokens))
  }
}

/** A text that SGLang generated. */
interface SglangText {
  readonly meta_info?: Nullish<{
    readonly finish_reason?: Nullish<string | { readonly type?: Nullish<string> }>
    readonly prompt_tokens?: Nullish<number>
    readonly completion_tokens?: Nullish<number>
  }>
}

/** Each text of a prompt repeats the tokens of the prompt. The first one is counted. */
export const sglangUsage = (response: SglangText | ReadonlyArray<SglangText>): ModelUsage => {
  const infos = [response].flat().flatMap(({ meta_info }) => meta_info ?? [])
  return {
    finishReasons: given(infos.map(({ finish_reason: reason }) => typeof reason === "object" ? reason?.type : reason)),
    inputTokens: infos[0]?.prompt_tokens ?? undefined,
    outputTokens: sum(infos.map(({ completion_tokens }) => completion_tokens))
  }
}

/** What models on SageMaker write a token at a time, and what each of it means. */
import * as Schema from "effect/Schema"
import { lazy } from "../../protocol/function/lazy.ts"
import type { FinishReason, Token, TokenUsage, ToolCallPart } from "../../Tokens.ts"

/** What an event of a dialect tells, or the error that a model tells in it. */
export type DecodedEvent = ReadonlyArray<Token> | StreamedError

/** An error inside a stream, in the model's own words. */
export interface StreamedError {
  readonly _tag: "Reported"
  readonly name: string | undefined
  readonly status: number | undefined
  readonly message: string | undefined
}

/** What a schema that is made when it is first needed gives. */
type Shape<Make extends () => Schema.Schema.Any> = Schema.Schema.Type<ReturnType<Make>>

const absent = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

const finishReasons: { readonly [said: string]: FinishReason } = {
  stop: "stop",
  eos: "stop",
  eos_token: "stop",
  stop_sequence: "stop",
  length: "length",
  max_tokens: "length",
  tool_calls: "tool_calls",
  function_call: "tool_calls",
  content_filter: "content_filter"
}

const finishReason = (said: string | null | undefined): FinishReason | undefined =>
  said === null || said === undefined || said === "" ? undefined : finishReasons[said] ?? "other"

/** A token of the members that are there. */
const token = (members: { readonly [M in keyof Token]: Token[M] | null | undefined }): Token =>
  Object.fromEntries(
    Object.entries({ ...members, text: members.text ?? "", index: members.index ?? 0 })
      .filter(([, value]) => value !== undefined && value !== null)
  ) as unknown as Token

/** Whether a token says anything: the first chunk of a chat often has a role only. */
const says = (written: Token): boolean => written.text !== "" || Object.keys(written).length > 2

const counts = (usage: { readonly [Name in keyof TokenUsage]: number | null | undefined }): TokenUsage | undefined => {
  const known = Object.entries(usage).filter(([, count]) => typeof count === "number")
  return known.length === 0 ? undefined : Object.fromEntries(known)
}

const toolCallDelta = () =>
  Schema.Struct({
    index: absent(Schema.Number),
    id: absent(Schema.String),
    function: absent(Schema.Struct({ name: absent(Schema.String), arguments: absent(Schema.String) }))
  })

const toolCall = ({ function: called, id, index }: Shape<typeof toolCallDelta>, at: number): ToolCallPart => ({
  index: index ?? at,
  ...(typeof id === "string" ? { id } : {}),
  ...(typeof called?.name === "string" ? { name: called.name } : {}),
  arguments: called?.arguments ?? ""
})

/** A chunk of OpenAI's chat completions, or of its completions. */
export const openAi = () =>
  Schema.Struct({
    choices: Schema.Array(
      Schema.Struct({
        index: absent(Schema.Number),
        text: absent(Schema.String),
        delta: absent(
          Schema.Struct({
            content: absent(Schema.String),
            reasoning_content: absent(Schema.String),
            reasoning: absent(Schema.String),
            tool_calls: absent(Schema.Array(toolCallDelta()))
          })
        ),
        finish_reason: absent(Schema.String)
      })
    ),
    usage: absent(
      Schema.Struct({
        prompt_tokens: absent(Schema.Number),
        completion_tokens: absent(Schema.Number),
        total_tokens: absent(Schema.Number)
      })
    )
  })

export const fromOpenAi = ({ choices, usage }: Shape<typeof openAi>): ReadonlyArray<Token> => {
  const tokens = choices.map(({ delta, finish_reason, index, text }) =>
    token({
      text: delta?.content ?? text,
      index,
      reasoning: delta?.reasoning_content ?? delta?.reasoning,
      toolCalls: delta?.tool_calls?.map(toolCall),
      finishReason: finishReason(finish_reason)
    })
  )
  const spent = counts({
    inputTokens: usage?.prompt_tokens,
    outputTokens: usage?.completion_tokens,
    totalTokens: usage?.total_tokens
  })
  return (spent === undefined ? tokens : [...tokens, token({ text: "", index: 0, usage: spent })]).filter(says)
}

/** An event of TGI's `generate_stream`, and a line of DJL's LMI, which differ in a few names. */
export const generation = () =>
  Schema.Struct({
    token: Schema.Struct({
      text: absent(Schema.String),
      logprob: absent(Schema.Number),
      log_prob: absent(Schema.Number),
      special: absent(Schema.Boolean),
      special_token: absent(Schema.Boolean)
    }),
    details: absent(
      Schema.Struct({
        finish_reason: absent(Schema.String),
        generated_tokens: absent(Schema.Number),
        input_length: absent(Schema.Number)
      })
    )
  })

export const fromGeneration = ({ details, token: generated }: Shape<typeof generation>): DecodedEvent => {
  if (details?.finish_reason === "error") {
    return { _tag: "Reported", name: undefined, status: undefined, message: undefined }
  }
  const isSpecial = generated.special === true || generated.special_token === true
  const spent = token({
    text: isSpecial ? "" : generated.text,
    index: 0,
    logprob: isSpecial ? undefined : generated.logprob ?? generated.log_prob,
    finishReason: finishReason(details?.finish_reason),
    usage: counts({ inputTokens: details?.input_length, outputTokens: details?.generated_tokens })
  })
  return [spent].filter(says)
}

/** A line of LMI without rolling batches: one text for each input. */
export const outputsOf = () => Schema.Struct({ outputs: Schema.Array(Schema.String) })

export const fromOutputs = ({ outputs }: Shape<typeof outputsOf>): ReadonlyArray<Token> =>
  outputs.map((text, index) => token({ text, index })).filter(says)

const errorObject = () =>
  Schema.Struct({
    message: absent(Schema.String),
    type: absent(Schema.String),
    code: absent(Schema.Union(Schema.Number, Schema.String))
  })

const errorEvent = () =>
  Schema.Struct({
    object: absent(Schema.String),
    error: absent(Schema.Union(Schema.String, errorObject())),
    error_type: absent(Schema.String),
    message: absent(Schema.String),
    type: absent(Schema.String),
    code: absent(Schema.Union(Schema.Number, Schema.String))
  })

const isErrorEvent = lazy(() => Schema.is(errorEvent()))

const statusOf = (code: number | string | null | undefined): number | undefined =>
  typeof code === "number" ? code : /^\d{3}$/.test(code ?? "") ? Number(code) : undefined

const nameOf = (code: number | string | null | undefined): string | undefined =>
  typeof code === "string" && !/^\d+$/.test(code) ? code : undefined

const named = ({ code, message, type }: Shape<typeof errorObject>): StreamedError => ({
  _tag: "Reported",
  name: type ?? nameOf(code),
  status: statusOf(code),
  message: message ?? undefined
})

/** The error an event tells of: vLLM's and OpenAI's `error` object, TGI's and LMI's text. */
export const streamedError = (value: unknown): StreamedError | undefined => {
  if (!isErrorEvent()(value)) {
    return undefined
  }
  const { code, error, error_type, object } = value
  if (typeof error === "string") {
    return { _tag: "Reported", name: error_type ?? nameOf(code), status: statusOf(code), message: error }
  }
  if (error !== null && error !== undefined) {
    return named(error)
  }
  return object === "error" ? named(value) : undefined
}

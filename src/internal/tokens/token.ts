/** Builds tokens from the members that a model server sends. */
import type * as Schema from "effect/Schema"
import type { FinishReason, Token, TokenUsage } from "../../Tokens.ts"
import type { ReportedError } from "./reportedError.ts"

/** What an event contains. */
export interface DecodedEvent {
  readonly tokens: ReadonlyArray<Token>
  /** The token counts of a choice so far, of a stream that has not ended. */
  readonly counts?: (TokenUsage & { readonly index: number }) | undefined
  /** Whether the event is the last one of a complete stream. */
  readonly isFinal?: boolean | undefined
  /** The error that the event reports. */
  readonly error?: ReportedError | undefined
}

/** The decoded type of a lazily made schema. */
export type Decoded<Make extends () => Schema.Schema.Any> = Schema.Schema.Type<ReturnType<Make>>

const finishReasons = new Map<string, FinishReason>([
  ["stop", "stop"],
  ["eos", "stop"],
  ["eos_token", "stop"],
  ["stop_sequence", "stop"],
  ["end_turn", "stop"],
  ["length", "length"],
  ["max_tokens", "length"],
  ["model_length", "length"],
  ["tool_calls", "tool_calls"],
  ["tool_use", "tool_calls"],
  ["function_call", "tool_calls"],
  ["content_filter", "content_filter"],
  ["refusal", "content_filter"]
])

type Reasons = Pick<Token, "finishReason" | "rawFinishReason">

const noReasons: Reasons = {}

/** The finish reason of a server, and its equivalent. Servers send `null` or an empty text before the last token. */
export const finishReasonsOf = (reason: string | null | undefined): Reasons =>
  reason === null || reason === undefined || reason === ""
    ? noReasons
    : { finishReason: finishReasons.get(reason) ?? "other", rawFinishReason: reason }

type TokenMembers = { readonly [Member in keyof Token]: Token[Member] | null | undefined }

/** Makes a token without the members that are `null`, `undefined` or empty. */
export const makeToken = (members: TokenMembers): Token => {
  const token: Record<string, unknown> = { text: members.text ?? "", index: members.index ?? 0 }
  for (const name in members) {
    const value = members[name as keyof Token]
    if (value !== undefined && value !== null && value !== "") {
      token[name] = value
    }
  }
  return token as unknown as Token
}

/** Whether a token has content. The first chunk of a chat completion often has a role only. */
export const hasContent = (token: Token): boolean => token.text !== "" || Object.keys(token).length > 2

export const usageOf = (
  counts: { readonly [Name in keyof TokenUsage]: number | null | undefined }
): TokenUsage | undefined => {
  const present = Object.entries(counts).filter(([, count]) => typeof count === "number")
  return present.length === 0 ? undefined : Object.fromEntries(present)
}

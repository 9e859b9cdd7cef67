/** Builds tokens from the members that a model server sends. */
import * as Schema from "effect/Schema"
import type { FinishReason, Token, TokenUsage } from "../../Tokens.ts"
import type { ReportedError } from "./reportedError.ts"

/** The tokens of an event, or the error that it reports. */
export type DecodedEvent = ReadonlyArray<Token> | ReportedError

/** The decoded type of a lazily made schema. */
export type Decoded<Make extends () => Schema.Schema.Any> = Schema.Schema.Type<ReturnType<Make>>

/** A member that servers omit or send as `null`. */
export const nullish = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

const finishReasons = new Map<string, FinishReason>([
  ["stop", "stop"],
  ["eos", "stop"],
  ["eos_token", "stop"],
  ["stop_sequence", "stop"],
  ["length", "length"],
  ["max_tokens", "length"],
  ["tool_calls", "tool_calls"],
  ["function_call", "tool_calls"],
  ["content_filter", "content_filter"]
])

export const finishReason = (reason: string | null | undefined): FinishReason | undefined =>
  reason === null || reason === undefined || reason === "" ? undefined : finishReasons.get(reason) ?? "other"

/** Makes a token without the members that are `null` or `undefined`. */
export const makeToken = (members: { readonly [M in keyof Token]: Token[M] | null | undefined }): Token =>
  Object.fromEntries(
    Object.entries({ ...members, text: members.text ?? "", index: members.index ?? 0 })
      .filter(([, value]) => value !== undefined && value !== null)
  ) as unknown as Token

/** Whether a token has content. The first chunk of a chat completion often has a role only. */
export const hasContent = (token: Token): boolean => token.text !== "" || Object.keys(token).length > 2

export const usageOf = (
  counts: { readonly [Name in keyof TokenUsage]: number | null | undefined }
): TokenUsage | undefined => {
  const present = Object.entries(counts).filter(([, count]) => typeof count === "number")
  return present.length === 0 ? undefined : Object.fromEntries(present)
}

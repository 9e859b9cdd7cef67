/** Finish reasons, token usage and the identity of a completion as parts of a response. */
import type * as Response from "@effect/ai/Response"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { FinishReason } from "../../../Tokens.ts"

const finishReasons: { readonly [Reason in FinishReason]: Response.FinishReason } = {
  stop: "stop",
  length: "length",
  tool_calls: "tool-calls",
  content_filter: "content-filter",
  other: "other"
}

/** Reasons that `Tokens` has as `other`. */
const otherReasons = new Map<string, Response.FinishReason>([["error", "error"], ["pause_turn", "pause"]])

/** Some servers report `stop` for a completion with tool calls. `rawFinishReason` is the reason of the server. */
export const finishReasonOf = (
  reason: FinishReason | undefined,
  raw: string | undefined,
  hasToolCalls: boolean
): Response.FinishReason => {
  if (reason === undefined) {
    return hasToolCalls ? "tool-calls" : "unknown"
  }
  return reason === "stop" && hasToolCalls
    ? "tool-calls"
    : otherReasons.get(raw ?? "") ?? finishReasons[reason]
}

/** Usage without counts. */
export const noUsage: typeof Response.Usage.Encoded = {
  inputTokens: undefined,
  outputTokens: undefined,
  totalTokens: undefined
}

const textAt = (value: unknown): string | undefined => typeof value === "string" && value !== "" ? value : undefined

const timestampOf = (created: unknown): string | undefined =>
  typeof created === "number"
    ? Option.getOrUndefined(Option.map(DateTime.make(created * 1_000), DateTime.formatIso))
    : undefined

/** The part with the identity of a completion or of a chunk; `undefined` if it has none. */
export const metadataPart = (value: unknown): Response.ResponseMetadataPartEncoded | undefined => {
  if (!Predicate.isRecord(value)) {
    return undefined
  }
  const id = textAt(value["id"])
  const modelId = textAt(value["model"])
  const timestamp = timestampOf(value["created"])
  if (id === undefined && modelId === undefined && timestamp === undefined) {
    return undefined
  }
  return {
    type: "response-metadata",
    ...(id === undefined ? {} : { id }),
    ...(modelId === undefined ? {} : { modelId }),
    ...(timestamp === undefined ? {} : { timestamp })
  }
}

/** The members that are not `undefined`. */
export const defined = <A extends object>(members: A): { readonly [Name in keyof A]?: NonNullable<A[Name]> } =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => Predicate.isNotNullable(value))) as never

/** Calls of language models: what they request, and what the model reports. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"

/** The kind of a language-model call, with the values of `gen_ai.operation.name`. */
export type ModelOperation = "chat" | "embeddings" | "text_completion"

/** What a model reports of a call. */
export interface ModelUsage {
  /** Why the model stopped, once per choice. */
  readonly finishReasons?: ReadonlyArray<string> | undefined
  readonly inputTokens?: number | undefined
  readonly outputTokens?: number | undefined
}

type End = (exit: Exit.Exit<unknown, unknown>) => Effect.Effect<void>

/** The finish reasons of the supported model servers. Another text can be a part of a payload. */
const knownFinishReasons: ReadonlySet<string> = /*#__PURE__*/ new Set([
  "stop",
  "length",
  "tool_calls",
  "content_filter",
  "function_call",
  "eos",
  "eos_token",
  "stop_sequence",
  "end_turn",
  "max_tokens",
  "model_length",
  "tool_use",
  "refusal",
  "pause_turn",
  "abort",
  "error"
])

/** A request can have many choices. */
const maxFinishReasons = 128

const toFinishReason = (reason: string): string => knownFinishReasons.has(reason) ? reason : "other"

const isCount = (count: number | undefined): boolean => Number.isSafeInteger(count) && count! >= 0

/** The values that are valid. */
export const checkedUsage = ({ finishReasons = [], inputTokens, outputTokens }: ModelUsage): ModelUsage => ({
  ...(finishReasons.length === 0
    ? {}
    : { finishReasons: finishReasons.slice(0, maxFinishReasons).map(toFinishReason) }),
  ...(isCount(inputTokens) ? { inputTokens } : {}),
  ...(isCount(outputTokens) ? { outputTokens } : {})
})

/** A language-model call. The calls of the client that it makes end with it. */
export class ModelCall {
  readonly operation: ModelOperation
  /** The name of the model in the request, or else of the endpoint. */
  readonly model: string
  #usage = (): ModelUsage => ({})
  #ends: Array<End> = []
  #exit: Exit.Exit<unknown, unknown> | undefined

  constructor(operation: ModelOperation, model: string) {
    this.operation = operation
    this.model = model
  }

  /** What the model has reported so far. Finish reasons are from a fixed list, counts are not negative. */
  get usage(): ModelUsage {
    return checkedUsage(this.#usage())
  }

  /** Sets the function that reads what the model reports. It runs if an observer needs it, and does not throw. */
  setUsage(usage: () => ModelUsage): void {
    this.#usage = usage
  }

  /** Runs `end` when this call ends: immediately if it has ended. */
  onEnd(end: End): Effect.Effect<void> {
    if (this.#exit !== undefined) {
      return end(this.#exit)
    }
    this.#ends.push(end)
    return Effect.void
  }

  /** Ends the call. A second end does nothing. */
  readonly end: End = (exit) =>
    Effect.suspend(() => {
      const ends = this.#ends
      this.#ends = []
      this.#exit ??= exit
      return Effect.forEach(ends, (end) => end(exit), { discard: true })
    })
}

/** The language-model call that the calls of the client belong to. */
export class CurrentModelCall extends Context.Reference<CurrentModelCall>()(
  "effect-sagemaker-runtime/CurrentModelCall",
  { defaultValue: (): ModelCall | undefined => undefined }
) {}

/** Runs a call of the client as a part of a language-model call, if there is one. */
export const inModelCall = <A, E, R>(
  call: ModelCall | undefined,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  call === undefined
    ? effect
    : Effect.mapInputContext(effect, (context: Context.Context<R>) => Context.add(context, CurrentModelCall, call))

/** Ends a language-model call, if there is one, with an effect. */
export const endModelCall = <A, E, R>(
  call: ModelCall | undefined,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => call === undefined ? effect : Effect.onExit(effect, call.end)

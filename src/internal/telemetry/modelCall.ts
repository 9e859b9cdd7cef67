/** Calls of language models: what they request, and what the model reports. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

/** The kind of a language-model call, with the values of `gen_ai.operation.name`. */
export type ModelOperation = "chat" | "embeddings" | "text_completion"

/** What a model reports of a call. */
export interface ModelUsage {
  readonly finishReasons?: ReadonlyArray<string> | undefined
  readonly inputTokens?: number | undefined
  readonly outputTokens?: number | undefined
}

type End = (exit: Exit.Exit<unknown, unknown>) => Effect.Effect<void>

/** A language-model call. The calls of the client that it makes end with it. */
export class ModelCall {
  readonly operation: ModelOperation
  /** The name of the model in the request, or else of the endpoint. */
  readonly model: string
  usage: ModelUsage = {}
  #ends: Array<End> | undefined = []

  constructor(operation: ModelOperation, model: string) {
    this.operation = operation
    this.model = model
  }

  /** Adds what the model reports. A later report overrides an earlier one. */
  report(usage: ModelUsage): void {
    this.usage = { ...this.usage, ...usage }
  }

  /** Runs `end` when this call ends: at once if it has ended. */
  onEnd(end: End): Effect.Effect<void> {
    if (this.#ends === undefined) {
      return end(Exit.void)
    }
    this.#ends.push(end)
    return Effect.void
  }

  readonly end: End = (exit) =>
    Effect.suspend(() => {
      const ends = this.#ends ?? []
      this.#ends = undefined
      return Effect.forEach(ends, (end) => end(exit), { discard: true })
    })
}

/** The language-model call that the calls of the client belong to. */
export class CurrentModelCall extends Context.Reference<CurrentModelCall>()(
  "effect-sagemaker-runtime/CurrentModelCall",
  { defaultValue: (): ModelCall | undefined => undefined }
) {}

/** Reports the finish reasons and token counts of a token stream to the language-model call that it belongs to. */
import type * as Stream from "effect/Stream"
import type { TokenUsage } from "../../Tokens.ts"
import { globalState } from "../global/globalState.ts"
import type { ModelCall, ModelUsage } from "../telemetry/modelCall.ts"
import type { DecodedEvent } from "./token.ts"

/** A request can have many choices. */
const maxChoices = 128

/** By the response body: a framing can be a function of another one, and a dialect can read it in another context. */
const calls = globalState("observedCalls", () => new WeakMap<object, ModelCall>())

/** Reports the tokens of a response body to a language-model call, if there is one. */
export const observeTokens = <A extends Stream.Stream<Uint8Array, unknown>>(
  body: A,
  call: ModelCall | undefined
): A => {
  if (call !== undefined) {
    calls.set(body, call)
  }
  return body
}

const setBounded = <A>(byChoice: Map<number, A>, index: number, value: A): void => {
  if (byChoice.size < maxChoices || byChoice.has(index)) {
    byChoice.set(index, value)
  }
}

const valuesInOrder = <A>(byChoice: ReadonlyMap<number, A>): ReadonlyArray<A> =>
  [...byChoice].toSorted(([first], [second]) => first - second).map(([, value]) => value)

/** Collects the reports of one stream. Later counts of a choice override earlier ones. */
export class TokenObserver {
  readonly #reasons = new Map<number, string>()
  readonly #outputTokens = new Map<number, number>()
  #inputTokens: number | undefined

  /** The observer of a response body; `undefined` if it belongs to no language-model call. */
  static of(body: object): TokenObserver | undefined {
    const call = calls.get(body)
    if (call === undefined) {
      return undefined
    }
    const observer = new TokenObserver()
    call.setUsage(() => observer.#usage)
    return observer
  }

  add({ counts, tokens }: DecodedEvent): void {
    if (counts !== undefined) {
      this.#count(counts.index, counts)
    }
    for (const { index, rawFinishReason, usage } of tokens) {
      if (usage !== undefined) {
        this.#count(index, usage)
      }
      if (rawFinishReason !== undefined) {
        setBounded(this.#reasons, index, rawFinishReason)
      }
    }
  }

  /** Several texts of a prompt repeat the tokens of the prompt. Those of the first one are counted. */
  #count(index: number, { inputTokens, outputTokens }: TokenUsage): void {
    if (inputTokens !== undefined && (index === 0 || this.#inputTokens === undefined)) {
      this.#inputTokens = inputTokens
    }
    if (outputTokens !== undefined) {
      setBounded(this.#outputTokens, index, outputTokens)
    }
  }

  get #usage(): ModelUsage {
    const outputs = [...this.#outputTokens.values()]
    return {
      finishReasons: valuesInOrder(this.#reasons),
      inputTokens: this.#inputTokens,
      outputTokens: outputs.length === 0 ? undefined : outputs.reduce((total, count) => total + count, 0)
    }
  }
}

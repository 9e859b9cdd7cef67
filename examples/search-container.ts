import { Effect } from "effect"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { json, readJson, rejected, tokensOf } from "./containers/openAi.ts"

const dimensions = 64

const hash = (word: string): number =>
  Array.from(word).reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)!) % dimensions, 7)

const embed = (text: string): ReadonlyArray<number> => {
  const vector = Array<number>(dimensions).fill(0)
  for (const word of text.toLowerCase().match(/\p{L}+/gu) ?? []) {
    vector[hash(word)]! += 1
  }
  return vector
}

export const embeddingContainer = (name: string, model: string) =>
  Emulator.endpoint(name, ({ Body }) =>
    Effect.gen(function*() {
      const { input } = (yield* Effect.orElseSucceed(readJson(Body), () => ({}))) as { readonly input?: unknown }
      const texts = [input].flat()
      if (!texts.every((text) => typeof text === "string")) {
        return yield* rejected(400, { error: { message: "input must be text", type: "BadRequestError", code: 400 } })
      }
      const prompt_tokens = tokensOf(texts.join(" ")).length
      return json({
        id: "embd-1",
        object: "list",
        created: 1_764_000_000,
        model,
        data: texts.map((text, index) => ({ index, object: "embedding", embedding: embed(text) })),
        usage: { prompt_tokens, total_tokens: prompt_tokens, completion_tokens: 0, prompt_tokens_details: null }
      })
    }))

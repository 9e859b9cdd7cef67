import { assert, describe, it } from "@effect/vitest"
import { Array, Effect, Predicate } from "effect"
import { type Codec, Container } from "effect-sagemaker-runtime"
import { bytesOf } from "../support/chunkBoundaries.ts"
import { hasCorpora, needsCorpora } from "../support/corpora.ts"
import { transcripts } from "../support/transcripts.ts"

const tgi = Container.tgi("bloom")

const rewritten = <A>(codec: Codec.Codec<A>, value: unknown) =>
  codec.decode(bytesOf(JSON.stringify(value)), "application/json").pipe(
    Effect.flatMap(codec.encode),
    Effect.map((encoded): unknown =>
      JSON.parse(new TextDecoder().decode(encoded instanceof Uint8Array ? encoded : encoded.body))
    )
  )

const isGeneration = (value: unknown): boolean => {
  const [first] = Array.ensure(value)
  return Predicate.hasProperty(first, "generated_text")
}

const isCompletion = (value: unknown): boolean => {
  const [choice]: ReadonlyArray<unknown> = Predicate.hasProperty(value, "choices") ? Array.ensure(value.choices) : []
  return Predicate.hasProperty(choice, "text")
}

const generations = transcripts.filter(({ value }) => isGeneration(value))
const completions = transcripts.filter(({ value }) => isCompletion(value))

describe.skipIf(!hasCorpora)(needsCorpora("recorded responses of TGI"), () => {
  it.effect("every generation is decoded and encoded without loss", () =>
    Effect.gen(function*() {
      assert.isAbove(generations.length, 800)
      for (const { path, value } of generations) {
        assert.deepStrictEqual(yield* rewritten(tgi.generate.response, value), value, path)
      }
    }))

  it.effect("LMI's schema reads them, too: its TGI compatibility sends them", () =>
    Effect.gen(function*() {
      for (const { path, value } of generations) {
        assert.deepStrictEqual(
          yield* rewritten(Container.lmi("bloom").generate.response, value),
          value,
          path
        )
      }
    }))

  it.effect("every completion is decoded and encoded without loss", () =>
    Effect.gen(function*() {
      assert.isAbove(completions.length, 10)
      for (const { path, value } of completions) {
        assert.deepStrictEqual(yield* rewritten(tgi.completions.response, value), value, path)
      }
    }))

  it.effect("the tokens of a generation are typed", () =>
    Effect.gen(function*() {
      const { value } = generations.find(({ path }) => path.endsWith("test_bloom_560m_all_params.json"))!
      const response = yield* tgi.generate.response.decode(bytesOf(JSON.stringify(value)))
      const [{ details, generated_text }] = Array.ensure(response) as [Container.TgiGeneration]
      assert.isTrue(generated_text.endsWith(details?.tokens?.map((token) => token.text).join("") ?? "?"))
      assert.strictEqual(details?.generated_tokens, details?.tokens?.length)
      assert.isTrue(details?.prefill?.every(({ logprob }) => logprob === null || typeof logprob === "number"))
    }))
})

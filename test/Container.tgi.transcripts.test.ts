import { assert, describe, it } from "@effect/vitest"
import { Array, Effect } from "effect"
import { type Codec, Container } from "effect-sagemaker-runtime"
import { bytesOf } from "./support/chunkBoundaries.ts"
import { hasCorpora, needsCorpora } from "./support/corpora.ts"
import { isGeneration, tgiBodies } from "./support/tgiBodies.ts"

const tgi = Container.tgi("bloom")

const rewritten = <A>(codec: Codec.Codec<A>, text: string) =>
  codec.decode(bytesOf(text), "application/json").pipe(
    Effect.flatMap(codec.encode),
    Effect.map((encoded): unknown =>
      JSON.parse(new TextDecoder().decode(encoded instanceof Uint8Array ? encoded : encoded.body))
    )
  )

const hasText = (text: string) => {
  const body = JSON.parse(text) as { readonly choices?: ReadonlyArray<object> }
  return body.choices?.[0] !== undefined && "text" in body.choices[0]
}

const generations = tgiBodies().filter(isGeneration)
const completions = tgiBodies().filter(({ text }) => hasText(text))

describe.skipIf(!hasCorpora)(needsCorpora("recorded responses of TGI"), () => {
  it.effect("every generation is decoded and encoded without loss", () =>
    Effect.gen(function*() {
      assert.isAbove(generations.length, 800)
      for (const { path, text } of generations) {
        assert.deepStrictEqual(yield* rewritten(tgi.generate.response, text), JSON.parse(text), path)
      }
    }))

  it.effect("LMI's schema reads them, too: its TGI compatibility sends them", () =>
    Effect.gen(function*() {
      for (const { path, text } of generations) {
        assert.deepStrictEqual(
          yield* rewritten(Container.lmi("bloom").generate.response, text),
          JSON.parse(text),
          path
        )
      }
    }))

  it.effect("every completion is decoded and encoded without loss", () =>
    Effect.gen(function*() {
      assert.isAbove(completions.length, 10)
      for (const { path, text } of completions) {
        assert.deepStrictEqual(yield* rewritten(tgi.completions.response, text), JSON.parse(text), path)
      }
    }))

  it.effect("the tokens of a generation are typed", () =>
    Effect.gen(function*() {
      const { text } = generations.find(({ path }) => path.endsWith("test_bloom_560m_all_params.json"))!
      const response = yield* tgi.generate.response.decode(bytesOf(text))
      const [{ details, generated_text }] = Array.ensure(response) as [Container.TgiGeneration]
      assert.isTrue(generated_text.endsWith(details?.tokens?.map((token) => token.text).join("") ?? "?"))
      assert.strictEqual(details?.generated_tokens, details?.tokens?.length)
      assert.isTrue(details?.prefill?.every(({ logprob }) => logprob === null || typeof logprob === "number"))
    }))
})

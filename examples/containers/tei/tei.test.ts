import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Container } from "effect-sagemaker-runtime"
import { emulated } from "../../emulated.ts"
import { classifierContainer, embeddingContainer, rerankContainer } from "./container.ts"
import { moodsOf } from "./moods.ts"
import { search } from "./search.ts"

const endpoints = emulated(
  embeddingContainer("bge-m3"),
  rerankContainer("bge-reranker-v2"),
  classifierContainer("emotions")
)

const texts = [
  "Retries have a quota of 500 tokens.",
  "A stream of tokens ends with its usage.",
  "The emulator verifies signatures as AWS does."
]

it.live("finds the text that answers a question", () =>
  Effect.gen(function*() {
    const [first] = yield* search("Who verifies the signatures?", texts)
    assert.strictEqual(first?.text, texts[2])
  }).pipe(Effect.provide(endpoints)))

it.live("embeds more texts than one request can hold", () =>
  Effect.gen(function*() {
    const many = Array.from({ length: 70 }, (_, index) => `text ${"x".repeat(index)}`)
    const model = Container.tei("bge-m3", { normalize: false, concurrency: 2 })
    const vectors = yield* model.embedMany(many)
    assert.lengthOf(vectors, 70)
    assert.deepStrictEqual(vectors[69], yield* model.embed(many[69]!))
  }).pipe(Effect.provide(endpoints)))

it.live("finds the mood of texts", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* moodsOf(["I love it", "A table."]), ["joy", "neutral"])
    const single = yield* Container.tei("emotions").predict({ inputs: ["so", "happy"], raw_scores: true })
    assert.deepStrictEqual(single, [{ score: 2, label: "joy" }, { score: -2, label: "neutral" }])
  }).pipe(Effect.provide(endpoints)))

it.live("returns the texts of a re-ranker on request", () =>
  Effect.gen(function*() {
    const ranks = yield* Container.tei("bge-reranker-v2").rerank({
      query: "quota",
      texts: ["no", "a quota"],
      raw_scores: true,
      return_text: true
    })
    assert.deepStrictEqual(ranks, [{ index: 1, text: "a quota", score: -1 }, { index: 0, text: "no", score: -3 }])
  }).pipe(Effect.provide(endpoints)))

it.live("fails with the status and the text of the container", () =>
  Effect.gen(function*() {
    const long = "word ".repeat(600)
    const model = Container.tei("bge-m3")
    const tooLong = yield* Effect.flip(model.embed(long))
    assert.deepInclude(tooLong, { _tag: "ModelError", OriginalStatusCode: 413 })
    assert.lengthOf(yield* model.embed(long, { truncate: true }), 64)
    const tooMany = yield* Effect.flip(model.embedMany(Array.from({ length: 33 }, () => "a"), { maxBatchSize: 33 }))
    assert.deepInclude(tooMany, { _tag: "ModelError", OriginalStatusCode: 413 })
    const wrongModel = yield* Effect.flip(model.rerank({ query: "a", texts: ["b"] }))
    assert.deepInclude(wrongModel, { _tag: "ModelError", OriginalStatusCode: 422 })
  }).pipe(Effect.provide(endpoints)))

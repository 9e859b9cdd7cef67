import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Container, type ModelEndpoint, type SageMakerRuntime } from "effect-sagemaker-runtime"
import { expectTypeOf } from "vitest"
import { hostileValues, thrownText } from "../support/hostileValues.ts"
import { type Reply, scriptedRuntime } from "../support/scriptedHttpClient.ts"

const bodyOf = ({ body }: { readonly body: { readonly _tag: string; readonly body?: unknown } }): unknown =>
  JSON.parse(new TextDecoder().decode(body.body as Uint8Array))

const json = (value: unknown): Reply => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(value)
})

/** Sends one call and returns its result and the body of its request. */
const exchange = <A, E>(reply: unknown, call: Effect.Effect<A, E, SageMakerRuntime.SageMakerRuntime>) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(json(reply))
    const value = yield* Effect.provide(call, server.layer)
    const [request] = yield* server.requests
    return { value, request: request!, body: bodyOf(request!) }
  })

const ranks = [
  { index: 2, score: 0.9997739, text: "test" },
  { index: 0, score: 0.9997739, text: "test" },
  { index: 1, score: 0.3638598, text: "other" }
]

const predictions = [{ score: 0.9972131, label: "neutral" }, { score: 0.0007965734, label: "approval" }]

describe("Container.tei", () => {
  it.effect("embeds with the members of TEI's requests", () =>
    Effect.gen(function*() {
      const tei = Container.tei("bge-m3", { truncate: true, normalize: false, TargetVariant: "blue" })
      const one = yield* exchange([[0.1, 0.2]], tei.embed("a", { prompt_name: "query", request: { extra: 1 } }))
      assert.deepStrictEqual(one.value, [0.1, 0.2])
      assert.deepStrictEqual(one.body, {
        truncate: true,
        normalize: false,
        prompt_name: "query",
        extra: 1,
        inputs: "a"
      })
      assert.strictEqual(one.request.headers["x-amzn-sagemaker-target-variant"], "blue")
      const many = yield* exchange([[1], [2]], tei.embedMany(["a", "b"], { truncate: false, dimensions: 1 }))
      assert.deepStrictEqual(many.value, [[1], [2]])
      assert.deepStrictEqual(many.body, { truncate: false, normalize: false, dimensions: 1, inputs: ["a", "b"] })
    }))

  it.effect("returns the responses of embeddings", () =>
    Effect.gen(function*() {
      const tei = Container.tei("bge-m3")
      const one = yield* exchange([[1]], tei.embedWithResponse("a"))
      assert.deepInclude(one.value, { value: [1], body: [[1]] })
      const many = yield* exchange([[1]], tei.embedManyWithResponse(["a"]))
      assert.strictEqual(many.value.batches[0]!.response.$metadata.attempts, 1)
    }))

  it.effect("sends 32 texts in a request", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime((request) => {
        const { inputs } = bodyOf(request) as { readonly inputs: ReadonlyArray<string> }
        return json(inputs.map(() => [1]))
      })
      const texts = Array.from({ length: 40 }, () => "a")
      yield* Container.tei("bge-m3").embedMany(texts).pipe(Effect.provide(server.layer))
      yield* Container.tei("bge-m3", { maxBatchSize: 40 }).embedMany(texts).pipe(Effect.provide(server.layer))
      assert.strictEqual(yield* server.attempts, 3)
    }))

  it.effect("re-ranks", () =>
    Effect.gen(function*() {
      const tei = Container.tei("bge-reranker", { truncate: true, normalize: true })
      const request = { query: "test", texts: ["test", "other", "test"], return_text: true }
      const { body, value } = yield* exchange(ranks, tei.rerank(request))
      assert.deepStrictEqual(value, ranks)
      assert.deepStrictEqual(body, { truncate: true, ...request })
      const nothing = yield* exchange([{ index: 0, score: 1, text: null }], tei.rerank({ ...request, truncate: false }))
      assert.deepStrictEqual(nothing.value, [{ index: 0, score: 1, text: null }])
      assert.deepInclude(nothing.body, { truncate: false })
    }))

  it.effect("predicts the classes of a text, a pair and a batch", () =>
    Effect.gen(function*() {
      const tei = Container.tei("emotions")
      const text = yield* exchange(predictions, tei.predict({ inputs: "a", raw_scores: true }))
      expectTypeOf(text.value).toEqualTypeOf<ReadonlyArray<Container.TeiPrediction>>()
      assert.deepStrictEqual(text.value, predictions)
      assert.deepStrictEqual(text.body, { inputs: "a", raw_scores: true })
      const pair = yield* exchange(predictions, tei.predict({ inputs: ["a", "b"] }))
      expectTypeOf(pair.value).toEqualTypeOf<ReadonlyArray<Container.TeiPrediction>>()
      const batch = yield* exchange([predictions, predictions], tei.predict({ inputs: [["a"], ["a", "b"]] }))
      expectTypeOf(batch.value).toEqualTypeOf<ReadonlyArray<ReadonlyArray<Container.TeiPrediction>>>()
      assert.deepStrictEqual(batch.value, [predictions, predictions])
    }))

  it.effect("returns sparse vectors and similarities", () =>
    Effect.gen(function*() {
      const tei = Container.tei("splade", { prompt_name: "query" })
      const sparse = yield* exchange([[{ index: 7, value: 0.5 }], []], tei.embedSparse({ inputs: ["a", "b"] }))
      assert.deepStrictEqual(sparse.value, [[{ index: 7, value: 0.5 }], []])
      assert.deepStrictEqual(sparse.body, { prompt_name: "query", inputs: ["a", "b"] })
      const inputs = { source_sentence: "a", sentences: ["b", "c"] }
      const similar = yield* exchange([0, 1], tei.similarity({ inputs, parameters: { truncate: true } }))
      assert.deepStrictEqual(similar.value, [0, 1])
      assert.deepStrictEqual(similar.body, { inputs, parameters: { truncate: true } })
    }))

  it.effect("keeps members that its types do not declare", () =>
    Effect.gen(function*() {
      const reply = [{ index: 0, score: 1, tokens: 3 }]
      const { value } = yield* exchange(reply, Container.tei("a").rerank({ query: "a", texts: ["a"] }))
      assert.deepStrictEqual(value, reply)
    }))

  it.effect("has the members of the response", () =>
    Effect.gen(function*() {
      const { models } = Container.tei("a")
      const { value } = yield* exchange(ranks, models.rerank.invokeWithResponse({ query: "a", texts: ["a", "b", "c"] }))
      assert.strictEqual(value.response.$metadata.httpStatusCode, 200)
    }))

  it.effect("fails with CodecError for the response of another API", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(exchange([[0.1]], Container.tei("a").rerank({ query: "a", texts: ["a"] })))
      assert.strictEqual(error._tag, "CodecError")
    }))

  it.effect("fails with InvalidInputError for invalid options", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(json([[1]]))
      for (const options of [{ maxBatchSize: 0 }, "options", { request: 7 }]) {
        const error = yield* Effect.flip(Container.tei("a", options as never).embed("a")).pipe(
          Effect.provide(server.layer)
        )
        assert.strictEqual(error._tag, "InvalidInputError")
      }
      assert.strictEqual(yield* server.attempts, 0)
    }))

  it.effect("fails with typed errors for hostile values", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(json([[1]]))
      for (const [, make] of hostileValues) {
        const value = make()
        const calls: ReadonlyArray<
          Effect.Effect<unknown, ModelEndpoint.ModelEndpointError, SageMakerRuntime.SageMakerRuntime>
        > = [
          Container.tei("a", value as never).embed("a"),
          Container.tei("a", value as never).rerank({ query: "a", texts: [] }),
          Container.tei("a").embed("a", value as never),
          Container.tei("a").rerank(value as never),
          Container.tei("a").predict({ inputs: value as never })
        ]
        for (const call of calls) {
          const exit = yield* Effect.either(call).pipe(Effect.provide(server.layer))
          assert.notInclude(exit._tag === "Left" ? exit.left.message : "", thrownText)
        }
      }
    }))
})

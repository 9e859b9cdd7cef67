import { assert, it } from "@effect/vitest"
import { Effect, Ref, Stream } from "effect"
import { Container } from "effect-sagemaker-runtime"
import { emulated } from "../../emulated.ts"
import { answer } from "./answer.ts"
import { generativeContainer, rerankerContainer } from "./container.ts"

const endpoints = emulated(
  rerankerContainer("bge-reranker", "BAAI/bge-reranker-v2-m3"),
  generativeContainer("qwen3-8b", {
    model: "Qwen/Qwen3-8B",
    contextLength: 100,
    reply: () => "The town hall is grey — very grey."
  })
)

const qwen = Container.vllm("qwen3-8b")
const reranker = Container.vllm("bge-reranker")

const messages = [{ role: "user" as const, content: "Which colour is it?" }]

it.live("reranks documents and streams the answer", () =>
  Effect.gen(function*() {
    const written = yield* Ref.make("")
    const { finishReason, usage } = yield* answer(
      "Which colour is the town hall?",
      ["The river is blue.", "The town hall is grey.", "It often rains."],
      (text) => Ref.update(written, (before) => before + text)
    )
    assert.strictEqual(yield* Ref.get(written), "The town hall is grey — very grey.")
    assert.strictEqual(finishReason, "stop")
    assert.deepStrictEqual(usage, { inputTokens: 6, outputTokens: 8, totalTokens: 14 })
  }).pipe(Effect.provide(endpoints)))

it.live("the members of a request determine the API", () =>
  Effect.gen(function*() {
    const completion = yield* qwen.completions.invoke({ prompt: "Which colour?", max_tokens: 3 })
    assert.deepStrictEqual(completion.choices.map(({ finish_reason, text }) => [text, finish_reason]), [
      ["The town hall", "length"]
    ])
    const texts = yield* Stream.runCollect(Stream.map(qwen.completions.stream({ prompt: "?" }), ({ text }) => text))
    assert.strictEqual([...texts].join(""), "The town hall is grey — very grey.")
    const scores = yield* reranker.score.invoke({ text_1: "a grey hall", text_2: ["grey", "a hall"] })
    assert.deepStrictEqual(scores.data.map(({ score }) => score), [0.33, 0.67])
    const pairs = yield* reranker.score.invoke({ queries: ["grey", "blue"], documents: ["grey", "grey"] })
    assert.deepStrictEqual(pairs.data.map(({ score }) => score), [1, 0])
  }).pipe(Effect.provide(endpoints)))

it.live("reports the container's errors", () =>
  Effect.gen(function*() {
    const unknownModel = yield* Effect.flip(qwen.chat.invoke({ messages, model: "qwen3-8b" }))
    assert.strictEqual(unknownModel._tag === "ModelError" && unknownModel.OriginalStatusCode, 404)
    const tooLong = yield* Effect.flip(Stream.runDrain(qwen.chat.stream({ messages, max_tokens: 99 })))
    assert.deepInclude(tooLong, { _tag: "ModelError", OriginalStatusCode: 400 })
    const wrongApi = yield* Effect.flip(qwen.rerank.invoke({ query: "?", documents: ["!"] }))
    assert.deepInclude(wrongApi, { _tag: "ModelError", OriginalStatusCode: 400 })
    assert.match(
      wrongApi._tag === "ModelError" ? wrongApi.OriginalMessage ?? "" : "",
      /Cannot find suitable handler for request\. Expected one of: \['ChatCompletionRequest', 'CompletionRequest'\]/
    )
  }).pipe(Effect.provide(endpoints)))

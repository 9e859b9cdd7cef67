import { assert, it } from "@effect/vitest"
import { Effect, Ref, Stream } from "effect"
import { Container, Tokens } from "effect-sagemaker-runtime"
import { emulated } from "../../emulated.ts"
import { tgiContainer } from "./container.ts"
import { tellStory, unlikelyWords } from "./story.ts"

const endpoints = emulated(tgiContainer("bloom-560m", {
  model: "bigscience/bloom-560m",
  maxTotalTokens: 64,
  reply: () => " there was a lighthouse — an extraordinary one."
}))

const bloom = Container.tgi("bloom-560m")

it.live("streams a story and returns the usage", () =>
  Effect.gen(function*() {
    const written = yield* Ref.make("")
    const story = yield* tellStory("Once upon a time", (text) => Ref.update(written, (before) => before + text))
    assert.strictEqual(yield* Ref.get(written), " there was a lighthouse — an extraordinary one.")
    assert.strictEqual(story.finishReason, "stop")
    assert.deepStrictEqual(story.usage?.outputTokens, 8)
  }).pipe(Effect.provide(endpoints)))

it.live("reads the tokens of a response", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* unlikelyWords("Once upon a time"), ["lighthouse", "extraordinary"])
  }).pipe(Effect.provide(endpoints)))

it.live("accepts chat completions and completions", () =>
  Effect.gen(function*() {
    const chat = yield* bloom.chat.stream({ messages: [{ role: "user", content: "Once" }] }).pipe(Tokens.collect)
    assert.strictEqual(chat.text, " there was a lighthouse — an extraordinary one.")
    const completion = yield* bloom.completions.stream({ prompt: "Once", max_tokens: 2 }).pipe(Tokens.collect)
    assert.deepInclude(completion, { text: " there was", finishReason: "length" })
  }).pipe(Effect.provide(endpoints)))

it.live("reports the container's errors, in a stream too", () =>
  Effect.gen(function*() {
    const request = { inputs: "Once", parameters: { max_new_tokens: 64 } }
    const words = "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 64. " +
      "Given: 1 `inputs` tokens and 64 `max_new_tokens`"
    const whole = yield* Effect.flip(bloom.generate.invoke(request))
    assert.deepInclude(whole, { _tag: "ModelError", OriginalStatusCode: 422 })
    assert.strictEqual(
      whole._tag === "ModelError" && whole.OriginalMessage,
      JSON.stringify({ error: words, error_type: "validation" })
    )
    const streamed = yield* Effect.flip(Stream.runDrain(bloom.generate.stream(request)))
    assert.deepInclude(streamed, { _tag: "ModelStreamError", ErrorCode: "validation" })
    assert.strictEqual(streamed._tag === "ModelStreamError" && streamed.OriginalMessage, words)
  }).pipe(Effect.provide(endpoints)))

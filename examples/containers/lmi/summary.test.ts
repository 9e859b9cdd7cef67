import { assert, it } from "@effect/vitest"
import { Array, Effect, Ref, Stream } from "effect"
import { Container, Tokens } from "effect-sagemaker-runtime"
import { emulated } from "../../emulated.ts"
import { lmiContainer } from "./container.ts"
import { summarise } from "./summary.ts"

const endpoints = emulated(lmiContainer("llama-3-8b", {
  model: "lmi",
  contextLength: 100,
  reply: () => " The façade is grey."
}))

const llama = Container.lmi("llama-3-8b")

const messages = [{ role: "user" as const, content: "Which colour is it?" }]

it.live("streams a summary", () =>
  Effect.gen(function*() {
    const written = yield* Ref.make("")
    const result = yield* summarise("The town hall …", (text) => Ref.update(written, (before) => before + text))
    assert.strictEqual(result, "complete")
    assert.strictEqual(yield* Ref.get(written), " The façade is grey.")
  }).pipe(Effect.provide(endpoints)))

it.live("returns the status with which the container rejects a long article", () =>
  Effect.gen(function*() {
    const result = yield* summarise("word ".repeat(100), () => Effect.void)
    assert.strictEqual(result, "rejected with 400")
  }).pipe(Effect.provide(endpoints)))

it.live("accepts inputs, messages and a prompt", () =>
  Effect.gen(function*() {
    const response = yield* llama.generate.invoke({ inputs: "?", parameters: { details: true, max_new_tokens: 2 } })
    const [{ details, generated_text } = { generated_text: "" }] = Array.ensure(response)
    assert.strictEqual(generated_text, " The façade")
    assert.strictEqual(details?.finish_reason, "length")
    assert.deepStrictEqual(details?.tokens?.map(({ logprob }) => logprob), [-0.25, -0.4375])
    const withoutDetails = yield* llama.generate.stream({ inputs: "?" }).pipe(Tokens.collect)
    assert.strictEqual(withoutDetails.text, " The façade is grey.")
    const chat = yield* llama.chat.stream({ messages }).pipe(Tokens.collect)
    assert.deepInclude(chat, { text: " The façade is grey.", finishReason: "stop" })
    const completion = yield* llama.completions.stream({ prompt: "?" }).pipe(Tokens.collect)
    assert.deepInclude(completion, { text: " The façade is grey.", finishReason: "stop" })
  }).pipe(Effect.provide(endpoints)))

it.live("reports the container's errors", () =>
  Effect.gen(function*() {
    const tooLong = yield* Effect.flip(Stream.runDrain(llama.chat.stream({ messages, max_tokens: 99 })))
    assert.deepInclude(tooLong, { _tag: "ModelError", OriginalStatusCode: 400 })
    assert.match(tooLong._tag === "ModelError" ? tooLong.OriginalMessage ?? "" : "", /"code":400/)
  }).pipe(Effect.provide(endpoints)))

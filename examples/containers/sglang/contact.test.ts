import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Container, Tokens } from "effect-sagemaker-runtime"
import { emulated } from "../../emulated.ts"
import { Contact, readContact } from "./contact.ts"
import { sglangContainer } from "./container.ts"

const endpoints = emulated(sglangContainer("qwen3-8b", {
  model: "Qwen/Qwen3-8B",
  contextLength: 100,
  reply: (prompt, format) => {
    const [, name = "unknown"] = /^(\w+ \w+)$/m.exec(prompt) ?? []
    const [telephone = null] = /\+[\d ]+\d/.exec(prompt) ?? []
    return format === undefined ? `The sender is ${name}.` : JSON.stringify({ name, telephone })
  }
}))

const qwen = Container.sglang("qwen3-8b")

const email = "Please call me.\n\nAda Lovelace\n+44 20 7946 0000"

it.live("reads a contact from an e-mail", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(
      yield* readContact(email),
      new Contact({ name: "Ada Lovelace", telephone: "+44 20 7946 0000" })
    )
  }).pipe(Effect.provide(endpoints)))

it.live("streams a chat completion", () =>
  Effect.gen(function*() {
    const completion = yield* qwen.chat.stream({ messages: [{ role: "user", content: email }] }).pipe(Tokens.collect)
    assert.deepInclude(completion, { text: "The sender is Ada Lovelace.", finishReason: "stop" })
  }).pipe(Effect.provide(endpoints)))

it.live("reports the container's errors", () =>
  Effect.gen(function*() {
    const tooLong = yield* Effect.flip(readContact("word ".repeat(101)))
    assert.deepInclude(tooLong, { _tag: "ModelError", OriginalStatusCode: 400 })
    const native = yield* Effect.flip(qwen.generate.invoke({ text: "Once" }))
    assert.deepInclude(native, { _tag: "ModelError", OriginalStatusCode: 400 })
    assert.match(native._tag === "ModelError" ? native.OriginalMessage ?? "" : "", /'loc': \('body', 'messages'\)/)
  }).pipe(Effect.provide(endpoints)))

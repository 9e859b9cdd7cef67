import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { ModelEndpoint } from "effect-sagemaker-runtime"
import { scriptedRuntime } from "./support/scriptedHttpClient.ts"

class City extends Schema.Class<City>("City")({ name: Schema.String, founded: Schema.NumberFromString }) {}

const llama = ModelEndpoint.chat("llama")
const question = { messages: [{ role: "user", content: "What is the oldest city?" }] } as const

const completionOf = (message: object, finish_reason = "stop") => ({
  status: 200,
  headers: { "content-type": "application/json", "x-amzn-invoked-production-variant": "blue" },
  body: JSON.stringify({ choices: [{ index: 0, message, finish_reason }], usage: { total_tokens: 9 } })
})

const invoke = (message: object, finishReason?: string) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(completionOf(message, finishReason))
    const result = yield* Effect.either(llama.object(City, question).pipe(Effect.provide(server.layer)))
    const [request] = yield* server.requests
    return {
      result,
      sent: JSON.parse(new TextDecoder().decode((request!.body as { body: Uint8Array }).body)) as object
    }
  })

const failure = (message: object, finishReason?: string) =>
  Effect.flatMap(invoke(message, finishReason), ({ result }) => Effect.flip(result))

const jericho = "{\"name\":\"Jericho\",\"founded\":\"-9000\"}"

describe("ChatEndpoint.object", () => {
  it.effect("sends the JSON Schema and decodes the content", () =>
    Effect.gen(function*() {
      const { result, sent } = yield* invoke({ role: "assistant", content: jericho })
      assert.deepStrictEqual(yield* result, new City({ name: "Jericho", founded: -9000 }))
      assert.deepInclude(sent, question)
      const { response_format } = sent as { response_format: { type: string; json_schema: Record<string, unknown> } }
      assert.strictEqual(response_format.type, "json_schema")
      assert.include(response_format.json_schema, { name: "City", strict: true })
      assert.include(JSON.stringify(response_format.json_schema["schema"]), "\"founded\"")
      assert.include(response_format.json_schema["schema"], { type: "object" })
    }))

  it.effect("keeps the response_format of the request", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(completionOf({ content: jericho }))
      const response_format = { type: "json", value: {} }
      yield* llama.object(City, { ...question, response_format }).pipe(Effect.provide(server.layer))
      const [request] = yield* server.requests
      assert.deepInclude(
        JSON.parse(new TextDecoder().decode((request!.body as { body: Uint8Array }).body)) as object,
        { response_format }
      )
    }))

  it.effect("returns the completion and the members of the response on request", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(completionOf({ content: jericho }))
      const { completion, response, value } = yield* llama.objectWithResponse(City, question).pipe(
        Effect.provide(server.layer)
      )
      assert.strictEqual(value.name, "Jericho")
      assert.strictEqual(completion.usage?.total_tokens, 9)
      assert.strictEqual(response.InvokedProductionVariant, "blue")
    }))

  it.effect.each([
    ["a fenced code block", `\`\`\`json\n${jericho}\n\`\`\``],
    ["reasoning before it", `<think>\nJericho {old}\n</think>\n\n${jericho}`],
    ["blank lines around it", `\n\n${jericho}\n`]
  ])(
    "accepts content in or with %s",
    ([, content]) =>
      Effect.map(
        Effect.flatMap(invoke({ content }), ({ result }) => result),
        ({ name }) => assert.strictEqual(name, "Jericho")
      )
  )

  it.effect.each(
    [
      ["missing content", { content: null }, "stop", "no content"],
      ["a refusal", { refusal: "hunter2" }, "stop", "no content"],
      ["other text", { content: "hunter2" }, "stop", "invalid JSON"],
      ["another value", { content: "{\"name\":\"hunter2\"}" }, "stop", "founded"],
      ["a completion that the token limit ended", { content: "{\"name\":\"hunter2" }, "length", "token limit"]
    ] as const
  )(
    "%s is a CodecError without the text in its message",
    ([, message, reason, expected]) =>
      Effect.map(failure(message, reason), (error) => {
        assert.strictEqual(error._tag, "CodecError")
        assert.include(error.message, expected)
        assert.notInclude(error.message, "hunter2")
        assert.notInclude(JSON.stringify(error), "hunter2")
      })
  )

  it.effect("a completion without choices is a CodecError", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime({
        status: 200,
        headers: { "content-type": "application/json" },
        body: "{\"choices\":[]}"
      })
      const error = yield* Effect.flip(llama.object(City, question).pipe(Effect.provide(server.layer)))
      assert.include(error, { _tag: "CodecError" })
      assert.include(error.message, "no choice")
    }))

  it.effect("a schema without a JSON Schema fails before any request", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(completionOf({ content: "1" }))
      const error = yield* Effect.flip(
        llama.object(Schema.BigIntFromSelf, question).pipe(Effect.provide(server.layer))
      )
      assert.include(error, { _tag: "CodecError", direction: "encode" })
      assert.lengthOf(yield* server.requests, 0)
    }))
})

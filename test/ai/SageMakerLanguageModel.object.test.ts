import { AiError, LanguageModel } from "@effect/ai"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { SageMakerError } from "effect-sagemaker-runtime"
import type { SageMakerLanguageModel } from "effect-sagemaker-runtime/ai"
import { completion, type Members, scriptedModel } from "../support/languageModel.ts"

const Contact = Schema.Struct({ name: Schema.String, age: Schema.NumberFromString })
  .annotations({ description: "A contact" })

const Moment = Schema.Struct({ at: Schema.DateFromSelf })

const ask = (config: SageMakerLanguageModel.Config.Service, reply: Members, objectName?: string) =>
  Effect.flatMap(scriptedModel(config, reply), ({ layer, requests }) =>
    LanguageModel.generateObject({
      prompt: [{ role: "system", content: "Be exact" }, { role: "user", content: "Ada, 36" }],
      schema: Contact,
      ...(objectName === undefined ? {} : { objectName })
    }).pipe(
      Effect.provide(layer),
      Effect.map((response) => ({ response, request: requests[0]! }))
    ))

const ada = "{\"name\":\"Ada\",\"age\":\"36\"}"
const reply = completion({ content: ada })
const schema = {
  type: "object",
  required: ["name", "age"],
  properties: { name: { type: "string" }, age: { type: "string" } },
  additionalProperties: false
}

describe("LanguageModel.generateObject", () => {
  it.effect("sends the JSON Schema as response_format by default", () =>
    Effect.gen(function*() {
      const { request, response } = yield* ask({}, reply, "A contact!")
      assert.deepStrictEqual(response.value, { name: "Ada", age: 36 })
      const { json_schema, type } = request["response_format"] as Members & { readonly json_schema: Members }
      assert.strictEqual(type, "json_schema")
      assert.deepInclude(json_schema, { name: "A_contact_", description: "A contact", strict: true })
      assert.hasAllKeys((json_schema["schema"] as { readonly properties: object }).properties, ["name", "age"])
    }))

  it.effect("with json_object adds instructions", () =>
    Effect.gen(function*() {
      const { request, response } = yield* ask({ structuredOutput: "json_object" }, reply)
      assert.deepStrictEqual(response.value, { name: "Ada", age: 36 })
      assert.deepStrictEqual(request["response_format"], { type: "json_object" })
      assert.notProperty(request, "structuredOutput")
      const [system, user] = request["messages"] as ReadonlyArray<{ readonly content: string }>
      assert.match(system!.content, /^Be exact\n\nRespond with one JSON value only/)
      const sent = JSON.parse(system!.content.slice(system!.content.indexOf("{"))) as typeof schema
      assert.deepStrictEqual(sent.required, schema.required)
      assert.strictEqual(user?.content, "Ada, 36")
    }))

  it.effect("with instructions sends no response_format, and removes reasoning and a code fence", () =>
    Effect.gen(function*() {
      const { request, response } = yield* ask(
        { structuredOutput: "instructions" },
        completion({ content: `<think>Ada is\n36.</think>\n\n\`\`\`json\n${ada}\n\`\`\`` })
      )
      assert.deepStrictEqual(response.value, { name: "Ada", age: 36 })
      assert.strictEqual(response.text.trim(), ada)
      assert.strictEqual(response.reasoningText, "Ada is\n36.")
      assert.notProperty(request, "response_format")
    }))

  it.effect("with json sends the JSON Schema in the format of TGI", () =>
    Effect.gen(function*() {
      const { request } = yield* ask({ structuredOutput: "json" }, reply)
      const { type, value } = request["response_format"] as Members & { readonly value: typeof schema }
      assert.deepStrictEqual([type, value.required], ["json", schema.required])
      assert.strictEqual((request["messages"] as ReadonlyArray<Members>)[0]?.["content"], "Be exact")
    }))

  it.effect("keeps a response_format of the configuration", () =>
    Effect.gen(function*() {
      const format = { type: "json", value: schema }
      const { request } = yield* ask({ response_format: format }, reply)
      assert.deepStrictEqual(request["response_format"], format)
    }))

  const failures: ReadonlyArray<readonly [name: string, reply: Members, description: RegExp]> = [
    ["text", completion({ content: "secret: Ada is 36" }), /not valid JSON/],
    ["a cut object", completion({ content: "{\"name\":\"secret" }, "length"), /finish_reason: length/],
    ["a refusal", completion({ content: "", refusal: "secret" }), /refused/],
    ["nothing", completion({ reasoning: "secret" }), /no content/]
  ]

  it.effect.each(failures)(
    "with %s fails, and the cause has the completion",
    ([, script, description]) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(ask({}, script))
        assert(AiError.isAiError(error) && error._tag === "MalformedOutput")
        assert.match(error.description ?? "", description)
        assert(error.cause instanceof SageMakerError.CodecError)
        assert.include(new TextDecoder().decode(error.cause.body), "secret")
        assert.notInclude(`${error.message}${JSON.stringify(error)}`, "secret")
      })
  )

  it.effect("with an object that does not match fails with MalformedOutput", () =>
    Effect.map(
      Effect.flip(ask({}, completion({ content: "{\"name\":1}" }))),
      (error) => assert.strictEqual((error as AiError.AiError)._tag, "MalformedOutput")
    ))

  it.effect("with a schema without a JSON Schema fails before a request", () =>
    Effect.gen(function*() {
      const { layer, requests } = yield* scriptedModel({}, reply)
      const error = yield* LanguageModel.generateObject({ prompt: "Hi", schema: Moment }).pipe(
        Effect.provide(layer),
        Effect.flip
      )
      assert.strictEqual(error._tag, "MalformedInput")
      assert.deepStrictEqual(requests, [])
    }))
})

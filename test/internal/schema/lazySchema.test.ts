import { assert, describe, it } from "@effect/vitest"
import { JSONSchema, Schema } from "effect"
import { Chat, Codec } from "effect-sagemaker-runtime"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { inspect } from "node:util"
import { lazySchema } from "../../../src/internal/schema/lazySchema.ts"

const src = fileURLToPath(new URL("../../../src/", import.meta.url))

describe("A lazy schema", () => {
  it("is built once, when it is first used", () => {
    let builds = 0
    const schema = lazySchema(() => {
      builds += 1
      return Schema.Struct({ score: Schema.Number })
    })
    assert.strictEqual(builds, 0)
    assert.deepStrictEqual(Schema.decodeUnknownSync(schema)({ score: 1 }), { score: 1 })
    assert.isTrue(Schema.is(schema)({ score: 1 }))
    assert.strictEqual(builds, 1)
  })

  it("has the AST, the fields and the methods of its schema", () => {
    const built = Schema.Struct({ score: Schema.Number, label: Schema.optional(Schema.String) })
    const schema = lazySchema(() => built)
    assert.isTrue(Schema.isSchema(schema))
    assert.strictEqual(schema.ast, built.ast)
    assert.strictEqual(schema.fields, built.fields)
    assert.deepStrictEqual(Object.keys(schema), Object.keys(built))
    assert.strictEqual(String(schema), String(built))
    assert.deepStrictEqual(schema.make({ score: 1 }), { score: 1 })
    assert.deepStrictEqual(Object.keys(schema.omit("label").fields), ["score"])
    assert.deepStrictEqual(JSONSchema.make(schema), JSONSchema.make(built))
    assert.include(inspect(schema), "class")
  })

  it("can be a part of another schema, a member of a union, and the base of a class", () => {
    const schema = lazySchema(() => Schema.Struct({ score: Schema.Number }))
    class Named extends schema {}
    const outer = Schema.Struct({
      list: Schema.Array(Schema.Union(schema, Schema.String)),
      named: Named,
      ...schema.fields
    })
    const value = { list: [{ score: 1 }, "a"], named: { score: 2 }, score: 3 }
    assert.deepStrictEqual(Schema.decodeUnknownSync(outer)(value), value)
    assert.isTrue(Schema.equivalence(schema)({ score: 1 }, { score: 1 }))
  })

  it("is a stand-in for a schema with annotations, a transformation or a filter", () => {
    const positive = lazySchema(() => Schema.NumberFromString.pipe(Schema.positive()))
    assert.strictEqual(Schema.decodeUnknownSync(positive.annotations({ title: "score" }))("2"), 2)
    assert.throws(() => Schema.decodeUnknownSync(positive)("-2"))
    assert.strictEqual(Schema.encodeSync(positive)(2), "2")
  })
})

describe("Public schemas", () => {
  it.each(
    [
      Chat.ChatContentPart,
      Chat.ChatToolCall,
      Chat.ChatMessage,
      Chat.ChatAssistantMessage,
      Chat.ChatTool,
      Chat.ChatRequest,
      Chat.ChatUsage,
      Chat.ChatCompletion,
      Chat.ChatCompletionChunk,
      Codec.Base64
    ] satisfies ReadonlyArray<Schema.Schema.All>
  )("are schemas: %#", (schema) => {
    assert.isTrue(Schema.isSchema(schema))
    assert.isTrue(Schema.isSchema(Schema.Array(schema as Schema.Schema.Any)))
    assert.strictEqual(schema.ast, schema.ast)
  })

  it("have their fields", () => {
    assert.include(Object.keys(Chat.ChatRequest.fields), "messages")
    assert.include(Object.keys(Chat.ChatCompletion.fields), "choices")
  })
})

const constructors =
  "Array|asSchema|declare|Literal|Null\\w*|Number|optional|parseJson|Record|String|Struct|transform\\w*|Tuple|" +
  "Union|Unknown"

const built = new RegExp(
  `^(?:export )?const \\w+[^=]* = (?:/\\*#__PURE__\\*/ )?(?:Schema\\.(?:${constructors})[.(]|open\\()`,
  "m"
)

describe("Private modules", () => {
  it("build no schema at import, except the classes of errors and jobs", () => {
    const files = readdirSync(`${src}internal`, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.startsWith("error/"))
    assert.include(files, "chat/request.ts")
    assert.deepStrictEqual(files.filter((file) => built.test(readFileSync(`${src}internal/${file}`, "utf8"))), [])
    assert.isTrue(built.test("export const usage = Schema.Struct({"))
  })
})

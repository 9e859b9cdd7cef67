import { assert, describe, it } from "@effect/vitest"
import { Effect, Equal, FastCheck, JSONSchema, pipe, Schema } from "effect"
import { Chat, Codec } from "effect-sagemaker-runtime"
import { inspect } from "node:util"

const decode = Schema.decodeUnknownEither(Codec.Base64)
const bytes = new TextEncoder().encode("héllo wörld")
const text = Buffer.from(bytes).toString("base64")

describe("Codec.Base64", () => {
  it("writes the standard alphabet with padding", () => {
    assert.strictEqual(Schema.encodeSync(Codec.Base64)(Uint8Array.of(251, 255, 191, 0)), "+/+/AA==")
  })

  for (
    const [what, each] of [
      ["without padding", text.replace(/=+$/, "")],
      ["in the URL-safe alphabet", text.replaceAll("+", "-").replaceAll("/", "_")],
      ["with line breaks, as MIME encoders write it", text.replace(/(.{5})/g, "$1\r\n")],
      ["with a line end, as shells print it", `${text}\n`],
      ["with spaces and tabs", ` ${text.slice(0, 3)}\t${text.slice(3)} `],
      ["in a data URL", `data:audio/wav;base64,${text}`],
      ["in a data URL with parameters", `data:text/plain;charset=utf-8;BASE64,${text}`]
    ] as const
  ) {
    it(`reads text ${what}`, () => {
      assert.deepStrictEqual(Schema.decodeSync(Codec.Base64)(each), bytes)
    })
  }

  it("reads what it writes", () => {
    FastCheck.assert(FastCheck.property(FastCheck.uint8Array({ maxLength: 500 }), (each) => {
      assert.deepStrictEqual(Schema.decodeSync(Codec.Base64)(Schema.encodeSync(Codec.Base64)(each)), each)
    }))
  })

  it("reads empty text as no bytes", () => {
    assert.deepStrictEqual(Schema.decodeSync(Codec.Base64)(""), new Uint8Array())
  })

  for (
    const [each, problem] of [
      ["canary!canary", "invalid character at position 6"],
      ["data:image/png;base64,canary!A", "invalid character at position 28"],
      ["data:text/plain,canary!", "invalid character at position 4"],
      ["canaryyyy", "invalid length or padding"],
      ["canary==canary==", "invalid length or padding"]
    ] as const
  ) {
    it(`rejects ${each} without repeating it`, () => {
      const result = decode(each)
      assert.strictEqual(result._tag, "Left")
      const printed = result._tag === "Left" ? result.left.message : ""
      assert.include(printed, `Expected Base64 text (${problem})`)
      assert.notInclude(printed, "canary")
    })
  }

  it.effect("reports the path of an invalid field, without the text", () =>
    Effect.gen(function*() {
      const codec = Codec.json(Schema.Struct({ images: Schema.Array(Schema.Struct({ png: Codec.Base64 })) }))
      const body = new TextEncoder().encode(JSON.stringify({ images: [{ png: text }, { png: "canary!" }] }))
      const error = yield* Effect.flip(codec.decode(body))
      assert.include(error.message, "images.1.png")
      assert.include(error.message, "invalid character at position 6")
      assert.notInclude(inspect(error, { depth: 10 }), "canary")
    }))

  it.effect("is a field of a JSON payload", () =>
    Effect.gen(function*() {
      const codec = Codec.json(Schema.Struct({ audio: Codec.Base64 }))
      const body = yield* codec.encode({ audio: bytes })
      assert.strictEqual(new TextDecoder().decode(body as Uint8Array), `{"audio":"${text}"}`)
      assert.isTrue(Equal.equals(Buffer.compare((yield* codec.decode(body as Uint8Array)).audio, bytes), 0))
    }))

  it("is a string in JSON Schema", () => {
    const schema = JSON.stringify(JSONSchema.make(Schema.Struct({ image: Codec.Base64 })))
    assert.include(schema, "\"contentEncoding\":\"base64\"")
  })
})

describe("Codec.toDataUrl", () => {
  it("makes the URL of an image part", () => {
    const url = Codec.toDataUrl(bytes, "image/png")
    assert.strictEqual(url, `data:image/png;base64,${text}`)
    assert.strictEqual(pipe(bytes, Codec.toDataUrl("image/png")), url)
    const message: Chat.ChatMessage = { role: "user", content: [{ type: "image_url", image_url: { url } }] }
    assert.deepStrictEqual(Schema.encodeUnknownSync(Chat.ChatMessage)(message), message)
  })

  it("is read by Codec.Base64", () => {
    assert.deepStrictEqual(Schema.decodeSync(Codec.Base64)(Codec.toDataUrl(bytes, "image/png")), bytes)
  })
})

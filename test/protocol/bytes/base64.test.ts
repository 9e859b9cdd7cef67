import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as node from "../../../src/node/internal/platform/base64.ts"
import * as portable from "../../../src/protocol/bytes/base64.ts"

/** `Uint8Array.fromBase64` and `toBase64` as the standard describes them, for the runtimes that have them. */
const native = {
  fromBase64: (text: string, { alphabet }: { readonly alphabet: string }) => {
    const digits = alphabet === "base64" ? "A-Za-z0-9+/" : "A-Za-z0-9_-"
    const compact = text.replace(/[\t\n\f\r ]/g, "")
    const isValid = new RegExp(`^(?:[${digits}]{4})*(?:[${digits}]{2}(?:==)?|[${digits}]{3}=?)?$`).test(compact)
    if (!isValid) {
      throw new SyntaxError("invalid Base64")
    }
    return new Uint8Array(Buffer.from(compact, "base64"))
  }
}

const withNative: typeof portable.decodeBase64 = (text) => {
  Object.assign(Uint8Array, native)
  try {
    return portable.decodeBase64(text)
  } finally {
    Reflect.deleteProperty(Uint8Array, "fromBase64")
  }
}

const decoders = { node: node.decodeBase64, portable: portable.decodeBase64, native: withNative }

const urlSafe = (text: string) => text.replaceAll("+", "-").replaceAll("/", "_")
const unpadded = (text: string) => text.replace(/=+$/, "")

describe("Base64 text of any bytes", () => {
  for (const [name, decode] of Object.entries(decoders)) {
    it(`is decoded in both alphabets, with and without padding (${name})`, () => {
      FastCheck.assert(FastCheck.property(FastCheck.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = Buffer.from(bytes).toString("base64")
        for (const each of [text, urlSafe(text), unpadded(text), urlSafe(unpadded(text))]) {
          assert.deepStrictEqual(decode(each), bytes)
        }
      }))
    })
  }

  for (const [name, { encodeBase64 }] of Object.entries({ node, portable })) {
    it(`is encoded as Buffer encodes it, from a part of a buffer too (${name})`, () => {
      FastCheck.assert(
        FastCheck.property(FastCheck.uint8Array({ maxLength: 200 }), FastCheck.nat(5), (bytes, start) => {
          const part = bytes.subarray(start)
          assert.strictEqual(encodeBase64(part), Buffer.from(part).toString("base64"))
        })
      )
    })
  }

  it("has its own buffer, without other data", () => {
    for (const decode of Object.values(decoders)) {
      const bytes = decode("QUJD")!
      assert.strictEqual(Object.getPrototypeOf(bytes), Uint8Array.prototype)
      assert.strictEqual(bytes.buffer.byteLength, 3)
    }
  })

  it("uses the function of the runtime to encode", () => {
    const bytes = Object.assign(Uint8Array.of(1), { toBase64: () => "runtime" })
    assert.strictEqual(portable.encodeBase64(bytes), "runtime")
  })
})

const invalid = [
  "Q",
  "QUJDR",
  "QQ=",
  "QUJD=",
  "QUJD====",
  "=",
  "====",
  "A=QQ",
  "QQ==QQ==",
  "QUI=QUJD",
  "Q!==",
  "QUJD!UJD",
  "QU\nJD",
  " QUJD",
  "\u0141UJD",
  "QUJ\u0141",
  "QUJ\ud83d\ude00",
  "QUJ\u00e9",
  "{\"a\":1}"
]

describe("Text that is not Base64 is never decoded", () => {
  for (const [name, decode] of Object.entries(decoders)) {
    for (const text of invalid) {
      it(`${JSON.stringify(text)} (${name})`, () => {
        assert.isUndefined(decode(text))
      })
    }
  }

  it("and the decoders agree", () => {
    const characters = FastCheck.string({
      unit: FastCheck.constantFrom(
        "A",
        "Q",
        "z",
        "0",
        "+",
        "/",
        "-",
        "_",
        "=",
        " ",
        "!",
        "\n",
        "é",
        "\u0141",
        "\u{1f600}"
      ),
      maxLength: 12
    })
    FastCheck.assert(
      FastCheck.property(characters, (text) => {
        const expected = node.decodeBase64(text)
        assert.deepStrictEqual(portable.decodeBase64(text), expected)
        assert.deepStrictEqual(withNative(text), expected)
      }),
      { numRuns: 5_000 }
    )
  })
})

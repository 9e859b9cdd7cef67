import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { isAccessDeniedCode, parseError } from "../../../src/protocol/error/errorCode.ts"

const body = (members: object) => JSON.stringify(members)
const codeOf = (header: string | undefined, text = "") => parseError(header, text).code

describe("the code of an error", () => {
  it("is the header's, else __type, else code", () => {
    const members = body({ __type: "B", code: "C" })
    assert.strictEqual(codeOf("A", members), "A")
    assert.strictEqual(codeOf(undefined, members), "B")
    assert.strictEqual(codeOf(undefined, body({ code: "C" })), "C")
  })

  it.each([
    ["ValidationError", "ValidationError"],
    ["ValidationError:http://internal.amazon.com/coral/com.amazon.coral.validate/", "ValidationError"],
    ["com.amazonaws.sagemakerruntime#ModelError", "ModelError"],
    ["a.b#ModelError:http://internal.amazon.com/x#y/", "ModelError"],
    [" ModelError ", "ModelError"],
    ["ModelError:", "ModelError"]
  ])("is cut out of %j", (header, code) => {
    assert.strictEqual(codeOf(header), code)
    assert.strictEqual(codeOf(undefined, body({ __type: header })), code)
    assert.strictEqual(codeOf(undefined, body({ code: header })), code)
  })

  it.each(["", ":", "#", "a#", "two words", "<b>", "a\nb", "ModelErrör", "a".repeat(129)])(
    "is absent where the name is unusable: %j",
    (name) => assert.isUndefined(codeOf(name))
  )

  it("that is unusable in the header is looked for in the body", () => {
    assert.strictEqual(codeOf("", body({ __type: "ModelError" })), "ModelError")
    assert.strictEqual(codeOf("two words", body({ code: "ModelError" })), "ModelError")
  })

  it.each([400, null, true, ["ModelError"], { code: "ModelError" }])(
    "is not taken from what is no text: %j",
    (code) => {
      assert.isUndefined(codeOf(undefined, body({ __type: code, code })))
    }
  )

  it("is not taken from deeper members", () => {
    assert.isUndefined(codeOf(undefined, body({ error: { code: "ModelError" } })))
  })
})

const messageOf = (text: string) => parseError(undefined, text).message

describe("the message of an error", () => {
  it("is Message, else message", () => {
    assert.strictEqual(messageOf(body({ message: "b", Message: "a" })), "a")
    assert.strictEqual(messageOf(body({ message: "b" })), "b")
    assert.strictEqual(messageOf(body({ Message: null, message: "b" })), "b")
  })

  it.each([{ message: null }, { message: "" }, { Message: 4 }, {}])("is absent in %j", (members) => {
    assert.isUndefined(messageOf(body(members)))
  })
})

describe("a body that is no JSON object", () => {
  it.each(["", "<html>502</html>", "null", "[1]", "\"ModelError\"", "5", "{", "{\"code\":\"A\"} trailing", "\u0000"])(
    "has neither code, message nor members: %j",
    (text) => assert.deepStrictEqual(parseError(undefined, text), { code: undefined, message: undefined, members: {} })
  )

  it("leaves the header's code standing", () => assert.strictEqual(codeOf("ModelError", "<html>"), "ModelError"))
})

describe("any error at all", () => {
  it.prop(
    "is read without throwing, and its code is a plain name",
    [
      FastCheck.option(FastCheck.string({ unit: "binary" }), { nil: undefined }),
      FastCheck.oneof(FastCheck.string({ unit: "binary" }), FastCheck.json())
    ],
    ([header, text]) => {
      const { code, message } = parseError(header, text)
      assert.isTrue(code === undefined || /^[\w.-]{1,128}$/.test(code))
      assert.isTrue(message === undefined || message !== "")
    }
  )
})

describe("a code that speaks of the caller", () => {
  it.each([
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException"
  ])("is known: %s", (code) => assert.isTrue(isAccessDeniedCode(code)))

  it.each(["ValidationError", "ThrottlingException", "accessdenied", "constructor", "__proto__", ""])(
    "is not %j",
    (code) => assert.isFalse(isAccessDeniedCode(code))
  )
})

import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { isAccessDeniedCode, parseError } from "../../../src/protocol/error/errorCode.ts"

const body = (members: object) => JSON.stringify(members)
const codeOf = (header: string | undefined, text = "") => parseError(header, text).code

describe("The error code", () => {
  it("is taken from the header, then __type, then code", () => {
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
  ])("is extracted from %j", (header, code) => {
    assert.strictEqual(codeOf(header), code)
    assert.strictEqual(codeOf(undefined, body({ __type: header })), code)
    assert.strictEqual(codeOf(undefined, body({ code: header })), code)
  })

  it.each(["", ":", "#", "a#", "two words", "<b>", "a\nb", "ModelErrör", "a".repeat(129)])(
    "is absent if the value is not a valid name: %j",
    (name) => assert.isUndefined(codeOf(name))
  )

  it("is taken from the body if the header is not a valid name", () => {
    assert.strictEqual(codeOf("", body({ __type: "ModelError" })), "ModelError")
    assert.strictEqual(codeOf("two words", body({ code: "ModelError" })), "ModelError")
  })

  it.each([400, null, true, ["ModelError"], { code: "ModelError" }])(
    "is not taken from a value that is not text: %j",
    (code) => {
      assert.isUndefined(codeOf(undefined, body({ __type: code, code })))
    }
  )

  it("is not taken from nested members", () => {
    assert.isUndefined(codeOf(undefined, body({ error: { code: "ModelError" } })))
  })
})

const messageOf = (text: string) => parseError(undefined, text).message

describe("The error message", () => {
  it("is taken from Message, then message", () => {
    assert.strictEqual(messageOf(body({ message: "b", Message: "a" })), "a")
    assert.strictEqual(messageOf(body({ message: "b" })), "b")
    assert.strictEqual(messageOf(body({ Message: null, message: "b" })), "b")
  })

  it.each([{ message: null }, { message: "" }, { Message: 4 }, {}])("is absent in %j", (members) => {
    assert.isUndefined(messageOf(body(members)))
  })
})

describe("A body that is not a JSON object", () => {
  it.each(["", "<html>502</html>", "null", "[1]", "\"ModelError\"", "5", "{", "{\"code\":\"A\"} trailing", "\u0000"])(
    "has no code, message or members: %j",
    (text) => assert.deepStrictEqual(parseError(undefined, text), { code: undefined, message: undefined, members: {} })
  )

  it("does not affect the code of the header", () => assert.strictEqual(codeOf("ModelError", "<html>"), "ModelError"))
})

describe("Any error", () => {
  it.prop(
    "is decoded without throwing, and its code is a valid name",
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

describe("An access error code", () => {
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
  ])("includes %s", (code) => assert.isTrue(isAccessDeniedCode(code)))

  it.each(["ValidationError", "ThrottlingException", "accessdenied", "constructor", "__proto__", ""])(
    "excludes %j",
    (code) => assert.isFalse(isAccessDeniedCode(code))
  )
})

import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, FastCheck } from "effect"
import { InvokeEndpoint, type Operation } from "effect-sagemaker-runtime"
import { hasCorpora, needsCorpora } from "../../support/corpora.ts"
import { accepts, type ModelMember, textMembers } from "../../support/smithyModel.ts"

const settings: Operation.OperationSettings = {
  validation: { min: true, max: true, pattern: true },
  maxBodyBytes: false
}

const unchecked: Operation.OperationSettings = {
  validation: { min: false, max: false, pattern: false },
  maxBodyBytes: false
}

const encode = (members: object, by: Operation.OperationSettings = settings) =>
  Effect.runSync(Effect.either(InvokeEndpoint.operation.encode({ EndpointName: "anomaly", Body: "", ...members }, by)))

const members = textMembers("InvokeEndpointInput")

const character = FastCheck.oneof(
  { weight: 4, arbitrary: FastCheck.constantFrom(..."aZ09-_. \t/;=\"'~!".split("")) },
  { weight: 2, arbitrary: FastCheck.nat({ max: 127 }).map((_) => String.fromCharCode(_)) },
  { weight: 1, arbitrary: FastCheck.string({ unit: "binary", minLength: 1, maxLength: 1 }) }
)

const randomText = FastCheck.array(character, { maxLength: 80 }).map((_) => _.join(""))

/** Texts that the model accepts, similar texts, texts at the limits, and random texts. */
const textFor = ({ max, min, pattern }: ModelMember) => {
  const valid = FastCheck.stringMatching(pattern)
  const almost = FastCheck.tuple(valid, character, FastCheck.nat({ max: 100 })).map(
    ([text, extra, at]) => text.slice(0, at) + extra + text.slice(at)
  )
  const limit = FastCheck.constantFrom(min - 1, min, min + 1, max - 1, max, max + 1).map((_) =>
    "a".repeat(Math.max(0, _))
  )
  return FastCheck.oneof(valid, almost, limit, randomText, FastCheck.constant("NEW_SESSION"))
}

const headerSafe = (text: string) => /^[\t\x20-\x7e]*$/.test(text)

describe.skipIf(!hasCorpora)(needsCorpora("A member is accepted exactly if AWS's model and HTTP accept it"), () => {
  it("There are 11 such members", () => assert.lengthOf(members, 11))

  for (const member of members) {
    const { header, name } = member
    it.prop(
      name,
      [textFor(member)],
      ([text]) => {
        const encoded = encode({ [name]: text })
        const expected = accepts(member, text) && (header === undefined || headerSafe(text))
        assert.strictEqual(Either.isRight(encoded), expected, JSON.stringify(text))
        if (Either.isLeft(encoded)) {
          assert.include(encoded.left, { _tag: "InvalidInputError", field: name })
        } else if (header !== undefined && text !== "") {
          assert.strictEqual(encoded.right.headers[header.toLowerCase()], text)
        }
      },
      { fastCheck: { numRuns: 400 } }
    )
  }
})

describe("EndpointName", () => {
  it.prop(
    "is one segment of the path, even without validation",
    [FastCheck.oneof(
      FastCheck.stringMatching(/^[a-zA-Z0-9](-{0,2}[a-zA-Z0-9]){0,20}$/),
      FastCheck.array(FastCheck.constantFrom("/", ".", "..", "%2e", "%", "?", "#", "\\", "@", ":", " ", "a")).map((_) =>
        _.join("")
      ),
      FastCheck.string({ unit: "binary" })
    )],
    ([EndpointName]) => {
      const encoded = encode({ EndpointName }, unchecked)
      if (Either.isRight(encoded)) {
        const path = new URL(`https://example.com${encoded.right.url}`).pathname.split("/")
        assert.deepStrictEqual(path.map(decodeURIComponent), ["", "endpoints", EndpointName, "invocations"])
      } else {
        assert.isTrue(["", ".", ".."].includes(EndpointName) || /\p{Surrogate}/u.test(EndpointName))
      }
    }
  )
})

describe("PrefixAwareId, which the model does not have,", () => {
  it.prop(
    "has up to 1,024 printable characters",
    [FastCheck.oneof(randomText, FastCheck.string())],
    ([text]) => {
      assert.strictEqual(Either.isRight(encode({ PrefixAwareId: text })), headerSafe(text))
    }
  )

  it("is rejected if it is longer", () => {
    assert.isTrue(Either.isRight(encode({ PrefixAwareId: "a".repeat(1_024) })))
    assert.isTrue(Either.isLeft(encode({ PrefixAwareId: "a".repeat(1_025) })))
  })

  it("is sent under the header name of AWS", () => {
    const { headers } = Either.getOrThrow(encode({ PrefixAwareId: "a" }))
    assert.strictEqual(headers["x-amzn-sagemaker-prefix-aware-id"], "a")
  })
})

describe("An omitted member", () => {
  it.each([undefined, null])("given as %s is not sent", (value) => {
    const names = Object.keys(InvokeEndpoint.requestHeaders.table)
    const { headers } = Either.getOrThrow(encode(Object.fromEntries(names.map((name) => [name, value]))))
    const sent = Object.values(InvokeEndpoint.requestHeaders.table).filter(([header]) => header in headers)
    assert.deepStrictEqual(sent.map(([header]) => header), ["content-type"])
    assert.strictEqual(headers["content-type"], "application/octet-stream")
  })
})

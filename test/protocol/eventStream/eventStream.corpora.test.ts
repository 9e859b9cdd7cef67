import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as eventStream from "../../../src/protocol/eventStream/eventStream.ts"
import { decodeHeaders, type HeaderValue } from "../../../src/protocol/eventStream/frame.ts"
import { hasCorpora, needsCorpora } from "../../support/corpora.ts"
import { decodeCorpus } from "../../support/corpus.ts"

const DecodedHeader = Schema.Struct({
  name: Schema.String,
  type: Schema.optional(Schema.Number),
  kind: Schema.optional(Schema.String),
  value: Schema.Unknown
})

const Vectors = Schema.Struct({
  cases: Schema.Array(Schema.Struct({
    id: Schema.String,
    encoded_b64: Schema.optional(Schema.Uint8ArrayFromBase64),
    encoded_recipe: Schema.optional(Schema.Struct({ prefix_b64: Schema.Uint8ArrayFromBase64 })),
    expect: Schema.Literal("ok", "error"),
    decoded: Schema.optional(Schema.Struct({
      headers: Schema.Array(DecodedHeader),
      payload: Schema.Uint8ArrayFromBase64
    }))
  }))
})

const Protocol = Schema.Struct({
  cases: Schema.Array(Schema.Struct({
    id: Schema.String,
    events: Schema.optional(Schema.Array(Schema.Struct({
      headers: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Object })),
      body: Schema.optional(Schema.String),
      bytes: Schema.optional(Schema.Uint8ArrayFromBase64)
    }))),
    expectation: Schema.optional(Schema.Object)
  }))
})

const vectors = decodeCorpus("eventstream/vectors.json", Vectors)?.cases ?? []
const protocolCases = decodeCorpus("eventstream/restJson1-eventStreamTests.json", Protocol)?.cases ?? []

const headersLength = (frame: Uint8Array) => new DataView(frame.buffer, frame.byteOffset).getUint32(4)

const headersOf = (frame: Uint8Array) => decodeHeaders(frame.subarray(12, 12 + headersLength(frame)))

const payloadOf = (frame: Uint8Array) => frame.subarray(12 + headersLength(frame), frame.length - 4)

/** The error of a stream with these bytes, as one chunk and as single bytes. */
const failureOf = (bytes: Uint8Array) => {
  const whole = eventStream.step(eventStream.initial, bytes)
  let byByte: eventStream.Step = { state: eventStream.initial, parts: [], failure: undefined }
  for (const byte of bytes) {
    byByte = byByte.failure === undefined ? eventStream.step(byByte.state, Uint8Array.of(byte)) : byByte
  }
  assert.deepStrictEqual(byByte.failure, whole.failure)
  return whole.failure ?? eventStream.finish(whole.state)
}

/** Encodes a header value by its type; numbers are big-endian. */
const plain = ({ bytes, text, type }: HeaderValue): unknown => {
  const buffer = Buffer.from(bytes)
  return type < 2
    ? type === 0
    : type < 5
    ? buffer.readIntBE(0, buffer.length)
    : type === 5 || type === 8
    ? Number(buffer.readBigInt64BE())
    : (type === 7 ? Buffer.from(text ?? "") : buffer).toString("base64")
}

describe.skipIf(!hasCorpora)(needsCorpora("AWS's event-stream test vectors"), () => {
  it("There are 36 cases", () => assert.lengthOf(vectors, 36))

  for (const { decoded, encoded_b64, encoded_recipe, expect, id } of vectors) {
    const frame = encoded_b64 ?? encoded_recipe?.prefix_b64 ?? new Uint8Array()
    it(`${id} is ${expect === "ok" ? "decoded" : "rejected"}`, () => {
      const failure = failureOf(frame)
      if (expect === "error") {
        assert.strictEqual(failure?._tag, "Broken")
        return
      }
      const headers = headersOf(frame)
      assert.isDefined(headers)
      assert.isTrue(failure === undefined || failure._tag !== "Broken" || failure.problem.includes(":message-type"))
      if (decoded !== undefined) {
        const read = [...headers].map(([name, header]) => ({ name, value: plain(header) }))
        const expected = decoded.headers.map(({ kind, name, value }) => ({
          name,
          value: kind === "string" ? Buffer.from(String(value)).toString("base64") : value
        }))
        assert.deepStrictEqual(read, expected)
        decoded.headers.forEach(({ name, type = headers.get(name)?.type }) =>
          assert.strictEqual(headers.get(name)?.type, type)
        )
        assert.deepStrictEqual([...payloadOf(frame)], [...decoded.payload])
      }
    })
  }
})

const broken = new Set(["MissingMessageType", "MalformedMessageType", "MissingEventType", "MalformedEventType"])

const kindOf = (id: string) => id.replace(/^Duplex/, "").replace(/(Input|Output)$/, "")

const typeNames = ["boolean", "boolean", "byte", "short", "integer", "long", "blob", "string", "timestamp"]

const asCaseHeader = (header: HeaderValue) => ({
  [typeNames[header.type]!]: header.type === 8
    ? new Date(Number(plain(header))).toISOString().replace(".000Z", "Z")
    : header.text ?? plain(header)
})

describe.skipIf(!hasCorpora)(needsCorpora("Smithy's restJson1 event-stream cases"), () => {
  it("There are 100 cases", () => assert.lengthOf(protocolCases, 100))

  const framed = protocolCases.flatMap(({ events = [], id }) =>
    events.flatMap(({ body, bytes, headers }) => (bytes === undefined ? [] : [{ id, bytes, headers, body }]))
  )

  it("Eight cases have no frames: plain HTTP errors and initial messages", () => {
    assert.strictEqual(new Set(framed.map(({ id }) => id)).size, 92)
  })

  for (const { body, bytes, headers, id } of framed) {
    const kind = kindOf(id)
    it(`${id} is ${broken.has(kind) ? "rejected" : "decoded"}`, () => {
      const failure = failureOf(bytes)
      if (broken.has(kind)) {
        assert.strictEqual(failure?._tag, "Broken")
        return
      }
      if (kind.endsWith("UnexpectedError")) {
        assert.deepStrictEqual(failure, {
          _tag: "Error",
          code: "internal-error",
          message: "An unknown error occurred."
        })
      } else if (kind.endsWith("Error")) {
        assert.deepInclude(failure, { _tag: "Exception", code: "error" })
      } else {
        assert.isUndefined(failure)
      }
      const read = [...headersOf(bytes)!].map(([name, header]) => [name, asCaseHeader(header)])
      assert.deepStrictEqual(Object.fromEntries(read), headers)
      assert.strictEqual(Buffer.from(payloadOf(bytes)).toString(), body ?? "")
    })
  }
})

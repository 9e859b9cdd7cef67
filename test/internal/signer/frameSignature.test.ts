import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, FastCheck, Layer, Redacted, Schema, Stream, TestClock } from "effect"
import {
  Credentials,
  InvokeEndpointWithBidirectionalStream as Bidirectional,
  invokeEndpointWithBidirectionalStream,
  Signer
} from "effect-sagemaker-runtime"
import { signFrame } from "../../../src/internal/signer/frameSignature.ts"
import { encodeDateHeader, encodeSigned } from "../../../src/protocol/eventStream/signedFrame.ts"
import { emulatorKeys, signedRequest, utf8 } from "../../support/bidirectionalFrames.ts"
import { hasCorpora, needsCorpora } from "../../support/corpora.ts"
import { decodeCorpus } from "../../support/corpus.ts"
import { duplexClient, echoResponse, scriptedDuplex } from "../../support/scriptedDuplex.ts"

const Vectors = Schema.Struct({
  cases: Schema.Array(Schema.Struct({
    accessKeyId: Schema.String,
    secretAccessKey: Schema.String,
    region: Schema.String,
    service: Schema.String,
    epoch_seconds: Schema.Number,
    prior_signature_hex: Schema.String,
    inner_message_b64: Schema.String,
    date_header_b64: Schema.String,
    signature_hex: Schema.String
  }))
})

const vectors = decodeCorpus("eventstream/event-signing.json", Vectors)?.cases ?? []

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")

describe.skipIf(!hasCorpora)(needsCorpora("The signature of a frame is the one of AWS's vector"), () => {
  it.each(vectors)("$date_header_b64", async (vector) => {
    const date = new Date(vector.epoch_seconds * 1000)
    const credentials = {
      accessKeyId: Redacted.make(vector.accessKeyId),
      secretAccessKey: Redacted.make(vector.secretAccessKey)
    }
    const frame = new Uint8Array(Buffer.from(vector.inner_message_b64, "base64"))
    const signature = await signFrame(credentials, vector, vector.prior_signature_hex, frame, date)
    assert.strictEqual(hex(signature), vector.signature_hex)
    assert.strictEqual(Buffer.from(encodeDateHeader(date)).toString("base64"), vector.date_header_b64)
  })

  it("There is a case", () => assert.lengthOf(vectors, 1))
})

const scope = { service: "sagemaker", region: "eu-west-1" }

const credentials = {
  accessKeyId: Redacted.make(emulatorKeys.accessKeyId),
  secretAccessKey: Redacted.make(emulatorKeys.secretAccessKey)
}

describe("A signed frame", () => {
  it.effect.prop(
    "has the signature and the bytes of AWS's signer for any frames and times",
    {
      frames: FastCheck.array(FastCheck.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 5 }),
      start: FastCheck.integer({ min: 0, max: 4_000_000_000_000 }),
      step: FastCheck.integer({ min: 0, max: 100_000_000 })
    },
    ({ frames, start, step }) =>
      Effect.gen(function*() {
        const theirs = yield* signedRequest("example.com", { date: new Date(start) })
        let prior = /Signature=(\w+)/.exec(theirs.headers["authorization"]!)![1]!
        for (const [index, frame] of [...frames, new Uint8Array()].entries()) {
          const date = new Date(start + index * step)
          const expected = yield* theirs.signFrame(frame, date)
          const signature = yield* Effect.promise(async () => signFrame(credentials, scope, prior, frame, date))
          prior = hex(signature)
          assert.strictEqual(hex(encodeSigned(frame, date, signature)), hex(expected))
        }
      }),
    { fastCheck: { numRuns: 50 } }
  )

  it.effect("continues from the signature of the request, with the time of the service", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(1_795_000_000_000)
      const offset = 3_600_000
      const date = new Date(1_795_000_000_000 + offset)
      const server = yield* scriptedDuplex(echoResponse)
      const signer = Layer.provide(Signer.layer, Credentials.layer(emulatorKeys))
      const { Body } = yield* invokeEndpointWithBidirectionalStream({
        EndpointName: "voice",
        Body: Bidirectional.messages(Stream.make("a", utf8("b")))
      }).pipe(Effect.provide(duplexClient(server.duplex, signer, { clockOffset: offset })))
      yield* Stream.runDrain(Body)
      const [request] = yield* server.requests
      assert.strictEqual(request?.headers["x-amz-content-sha256"], "STREAMING-AWS4-HMAC-SHA256-EVENTS")
      let prior = /Signature=(\w+)/.exec(request?.headers["authorization"] ?? "")?.[1] ?? ""
      const sent = Chunk.unsafeFromArray(yield* server.bytes)
      assert.lengthOf(sent, 3)
      for (const bytes of sent) {
        const frame = bytes.slice(12 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(4), -4)
        const signature = yield* Effect.promise(async () => signFrame(credentials, scope, prior, frame, date))
        prior = hex(signature)
        assert.strictEqual(hex(bytes), hex(encodeSigned(frame, date, signature)))
      }
      assert.lengthOf(Chunk.unsafeLast(sent), 12 + 67 + 4)
    }).pipe(Effect.scoped))
})

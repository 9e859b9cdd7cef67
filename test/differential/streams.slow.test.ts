import {
  InvokeEndpointAsyncCommand,
  InvokeEndpointWithResponseStreamCommand,
  type ResponseStream
} from "@aws-sdk/client-sagemaker-runtime"
import { it } from "@effect/vitest"
import { Effect, Either, FastCheck, Stream } from "effect"
import { invokeEndpointAsync, invokeEndpointWithResponseStream, streamEndpoint } from "effect-sagemaker-runtime"
import { assert } from "vitest"
import { concat } from "../../src/protocol/bytes/bytes.ts"
import { encode } from "../../src/protocol/eventStream/frame.ts"
import { keptIdentifier, withOurs } from "./ours.ts"
import { bytesOf, type SdkResponse, withSdk } from "./sdk.ts"

const input = { EndpointName: "story", Body: "once" }

const settings = { fastCheck: { numRuns: 60 }, timeout: 30_000 }

const streaming = (...frames: ReadonlyArray<Uint8Array>): SdkResponse => ({
  status: 200,
  headers: {
    "content-type": "application/vnd.amazon.eventstream",
    "x-amzn-sagemaker-content-type": "text/plain",
    "x-amzn-invoked-production-variant": "blue",
    "x-amzn-sagemaker-custom-attributes": "seen",
    "x-amzn-requestid": "request-1"
  },
  body: concat(frames)
})

const part = (payload: Uint8Array) => encode({ ":message-type": "event", ":event-type": "PayloadPart" }, payload)

const exception = (code: string, members: object) =>
  encode(
    { ":message-type": "exception", ":exception-type": code, ":content-type": "application/json" },
    bytesOf(JSON.stringify(members))
  )

interface SdkStreamError {
  readonly name: string
  readonly message: string
  readonly ErrorCode?: string
}

const readAll = async (body: AsyncIterable<ResponseStream> | undefined) => {
  const parts: Array<ReadonlyArray<number>> = []
  try {
    for await (const { PayloadPart } of body ?? []) {
      parts.push([...PayloadPart?.Bytes ?? []])
    }
    return { parts, error: undefined }
  } catch (error) {
    return { parts, error: error as SdkStreamError }
  }
}

const sdkOutput = (response: SdkResponse) =>
  Effect.map(
    withSdk(async (client) => {
      const { Body, $metadata: _, ...head } = await client.send(new InvokeEndpointWithResponseStreamCommand(input))
      return { head, ...(await readAll(Body)) }
    }, response),
    ({ output }) => output!
  )

const ours = (response: SdkResponse) =>
  Effect.gen(function*() {
    const seen: Array<ReadonlyArray<number>> = []
    const read = Stream.runForEach(streamEndpoint(input), (bytes) => Effect.sync(() => seen.push([...bytes])))
    const { outcome } = yield* withOurs(read, response)
    return { parts: seen, error: Either.isLeft(outcome) ? outcome.left : undefined }
  })

const payloads = FastCheck.array(FastCheck.uint8Array({ minLength: 1, maxLength: 64 }), { minLength: 1, maxLength: 8 })

it.effect.prop(
  "The client streams the parts that AWS SDK v3 streams",
  { payloads },
  ({ payloads }) =>
    Effect.gen(function*() {
      const response = streaming(...payloads.map(part))
      const { error, parts } = yield* sdkOutput(response)
      assert.isUndefined(error)
      assert.deepStrictEqual(yield* ours(response), { parts, error: undefined })
    }),
  settings
)

it.effect("The client decodes the response headers that AWS SDK v3 decodes", () =>
  Effect.gen(function*() {
    const response = streaming(part(bytesOf("a")))
    const { head } = yield* sdkOutput(response)
    const { outcome } = yield* withOurs(Effect.scoped(invokeEndpointWithResponseStream(input)), response)
    const { $metadata: _, Body: __, ...ourHead } = Either.getOrThrow(outcome)
    assert.deepStrictEqual(ourHead, { ...head })
  }))

it.effect.prop("The client fails during a stream as AWS SDK v3 fails", {
  payloads,
  failure: FastCheck.oneof(
    FastCheck.record({
      Message: FastCheck.string({ minLength: 1 }),
      ErrorCode: FastCheck.stringMatching(/^[A-Z][a-zA-Z]{0,20}$/)
    })
      .map((members) => ["ModelStreamError", members] as const),
    FastCheck.record({ Message: FastCheck.string({ minLength: 1 }) }).map((members) =>
      ["InternalStreamFailure", members] as const
    )
  )
}, ({ failure: [code, members], payloads }) =>
  Effect.gen(function*() {
    const response = streaming(...payloads.map(part), exception(code, members))
    const expected = yield* sdkOutput(response)
    const { error, parts } = yield* ours(response)
    assert.deepStrictEqual(parts, expected.parts)
    assert.strictEqual(error?._tag, expected.error?.name)
    assert.strictEqual(
      error?._tag === "ModelStreamError" ? error.ErrorCode : undefined,
      keptIdentifier(expected.error?.ErrorCode, input.Body)
    )
    assert.strictEqual(
      error?._tag === "ModelStreamError" || error?._tag === "InternalStreamFailure" ? error.serviceMessage : undefined,
      expected.error?.message
    )
  }), settings)

it.effect.prop("The client decodes the asynchronous response that AWS SDK v3 decodes", {
  InferenceId: FastCheck.option(FastCheck.string(), { nil: undefined }),
  headers: FastCheck.dictionary(
    FastCheck.constantFrom("x-amzn-sagemaker-outputlocation", "x-amzn-sagemaker-failurelocation", "x-amzn-requestid"),
    FastCheck.stringMatching(/^s3:\/\/[a-z]{3,8}\/[a-z]{1,8}$/)
  )
}, ({ InferenceId, headers }) =>
  Effect.gen(function*() {
    const response = { status: 202, headers: { ...headers }, body: bytesOf(JSON.stringify({ InferenceId })) }
    const { output } = yield* withSdk((client) => client.send(new InvokeEndpointAsyncCommand(input)), response)
    const { $metadata: sdkMetadata, ...theirs } = output!
    const { outcome } = yield* withOurs(invokeEndpointAsync(input), response)
    const { $metadata, ...ours } = Either.getOrThrow(outcome)
    assert.deepStrictEqual(ours, { ...theirs })
    assert.strictEqual($metadata.requestId, keptIdentifier(sdkMetadata.requestId, input.Body))
    assert.strictEqual($metadata.httpStatusCode, sdkMetadata.httpStatusCode)
  }), settings)

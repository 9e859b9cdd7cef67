import { InvokeEndpointCommand } from "@aws-sdk/client-sagemaker-runtime"
import { it } from "@effect/vitest"
import { Effect, Either, FastCheck } from "effect"
import { invokeEndpoint } from "effect-sagemaker-runtime"
import { assert, describe } from "vitest"
import { keptIdentifier, withOurs } from "./ours.ts"
import { bytesOf, type SdkResponse, withSdk } from "./sdk.ts"

const value = FastCheck.stringMatching(/^[!-~]([ -~]{0,40}[!-~])?$/)

const responses: FastCheck.Arbitrary<SdkResponse> = FastCheck.record({
  status: FastCheck.constantFrom(200, 201, 202),
  headers: FastCheck.dictionary(
    FastCheck.constantFrom(
      "content-type",
      "x-amzn-invoked-production-variant",
      "x-amzn-sagemaker-custom-attributes",
      "x-amzn-sagemaker-new-session-id",
      "x-amzn-sagemaker-closed-session-id",
      "x-amzn-requestid",
      "x-unknown"
    ),
    value
  ).map((_) => ({ ..._ })),
  body: FastCheck.uint8Array({ maxLength: 2_048 })
})

const input = { EndpointName: "anomaly-v2", Body: "reading" }

it.effect.prop(
  "The client decodes the output that AWS SDK v3 decodes",
  { response: responses },
  ({ response }) =>
    Effect.gen(function*() {
      const { output } = yield* withSdk((client) => client.send(new InvokeEndpointCommand(input)), response)
      const { Body: sdkBody, $metadata: sdkMetadata, ...theirs } = output!
      const { outcome } = yield* withOurs(invokeEndpoint(input), response)
      const { Body: ourBody, $metadata: ourMetadata, ...ours } = Either.getOrThrow(outcome)
      assert.deepStrictEqual(ours, { ...theirs })
      assert.deepStrictEqual(bytesOf(ourBody), bytesOf(sdkBody))
      assert.strictEqual(ourMetadata.requestId, keptIdentifier(sdkMetadata.requestId, input.Body))
      assert.strictEqual(ourMetadata.httpStatusCode, sdkMetadata.httpStatusCode)
      assert.strictEqual(ourMetadata.attempts, sdkMetadata.attempts)
      assert.strictEqual(ourMetadata.totalRetryDelay, sdkMetadata.totalRetryDelay)
    })
)

const encoder = new TextEncoder()

const refusals: ReadonlyArray<{
  readonly name: string
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body: string
}> = [
  ...[
    ["ValidationError", 400],
    ["ModelError", 424],
    ["ModelNotReadyException", 429],
    ["InternalFailure", 500],
    ["ServiceUnavailable", 503],
    ["InternalDependencyException", 530]
  ].flatMap(([code, status]) => [
    {
      name: `${code} in the header`,
      status: Number(status),
      headers: { "x-amzn-errortype": `${code}:http://internal.amazon.com/coral/com.amazon.coral.service/` },
      body: `{"Message":"said"}`
    },
    {
      name: `${code} as __type`,
      status: Number(status),
      body: `{"__type":"com.amazonaws.sagemaker#${code}","message":"said"}`
    },
    { name: `${code} as code`, status: Number(status), body: `{"code":"${code}","Message":"said"}` }
  ]),
  {
    name: "a model's error with all its members",
    status: 424,
    headers: { "x-amzn-errortype": "ModelError" },
    body: `{"Message":"failed","OriginalStatusCode":0,"OriginalMessage":"timeout","LogStreamArn":"arn:aws:logs:x"}`
  },
  {
    name: "throttling without a message",
    status: 400,
    headers: { "x-amzn-errortype": "ThrottlingException" },
    body: `{"message":null}`
  },
  {
    name: "an access error",
    status: 403,
    headers: { "x-amzn-errortype": "AccessDeniedException" },
    body: `{"Message":"not authorized"}`
  }
]

interface SdkError {
  readonly name: string
  readonly message: string
  readonly $metadata: { readonly httpStatusCode: number; readonly requestId: string }
  readonly OriginalStatusCode?: number
  readonly OriginalMessage?: string
  readonly LogStreamArn?: string
}

describe("The client fails as AWS SDK v3 fails:", () => {
  for (const { body, headers, name, status } of refusals) {
    it.effect(name, () =>
      Effect.gen(function*() {
        const response = {
          status,
          headers: { ...headers, "content-type": "application/json", "x-amzn-requestid": "request-1" },
          body: encoder.encode(body)
        }
        const sdkOutput = (yield* withSdk((client) => client.send(new InvokeEndpointCommand(input)), response))
          .error as SdkError
        const ours = Either.getOrThrow(Either.flip((yield* withOurs(invokeEndpoint(input), response)).outcome))
        assert.property(ours, "code")
        const error = ours as unknown as SdkError & {
          readonly code: string
          readonly status: number
          readonly requestId: string
        }
        assert.strictEqual(error.code, sdkOutput.name)
        assert.strictEqual(error.status, sdkOutput.$metadata.httpStatusCode)
        assert.strictEqual(error.requestId, sdkOutput.$metadata.requestId)
        assert.strictEqual(error.OriginalStatusCode, sdkOutput.OriginalStatusCode)
        assert.strictEqual(error.OriginalMessage, sdkOutput.OriginalMessage)
        assert.strictEqual(error.LogStreamArn, sdkOutput.LogStreamArn)
        if (JSON.parse(body).message !== null) {
          assert.strictEqual(error.message, sdkOutput.message)
        }
      }))
  }
})

describe("The client keeps the status if AWS SDK v3 throws a parse error:", () => {
  for (
    const [name, status, body] of [
      ["an HTML error of a gateway", 502, "<html><body>Bad Gateway</body></html>"],
      ["a plain-text error", 413, "HTTP content length exceeded 5246976 bytes."],
      ["truncated JSON", 500, `{"Message":"fail`]
    ] as const
  ) {
    it.effect(name, () =>
      Effect.gen(function*() {
        const response = { status, headers: { "x-amzn-requestid": "request-1" }, body: encoder.encode(body) }
        const sdkOutput = (yield* withSdk((client) => client.send(new InvokeEndpointCommand(input)), response)).error
        const ours = Either.getOrThrow(Either.flip((yield* withOurs(invokeEndpoint(input), response)).outcome))
        assert.instanceOf(sdkOutput, SyntaxError)
        assert.include(ours, { status, requestId: "request-1" })
      }))
  }
})

import { assert, describe, it } from "@effect/vitest"
import { Cause, DateTime, Schema } from "effect"
import { AsyncInference, SageMakerError } from "effect-sagemaker-runtime"
import { transportMessage } from "../src/internal/error/transportMessage.ts"

const bytes = Uint8Array.of(1, 2)
const expires = DateTime.unsafeMake(0)
const job = new AsyncInference.Job({
  endpoint: "chat",
  inferenceId: "1",
  outputLocation: "s3://models/out/1.json",
  failureLocation: "s3://models/failure/1.out",
  submittedAt: DateTime.unsafeMake(0),
  expiresAt: DateTime.unsafeMake(0)
})

const errors: ReadonlyArray<readonly [error: SageMakerError.SageMakerError, message: string]> = [
  [new SageMakerError.ValidationError({}), "The service rejected the request as invalid"],
  [new SageMakerError.ModelError({ OriginalMessage: "hidden" }), "The model's container returned an error"],
  [new SageMakerError.ModelNotReadyException({}), "The model is not loaded yet: retry later"],
  [new SageMakerError.InternalFailure({}), "The service failed internally"],
  [new SageMakerError.ServiceUnavailable({}), "The service is unavailable"],
  [new SageMakerError.InternalDependencyException({}), "A service that SageMaker depends on failed"],
  [
    new SageMakerError.ModelStreamError({ OriginalMessage: "hidden" }),
    "The container failed during the response stream"
  ],
  [new SageMakerError.InternalStreamFailure({}), "The service failed during the response stream"],
  [
    new SageMakerError.AccessDeniedError({}),
    "AWS denied access: check credentials, permissions, region and clock"
  ],
  [new SageMakerError.ThrottlingError({}), "AWS throttled the request: reduce the request rate"],
  [new SageMakerError.UnknownServiceError({ status: 502, body: "hidden" }), "The service returned an unknown error"],
  [
    new SageMakerError.InvalidInputError({ field: "EndpointName", constraint: "at most 63 characters long" }),
    "EndpointName must be at most 63 characters long"
  ],
  [new SageMakerError.PayloadTooLargeError({}), "The request body is too large"],
  [new SageMakerError.CredentialsError({ message: "No credentials", sources: [] }), "No credentials"],
  [new SageMakerError.SigningError({ message: "Not signed" }), "Not signed"],
  [new SageMakerError.TransportError({ reason: "reset" }), "The connection to the service failed"],
  [
    new SageMakerError.TimeoutError({ phase: "total", duration: 10 }),
    "The call did not complete within 10 ms: increase Timeouts.total if the model needs longer"
  ],
  [new SageMakerError.ProtocolError({}), "The response violates the protocol"],
  [
    new SageMakerError.OverloadedError({ endpoint: "chat", permits: 4, queue: 8 }),
    "The concurrency limit for chat is reached: 4 calls are running and 8 are queued. " +
    "Retry later, or increase permits or queue"
  ],
  [
    new SageMakerError.CircuitOpenError({ endpoint: "chat", lastFailure: "InternalFailure", retryAfterMillis: 50 }),
    "The circuit breaker for chat is open (last failure: InternalFailure): retry in 50 ms"
  ],
  [
    new SageMakerError.ConfigurationError({
      setting: "AWS_REGION",
      problem: "must be a string",
      source: "environment"
    }),
    "AWS_REGION (environment) must be a string"
  ],
  [
    new SageMakerError.CodecError({ message: "Not JSON", mediaType: "text/csv", direction: "decode", body: bytes }),
    "Not JSON"
  ],
  [
    new SageMakerError.SessionExpiredError({ endpoint: "chat", expires }),
    "The session with chat has expired: open a new session"
  ],
  [
    new SageMakerError.ObjectStoreError({
      operation: "get",
      location: "s3://models/out/1.json",
      reason: "access-denied",
      status: 403,
      requestId: "1"
    }),
    "Cannot read s3://models/out/1.json: access denied; check that the credentials allow s3:GetObject (status 403)"
  ],
  [
    new SageMakerError.AsyncInferenceFailedError({ job, failure: "the letter of a patient" }),
    "The asynchronous inference request 1 to chat failed: read the reason in failure or at s3://models/failure/1.out"
  ],
  [
    new SageMakerError.AsyncInferenceTimeoutError({ job, elapsed: 60_000 }),
    "The asynchronous inference request 1 to chat had no result after 60000 ms: " +
    "wait again with the job, or increase timeout"
  ]
]

const hidden = ["OriginalMessage", "body", "failure"]

describe("every error", () => {
  it.each(errors)("serializes its tag, message and visible fields to JSON: $_tag", (error, message) => {
    assert.strictEqual(error.message, message)
    const visible = Object.fromEntries(Object.entries(error).filter(([name]) => !hidden.includes(name)))
    const json: unknown = JSON.parse(JSON.stringify(error))
    assert.deepStrictEqual(json, JSON.parse(JSON.stringify({ ...visible, message })))
    assert.propertyVal(json, "_tag", error._tag)
    assert.include(JSON.stringify(Cause.fail(error)), JSON.stringify(message))
  })

  it.each(errors)("is encoded and decoded by its own schema, without hidden fields: $_tag", (error) => {
    const schema = error.constructor as unknown as Schema.Schema<SageMakerError.SageMakerError>
    const decoded = Schema.decodeUnknownSync(schema)(Schema.encodeSync(schema)(error))
    assert.deepStrictEqual(Object.assign({}, decoded), Object.assign({}, error))
    for (const field of hidden) {
      assert.notProperty(Schema.encodeSync(schema)(error), field)
    }
  })
})

describe("the message of a TransportError", () => {
  const server = { host: "runtime.sagemaker.eu-west-1.amazonaws.com", port: 443 }

  it("names host, port and code", () => {
    assert.strictEqual(
      transportMessage({ reason: "reset", code: "ECONNRESET", ...server }),
      "Lost the connection to runtime.sagemaker.eu-west-1.amazonaws.com:443 (ECONNRESET)"
    )
  })

  it("contains what to check", () => {
    assert.strictEqual(
      transportMessage({ reason: "connect", ...server }),
      "Could not connect to runtime.sagemaker.eu-west-1.amazonaws.com:443: check the region, the endpoint and the network"
    )
    assert.strictEqual(
      transportMessage({ reason: "tls", code: "CERT_HAS_EXPIRED" }),
      "Could not establish TLS with the service (CERT_HAS_EXPIRED): check the certificate"
    )
    assert.strictEqual(
      transportMessage({ reason: "connect", code: "HTTP2_UNSUPPORTED", ...server }),
      "HTTP/2 is not supported by runtime.sagemaker.eu-west-1.amazonaws.com:443 (HTTP2_UNSUPPORTED): check the endpoint, the port and the proxy"
    )
  })
})

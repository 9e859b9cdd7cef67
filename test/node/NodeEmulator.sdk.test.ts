import {
  InvokeEndpointAsyncCommand,
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
  type ResponseStream,
  SageMakerRuntimeClient
} from "@aws-sdk/client-sagemaker-runtime"
import { assert, it } from "@effect/vitest"
import { Effect, Either, Stream } from "effect"
import { SageMakerError } from "effect-sagemaker-runtime"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { describe } from "vitest"

const keys = { accessKeyId: "AKIDEMULATOR", secretAccessKey: "emulator-secret-access-key" }

const words = Stream.make("Once ", "upon ", "a ", "time")

const broken = (failure: unknown) => Effect.succeed(Stream.concat(words, Stream.fail(failure)))

const emulator = NodeEmulator.layer({
  region: "eu-west-1",
  endpoints: [
    Emulator.endpoint(
      "echo",
      ({ Body, ContentType }) => Effect.succeed({ Body, ContentType, CustomAttributes: "seen" })
    ),
    Emulator.endpoint("story", () => Effect.succeed({ Body: words, ContentType: "text/plain" })),
    Emulator.endpoint(
      "slow",
      () =>
        broken(new SageMakerError.ModelStreamError({ message: "too slow", ErrorCode: "ModelInvocationTimeExceeded" }))
    ),
    Emulator.endpoint("lost", () => broken(new SageMakerError.InternalStreamFailure({ message: "lost" }))),
    Emulator.endpoint(
      "failing",
      () => new SageMakerError.ModelError({ message: "failed", OriginalStatusCode: 0, OriginalMessage: "timeout" })
    ),
    Emulator.endpoint("cold", () => new SageMakerError.ModelNotReadyException({ message: "loading" }))
  ]
})

/** Runs a call of AWS SDK v3 against the emulator. */
const withSdk = <A>(call: (client: SageMakerRuntimeClient) => Promise<A>, credentials = keys) =>
  Effect.flatMap(NodeEmulator.NodeEmulator, ({ url }) =>
    Effect.acquireUseRelease(
      Effect.sync(() =>
        new SageMakerRuntimeClient({ region: "eu-west-1", endpoint: url, credentials, maxAttempts: 1 })
      ),
      (client) => Effect.promise(() => call(client)),
      (client) => Effect.sync(() => client.destroy())
    ))

interface SdkError {
  readonly name: string
  readonly message: string
  readonly [member: string]: unknown
}

/** Runs a call of AWS SDK v3 that must fail and returns its error. */
const failing = (call: (client: SageMakerRuntimeClient) => Promise<unknown>, credentials = keys) =>
  withSdk(
    (client) =>
      call(client).then(
        () => assert.fail("the call succeeded"),
        (error: SdkError): SdkError => ({ ...error, name: error.name, message: error.message })
      ),
    credentials
  )

const decoder = new TextDecoder()

/** Collects the parts of an AWS SDK v3 stream and its error. */
const readAll = async (body: AsyncIterable<ResponseStream> | undefined) => {
  const parts: Array<string> = []
  try {
    for await (const { PayloadPart } of body ?? []) {
      parts.push(decoder.decode(PayloadPart?.Bytes))
    }
    return { parts, error: undefined }
  } catch (error) {
    return { parts, error: error as SdkError }
  }
}

describe("AWS SDK v3 invokes an endpoint of the emulator", () => {
  it.live("and receives its output", () =>
    Effect.gen(function*() {
      const output = yield* withSdk((client) =>
        client.send(
          new InvokeEndpointCommand({
            EndpointName: "echo",
            ContentType: "text/plain",
            TargetModel: "a b (c)!*'.tar.gz",
            Body: "héllo"
          })
        )
      )
      assert.strictEqual(output.Body.transformToString(), "héllo")
      assert.include(output, {
        ContentType: "text/plain",
        CustomAttributes: "seen",
        InvokedProductionVariant: "AllTraffic"
      })
      assert.match(output.$metadata.requestId ?? "", /^emulated-/)
    }).pipe(Effect.provide(emulator)))

  it.live("and receives the error of the model", () =>
    Effect.gen(function*() {
      const error = yield* failing((client) =>
        client.send(new InvokeEndpointCommand({ EndpointName: "failing", Body: "x" }))
      )
      assert.include(error, {
        name: "ModelError",
        message: "failed",
        OriginalStatusCode: 0,
        OriginalMessage: "timeout"
      })
    }).pipe(Effect.provide(emulator)))

  it.live("and receives the errors of the service", () =>
    Effect.gen(function*() {
      const invoke = (EndpointName: string) => (client: SageMakerRuntimeClient) =>
        client.send(new InvokeEndpointCommand({ EndpointName, Body: "x" }))
      assert.include(yield* failing(invoke("cold")), { name: "ModelNotReadyException" })
      assert.include(yield* failing(invoke("absent")), {
        name: "ValidationError",
        message: "Endpoint absent of account 123456789012 not found."
      })
      assert.include(yield* failing(invoke("echo"), { ...keys, secretAccessKey: "wrong" }), {
        name: "InvalidSignatureException"
      })
    }).pipe(Effect.provide(emulator)))
})

describe("AWS SDK v3 receives a response stream", () => {
  const stream = (EndpointName: string) => (client: SageMakerRuntimeClient) =>
    client.send(new InvokeEndpointWithResponseStreamCommand({ EndpointName, Body: "x" }))

  const streamed = (EndpointName: string) =>
    withSdk(async (client) => readAll((await stream(EndpointName)(client)).Body))

  it.live("in its parts", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* streamed("story"), { parts: ["Once ", "upon ", "a ", "time"], error: undefined })
    }).pipe(Effect.provide(emulator)))

  it.live("with its response headers", () =>
    Effect.gen(function*() {
      const { Body: _, ...head } = yield* withSdk(stream("story"))
      assert.include(head, { ContentType: "text/plain", InvokedProductionVariant: "AllTraffic" })
    }).pipe(Effect.provide(emulator)))

  it.live("with failures during the stream", () =>
    Effect.gen(function*() {
      const slow = yield* streamed("slow")
      assert.lengthOf(slow.parts, 4)
      assert.strictEqual(slow.error?.name, "ModelStreamError")
      assert.strictEqual(slow.error?.["ErrorCode"], "ModelInvocationTimeExceeded")
      const lost = yield* streamed("lost")
      assert.lengthOf(lost.parts, 4)
      assert.strictEqual(lost.error?.name, "InternalStreamFailure")
    }).pipe(Effect.provide(emulator)))

  it.live("with failures before the stream", () =>
    Effect.gen(function*() {
      assert.include(yield* failing(stream("failing")), { name: "ModelError", OriginalStatusCode: 0 })
      assert.include(yield* failing(stream("absent")), { name: "ValidationError" })
    }).pipe(Effect.provide(emulator)))
})

describe("AWS SDK v3 sends an asynchronous inference request", () => {
  it.live("which the emulator runs", () =>
    Effect.gen(function*() {
      const output = yield* withSdk((client) =>
        client.send(new InvokeEndpointAsyncCommand({ EndpointName: "echo", Body: "héllo", Filename: "out.txt" }))
      )
      assert.strictEqual(output.$metadata.httpStatusCode, 202)
      assert.strictEqual(output.OutputLocation, "s3://emulator/echo/output/out.txt")
      const { outcome } = yield* Emulator.Emulator
      assert.strictEqual(decoder.decode(Either.getOrThrow(yield* outcome(output.InferenceId!))), "héllo")
    }).pipe(Effect.provide(emulator)))

  it.live("and receives the errors of the service", () =>
    Effect.gen(function*() {
      const error = yield* failing((client) => client.send(new InvokeEndpointAsyncCommand({ EndpointName: "echo" })))
      assert.include(error, { name: "ValidationError" })
    }).pipe(Effect.provide(emulator)))
})

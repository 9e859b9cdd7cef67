import { HttpApp, HttpClient, HttpClientRequest, HttpServerResponse } from "@effect/platform"
import { assert, it } from "@effect/vitest"
import { Chunk, Effect, Fiber, Layer, Ref, Stream, TestClock } from "effect"
import {
  Credentials,
  type InvokeEndpoint,
  invokeEndpoint,
  RetryPolicy,
  SageMakerError,
  SageMakerRuntime,
  Signer,
  streamEndpoint,
  Timeouts
} from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { describe } from "vitest"
import { brokenEndpoints, brokenModels, outcomesOf } from "../support/brokenModels.ts"
import { eventually, eventuallySleeping } from "../support/eventually.ts"

const echo = Emulator.endpoint("echo", ({ Body, ContentType }) => Effect.succeed({ Body, ContentType }))

const client = (
  options: Emulator.EmulatorOptions,
  settings: Partial<SageMakerRuntime.SageMakerRuntimeOptions> = {},
  keys: Credentials.CredentialsInput = Emulator.credentials
) =>
  SageMakerRuntime.layer({ region: "eu-west-1", ...settings }).pipe(
    Layer.provide([Signer.layer, Emulator.layerHttpClient(options)]),
    Layer.provide(Credentials.layer(keys)),
    Layer.provide(RetryPolicy.layer(RetryPolicy.none))
  )

const input: InvokeEndpoint.InvokeEndpointInput = { EndpointName: "echo", ContentType: "text/plain", Body: "hello" }

const text = ({ Body }: { readonly Body: Uint8Array }) => new TextDecoder().decode(Body)

it.live("The emulator responds to a signed request with the output of the handler", () =>
  Effect.gen(function*() {
    const output = yield* invokeEndpoint(input)
    assert.strictEqual(text(output), "hello")
    assert.strictEqual(output.ContentType, "text/plain")
    assert.match(output.$metadata.requestId ?? "", /^emulated-/)
  }).pipe(Effect.provide(client({ endpoints: [echo] }))))

it.live("A handler receives every member of the request", () =>
  Effect.gen(function*() {
    const seen = yield* Ref.make<Emulator.EmulatorRequest | undefined>(undefined)
    const spy = Emulator.endpoint("spy", (request) => Effect.as(Ref.set(seen, request), ""))
    const members = {
      EndpointName: "spy",
      ContentType: "text/csv",
      Accept: "application/json",
      CustomAttributes: "trace=1",
      TargetModel: "model.tar.gz",
      TargetVariant: "blue",
      TargetContainerHostname: "first",
      InferenceId: "inference-1",
      EnableExplanations: "`true`",
      InferenceComponentName: "component",
      SessionId: "NEW_SESSION",
      PrefixAwareId: "prefix"
    }
    yield* Effect.provide(invokeEndpoint({ ...members, Body: "1,2" }), client({ endpoints: [spy] }))
    assert.deepInclude(yield* Ref.get(seen), members)
    assert.strictEqual(text((yield* Ref.get(seen))!), "1,2")
  }))

it.live("Output members of the handler are in the response", () =>
  Effect.gen(function*() {
    const reply = {
      ContentType: "application/json",
      InvokedProductionVariant: "blue",
      CustomAttributes: "seen=1",
      NewSessionId: "abc; Expires=2027-01-01T00:00:00Z",
      ClosedSessionId: "old"
    }
    const rich = Emulator.endpoint("rich", () => Effect.succeed({ ...reply, Body: "{}" }))
    const output = yield* Effect.provide(
      invokeEndpoint({ ...input, EndpointName: "rich" }),
      client({ endpoints: [rich] })
    )
    assert.deepInclude(output, reply)
  }))

const failure = (
  options: Emulator.EmulatorOptions,
  settings?: Partial<SageMakerRuntime.SageMakerRuntimeOptions>,
  keys?: Credentials.CredentialsInput,
  request: Partial<InvokeEndpoint.InvokeEndpointInput> = {}
) => Effect.flip(Effect.provide(invokeEndpoint({ ...input, ...request }), client(options, settings, keys)))

describe("The emulator rejects a request", () => {
  it.live("for an endpoint that is not deployed", () =>
    Effect.gen(function*() {
      const error = yield* failure({ endpoints: [] })
      assert.include(error, { _tag: "ValidationError", message: "Endpoint echo of account 123456789012 not found." })
    }))

  it.live("signed with another secret", () =>
    Effect.gen(function*() {
      const error = yield* failure({ endpoints: [echo] }, {}, { accessKeyId: "AKIDEMULATOR", secretAccessKey: "wrong" })
      assert.include(error, { _tag: "AccessDeniedError", code: "InvalidSignatureException", status: 403 })
    }))

  it.live("with an unknown access key", () =>
    Effect.gen(function*() {
      const error = yield* failure({ endpoints: [echo] }, {}, { accessKeyId: "AKIDOTHER", secretAccessKey: "wrong" })
      assert.include(error, { _tag: "AccessDeniedError", code: "UnrecognizedClientException" })
    }))

  it.live("with an unknown session token", () =>
    Effect.gen(function*() {
      const error = yield* failure({ endpoints: [echo] }, {}, { ...Emulator.credentials, sessionToken: "stale" })
      assert.include(error, { _tag: "AccessDeniedError", code: "UnrecognizedClientException" })
    }))

  it.live("signed for another region", () =>
    Effect.gen(function*() {
      const error = yield* failure({ endpoints: [echo], region: "us-east-1" })
      assert.include(error, { _tag: "AccessDeniedError", code: "InvalidSignatureException" })
    }))

  it.live("signed with a wrong time", () =>
    Effect.gen(function*() {
      const settings = { clockOffset: -10 * 60_000, correctClockSkew: false }
      const error = yield* failure({ endpoints: [echo] }, settings)
      assert.include(error, { _tag: "AccessDeniedError", code: "InvalidSignatureException" })
      assert.include(error.message, "Signature expired")
    }))

  it.live("that violates a constraint, and names the member", () =>
    Effect.gen(function*() {
      const error = yield* failure({ endpoints: [echo] }, { validation: false }, undefined, { TargetVariant: "-bad-" })
      assert.strictEqual(error._tag, "ValidationError")
      assert.include(error.message, "TargetVariant")
      assert.notInclude(error.message, "-bad-")
    }))

  it.live("whose body is too large", () =>
    Effect.gen(function*() {
      const error = yield* failure({ endpoints: [echo], maxBodyBytes: 4 })
      assert.include(error, { _tag: "PayloadTooLargeError", status: 413 })
    }))
})

it.live("The emulator rejects an unsigned request unless it is anonymous", () =>
  Effect.gen(function*() {
    const unsigned = (options: Emulator.EmulatorOptions) =>
      SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
        Layer.provide([Signer.layerAnonymous, Emulator.layerHttpClient(options)])
      )
    const error = yield* Effect.flip(Effect.provide(invokeEndpoint(input), unsigned({ endpoints: [echo] })))
    assert.include(error, { _tag: "AccessDeniedError", code: "MissingAuthenticationTokenException" })
    const output = yield* Effect.provide(
      invokeEndpoint(input),
      unsigned({ endpoints: [echo], credentials: "anonymous" })
    )
    assert.strictEqual(text(output), "hello")
  }))

it.live("The emulator accepts the session token it was configured with", () =>
  Effect.gen(function*() {
    const keys = { accessKeyId: "AKIDTEMPORARY", secretAccessKey: "secret", sessionToken: "token" }
    const output = yield* Effect.provide(
      invokeEndpoint(input),
      client({ endpoints: [echo], credentials: keys }, {}, keys)
    )
    assert.strictEqual(text(output), "hello")
  }))

describe("A failure of the handler", () => {
  for (
    const error of [
      new SageMakerError.ModelError({
        message: "failed",
        OriginalStatusCode: 503,
        OriginalMessage: "busy",
        LogStreamArn: "arn:aws:logs:x"
      }),
      new SageMakerError.ModelNotReadyException({ message: "loading", retryAfterMillis: 1_500 }),
      new SageMakerError.ValidationError({ message: "wrong" }),
      new SageMakerError.InternalFailure(),
      new SageMakerError.ServiceUnavailable(),
      new SageMakerError.InternalDependencyException(),
      new SageMakerError.ThrottlingError({ message: "slow down", status: 400 }),
      new SageMakerError.AccessDeniedError({ message: "no" }),
      new SageMakerError.UnknownServiceError({ status: 502, body: "<html>Bad Gateway</html>" }),
      new SageMakerError.PayloadTooLargeError()
    ]
  ) {
    it.live(`is sent as the service sends it: ${error._tag}`, () =>
      Effect.gen(function*() {
        const received = yield* failure({ endpoints: [Emulator.endpoint("echo", () => Effect.fail(error))] })
        assert.strictEqual(received._tag, error._tag)
        if (error._tag !== "UnknownServiceError" && error._tag !== "PayloadTooLargeError") {
          assert.include(received, { message: error.message, status: error.status, code: error.code })
        }
        if (error._tag === "ModelError") {
          assert.include(received, { OriginalStatusCode: 503, LogStreamArn: "arn:aws:logs:x" })
          assert.strictEqual((received as SageMakerError.ModelError).OriginalMessage, "busy")
        }
        if (error._tag === "ModelNotReadyException") {
          assert.include(received, { retryAfterMillis: 1_500 })
        }
      }))
  }

  it.live("of another type, or a defect, is sent as a container error", () =>
    Effect.gen(function*() {
      for (const failing of [Effect.fail("out of memory"), Effect.die(new Error("out of memory"))]) {
        const error = yield* failure({ endpoints: [Emulator.endpoint("echo", () => failing)] })
        assert.include(error, { _tag: "ModelError", OriginalStatusCode: 500 })
        assert.strictEqual((error as SageMakerError.ModelError).OriginalMessage, "out of memory")
      }
    }))
})

describe("The emulator responds, and no call hangs, if a model", () => {
  for (const model of brokenModels) {
    it.live(model.what, () =>
      Effect.gen(function*() {
        const { invoked, streamed } = model
        const ends = yield* Effect.provide(outcomesOf(model), client({ endpoints: brokenEndpoints }))
        assert.deepStrictEqual(ends, { invoked, streamed, handedOver: "success" })
      }))
  }
})

it.live("A stream that fails before its first part is an error of InvokeEndpoint and a stream error", () =>
  Effect.gen(function*() {
    const late = new SageMakerError.ModelStreamError({ message: "late", ErrorCode: "Slow" })
    const layer = client({ endpoints: [Emulator.endpoint("echo", () => Effect.fail(late))] })
    const whole = yield* Effect.flip(Effect.provide(invokeEndpoint(input), layer))
    assert.include(whole, { _tag: "UnknownServiceError", code: "ModelStreamError", message: "late", status: 500 })
    const streamed = yield* Effect.flip(Effect.provide(Stream.runDrain(streamEndpoint(input)), layer))
    assert.include(streamed, { _tag: "ModelStreamError", message: "late", ErrorCode: "Slow" })
  }))

describe("In process,", () => {
  const anonymous = (handler: Emulator.EmulatorEndpoint["handler"]) =>
    SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
      Layer.provide(Signer.layerAnonymous),
      Layer.provideMerge(
        Emulator.layerHttpClient({ endpoints: [Emulator.endpoint("echo", handler)], credentials: "anonymous" })
      )
    )

  it.effect("a streaming model sleeps on the TestClock", () =>
    Effect.gen(function*() {
      const seen: Array<Uint8Array> = []
      const slow = Stream.mapEffect(Stream.make("a", "b", "c"), (word) => Effect.as(Effect.sleep("1 hour"), word))
      const fiber = yield* streamEndpoint(input).pipe(
        Stream.runForEach((part) => Effect.sync(() => seen.push(part))),
        Timeouts.use({ idle: Infinity }),
        Effect.provide(anonymous(() => Effect.succeed(slow))),
        Effect.fork
      )
      for (const parts of [1, 2, 3]) {
        yield* eventuallySleeping("1 hour")
        yield* TestClock.adjust("59 minutes")
        assert.lengthOf(seen, parts - 1)
        yield* TestClock.adjust("1 minute")
        yield* eventually(() => seen.length === parts)
      }
      yield* Fiber.join(fiber)
    }))

  it.effect("a model sleeps on the TestClock", () =>
    Effect.gen(function*() {
      const fiber = yield* invokeEndpoint(input).pipe(
        Effect.provide(anonymous(() => Effect.as(Effect.sleep("1 minute"), "slow"))),
        Effect.fork
      )
      yield* eventuallySleeping("1 minute")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(text(yield* Fiber.join(fiber)), "slow")
    }))

  for (const operation of ["invocations", "invocations-response-stream"]) {
    it.effect(`a model can return an endless HTTP response: ${operation}`, () =>
      Effect.gen(function*() {
        let stopped = false
        const endless = Stream.ensuring(
          Stream.repeatEffect(Effect.sync(() => new TextEncoder().encode("word "))),
          Effect.sync(() => {
            stopped = true
          })
        )
        const handler = () => HttpServerResponse.stream(Stream.rechunk(endless, 1), { contentType: "text/mine" })
        const { headers, parts } = yield* Effect.gen(function*() {
          const response = yield* HttpClient.execute(
            HttpClientRequest.post(`https://emulated.example/endpoints/echo/${operation}`)
          )
          return { headers: response.headers, parts: yield* Stream.runCollect(Stream.take(response.stream, 3)) }
        }).pipe(Effect.provide(anonymous(() => Effect.sync(handler))))
        assert.strictEqual(headers["content-type"], "text/mine")
        assert.deepStrictEqual(
          Chunk.toReadonlyArray(Chunk.map(parts, (Body) => text({ Body }))),
          ["word ", "word ", "word "]
        )
        yield* eventually(() => stopped)
      }))
  }
})

it.live("an HTTP response of a handler is sent unchanged", () =>
  Effect.gen(function*() {
    const redirect = Emulator.endpoint("echo", () =>
      HttpServerResponse.text("moved", { status: 302, headers: { location: "https://example.com" } }))
    const error = yield* failure({ endpoints: [redirect] })
    assert.include(error, { _tag: "UnknownServiceError", status: 302 })
  }))

it.live("handlers can use services", () =>
  Effect.gen(function*() {
    const endpoint = Emulator.endpoint("echo", () => Effect.as(Credentials.Credentials, "used"))
    const http = Emulator.layerHttpClient({ endpoints: [endpoint] })
    const layer = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
      Layer.provide([Signer.layer, http]),
      Layer.provide(Credentials.layer(Emulator.credentials))
    )
    assert.strictEqual(text(yield* Effect.provide(invokeEndpoint(input), layer)), "used")
  }))

it.live("The HttpApp stops reading an endless body at maxBodyBytes", () =>
  Effect.gen(function*() {
    let pulled = 0
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled += 1
        controller.enqueue(new Uint8Array(1_024))
      }
    })
    const context = yield* Effect.context<Emulator.Emulator>()
    const handle = HttpApp.toWebHandler(Effect.provide(Emulator.app, context))
    const init = { method: "POST", body, duplex: "half" }
    const request = new Request("http://localhost/endpoints/echo/invocations", init)
    const response = yield* Effect.promise(() => handle(request))
    assert.strictEqual(response.status, 413)
    assert.isBelow(pulled, 32)
  }).pipe(Effect.provide(Emulator.layer({ endpoints: [echo], maxBodyBytes: 8_192 }))))

it.live("A handler's failure whose members throw is a container error", () =>
  Effect.gen(function*() {
    const hostile = [
      {
        toString: () => {
          throw new Error("hidden")
        }
      },
      Object.create(null),
      new Proxy({}, {
        get: () => {
          throw new Error("hidden")
        },
        has: () => {
          throw new Error("hidden")
        }
      }),
      { _tag: "ValidationError", status: 400, code: "ValidationError", message: 1n },
      Symbol("hidden")
    ]
    for (const value of hostile) {
      const broken = Emulator.endpoint("echo", () => Effect.fail(value))
      const error = yield* failure({ endpoints: [broken] })
      assert.include(["ModelError", "ValidationError"], error._tag)
    }
  }))

import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Either, Fiber, Layer, Ref, Stream } from "effect"
import {
  Credentials,
  InvokeEndpointAsync,
  invokeEndpointAsync,
  RetryPolicy,
  SageMakerError,
  SageMakerRuntime,
  Signer
} from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { describe } from "vitest"
import { scriptedRuntime, scriptedRuntimeWith } from "./support/scriptedHttpClient.ts"

const upperCase = Emulator.endpoint("upper", ({ Body }) => Effect.succeed(new TextDecoder().decode(Body).toUpperCase()))

const client = (...endpoints: ReadonlyArray<Emulator.EmulatorEndpoint>) =>
  SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
    Layer.provide(Signer.layer),
    Layer.provideMerge(Emulator.layerHttpClient({ endpoints })),
    Layer.provide(Credentials.layer(Emulator.credentials))
  )

const encode = (text: string) => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)

it.live("An inline body is accepted, and its output is stored at the output location", () =>
  Effect.gen(function*() {
    const { FailureLocation, InferenceId, OutputLocation, $metadata } = yield* invokeEndpointAsync({
      EndpointName: "upper",
      Body: "hello"
    })
    assert.strictEqual($metadata.httpStatusCode, 202)
    const { objects, outcome } = yield* Emulator.Emulator
    assert.deepStrictEqual(yield* outcome(InferenceId!), Either.right(encode("HELLO")))
    assert.strictEqual(decode(yield* objects.get(OutputLocation!)), "HELLO")
    assert.isUndefined(yield* objects.get(FailureLocation!))
  }).pipe(Effect.provide(client(upperCase))))

it.live("An input location is accepted", () =>
  Effect.gen(function*() {
    const { objects, outcome } = yield* Emulator.Emulator
    yield* objects.put("s3://in/put.txt", encode("stored"))
    const output = yield* invokeEndpointAsync({
      EndpointName: "upper",
      InputLocation: "s3://in/put.txt",
      InferenceId: "my-id",
      S3OutputPathExtension: "monday",
      Filename: "result.txt",
      RequestTTLSeconds: 60,
      InvocationTimeoutSeconds: 1
    })
    assert.include(output, { InferenceId: "my-id", OutputLocation: "s3://emulator/upper/output/monday/result.txt" })
    assert.deepStrictEqual(yield* outcome("my-id"), Either.right(encode("STORED")))
  }).pipe(Effect.provide(client(upperCase))))

it.live("A failure is stored at the failure location", () =>
  Effect.gen(function*() {
    const { FailureLocation, InferenceId, OutputLocation } = yield* invokeEndpointAsync({
      EndpointName: "bad",
      Body: "x"
    })
    const { objects, outcome } = yield* Emulator.Emulator
    assert.isTrue(Either.isLeft(yield* outcome(InferenceId!)))
    assert.include(decode(yield* objects.get(FailureLocation!)), "out of memory")
    assert.isUndefined(yield* objects.get(OutputLocation!))
  }).pipe(Effect.provide(client(Emulator.endpoint("bad", () => Effect.fail("out of memory"))))))

it.live("Accepted requests run one after another", () =>
  Effect.gen(function*() {
    const log = yield* Ref.make<ReadonlyArray<string>>([])
    const note = (entry: string) => Ref.update(log, (_) => [..._, entry])
    const slow = Emulator.endpoint("slow", ({ Body }) =>
      note(`begin ${decode(Body)}`).pipe(
        Effect.zipRight(Effect.sleep("10 millis")),
        Effect.zipRight(note(`end ${decode(Body)}`)),
        Effect.as("")
      ))
    yield* Effect.gen(function*() {
      yield* invokeEndpointAsync({ EndpointName: "slow", Body: "1", InferenceId: "first" })
      yield* invokeEndpointAsync({ EndpointName: "slow", Body: "2", InferenceId: "second" })
      const { outcome } = yield* Emulator.Emulator
      yield* outcome("second")
    }).pipe(Effect.provide(client(slow)))
    assert.deepStrictEqual(yield* Ref.get(log), ["begin 1", "end 1", "begin 2", "end 2"])
  }))

describe("A failed request is stored as a failure, and the next request runs, if the model", () => {
  const models: ReadonlyArray<readonly [what: string, Emulator.EmulatorEndpoint["handler"]]> = [
    ["dies", () => Effect.die(new Error("out of memory"))],
    ["throws", () => {
      throw new Error("out of memory")
    }],
    ["is interrupted", () => Effect.interrupt],
    [
      "interrupts its own fiber",
      () => Effect.withFiberRuntime((fiber) => Effect.zipRight(Fiber.interruptFork(fiber), Effect.never))
    ],
    ["streams a defect", () => Effect.succeed(Stream.concat(Stream.make("a"), Stream.die(new Error("?"))))],
    ["interrupts its own stream", () => Effect.succeed(Stream.fromEffect(Effect.interrupt))]
  ]
  for (const [what, handler] of models) {
    it.live(what, () =>
      Effect.gen(function*() {
        const { objects, outcome } = yield* Emulator.Emulator
        const { FailureLocation } = yield* invokeEndpointAsync({
          EndpointName: "bad",
          Body: "x",
          InferenceId: "bad-1"
        })
        yield* invokeEndpointAsync({ EndpointName: "upper", Body: "later", InferenceId: "good-1" })
        assert.isTrue(Either.isLeft(yield* outcome("bad-1")))
        assert.isDefined(yield* objects.get(FailureLocation!))
        assert.deepStrictEqual(yield* outcome("good-1"), Either.right(encode("LATER")))
      }).pipe(Effect.provide(client(upperCase, Emulator.endpoint("bad", handler)))))
  }
})

describe("A repeated InferenceId identifies the latest request", () => {
  const repeated = { EndpointName: "upper", InferenceId: "again" }

  it.live("if the first one has completed", () =>
    Effect.gen(function*() {
      const { objects, outcome } = yield* Emulator.Emulator
      yield* invokeEndpointAsync({ ...repeated, Body: "first" })
      assert.deepStrictEqual(yield* outcome("again"), Either.right(encode("FIRST")))
      const { OutputLocation } = yield* invokeEndpointAsync({ ...repeated, Body: "second" })
      assert.deepStrictEqual(yield* outcome("again"), Either.right(encode("SECOND")))
      assert.strictEqual(decode(yield* objects.get(OutputLocation!)), "SECOND")
    }).pipe(Effect.provide(client(upperCase))))

  it.live("if the first one is still running", () =>
    Effect.gen(function*() {
      const accepted = yield* Deferred.make<void>()
      const slowly = Emulator.endpoint(
        "upper",
        ({ Body }) => Effect.as(Deferred.await(accepted), decode(Body).toUpperCase())
      )
      yield* Effect.gen(function*() {
        const { outcome } = yield* Emulator.Emulator
        const waiting = yield* Effect.fork(outcome("again"))
        yield* invokeEndpointAsync({ ...repeated, Body: "first" })
        yield* invokeEndpointAsync({ ...repeated, Body: "second" })
        yield* Deferred.succeed(accepted, undefined)
        assert.deepStrictEqual(yield* outcome("again"), Either.right(encode("SECOND")))
        assert.deepStrictEqual(yield* Fiber.join(waiting), Either.right(encode("SECOND")))
      }).pipe(Effect.provide(client(slowly)))
    }))
})

it.live("A model receives every member of the request", () =>
  Effect.gen(function*() {
    const seen = yield* Ref.make<Emulator.EmulatorRequest | undefined>(undefined)
    const spy = Emulator.endpoint("spy", (request) => Effect.as(Ref.set(seen, request), ""))
    const members = {
      EndpointName: "spy",
      ContentType: "text/csv",
      Accept: "application/json",
      CustomAttributes: "trace=1",
      InferenceId: "inference-1",
      S3OutputPathExtension: "monday",
      Filename: "result.txt",
      RequestTTLSeconds: 60,
      InvocationTimeoutSeconds: 7
    }
    yield* Effect.gen(function*() {
      yield* invokeEndpointAsync({ ...members, Body: "1,2" })
      const { outcome } = yield* Emulator.Emulator
      yield* outcome("inference-1")
    }).pipe(Effect.provide(client(spy)))
    const request = yield* Ref.get(seen)
    assert.deepInclude(request, members)
    const timeout: number | undefined = request?.InvocationTimeoutSeconds
    assert.strictEqual(timeout, 7)
  }))

describe("Before any I/O, the client rejects", () => {
  const refused = (
    input: Partial<InvokeEndpointAsync.InvokeEndpointAsyncInput>,
    settings: Partial<SageMakerRuntime.SageMakerRuntimeOptions> = {}
  ) =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntimeWith(settings, { status: 202 })
      const error = yield* Effect.flip(
        Effect.provide(invokeEndpointAsync({ EndpointName: "upper", ...input }), server.layer)
      )
      assert.strictEqual(yield* server.attempts, 0)
      return error
    })

  it.effect("a request with both inputs or none", () =>
    Effect.gen(function*() {
      assert.include(yield* refused({}), { _tag: "InvalidInputError", field: "Body" })
      assert.include(yield* refused({ Body: "", InputLocation: "s3://a/b" }), {
        _tag: "InvalidInputError",
        field: "InputLocation"
      })
    }))

  it.effect("an inline body of more than 128,000 bytes", () =>
    Effect.gen(function*() {
      assert.include(yield* refused({ Body: new Uint8Array(InvokeEndpointAsync.maxInlineBytes + 1) }), {
        _tag: "PayloadTooLargeError",
        limit: 128_000
      })
    }))

  it.effect("an inline body over that limit with the inline limit in the error, not maxBodyBytes", () =>
    Effect.gen(function*() {
      const error = yield* refused({ Body: new Uint8Array(InvokeEndpointAsync.maxInlineBytes + 1) }, {
        maxBodyBytes: 1_000_000
      })
      assert.include(error, { _tag: "PayloadTooLargeError", limit: 128_000, size: 128_001 })
      assert.include(error.message, "InputLocation")
      assert.notInclude(error.message, "maxBodyBytes")
    }))

  for (
    const [field, value] of [
      ["RequestTTLSeconds", 59],
      ["RequestTTLSeconds", 21_601],
      ["RequestTTLSeconds", 60.5],
      ["RequestTTLSeconds", Number.NaN],
      ["InvocationTimeoutSeconds", 0],
      ["InvocationTimeoutSeconds", 3_601],
      ["InputLocation", "ftp://a/b"],
      ["S3OutputPathExtension", "s3:elsewhere"],
      ["Filename", "two.dots.txt"],
      ["Filename", "x".repeat(33)]
    ] as const
  ) {
    it.effect(`${field}: ${String(value).slice(0, 20)}`, () =>
      Effect.gen(function*() {
        const input = field === "InputLocation" ? {} : { InputLocation: "s3://a/b" }
        assert.include(yield* refused({ ...input, [field]: value }), { _tag: "InvalidInputError", field })
      }))
  }
})

it.effect("no large inline body if validation of `max` is off", () =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntimeWith({ validation: { max: false } }, {
      status: 202,
      body: `{"InferenceId":"a"}`
    })
    const Body = new Uint8Array(InvokeEndpointAsync.maxInlineBytes + 1)
    const output = yield* Effect.provide(invokeEndpointAsync({ EndpointName: "upper", Body }), server.layer)
    assert.strictEqual(output.InferenceId, "a")
  }))

it.effect("A 202 response is decoded or fails with ProtocolError", () =>
  Effect.gen(function*() {
    const response = (body: string | null) =>
      Effect.flatMap(scriptedRuntime({ status: 202, body }), ({ layer }) =>
        Effect.either(Effect.provide(invokeEndpointAsync({ EndpointName: "upper", Body: "x" }), layer)))
    assert.notProperty(Either.getOrThrow(yield* response(null)), "InferenceId")
    assert.notProperty(Either.getOrThrow(yield* response("{}")), "InferenceId")
    assert.notProperty(Either.getOrThrow(yield* response(`{"InferenceId":null}`)), "InferenceId")
    assert.include(Either.getOrThrow(Either.flip(yield* response("<html>"))), { _tag: "ProtocolError" })
    assert.include(Either.getOrThrow(Either.flip(yield* response(`{"InferenceId":1}`))), { _tag: "ProtocolError" })
  }))

it.live("A service error is the typed error", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(invokeEndpointAsync({ EndpointName: "absent", Body: "x" }))
    assert.instanceOf(error, SageMakerError.ValidationError)
  }).pipe(RetryPolicy.use(RetryPolicy.none), Effect.provide(client(upperCase))))

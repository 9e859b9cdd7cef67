import { HttpServerResponse } from "@effect/platform"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Stream, TestClock } from "effect"
import { invokeEndpoint, ObjectStore, RetryPolicy, SageMakerError, streamEndpoint } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { describe } from "vitest"
import {
  asyncClient,
  decode,
  failureOf,
  objectAt,
  outputOf,
  recordingModel,
  send,
  storeWith
} from "../support/asyncEmulator.ts"

const ids = (count: number) => Array.from({ length: count }, (_, index) => `id-${index}`)

const sendAll = (inferenceIds: ReadonlyArray<string>) =>
  Effect.forEach(inferenceIds, (InferenceId) => send({ InferenceId }), { discard: true })

const config = (MaxConcurrentInvocationsPerInstance: number) => ({
  AsyncInferenceConfig: { ClientConfig: { MaxConcurrentInvocationsPerInstance } }
})

describe("An endpoint processes", () => {
  it.effect("one request at a time by default, in order", () => {
    const model = recordingModel(10)
    return Effect.gen(function*() {
      yield* sendAll(ids(3))
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual(model.log, ["start id-0"])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(model.log, ["start id-0", "end id-0", "start id-1"])
      yield* Effect.repeatN(TestClock.adjust("10 seconds"), 1)
      assert.strictEqual(yield* outputOf("id-2"), "ID-2")
      assert.deepStrictEqual(model.log.slice(3), ["end id-1", "start id-2", "end id-2"])
    }).pipe(Effect.provide(asyncClient({ endpoints: [model.endpoint] })))
  })

  it.effect("MaxConcurrentInvocationsPerInstance × InitialInstanceCount requests at once", () => {
    const model = recordingModel(10, { ...config(2), InitialInstanceCount: 3 })
    return Effect.gen(function*() {
      yield* sendAll(ids(20))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(model.started(), ids(6))
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual(model.started(), ids(12))
      yield* Effect.repeatN(TestClock.adjust("10 seconds"), 2)
      assert.strictEqual(yield* outputOf("id-19"), "ID-19")
      assert.deepStrictEqual(model.started(), ids(20))
      assert.strictEqual(model.mostRunning(), 6)
    }).pipe(Effect.provide(asyncClient({ endpoints: [model.endpoint] })))
  })

  it.effect("its own queue: a busy endpoint does not delay another one", () => {
    const model = recordingModel(10)
    const other = Emulator.endpoint("other", () => Effect.succeed("other"))
    return Effect.gen(function*() {
      yield* sendAll(ids(2))
      yield* send({ EndpointName: "other", InferenceId: "other-1" })
      assert.strictEqual(yield* outputOf("other-1"), "other")
      assert.deepStrictEqual(model.log, ["start id-0"])
    }).pipe(Effect.provide(asyncClient({ endpoints: [model.endpoint, other] })))
  })
})

describe("RequestTTLSeconds", () => {
  it.effect("ends the wait in the queue, and the model is not called", () => {
    const model = recordingModel(90)
    return Effect.gen(function*() {
      yield* send({ InferenceId: "running" })
      const { FailureLocation, OutputLocation } = yield* send({ InferenceId: "queued", RequestTTLSeconds: 60 })
      const outcome = yield* Effect.fork(failureOf("queued"))
      yield* TestClock.adjust("59 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.poll(outcome)))
      yield* TestClock.adjust("1 second")
      const failure = yield* Fiber.join(outcome)
      assert.include(failure, "RequestTTLSeconds")
      assert.strictEqual(yield* objectAt(FailureLocation), failure)
      assert.isUndefined(yield* objectAt(OutputLocation))
      yield* TestClock.adjust("60 seconds")
      assert.strictEqual(yield* outputOf("running"), "RUNNING")
      assert.deepStrictEqual(model.started(), ["running"])
    }).pipe(Effect.provide(asyncClient({ endpoints: [model.endpoint] })))
  })

  it.effect("applies if a place becomes free at the same time", () => {
    const model = recordingModel(60)
    return Effect.gen(function*() {
      yield* send({ InferenceId: "running" })
      yield* send({ InferenceId: "queued", RequestTTLSeconds: 60 })
      yield* send({ InferenceId: "patient", RequestTTLSeconds: 61 })
      yield* TestClock.adjust("60 seconds")
      assert.include(yield* failureOf("queued"), "RequestTTLSeconds")
      yield* TestClock.adjust("60 seconds")
      assert.strictEqual(yield* outputOf("patient"), "PATIENT")
    }).pipe(Effect.provide(asyncClient({ endpoints: [model.endpoint] })))
  })

  it.effect("does not limit a request that runs", () => {
    const model = recordingModel(120)
    return Effect.gen(function*() {
      yield* send({ InferenceId: "running", RequestTTLSeconds: 60 })
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual(yield* outputOf("running"), "RUNNING")
    }).pipe(Effect.provide(asyncClient({ endpoints: [model.endpoint] })))
  })

  it.effect("is six hours by default, also of an endpoint that is scaled to zero", () => {
    const model = recordingModel(1, { InitialInstanceCount: 0 })
    return Effect.gen(function*() {
      yield* send({ InferenceId: "queued" })
      const outcome = yield* Effect.fork(failureOf("queued"))
      yield* TestClock.adjust("21599 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.poll(outcome)))
      yield* TestClock.adjust("1 second")
      assert.include(yield* Fiber.join(outcome), "RequestTTLSeconds")
      assert.deepStrictEqual(model.log, [])
    }).pipe(Effect.provide(asyncClient({ endpoints: [model.endpoint] })))
  })
})

describe("InvocationTimeoutSeconds", () => {
  it.effect("interrupts the model, and the next request runs", () => {
    const model = recordingModel(10)
    return Effect.gen(function*() {
      const { FailureLocation, OutputLocation } = yield* send({ InferenceId: "slow", InvocationTimeoutSeconds: 7 })
      yield* send({ InferenceId: "next" })
      yield* TestClock.adjust("6 seconds")
      assert.deepStrictEqual(model.log, ["start slow"])
      yield* TestClock.adjust("1 second")
      assert.include(yield* failureOf("slow"), "InvocationTimeoutSeconds")
      assert.include(yield* objectAt(FailureLocation), "InvocationTimeoutSeconds")
      assert.isUndefined(yield* objectAt(OutputLocation))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* outputOf("next"), "NEXT")
      assert.deepStrictEqual(model.log, ["start slow", "end slow", "start next", "end next"])
    }).pipe(Effect.provide(asyncClient({ endpoints: [model.endpoint] })))
  })

  it.effect("is 900 seconds by default, from the start of the model", () => {
    const model = recordingModel(899)
    return Effect.gen(function*() {
      yield* sendAll(["first", "second"])
      yield* Effect.repeatN(TestClock.adjust("899 seconds"), 1)
      assert.strictEqual(yield* outputOf("first"), "FIRST")
      assert.strictEqual(yield* outputOf("second"), "SECOND")
    }).pipe(Effect.provide(asyncClient({ endpoints: [model.endpoint] })))
  })

  it.effect("fails the request in time although the model continues, which keeps its place until it ends", () => {
    const log: Array<string> = []
    const model = Emulator.endpoint(
      "model",
      ({ InferenceId }) =>
        Effect.sync(() => log.push(`start ${InferenceId}`)).pipe(
          Effect.zipRight(Effect.sleep("30 seconds")),
          Effect.zipRight(Effect.sync(() => log.push(`end ${InferenceId}`))),
          Effect.uninterruptible,
          Effect.as("late")
        )
    )
    return Effect.gen(function*() {
      const { OutputLocation } = yield* send({ InferenceId: "stuck", InvocationTimeoutSeconds: 5 })
      yield* send({ InferenceId: "next" })
      yield* TestClock.adjust("5 seconds")
      assert.include(yield* failureOf("stuck"), "InvocationTimeoutSeconds")
      assert.deepStrictEqual(log, ["start stuck"])
      yield* TestClock.adjust("25 seconds")
      assert.deepStrictEqual(log, ["start stuck", "end stuck", "start next"])
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* outputOf("next"), "late")
      assert.isUndefined(yield* objectAt(OutputLocation))
    }).pipe(Effect.provide(asyncClient({ endpoints: [model] })))
  })
})

describe("A request is sent to the model once, and fails if the model", () => {
  const failures: ReadonlyArray<readonly [what: string, Emulator.EmulatorEndpoint["handler"], expected: RegExp]> = [
    ["fails", () => Effect.fail("out of memory"), /"OriginalMessage":"out of memory","OriginalStatusCode":500/],
    [
      "dies",
      () => Effect.die(new Error("out of memory")),
      /"OriginalMessage":"out of memory","OriginalStatusCode":500/
    ],
    [
      "throws",
      () => {
        throw new Error("out of memory")
      },
      /"OriginalMessage":"out of memory"/
    ],
    ["interrupts itself", () => Effect.interrupt, /"OriginalStatusCode":500/],
    [
      "interrupts its own fiber",
      () => Effect.withFiberRuntime((fiber) => Effect.zipRight(Fiber.interruptFork(fiber), Effect.never)),
      /"OriginalStatusCode":500/
    ],
    [
      "responds with an error status",
      () => Effect.fail(Emulator.containerError({ status: 503, body: "busy" })),
      /"OriginalMessage":"busy","OriginalStatusCode":503/
    ],
    [
      "fails with an error of the service",
      () => Effect.fail(new SageMakerError.ModelNotReadyException({ message: "loading" })),
      /loading/
    ],
    [
      "returns a response with an error status",
      () => Effect.sync(() => HttpServerResponse.text("x", { status: 502 })),
      /^x$/
    ],
    ["streams a failure", () => Effect.succeed(Stream.fail("out of memory")), /out of memory/],
    [
      "returns a response whose stream fails",
      () => Effect.sync(() => HttpServerResponse.stream(Stream.fail("out of memory"))),
      /out of memory/
    ],
    [
      "returns an invalid content type",
      () => Effect.succeed({ Body: "x", ContentType: "é" }),
      /"OriginalStatusCode":500/
    ]
  ]
  for (const [what, handler, expected] of failures) {
    it.effect(what, () => {
      let calls = 0
      const model = Emulator.endpoint("model", (request) =>
        Effect.suspend(() => {
          calls += 1
          return handler(request)
        }))
      const good = Emulator.endpoint("good", () => Effect.succeed("good"))
      return Effect.gen(function*() {
        const { FailureLocation, OutputLocation } = yield* send({ InferenceId: "bad-1" })
        const failure = yield* failureOf("bad-1")
        assert.match(failure, expected)
        assert.strictEqual(yield* objectAt(FailureLocation), failure)
        assert.isUndefined(yield* objectAt(OutputLocation))
        yield* send({ InferenceId: "bad-2" })
        yield* failureOf("bad-2")
        yield* send({ EndpointName: "good", InferenceId: "good-1" })
        assert.strictEqual(yield* outputOf("good-1"), "good")
        yield* TestClock.adjust("1 day")
        assert.strictEqual(calls, 2)
      }).pipe(Effect.provide(asyncClient({ endpoints: [model, good] })))
    })
  }
})

it.effect("A streamed response of the model is stored as one object", () => {
  const parts = Stream.make("a", "b", "c")
  const streaming = Emulator.endpoint("model", () => Effect.succeed(parts))
  const raw = Emulator.endpoint(
    "raw",
    () => Effect.sync(() => HttpServerResponse.stream(Stream.encodeText(parts), { contentType: "text/plain" }))
  )
  return Effect.gen(function*() {
    yield* send({ InferenceId: "streamed" })
    yield* send({ EndpointName: "raw", InferenceId: "raw" })
    assert.strictEqual(yield* outputOf("streamed"), "abc")
    assert.strictEqual(yield* outputOf("raw"), "abc")
  }).pipe(Effect.provide(asyncClient({ endpoints: [streaming, raw] })))
})

describe("When the layer's scope closes", () => {
  it.effect("running models are interrupted, and queued requests do not start", () => {
    const model = recordingModel(10, config(2))
    return Effect.gen(function*() {
      yield* sendAll(ids(4)).pipe(
        Effect.zipRight(TestClock.adjust("1 second")),
        Effect.provide(asyncClient({ endpoints: [model.endpoint] }))
      )
      assert.deepStrictEqual(model.log, ["start id-0", "start id-1", "end id-0", "end id-1"])
      yield* TestClock.adjust("1 day")
      assert.strictEqual(model.log.length, 4)
    })
  })

  it.effect("queued requests do not expire", () => {
    const stored: Array<string> = []
    return Effect.gen(function*() {
      const memory = yield* ObjectStore.ObjectStore
      const objectStore = storeWith(memory, {
        put: (location, ...args) => Effect.tap(memory.put(location, ...args), () => stored.push(location))
      })
      const model = recordingModel(10, { InitialInstanceCount: 0 })
      yield* Effect.provide(sendAll(ids(4)), asyncClient({ endpoints: [model.endpoint], objectStore }))
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(stored, [])
    }).pipe(Effect.provide(ObjectStore.layerMemory))
  })
})

describe("An endpoint with AsyncInferenceConfig rejects", () => {
  const rejected = <A, E, R>(call: Effect.Effect<A, E, R>) =>
    Effect.flip(call).pipe(
      RetryPolicy.use(RetryPolicy.none),
      Effect.provide(asyncClient({ endpoints: [recordingModel(0, { AsyncInferenceConfig: {} }).endpoint] }))
    )
  it.effect("InvokeEndpoint", () =>
    Effect.gen(function*() {
      assert.include(yield* rejected(invokeEndpoint({ EndpointName: "model", Body: "x" })), {
        _tag: "ValidationError",
        status: 400
      })
    }))
  it.effect("InvokeEndpointWithResponseStream", () =>
    Effect.gen(function*() {
      assert.include(yield* rejected(Stream.runDrain(streamEndpoint({ EndpointName: "model", Body: "x" }))), {
        _tag: "ValidationError"
      })
    }))
})

describe("InvokeEndpointAsync fails with ValidationError if an endpoint has", () => {
  const output = (S3OutputPath: string) => ({ AsyncInferenceConfig: { OutputConfig: { S3OutputPath } } })
  const invalid: ReadonlyArray<readonly [what: string, Emulator.EmulatorEndpointOptions, named: string]> = [
    ["MaxConcurrentInvocationsPerInstance 0", config(0), "MaxConcurrentInvocationsPerInstance"],
    ["MaxConcurrentInvocationsPerInstance 1,001", config(1_001), "MaxConcurrentInvocationsPerInstance"],
    ["MaxConcurrentInvocationsPerInstance 1.5", config(1.5), "MaxConcurrentInvocationsPerInstance"],
    ["MaxConcurrentInvocationsPerInstance NaN", config(Number.NaN), "MaxConcurrentInvocationsPerInstance"],
    ["InitialInstanceCount -1", { InitialInstanceCount: -1 }, "InitialInstanceCount"],
    ["InitialInstanceCount Infinity", { InitialInstanceCount: Infinity }, "InitialInstanceCount"],
    ["an S3OutputPath of another scheme", output("ftp://bucket/output"), "S3OutputPath"],
    ["an S3OutputPath without a bucket", output("s3://"), "S3OutputPath"],
    ["an S3OutputPath with a line break", output("s3://bucket/a\r\nx-injected: 1"), "S3OutputPath"],
    ["an S3OutputPath that no header can have", output("s3://bucket/größe"), "S3OutputPath"],
    ["an S3OutputPath of 513 characters", output(`s3://bucket/${"x".repeat(501)}`), "S3OutputPath"],
    [
      "an invalid S3FailurePath",
      { AsyncInferenceConfig: { OutputConfig: { S3FailurePath: "bucket" } } },
      "S3FailurePath"
    ]
  ]
  for (const [what, options, named] of invalid) {
    it.effect(what, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(send({ InferenceId: "x" }))
        assert.strictEqual(error._tag, "ValidationError")
        assert.include(String(Reflect.get(error, "serviceMessage")), named)
      }).pipe(Effect.provide(asyncClient({ endpoints: [recordingModel(0, options).endpoint] }))))
  }
})

it.effect("A handler uses the services of the layer, and receives the input as bytes", () => {
  class Prefix extends Effect.Service<Prefix>()("Prefix", { succeed: { text: "> " } }) {}
  const model = Emulator.endpoint("model", ({ Body }) => Effect.map(Prefix, ({ text }) => text + decode(Body)))
  return Effect.gen(function*() {
    yield* send({ InferenceId: "one" })
    assert.strictEqual(yield* outputOf("one"), "> one")
  }).pipe(Effect.provide(Layer.provide(asyncClient({ endpoints: [model] }), Prefix.Default)))
})

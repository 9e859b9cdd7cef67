import { assert, it } from "@effect/vitest"
import { Cause, Chunk, Effect, Fiber, Stream, TestClock } from "effect"
import { InvokeEndpointAsync, invokeEndpointAsync, ObjectStore } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { describe } from "vitest"
import {
  asyncClient,
  decode,
  denied,
  encode,
  failureOf,
  notified,
  objectAt,
  outputOf,
  recordingModel,
  send,
  storeWith
} from "../support/asyncEmulator.ts"

const echo = Emulator.endpoint("model", ({ Body }) => Effect.succeed(Body))

const withOutput = (OutputConfig: NonNullable<Emulator.AsyncInferenceConfig["OutputConfig"]>) =>
  Emulator.endpoint("model", ({ Body }) => Effect.succeed(Body), { AsyncInferenceConfig: { OutputConfig } })

describe("The output is stored", () => {
  it.effect("below the default path, at a new location for each request", () =>
    Effect.gen(function*() {
      const first = yield* send({ InferenceId: "same", Body: "first" })
      yield* outputOf("same")
      const second = yield* send({ InferenceId: "same", Body: "second" })
      assert.strictEqual(yield* outputOf("same"), "second")
      assert.match(first.OutputLocation!, /^s3:\/\/emulator\/model\/output\/[-0-9a-f]{36}\.out$/)
      assert.match(first.FailureLocation!, /^s3:\/\/emulator\/model\/failure\/[-0-9a-f]{36}-error\.out$/)
      assert.strictEqual(yield* objectAt(first.OutputLocation), "first")
      assert.strictEqual(yield* objectAt(second.OutputLocation), "second")
    }).pipe(Effect.provide(asyncClient({ endpoints: [echo] }))))

  for (const S3OutputPath of ["s3://results/monday", "s3://results/monday/"]) {
    it.effect(`below S3OutputPath ${S3OutputPath}, with S3OutputPathExtension and Filename`, () =>
      Effect.gen(function*() {
        const { FailureLocation, OutputLocation } = yield* send({
          InferenceId: "one",
          S3OutputPathExtension: "a/b",
          Filename: "one.json"
        })
        assert.strictEqual(OutputLocation, "s3://results/monday/a/b/one.json")
        assert.match(FailureLocation!, /^s3:\/\/failures\/[-0-9a-f]{36}-error\.out$/)
        yield* outputOf("one")
        assert.strictEqual(yield* objectAt(OutputLocation), "one")
      }).pipe(Effect.provide(asyncClient({
        endpoints: [withOutput({ S3OutputPath, S3FailurePath: "s3://failures" })]
      }))))
  }

  it.effect("below an https URL of Amazon S3", () =>
    Effect.gen(function*() {
      const { FailureLocation, OutputLocation } = yield* send({ InferenceId: "one", Filename: "one" })
      assert.strictEqual(OutputLocation, "s3://results/monday/one")
      assert.match(FailureLocation!, /^s3:\/\/failures\/tuesday\//)
    }).pipe(Effect.provide(asyncClient({
      endpoints: [withOutput({
        S3OutputPath: "https://results.s3.eu-west-1.amazonaws.com/monday",
        S3FailurePath: "https://s3.amazonaws.com/failures/tuesday"
      })]
    }))))

  it.effect("in place of the output of an earlier request with the same Filename", () =>
    Effect.gen(function*() {
      const first = yield* send({ InferenceId: "first", Filename: "result" })
      yield* outputOf("first")
      const second = yield* send({ InferenceId: "second", Filename: "result" })
      assert.strictEqual(yield* outputOf("second"), "second")
      assert.strictEqual(second.OutputLocation, first.OutputLocation)
      assert.strictEqual(yield* objectAt(first.OutputLocation), "second")
    }).pipe(Effect.provide(asyncClient({ endpoints: [echo] }))))

  it.effect("with the content type of the model, in the ObjectStore of the emulator", () =>
    Effect.gen(function*() {
      const typed = yield* send({ EndpointName: "typed", InferenceId: "typed" })
      const untyped = yield* send({ InferenceId: "untyped" })
      const failed = yield* send({ EndpointName: "bad", InferenceId: "failed" })
      yield* Effect.all([outputOf("typed"), outputOf("untyped"), failureOf("failed")])
      const store = yield* ObjectStore.ObjectStore
      assert.deepStrictEqual(yield* store.head(typed.OutputLocation!), { size: 2, contentType: "application/json" })
      assert.deepStrictEqual(yield* store.head(untyped.OutputLocation!), { size: 7 })
      assert.include(yield* store.head(failed.FailureLocation!), { contentType: "application/json" })
      const found = yield* Stream.runCollect(store.list("s3://emulator/typed/output/"))
      assert.deepStrictEqual(Chunk.toReadonlyArray(found), [{ location: typed.OutputLocation!, size: 2 }])
    }).pipe(Effect.provide(asyncClient({
      endpoints: [
        echo,
        Emulator.endpoint("typed", () => Effect.succeed({ Body: "{}", ContentType: "application/json" })),
        Emulator.endpoint("bad", () => Effect.fail("out of memory"))
      ]
    }))))
})

describe("The input", () => {
  it.effect("is the object at InputLocation, of more than the inline limit", () =>
    Effect.gen(function*() {
      const store = yield* ObjectStore.ObjectStore
      const input = new Uint8Array(InvokeEndpointAsync.maxInlineBytes * 10).fill(0x61)
      yield* store.put("s3://inputs/large", Stream.make(input, encode("end")))
      yield* send({ InferenceId: "large", InputLocation: "s3://inputs/large" })
      const output = yield* outputOf("large")
      assert.strictEqual(output.length, input.length + 3)
      assert.isTrue(output.endsWith("end"))
    }).pipe(Effect.provide(asyncClient({ endpoints: [echo] }))))

  for (
    const url of [
      "https://inputs.s3.eu-west-1.amazonaws.com/a%20b.txt",
      "https://inputs.s3.amazonaws.com/a%20b.txt",
      "https://s3.eu-west-1.amazonaws.com/inputs/a%20b.txt",
      "https://inputs.s3.cn-north-1.amazonaws.com.cn/a%20b.txt"
    ]
  ) {
    it.effect(`is the object at ${url}`, () =>
      Effect.gen(function*() {
        const { objects } = yield* Emulator.Emulator
        yield* objects.put("s3://inputs/a b.txt", encode("found"))
        yield* send({ InferenceId: "one", InputLocation: url })
        assert.strictEqual(yield* outputOf("one"), "found")
        assert.strictEqual(decode(yield* objects.get(url)), "found")
      }).pipe(Effect.provide(asyncClient({ endpoints: [echo] }))))
  }

  it.effect("is read when the request starts, not when it is sent", () => {
    const model = recordingModel(10)
    return Effect.gen(function*() {
      const { objects } = yield* Emulator.Emulator
      yield* send({ InferenceId: "running" })
      yield* send({ InferenceId: "queued", InputLocation: "s3://inputs/later" })
      yield* TestClock.adjust("5 seconds")
      yield* objects.put("s3://inputs/later", encode("later"))
      yield* Effect.repeatN(TestClock.adjust("5 seconds"), 2)
      assert.strictEqual(yield* outputOf("queued"), "LATER")
    }).pipe(Effect.provide(asyncClient({ endpoints: [model.endpoint] })))
  })

  const chunk = new Uint8Array(2 ** 26)
  const unreadable: ReadonlyArray<
    readonly [what: string, get: ObjectStore.ObjectStoreService["get"] | undefined, expected: string]
  > = [
    ["is absent", undefined, "there is no object"],
    ["cannot be accessed", (location) => Stream.fail(denied("get", location)), "access denied"],
    [
      "breaks off",
      (location) => Stream.concat(Stream.make(encode("a")), Stream.fail(denied("get", location))),
      "denied"
    ],
    ["is read by a store that dies", () => Stream.die(new Error("broken store")), "broken store"],
    [
      "is read by a store that throws",
      () => {
        throw new Error("broken store")
      },
      "broken store"
    ],
    ["is read by a store that is interrupted", () => Stream.fromEffect(Effect.interrupt), "could not be read"],
    ["is larger than 1 GiB", () => Stream.repeatValue(chunk), "larger than 1073741824 bytes"],
    ["does not arrive", () => Stream.never, "InvocationTimeoutSeconds"]
  ]
  for (const [what, get, expected] of unreadable) {
    it.effect(`that ${what} fails the request`, () =>
      Effect.gen(function*() {
        const model = recordingModel(0)
        const memory = yield* ObjectStore.ObjectStore
        const objectStore = get === undefined ? memory : storeWith(memory, { get })
        yield* Effect.gen(function*() {
          const { FailureLocation } = yield* send({ InferenceId: "bad", InputLocation: "s3://inputs/absent" })
          yield* send({ InferenceId: "good" })
          yield* TestClock.adjust("15 minutes")
          const failure = yield* failureOf("bad")
          assert.include(failure, expected)
          assert.include(
            yield* Effect.provideService(storedAt(FailureLocation!), ObjectStore.ObjectStore, memory),
            expected
          )
          yield* TestClock.adjust("1 second")
          assert.strictEqual(yield* outputOf("good"), "GOOD")
          assert.deepStrictEqual(model.started(), ["good"])
          const [notification] = yield* notified(1)
          assert.include(notification, { invocationStatus: "Failed", failureReason: failure })
        }).pipe(Effect.provide(asyncClient({ endpoints: [model.endpoint], objectStore })))
      }).pipe(Effect.provide(ObjectStore.layerMemory)))
  }
})

const storedAt = (location: string) =>
  Effect.flatMap(
    ObjectStore.ObjectStore,
    (store) => Stream.mkString(Stream.decodeText(store.get(location)))
  )

describe("If the output cannot be stored because the store", () => {
  type Put = ObjectStore.ObjectStoreService["put"]
  const broken: ReadonlyArray<readonly [what: string, put: Put, expected: string]> = [
    ["denies access", (location) => Effect.fail(denied("put", location)), "access denied"],
    ["dies", () => Effect.die(new Error("broken store")), "broken store"],
    [
      "throws",
      () => {
        throw new Error("broken store")
      },
      "broken store"
    ],
    ["is interrupted", () => Effect.interrupt, "could not be stored"],
    [
      "interrupts its own fiber",
      () => Effect.withFiberRuntime((fiber) => Effect.zipRight(Fiber.interruptFork(fiber), Effect.never)),
      "could not be stored"
    ],
    ["does not respond", () => Effect.never, "the store did not respond"],
    ["fails with a value that is no error", () => Effect.failCause(Cause.die(null)), "could not be stored"]
  ]
  for (const [what, put, expected] of broken) {
    for (const failuresToo of [false, true]) {
      it.effect(`${what}, the request fails${failuresToo ? ", also if the failure cannot be stored" : ""}`, () =>
        Effect.gen(function*() {
          const memory = yield* ObjectStore.ObjectStore
          const objectStore = storeWith(memory, {
            put: (location, ...args) =>
              failuresToo || !location.includes("failure") ? put(location, ...args) : memory.put(location, ...args)
          })
          yield* Effect.gen(function*() {
            const { FailureLocation = "", OutputLocation } = yield* send({ InferenceId: "bad" })
            yield* Effect.repeatN(TestClock.adjust("15 minutes"), 2)
            const failure = yield* failureOf("bad")
            assert.include(failure, expected)
            assert.isUndefined(yield* objectAt(OutputLocation))
            assert.strictEqual(yield* objectAt(FailureLocation), failuresToo ? undefined : failure)
            const [notification] = yield* notified(1)
            assert.include(notification, { invocationStatus: "Failed", failureReason: failure })
            assert.deepStrictEqual(
              notification?.responseParameters,
              failuresToo ? undefined : { contentType: "text/plain", failureLocation: FailureLocation }
            )
            yield* send({ InferenceId: "next" })
            yield* Effect.repeatN(TestClock.adjust("15 minutes"), 2)
            assert.include(yield* failureOf("next"), expected)
          }).pipe(Effect.provide(asyncClient({ endpoints: [echo], objectStore })))
        }).pipe(Effect.provide(ObjectStore.layerMemory)))
    }
  }
})

it.effect("The objects are those of the given store", () =>
  Effect.gen(function*() {
    const objectStore = yield* ObjectStore.ObjectStore
    yield* objectStore.put("s3://inputs/one", encode("one"))
    const location = yield* Effect.gen(function*() {
      const { OutputLocation = "" } = yield* send({ InferenceId: "one", InputLocation: "s3://inputs/one" })
      yield* outputOf("one")
      assert.strictEqual(yield* objectAt(OutputLocation), "one")
      return OutputLocation
    }).pipe(Effect.provide(asyncClient({ endpoints: [echo], objectStore })))
    assert.strictEqual(yield* storedAt(location), "one")
  }).pipe(Effect.provide(ObjectStore.layerMemory)))

it.effect("objects.get and objects.put fail with the error of the store", () =>
  Effect.gen(function*() {
    const { objects } = yield* Emulator.Emulator
    assert.isUndefined(yield* objects.get("s3://bucket/absent"))
    assert.include(yield* Effect.flip(objects.get("bucket")), { _tag: "ObjectStoreError", operation: "get" })
    assert.include(yield* Effect.flip(objects.put("bucket", encode("x"))), {
      _tag: "ObjectStoreError",
      operation: "put"
    })
  }).pipe(Effect.provide(asyncClient({ endpoints: [] }))))

it.effect("An InferenceId with a path is not part of a location", () =>
  Effect.gen(function*() {
    const { OutputLocation } = yield* invokeEndpointAsync({
      EndpointName: "model",
      Body: "x",
      InferenceId: "../../../etc/passwd"
    })
    assert.notInclude(OutputLocation, "..")
    assert.strictEqual(yield* outputOf("../../../etc/passwd"), "x")
  }).pipe(Effect.provide(asyncClient({ endpoints: [echo] }))))

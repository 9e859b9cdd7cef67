import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Effect, Schedule, Schema, TestClock } from "effect"
import { AsyncInference, Codec, ModelEndpoint, SageMakerError } from "effect-sagemaker-runtime"
import { failureOf, jobOf, outputOf, scorer, within, withoutFibersLeft } from "./support/asyncJobs.ts"
import { captureOutput } from "./support/captureOutput.ts"
import { type FaultRule, scriptedObjectStore, type StoreFault } from "./support/scriptedObjectStore.ts"

const options = { schedule: Schedule.spaced("1 second"), timeout: "30 seconds" } as const

type Objects = Record<string, string | Uint8Array>

const results = (objects: Objects, ...faults: ReadonlyArray<readonly [StoreFault, FaultRule?]>) =>
  Effect.gen(function*() {
    const store = yield* scriptedObjectStore
    for (const [location, content] of Object.entries(objects)) {
      yield* store.set(location, content)
    }
    for (const [fault, rule] of faults) {
      yield* store.fault(fault, rule)
    }
    const [result, at] = yield* AsyncInference.result(scorer, jobOf(1), options).pipe(
      Effect.provide(store.layer),
      Effect.either,
      Effect.zip(Clock.currentTimeMillis),
      withoutFibersLeft,
      within("1 hour")
    )
    assert.strictEqual((yield* store.reading).open, 0)
    return { result, at, requests: yield* store.requests, times: yield* store.times }
  })

const denied: StoreFault = { fail: "access-denied", status: 403 }
const unavailable: StoreFault = { fail: "unavailable", status: 503 }
const good = { [outputOf(1)]: `{"score":1}` }

describe("Denied access fails AsyncInference.result at once", () => {
  it.effect("when the output is checked, after one request", () =>
    Effect.gen(function*() {
      const { at, requests, result } = yield* results({}, [denied, { location: outputOf(1) }])
      assert.include(yield* Effect.flip(result), {
        _tag: "ObjectStoreError",
        reason: "access-denied",
        status: 403,
        location: outputOf(1)
      })
      assert.strictEqual(at, 0)
      assert.lengthOf(requests.filter(({ location }) => location === outputOf(1)), 1)
    }))

  it.effect("when the failure object is checked, after one request", () =>
    Effect.gen(function*() {
      const { at, requests, result } = yield* results({}, [denied, { location: failureOf(1) }])
      assert.include(yield* Effect.flip(result), {
        _tag: "ObjectStoreError",
        reason: "access-denied",
        location: failureOf(1)
      })
      assert.strictEqual(at, 0)
      assert.lengthOf(requests.filter(({ location }) => location === failureOf(1)), 1)
    }))

  it.effect("when the output is read", () =>
    Effect.gen(function*() {
      const { at, requests, result } = yield* results(good, [denied, { operation: "get" }])
      assert.include(yield* Effect.flip(result), {
        _tag: "ObjectStoreError",
        operation: "get",
        reason: "access-denied"
      })
      assert.strictEqual(at, 0)
      assert.lengthOf(requests.filter(({ operation }) => operation === "get"), 1)
    }))

  it.effect("not when the output exists and only the failure object is denied", () =>
    Effect.gen(function*() {
      const { result } = yield* results(good, [denied, { location: failureOf(1) }])
      assert.deepStrictEqual(yield* result, { score: 1 })
    }))

  it.effect("as any other error than an absent object does", () =>
    Effect.gen(function*() {
      const { at, result } = yield* results({}, [{ fail: "other", status: 400 }, { location: outputOf(1) }])
      assert.include(yield* Effect.flip(result), { _tag: "ObjectStoreError", reason: "other", status: 400 })
      assert.strictEqual(at, 0)
    }))
})

describe("An unavailable store", () => {
  it.effect("does not end the result if it recovers", () =>
    Effect.gen(function*() {
      for (const location of [outputOf(1), failureOf(1)]) {
        const { requests, result } = yield* results({ [outputOf(2)]: "" }, [unavailable, { location, times: 2 }])
        assert.include(yield* Effect.flip(result), { _tag: "AsyncInferenceTimeoutError" }, location)
        assert.isAtLeast(requests.length, 20)
      }
    }))

  it.effect("does not end the result if it recovers while the output is read", () =>
    Effect.gen(function*() {
      const faults: ReadonlyArray<StoreFault> = [unavailable, { cutAfter: 4 }]
      for (const fault of faults) {
        const { result } = yield* results(good, [fault, { operation: "get", times: 2 }])
        assert.deepStrictEqual(yield* result, { score: 1 })
      }
    }))

  it.effect("does not end the result if single requests fail for a long time", () =>
    Effect.gen(function*() {
      const faults = Array.from({ length: 8 }, () =>
        [
          [unavailable, { location: outputOf(1), times: 1 }],
          [{ fail: "not-found" }, { location: outputOf(1), times: 1 }]
        ] as const).flat()
      const { result } = yield* results(good, ...faults)
      assert.deepStrictEqual(yield* result, { score: 1 })
    }))

  it.effect("does not hide the output of a job that has expired", () =>
    Effect.gen(function*() {
      for (const wait of [{}, { timeout: 0 }]) {
        const store = yield* scriptedObjectStore
        yield* TestClock.adjust("30 days")
        yield* store.set(outputOf(1), `{"score":1}`)
        yield* store.fault(unavailable, { operation: "head", times: 2 })
        yield* store.fault(unavailable, { operation: "get", times: 1 })
        const result = yield* AsyncInference.result(scorer, jobOf(1), wait).pipe(
          Effect.provide(store.layer),
          withoutFibersLeft,
          within("1 hour")
        )
        assert.deepStrictEqual(result, { score: 1 })
      }
    }))

  it.effect("fails the result of a job that has expired as unavailable, if it does not recover", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.fault(unavailable)
      const error = yield* AsyncInference.result(scorer, jobOf(1), { timeout: 0 }).pipe(
        Effect.provide(store.layer),
        Effect.flip,
        within("1 hour")
      )
      assert.include(error, { _tag: "ObjectStoreError", reason: "unavailable" })
    }))

  it.effect("fails the result as unavailable after retries, if it does not recover", () =>
    Effect.gen(function*() {
      for (const rule of [{}, { operation: "get" }, { location: failureOf(1) }] as const) {
        const objects: Objects = "location" in rule ? {} : good
        const { requests, result } = yield* results(objects, [unavailable, rule])
        assert.include(yield* Effect.flip(result), {
          _tag: "ObjectStoreError",
          reason: "unavailable",
          retry: "transient"
        })
        assert.isAtLeast(requests.length, 3)
        assert.isAtMost(requests.length, 60)
      }
    }))

  it.effect("fails the result as unavailable, if each body is cut", () =>
    Effect.gen(function*() {
      const { requests, result } = yield* results(good, [{ cutAfter: 4 }, { operation: "get" }])
      assert.include(yield* Effect.flip(result), { _tag: "ObjectStoreError", operation: "get", reason: "unavailable" })
      const gets = requests.filter(({ operation }) => operation === "get")
      assert.isAtLeast(gets.length, 2)
      assert.isAtMost(gets.length, 30)
    }))
})

describe("An absent object", () => {
  it.effect("means that the result is not ready, if the output disappears before it is read", () =>
    Effect.gen(function*() {
      const { result } = yield* results(good, [{ fail: "not-found" }, { operation: "get", times: 2 }])
      assert.deepStrictEqual(yield* result, { score: 1 })
    }))
})

describe("A failure object", () => {
  const secret = "the patient's name is Ödön Kovács"

  const failedWith = (failure: string | Uint8Array) =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(failureOf(1), failure)
      return yield* captureOutput(
        AsyncInference.result(scorer, jobOf(1)).pipe(Effect.provide(store.layer), within("1 hour"))
      )
    })

  it.effect("has a text that a program can read and nothing prints", () =>
    Effect.gen(function*() {
      const { error, texts } = yield* failedWith(secret)
      assert.isTrue(error instanceof SageMakerError.AsyncInferenceFailedError)
      assert.strictEqual((error as SageMakerError.AsyncInferenceFailedError).failure, secret)
      for (const [way, text] of texts) {
        assert.notInclude(text, "Kovács", way)
        assert.notInclude(text, "patient", way)
      }
      assert.notInclude(Object.keys(error as object), "failure")
    }))

  it.effect("has a message that identifies the job", () =>
    Effect.gen(function*() {
      const { error } = yield* failedWith(secret)
      assert.include((error as Error).message, "inference-1")
      assert.include(JSON.parse(JSON.stringify(error)), {
        _tag: "AsyncInferenceFailedError",
        message: (error as Error).message
      })
    }))

  it.effect("can be empty", () =>
    Effect.gen(function*() {
      const { error } = yield* failedWith("")
      assert.include(error as object, { _tag: "AsyncInferenceFailedError" })
      assert.strictEqual((error as SageMakerError.AsyncInferenceFailedError).failure ?? "", "")
    }))

  it.effect("can be binary", () =>
    Effect.gen(function*() {
      const { error } = yield* failedWith(new Uint8Array([0xff, 0x00, 0xc3, 0x28]))
      assert.include(error as object, { _tag: "AsyncInferenceFailedError" })
      assert.isString((error as SageMakerError.AsyncInferenceFailedError).failure)
    }))

  it.effect("can be large: only its start is kept", () =>
    Effect.gen(function*() {
      const { error, texts } = yield* failedWith("x".repeat(50_000_000))
      assert.include(error as object, { _tag: "AsyncInferenceFailedError" })
      const { failure } = error as SageMakerError.AsyncInferenceFailedError
      assert.isAtLeast(failure.length, 1024)
      assert.isAtMost(failure.length, 10_000_000)
      assert.isTrue(texts.every(([, text]) => text.length < 100_000))
    }))

  it.effect("that cannot be read fails with the error of the store", () =>
    Effect.gen(function*() {
      const { result } = yield* results({ [failureOf(1)]: secret }, [denied, { operation: "get" }])
      assert.include(yield* Effect.flip(result), {
        _tag: "ObjectStoreError",
        reason: "access-denied",
        operation: "get"
      })
    }))
})

describe("The output is decoded", () => {
  const decoded = <A>(codec: Codec.Codec<A>, content: string | Uint8Array, contentType?: string) =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(outputOf(1), content, contentType)
      const model = ModelEndpoint.make("scorer", { request: Codec.text, response: codec })
      return yield* AsyncInference.result(model, jobOf(1)).pipe(Effect.provide(store.layer), within("1 milli"))
    })

  const json = Codec.json(Schema.Struct({ score: Schema.Number }))

  for (const contentType of [undefined, "binary/octet-stream", "application/octet-stream", "application/json", ""]) {
    it.effect(`as the response type, if the content type is ${contentType ?? "absent"}`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* decoded(json, `{"score":1}`, contentType), { score: 1 })
      }))
  }

  it.effect("with the parameters of the content type", () =>
    Effect.gen(function*() {
      const bytes = new Uint8Array([0xe4])
      assert.strictEqual(yield* decoded(Codec.text, bytes, "text/plain; charset=iso-8859-1"), "ä")
    }))

  it.effect("unless the content type is one that the codec does not read", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(decoded(json, `{"score":1}`, "text/html"))
      assert.include(error, { _tag: "CodecError", endpoint: "scorer" })
    }))

  it.effect("as an empty value, if it is empty", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* decoded(Codec.text, ""), "")
      const error = yield* Effect.flip(decoded(json, ""))
      assert.include(error, { _tag: "CodecError", endpoint: "scorer" })
    }))

  it.effect("with CodecError that has the endpoint and no value, if it does not match", () =>
    Effect.gen(function*() {
      const { error, texts } = yield* captureOutput(decoded(json, `{"score":"secret-value"}`))
      assert.include(error as object, { _tag: "CodecError", endpoint: "scorer" })
      assert.include((error as Error).message, "score")
      for (const [way, text] of texts) {
        assert.notInclude(text, "secret-value", way)
      }
    }))

  it.effect("with the services of the codec", () =>
    Effect.gen(function*() {
      class Units extends Context.Tag("Units")<Units, string>() {}
      const codec: Codec.Codec<string, Units> = {
        mediaType: "text/plain",
        encode: (value) => Effect.succeed(new TextEncoder().encode(value)),
        decode: (bytes) => Effect.map(Units, (units) => `${new TextDecoder().decode(bytes)} ${units}`)
      }
      const store = yield* scriptedObjectStore
      yield* store.set(outputOf(1), "5")
      const model = ModelEndpoint.make("scorer", { request: codec, response: codec })
      const result = yield* AsyncInference.result(model, jobOf(1)).pipe(
        Effect.provide(store.layer),
        Effect.provideService(Units, "kg")
      )
      assert.strictEqual(result, "5 kg")
    }))
})

describe("An output above maxOutputBytes", () => {
  const limited = (maxOutputBytes: number) =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(outputOf(1), `{"score":1}`)
      return yield* AsyncInference.result(scorer, jobOf(1), { maxOutputBytes }).pipe(
        Effect.provide(store.layer),
        Effect.either,
        within("1 milli")
      )
    })

  it.effect("fails with PayloadTooLargeError", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(yield* limited(10).pipe(Effect.withSpan("program")))
      assert.include(error, { _tag: "PayloadTooLargeError", direction: "response", limit: 10 })
      assert.isTrue(error instanceof SageMakerError.PayloadTooLargeError)
    }))

  it.effect("is one byte more than the limit", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* yield* limited(11), { score: 1 })
    }))
})

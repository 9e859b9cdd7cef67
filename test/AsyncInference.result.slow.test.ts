import { assert, describe, it } from "@effect/vitest"
import { Clock, DateTime, Duration, Effect, Fiber, Schedule, TestClock } from "effect"
import { AsyncInference, type SageMakerError } from "effect-sagemaker-runtime"
import { failureOf, jobOf, outputOf, scorer, within, withoutFibersLeft } from "./support/asyncJobs.ts"
import { withFixedRandom } from "./support/call.ts"
import { scriptedObjectStore } from "./support/scriptedObjectStore.ts"

const everySecond = { schedule: Schedule.spaced("1 second") }
const score = (value: number) => JSON.stringify({ score: value })

/** Waits for job 1 and returns the result with the time of its end. */
const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.zip(Effect.either(effect), Clock.currentTimeMillis).pipe(withoutFibersLeft)

describe("AsyncInference.result returns the value", () => {
  it.effect("if the output exists, with one check of the store", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(outputOf(1), score(0.5))
      const result = yield* AsyncInference.result(scorer, jobOf(1)).pipe(
        Effect.provide(store.layer),
        withoutFibersLeft,
        within("1 milli")
      )
      assert.deepStrictEqual(result, { score: 0.5 })
      assert.isAtMost(yield* store.count(), 3)
      assert.strictEqual(yield* store.count("list"), 0)
    }))

  it.effect("if the output appears between two checks", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* Effect.fork(Effect.delay(store.set(outputOf(1), score(2)), "2500 millis"))
      const [result, at] = yield* AsyncInference.result(scorer, jobOf(1), everySecond).pipe(
        Effect.provide(store.layer),
        timed,
        within("1 minute")
      )
      assert.deepStrictEqual(result, yield* Effect.either(Effect.succeed({ score: 2 })))
      assert.strictEqual(at, 3000)
      assert.deepStrictEqual(yield* store.times, [0, 1000, 2000, 3000])
    }))

  it.effect("if both objects exist", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(failureOf(1), "out of memory")
      yield* store.set(outputOf(1), score(1))
      const result = yield* AsyncInference.result(scorer, jobOf(1)).pipe(
        Effect.provide(store.layer),
        within("1 minute")
      )
      assert.deepStrictEqual(result, { score: 1 })
    }))

  it.effect("if the output appears while the failure object is checked or read", () =>
    Effect.gen(function*() {
      for (const operation of ["head", "get"] as const) {
        const store = yield* scriptedObjectStore
        yield* store.set(failureOf(1), "out of memory")
        yield* store.fault({ before: store.set(outputOf(1), score(1)) }, { operation, location: failureOf(1) })
        const result = yield* AsyncInference.result(scorer, jobOf(1)).pipe(
          Effect.provide(store.layer),
          Effect.either,
          within("1 minute")
        )
        if (operation === "head" || result._tag === "Right") {
          assert.deepStrictEqual(result, yield* Effect.either(Effect.succeed({ score: 1 })), operation)
        }
      }
    }))

  it.effect("if the job has no failure location", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* Effect.fork(Effect.delay(store.set(outputOf(1), score(3)), "10 seconds"))
      const result = yield* AsyncInference.result(scorer, jobOf(1, { failureLocation: undefined })).pipe(
        Effect.provide(store.layer),
        within("1 minute")
      )
      assert.deepStrictEqual(result, { score: 3 })
      assert.isTrue((yield* store.requests).every(({ location }) => location === outputOf(1)))
    }))

  it.effect("if the job has expired and its output exists", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(outputOf(1), score(4))
      yield* TestClock.adjust("30 days")
      const result = yield* AsyncInference.result(scorer, jobOf(1)).pipe(Effect.provide(store.layer), within("1 milli"))
      assert.deepStrictEqual(result, { score: 4 })
    }))

  it.effect("for each call, because a job can be read again", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(outputOf(1), score(5))
      const result = AsyncInference.result(scorer, jobOf(1)).pipe(Effect.provide(store.layer))
      assert.deepStrictEqual(yield* Effect.all([result, result], { concurrency: 2 }).pipe(within("1 minute")), [
        { score: 5 },
        { score: 5 }
      ])
    }))

  it.effect("of an output that is overwritten while it is read, whole", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(outputOf(1), score(1))
      yield* store.fault({ before: store.set(outputOf(1), score(23_456)) }, { operation: "get", location: outputOf(1) })
      const result = yield* AsyncInference.result(scorer, jobOf(1)).pipe(
        Effect.provide(store.layer),
        within("1 minute")
      )
      assert.deepStrictEqual(result, { score: 23_456 })
    }))
})

describe("AsyncInference.result fails with AsyncInferenceFailedError", () => {
  it.effect("if the failure object exists", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(failureOf(1), "out of memory")
      const [result] = yield* AsyncInference.result(scorer, jobOf(1)).pipe(
        Effect.provide(store.layer),
        timed,
        within("1 milli")
      )
      const error = yield* Effect.flip(result)
      assert.strictEqual(error._tag, "AsyncInferenceFailedError")
      assert.include(error, { failure: "out of memory" })
      assert.deepStrictEqual((error as SageMakerError.AsyncInferenceFailedError).job, jobOf(1))
    }))

  it.effect("if the failure object appears later", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* Effect.fork(Effect.delay(store.set(failureOf(1), "out of memory"), "4500 millis"))
      const [result, at] = yield* AsyncInference.result(scorer, jobOf(1), everySecond).pipe(
        Effect.provide(store.layer),
        timed,
        within("1 minute")
      )
      assert.strictEqual((yield* Effect.flip(result))._tag, "AsyncInferenceFailedError")
      assert.strictEqual(at, 5000)
    }))

  it.effect("if the job has expired and its failure object exists", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(failureOf(1), "expired in the queue")
      yield* TestClock.adjust("30 days")
      const error = yield* AsyncInference.result(scorer, jobOf(1)).pipe(
        Effect.provide(store.layer),
        Effect.flip,
        within("1 milli")
      )
      assert.strictEqual(error._tag, "AsyncInferenceFailedError")
    }))
})

describe("AsyncInference.result fails with AsyncInferenceTimeoutError", () => {
  const waiting = (
    members: Parameters<typeof jobOf>[1],
    options?: Parameters<typeof AsyncInference.result<{ text: string }, { score: number }, never>>[2]
  ) =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      const [result, at] = yield* AsyncInference.result(scorer, jobOf(1, members), options).pipe(
        Effect.provide(store.layer),
        timed,
        within("7 hours")
      )
      const error = yield* Effect.flip(result)
      const requests = yield* store.count()
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* store.count(), requests, "requests after the end")
      return { error, at, times: yield* store.times }
    })

  it.effect("at the deadline of the job, if no object exists", () =>
    Effect.gen(function*() {
      const { at, error, times } = yield* waiting({ expiresAt: DateTime.unsafeMake(200_000) })
      assert.strictEqual(error._tag, "AsyncInferenceTimeoutError")
      assert.deepStrictEqual((error as SageMakerError.AsyncInferenceTimeoutError).job.inferenceId, "inference-1")
      assert.closeTo(at, 200_000, 1)
      assert.isTrue(times.every((time) => time <= 200_001))
    }))

  it.effect("at the timeout, if the job expires later", () =>
    Effect.gen(function*() {
      const { at, error, times } = yield* waiting({}, { ...everySecond, timeout: "3500 millis" })
      assert.strictEqual(error._tag, "AsyncInferenceTimeoutError")
      assert.strictEqual(at, 3500)
      assert.deepStrictEqual(times.filter((time) => time < 3500), [0, 1000, 2000, 3000])
    }))

  it.effect("at the timeout, which counts from the call and not from the submission", () =>
    Effect.gen(function*() {
      yield* TestClock.adjust("1 hour")
      const { at } = yield* waiting({}, { ...everySecond, timeout: "10 seconds" })
      assert.strictEqual(at, 3_610_000)
    }))

  it.effect("at the timeout, if the job has expired", () =>
    Effect.gen(function*() {
      yield* TestClock.adjust("7 hours")
      const { at, times } = yield* waiting({}, { ...everySecond, timeout: "10 seconds" })
      assert.strictEqual(at, 25_210_000)
      assert.isAtLeast(times.length, 10)
    }))

  it.effect("after one check, if the job has expired", () =>
    Effect.gen(function*() {
      yield* TestClock.adjust("30 days")
      const { at, error, times } = yield* waiting({})
      assert.strictEqual(error._tag, "AsyncInferenceTimeoutError")
      assert.strictEqual(at, Duration.toMillis("30 days"))
      assert.lengthOf(times, 1)
    }))

  it.effect("after one check, if the timeout is 0", () =>
    Effect.gen(function*() {
      const { at, error, times } = yield* waiting({}, { timeout: 0 })
      assert.strictEqual(error._tag, "AsyncInferenceTimeoutError")
      assert.strictEqual(at, 0)
      assert.lengthOf(times, 1)
    }))

  it.effect("when the schedule ends", () =>
    Effect.gen(function*() {
      const schedule = Schedule.intersect(Schedule.spaced("1 second"), Schedule.recurs(3))
      const { at, error, times } = yield* waiting({}, { schedule })
      assert.strictEqual(error._tag, "AsyncInferenceTimeoutError")
      assert.strictEqual(at, 3000)
      assert.deepStrictEqual(times, [0, 1000, 2000, 3000])
    }))

  it.effect("at the deadline, if a check of the store does not end", () =>
    Effect.gen(function*() {
      for (const operation of ["head", "get"] as const) {
        const store = yield* scriptedObjectStore
        yield* store.set(outputOf(1), score(1))
        yield* store.fault({ stall: true }, { operation })
        const started = yield* Clock.currentTimeMillis
        const [result, at] = yield* AsyncInference.result(scorer, jobOf(1), { timeout: "1 minute" }).pipe(
          Effect.provide(store.layer),
          timed,
          within("1 hour")
        )
        if (operation === "get" || result._tag === "Left") {
          assert.strictEqual((yield* Effect.flip(result))._tag, "AsyncInferenceTimeoutError")
          assert.isAtMost(at - started, 60_000)
        }
        assert.strictEqual((yield* store.reading).open, 0)
      }
    }))

  it.effect("at the deadline, if the output stops in its middle", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(outputOf(1), score(1))
      yield* store.fault({ stallAfter: 3 }, { operation: "get", location: outputOf(1) })
      const [result, at] = yield* AsyncInference.result(scorer, jobOf(1), { timeout: "1 minute" }).pipe(
        Effect.provide(store.layer),
        timed,
        within("1 hour")
      )
      assert.strictEqual((yield* Effect.flip(result))._tag, "AsyncInferenceTimeoutError")
      assert.strictEqual(at, 60_000)
      assert.strictEqual((yield* store.reading).open, 0)
    }))

  it.effect("with a retry class and the job, so that a program can wait again", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      const error = yield* AsyncInference.result(scorer, jobOf(1), { timeout: 0 }).pipe(
        Effect.provide(store.layer),
        Effect.flip
      )
      assert.strictEqual(error._tag, "AsyncInferenceTimeoutError")
      yield* store.set(outputOf(1), score(9))
      const { job } = error as SageMakerError.AsyncInferenceTimeoutError
      assert.deepStrictEqual(yield* AsyncInference.result(scorer, job).pipe(Effect.provide(store.layer)), { score: 9 })
    }))
})

describe("The default schedule of AsyncInference.result", () => {
  const times = (random: number) =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      const start = yield* Clock.currentTimeMillis
      yield* AsyncInference.result(scorer, jobOf(1), { timeout: "2 minutes" }).pipe(
        Effect.provide(store.layer),
        Effect.either,
        within("1 hour"),
        withFixedRandom(random)
      )
      return (yield* store.times).map((time) => time - start).filter((time) => time < 119_999)
    })

  const delays = (polls: ReadonlyArray<number>) => polls.slice(1).map((time, at) => time - polls[at]!)

  it.effect("starts at about 1 second and grows to about 15 seconds", () =>
    Effect.gen(function*() {
      for (const random of [0, 0.5, 0.999]) {
        const measured = delays(yield* times(random))
        assert.isAtLeast(measured[0]!, 500)
        assert.isAtMost(measured[0]!, 1500)
        assert.isTrue(measured.every((delay, at) => delay >= (measured[at - 1] ?? 0) - 1), "delays grow")
        assert.isAtLeast(measured.at(-1)!, 7500)
        assert.isAtMost(measured.at(-1)!, 18_000)
        assert.isAtMost(measured.length, 50)
      }
    }))

  it.effect("has jitter", () =>
    Effect.gen(function*() {
      assert.notDeepEqual(yield* times(0), yield* times(0.999))
    }))
})

describe("AsyncInference.result reports its progress", () => {
  it.effect("after each check that found no object", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      const seen: Array<readonly [polls: number, elapsed: number]> = []
      yield* Effect.fork(Effect.delay(store.set(outputOf(1), score(1)), "12500 millis"))
      yield* TestClock.adjust("10 seconds")
      yield* AsyncInference.result(scorer, jobOf(1), {
        ...everySecond,
        onProgress: ({ elapsed, polls }) => Effect.sync(() => seen.push([polls, Duration.toMillis(elapsed)]))
      }).pipe(Effect.provide(store.layer), within("1 minute"))
      assert.deepStrictEqual(seen, [[1, 0], [2, 1000], [3, 2000]])
    }))
})

describe("An interrupted AsyncInference.result", () => {
  it.effect("stops its requests, and the job stays usable", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      const result = AsyncInference.result(scorer, jobOf(1)).pipe(Effect.provide(store.layer))
      const fiber = yield* Effect.fork(result)
      yield* TestClock.adjust("1 minute")
      yield* Fiber.interrupt(fiber)
      const requests = yield* store.count()
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* store.count(), requests)
      yield* store.set(outputOf(1), score(8))
      assert.deepStrictEqual(yield* within("1 milli")(result), { score: 8 })
    }))

  it.effect("closes the download of the output", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(outputOf(1), score(8))
      yield* store.fault({ stallAfter: 2 }, { operation: "get" })
      const fiber = yield* AsyncInference.result(scorer, jobOf(1)).pipe(Effect.provide(store.layer), Effect.fork)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* store.reading).open, 1)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual((yield* store.reading).open, 0)
    }))
})

describe("AsyncInference.result rejects before any request", () => {
  const invalid: ReadonlyArray<readonly [field: string, options: object]> = [
    ["timeout", { timeout: -1 }],
    ["timeout", { timeout: Number.NaN }],
    ["timeout", { timeout: -5n }],
    ["timeout", { timeout: "-5 seconds" }],
    ["timeout", { timeout: "soon" }],
    ["timeout", { timeout: {} }],
    ["maxOutputBytes", { maxOutputBytes: -1 }],
    ["maxOutputBytes", { maxOutputBytes: Number.NaN }],
    ["maxOutputBytes", { maxOutputBytes: "1 MB" }],
    ["schedule", { schedule: 5 }],
    ["onProgress", { onProgress: 5 }]
  ]
  for (const [field, options] of invalid) {
    it.effect(`${field}: ${String(Object.values(options)[0])}`, () =>
      Effect.gen(function*() {
        const store = yield* scriptedObjectStore
        const error = yield* AsyncInference.result(scorer, jobOf(1), options as never).pipe(
          Effect.provide(store.layer),
          Effect.flip,
          within("1 day")
        )
        assert.include(error as object, { _tag: "InvalidInputError", field })
        assert.strictEqual(yield* store.count(), 0)
      }))
  }
})

describe("AsyncInference.result waits for ever with an infinite timeout", () => {
  it.effect("until the object appears", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* Effect.fork(Effect.delay(store.set(outputOf(1), score(8)), "8 hours"))
      const result = yield* AsyncInference.result(scorer, jobOf(1), {
        schedule: Schedule.spaced("10 minutes"),
        timeout: Duration.infinity
      }).pipe(Effect.provide(store.layer), within("9 hours"))
      assert.deepStrictEqual(result, { score: 8 })
    }))
})

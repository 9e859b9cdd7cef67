import { assert, describe, it } from "@effect/vitest"
import { Chunk, Clock, DateTime, Deferred, Effect, Either, Fiber, Schedule, Stream, TestClock } from "effect"
import { AsyncInference } from "effect-sagemaker-runtime"
import { failureOf, jobOf, outputOf, scorer, within, withoutFibersLeft } from "./support/asyncJobs.ts"
import { boundedRequests, collectResults as collect, idsTo, scoreOf as score, summary } from "./support/asyncResults.ts"
import { hostileValues, thrownText } from "./support/hostileValues.ts"
import { scriptedObjectStore } from "./support/scriptedObjectStore.ts"

const everySecond = { schedule: Schedule.spaced("1 second") }
describe("AsyncInference.results returns a result for each job", () => {
  it.effect("with values, failures, undecodable outputs and timeouts", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(outputOf(0), score(0))
      yield* store.set(failureOf(1), "out of memory")
      yield* store.set(outputOf(2), "{")
      yield* store.set(outputOf(3), score(3))
      yield* store.set(failureOf(3), "both")
      const jobs = [...idsTo(4).map((id) => jobOf(id)), jobOf(4, { expiresAt: DateTime.unsafeMake(60_000) })]
      const results = yield* collect(store, jobs).pipe(within("1 day"))
      assert.lengthOf(results, 5)
      assert.deepStrictEqual(summary(results), {
        0: 0,
        1: "AsyncInferenceFailedError",
        2: "CodecError",
        3: 3,
        4: "AsyncInferenceTimeoutError"
      })
      for (const { job, result } of results) {
        if (Either.isLeft(result) && result.left._tag === "AsyncInferenceFailedError") {
          assert.strictEqual(result.left.job, job)
          assert.strictEqual(result.left.failure, "out of memory")
        }
      }
    }))

  it.effect("as soon as it is there", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      const arrivals: Array<readonly [id: string, at: number]> = []
      for (const id of [1, 2, 3]) {
        yield* Effect.fork(Effect.delay(store.set(outputOf(id), score(id)), `${10 * id} seconds`))
      }
      yield* AsyncInference.results(scorer, [3, 1, 2].map((id) => jobOf(id)), everySecond).pipe(
        Stream.mapEffect(({ job }) =>
          Effect.map(Clock.currentTimeMillis, (at) => arrivals.push([job.inferenceId, at]))
        ),
        Stream.runDrain,
        Effect.provide(store.layer),
        within("1 hour")
      )
      assert.deepStrictEqual(arrivals.map(([id]) => id), ["inference-1", "inference-2", "inference-3"])
      arrivals.forEach(([, at], index) => assert.closeTo(at, 10_000 * (index + 1), 1000))
    }))

  it.effect("without jobs, at once and without a request", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      for (const jobs of [[], new Set<AsyncInference.Job>(), Stream.empty]) {
        assert.lengthOf(yield* collect(store, jobs).pipe(within("1 milli")), 0)
      }
      assert.strictEqual(yield* store.count(), 0)
    }))

  it.effect("for each duplicate", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* Effect.fork(Effect.delay(store.set(outputOf(1), score(1)), "10 seconds"))
      const results = yield* collect(store, [jobOf(1), jobOf(1), jobOf(1)]).pipe(within("1 hour"))
      assert.deepStrictEqual(results.map(({ result }) => result), Array(3).fill(Either.right({ score: 1 })))
    }))

  it.effect("of jobs in several prefixes and buckets, with and without failure locations", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      const jobs = idsTo(12).map((id) =>
        jobOf(id, {
          outputLocation: `s3://bucket-${id % 3}/p${id % 4}/${id}.out`,
          failureLocation: id % 2 === 0 ? undefined : `s3://failures-${id % 3}/${id}`
        })
      )
      for (const { inferenceId, outputLocation } of jobs) {
        yield* Effect.fork(
          Effect.delay(store.set(outputLocation, score(Number(inferenceId.split("-")[1]))), "10 seconds")
        )
      }
      const results = yield* collect(store, jobs).pipe(within("1 hour"))
      assert.deepStrictEqual(summary(results), Object.fromEntries(idsTo(12).map((id) => [id, id])))
    }))

  it.effect("of an object directly in a bucket, and of keys that contain each other", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      const keys = ["a", "a/b", "a b", "a%20b", "ü/é", "__proto__", "constructor", "a//b"]
      const jobs = keys.map((key, id) =>
        jobOf(id, { outputLocation: `s3://results/${key}`, failureLocation: `s3://results/${key}.failed` })
      )
      for (const [id, key] of keys.entries()) {
        yield* Effect.fork(Effect.delay(store.set(`s3://results/${key}`, score(id)), `${2 * id} seconds`))
      }
      const results = yield* collect(store, jobs).pipe(within("1 hour"))
      assert.deepStrictEqual(summary(results), Object.fromEntries(keys.map((_, id) => [id, id])))
    }))

  it.effect("of jobs that have expired", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* TestClock.adjust("30 days")
      yield* store.set(outputOf(1), score(1))
      const results = yield* collect(store, [jobOf(1), jobOf(2)]).pipe(within("1 milli"))
      assert.deepStrictEqual(summary(results), { 1: 1, 2: "AsyncInferenceTimeoutError" })
    }))

  it.effect("of jobs that have other deadlines, each at its own", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      const ends: Array<number> = []
      const jobs = [3, 1, 2].map((id) => jobOf(id, { expiresAt: DateTime.unsafeMake(id * 60_000) }))
      yield* AsyncInference.results(scorer, jobs).pipe(
        Stream.mapEffect(() => Effect.map(Clock.currentTimeMillis, (at) => ends.push(at))),
        Stream.runDrain,
        Effect.provide(store.layer),
        within("1 hour")
      )
      ends.forEach((at, index) => assert.closeTo(at, 60_000 * (index + 1), 16_000))
    }))

  it.effect("from a Stream of jobs, as they come", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      for (const id of idsTo(5)) {
        yield* Effect.fork(Effect.delay(store.set(outputOf(id), score(id)), `${10 * id + 3} seconds`))
      }
      const jobs = Stream.fromIterable(idsTo(5)).pipe(
        Stream.map((id) => jobOf(id)),
        Stream.rechunk(1),
        Stream.schedule(Schedule.spaced("5 seconds"))
      )
      const results = yield* collect(store, jobs).pipe(within("1 hour"))
      assert.deepStrictEqual(summary(results), Object.fromEntries(idsTo(5).map((id) => [id, id])))
    }))

  it.effect("before a Stream of jobs ends", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(outputOf(1), score(1))
      const results = yield* AsyncInference.results(scorer, Stream.concat(Stream.make(jobOf(1)), Stream.never)).pipe(
        Stream.take(1),
        Stream.runCollect,
        Effect.map(Chunk.toReadonlyArray),
        Effect.provide(store.layer),
        withoutFibersLeft,
        within("1 minute")
      )
      assert.deepStrictEqual(summary(results), { 1: 1 })
    }))
})

describe("AsyncInference.results bounds its requests", () => {
  it.effect("of 100 jobs in one prefix", () => boundedRequests(100))

  it.effect("of downloads at a time", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      for (const id of idsTo(50)) {
        yield* store.set(outputOf(id), score(id))
      }
      yield* store.fault({ before: Effect.sleep("1 second") }, { operation: "get" })
      const results = yield* collect(store, idsTo(50).map((id) => jobOf(id)), { concurrency: 3 }).pipe(within("1 hour"))
      assert.lengthOf(results, 50)
      assert.isAtMost((yield* store.reading).maxOpen, 3)
      assert.isAtLeast((yield* store.reading).maxOpen, 2)
    }))

  it.effect("of downloads if its consumer is slow", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      for (const id of idsTo(500)) {
        yield* store.set(outputOf(id), score(id))
      }
      const fiber = yield* AsyncInference.results(scorer, idsTo(500).map((id) => jobOf(id)), { concurrency: 4 }).pipe(
        Stream.mapEffect(() => Effect.sleep("1 minute")),
        Stream.runDrain,
        Effect.provide(store.layer),
        Effect.fork
      )
      yield* TestClock.adjust("90 seconds")
      assert.isAtMost(yield* store.count("get"), 60)
      yield* Fiber.interrupt(fiber)
    }))

  it.effect("but does not wait for jobs that time out while its consumer is slow", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      const jobs = idsTo(10).map((id) => jobOf(id, { expiresAt: DateTime.unsafeMake(30_000) }))
      const results = yield* AsyncInference.results(scorer, jobs).pipe(
        Stream.tap(() => Effect.sleep("10 seconds")),
        Stream.runCollect,
        Effect.map(Chunk.toReadonlyArray),
        Effect.provide(store.layer),
        within("1 hour")
      )
      assert.lengthOf(results, 10)
      assert.isTrue(results.every(({ result }) => Either.isLeft(result)))
    }))
})

describe("AsyncInference.results and failures of the store", () => {
  it.effect("fails if access to the list is denied", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.fault({ fail: "access-denied", status: 403 })
      const error = yield* collect(store, [jobOf(1), jobOf(2), jobOf(3)]).pipe(Effect.flip, within("1 milli"))
      assert.include(error, { _tag: "ObjectStoreError", reason: "access-denied", status: 403 })
      assert.isAtMost(yield* store.count(), 3)
    }))

  it.effect("fails if access to an output is denied", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      for (const id of idsTo(5)) {
        yield* store.set(outputOf(id), score(id))
      }
      yield* store.fault({ fail: "access-denied", status: 403 }, { operation: "get" })
      const error = yield* collect(store, idsTo(5).map((id) => jobOf(id))).pipe(Effect.flip, within("1 milli"))
      assert.include(error, { _tag: "ObjectStoreError", reason: "access-denied" })
    }))

  it.effect("continues if the store is unavailable for a short time", () =>
    Effect.gen(function*() {
      for (const operation of ["list", "get", "head"] as const) {
        const store = yield* scriptedObjectStore
        const start = yield* Clock.currentTimeMillis
        yield* store.fault({ fail: "unavailable", status: 503 }, { operation, times: 2 })
        yield* Effect.fork(
          Effect.delay(Effect.forEach(idsTo(5), (id) => store.set(outputOf(id), score(id))), "10 seconds")
        )
        const jobs = idsTo(5).map((id) => jobOf(id, { expiresAt: DateTime.unsafeMake(start + 300_000) }))
        const results = yield* collect(store, jobs).pipe(within("1 hour"))
        assert.deepStrictEqual(summary(results), { 0: 0, 1: 1, 2: 2, 3: 3, 4: 4 }, operation)
      }
    }))

  it.effect("fails as unavailable after retries", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.fault({ fail: "unavailable", status: 503 })
      const error = yield* collect(store, idsTo(50).map((id) => jobOf(id))).pipe(Effect.flip, within("1 hour"))
      assert.include(error, { _tag: "ObjectStoreError", reason: "unavailable" })
      assert.isAtLeast(yield* store.count(), 3)
      assert.isAtMost(yield* store.count(), 100)
    }))

  it.effect("returns a timeout for each job soon after its deadline, if the store does not respond", () =>
    Effect.gen(function*() {
      for (const seconds of [2, 30, 60, 100]) {
        const store = yield* scriptedObjectStore
        yield* store.fault({ stall: true })
        const jobs = [jobOf(1), jobOf(2), jobOf(3)]
        const results = yield* collect(store, jobs, { timeout: `${seconds} seconds` }).pipe(
          within(`${seconds + 11} seconds`)
        )
        assert.deepStrictEqual(summary(results), {
          1: "AsyncInferenceTimeoutError",
          2: "AsyncInferenceTimeoutError",
          3: "AsyncInferenceTimeoutError"
        })
      }
    }))

  it.effect("returns the output of a job that has expired, if the store is unavailable for a short time", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(outputOf(1), score(1))
      yield* store.fault({ fail: "unavailable" }, { times: 2 })
      const results = yield* collect(store, [jobOf(1)], { timeout: 0 }).pipe(within("1 minute"))
      assert.deepStrictEqual(summary(results), { 1: 1 })
    }))

  it.effect("returns a timeout for an output that stops in its middle, and the other results", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(outputOf(1), score(1))
      yield* store.set(outputOf(2), score(2))
      yield* store.fault({ stallAfter: 3 }, { location: outputOf(1), operation: "get" })
      const results = yield* collect(store, [jobOf(1), jobOf(2)], { timeout: "20 seconds" }).pipe(
        within("21 seconds")
      )
      assert.deepStrictEqual(summary(results), { 1: "AsyncInferenceTimeoutError", 2: 2 })
      assert.strictEqual((yield* store.reading).open, 0)
    }))

  it.effect("returns outputs that were there in time, even if its consumer is slow", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      for (const id of idsTo(30)) {
        yield* store.set(outputOf(id), score(id))
      }
      yield* store.fault({ before: Effect.sleep("15 seconds") }, { operation: "get" })
      const jobs = idsTo(30).map((id) => jobOf(id))
      const results = yield* AsyncInference.results(scorer, jobs, { timeout: "20 seconds", concurrency: 1 }).pipe(
        Stream.tap(() => Effect.sleep("1 minute")),
        Stream.runCollect,
        Effect.map(Chunk.toReadonlyArray),
        Effect.provide(store.layer),
        within("1 hour")
      )
      assert.deepStrictEqual(summary(results), Object.fromEntries(idsTo(30).map((id) => [id, id])))
    }))

  it.effect("returns PayloadTooLargeError for a large output, and the other results", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(outputOf(1), `{"score":1,"more":"${"x".repeat(100)}"}`)
      yield* store.set(outputOf(2), score(2))
      const results = yield* collect(store, [jobOf(1), jobOf(2)], { maxOutputBytes: 50 }).pipe(within("1 hour"))
      assert.deepStrictEqual(summary(results), { 1: "PayloadTooLargeError", 2: 2 })
    }))

  it.effect("fails with the error of the stream of jobs", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      const jobs = Stream.concat(Stream.make(jobOf(1)), Stream.fail("database" as const))
      const error = yield* Stream.runDrain(AsyncInference.results(scorer, jobs)).pipe(
        Effect.provide(store.layer),
        withoutFibersLeft,
        Effect.flip,
        within("1 minute")
      )
      assert.strictEqual(error, "database")
    }))
})

describe("AsyncInference.results leaves nothing behind", () => {
  it.effect("if its consumer stops early", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(outputOf(1), score(1))
      yield* store.fault({ stallAfter: 1 }, { location: outputOf(2), operation: "get" })
      yield* store.set(outputOf(2), score(2))
      yield* AsyncInference.results(scorer, idsTo(20).map((id) => jobOf(id))).pipe(
        Stream.take(1),
        Stream.runDrain,
        Effect.provide(store.layer),
        withoutFibersLeft,
        within("1 minute")
      )
      const requests = yield* store.count()
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* store.count(), requests)
      assert.strictEqual((yield* store.reading).open, 0)
    }))

  it.effect("if it is interrupted", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      const closed = yield* Deferred.make<void>()
      const jobs = Stream.concat(Stream.make(jobOf(1)), Stream.never).pipe(
        Stream.ensuring(Deferred.succeed(closed, undefined))
      )
      const fiber = yield* Effect.fork(collect(store, jobs))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(closed)
      const requests = yield* store.count()
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* store.count(), requests)
    }))
})

describe("AsyncInference.results reports its progress", () => {
  it.effect("after each poll of all jobs", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      const seen: Array<number> = []
      yield* Effect.fork(
        Effect.delay(Effect.forEach([1, 2, 3], (id) => store.set(outputOf(id), score(id))), "2500 millis")
      )
      yield* collect(store, [1, 2, 3].map((id) => jobOf(id)), {
        ...everySecond,
        onProgress: ({ polls }) => Effect.sync(() => seen.push(polls))
      }).pipe(within("1 minute"))
      assert.deepStrictEqual(seen, [1, 2, 3, 4])
    }))
})

describe("AsyncInference.results rejects", () => {
  for (
    const [field, value] of [
      ["concurrency", 0],
      ["concurrency", -1],
      ["concurrency", Number.NaN],
      ["concurrency", 1.5],
      ["concurrency", "many"],
      ["timeout", -1],
      ["maxOutputBytes", Number.NaN]
    ] as const
  ) {
    it.effect(`${field}: ${value}, before any request`, () =>
      Effect.gen(function*() {
        const store = yield* scriptedObjectStore
        const error = yield* collect(store, [jobOf(1)], { [field]: value }).pipe(Effect.flip, within("1 day"))
        assert.include(error as object, { _tag: "InvalidInputError", field })
        assert.strictEqual(yield* store.count(), 0)
      }))
  }

  for (const [what, make] of hostileValues.filter(([what]) => !/array|Map|throwing iterator/.test(what))) {
    it.effect(`a hostile value as jobs or as a job: ${what}`, () =>
      Effect.gen(function*() {
        for (const wrap of [(value: unknown) => value, (value: unknown) => [value]]) {
          const store = yield* scriptedObjectStore
          const error = yield* Effect.suspend(() => collect(store, wrap(make()) as never)).pipe(
            Effect.flip,
            within("1 day")
          )
          assert.include(error as object, { _tag: "InvalidInputError" })
          assert.notInclude(String(error), thrownText)
          assert.strictEqual(yield* store.count(), 0)
        }
      }))
  }

  for (const jobs of [undefined, null, 5, {}, [5], [null], [{}]]) {
    it.effect(`jobs: ${JSON.stringify(jobs)}, without a defect`, () =>
      Effect.gen(function*() {
        const store = yield* scriptedObjectStore
        const error = yield* collect(store, jobs as never).pipe(Effect.flip, within("1 day"))
        assert.include(error as object, { _tag: "InvalidInputError" })
        assert.strictEqual(yield* store.count(), 0)
      }))
  }
})

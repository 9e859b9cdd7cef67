import { assert, describe, it } from "@effect/vitest"
import { Chunk, Clock, Effect, Either, Exit, Layer, Schedule, Stream } from "effect"
import { AsyncInference, ObjectStore, SageMakerError } from "effect-sagemaker-runtime"
import { failureOf, jobOf, outputOf, scorer, within, withoutFibersLeft } from "./support/asyncJobs.ts"
import { hostileValues } from "./support/hostileValues.ts"
import { type ScriptedObjectStore, scriptedObjectStore } from "./support/scriptedObjectStore.ts"

const everySecond = { schedule: Schedule.spaced("1 second") }
const score = (value: number) => JSON.stringify({ score: value })
const withoutFailure = { failureLocation: undefined }

type Completions = Iterable<AsyncInference.CompletionStatus>

/** The results by job, the times at which they were returned in seconds, and the errors. */
const collect = (
  { layer }: Pick<ScriptedObjectStore, "layer">,
  jobs: Iterable<AsyncInference.Job> | Stream.Stream<AsyncInference.Job>,
  options?: AsyncInference.ResultsOptions
) =>
  AsyncInference.results(scorer, jobs, options).pipe(
    Stream.mapEffect(({ job, result }) =>
      Effect.map(Clock.currentTimeMillis, (now) => ({
        job: job.outputLocation.replace(/^.*\//, "").replace(".out", ""),
        value: Either.match(result, {
          onLeft: (error) => error._tag === "ObjectStoreError" ? error.reason : error._tag,
          onRight: ({ score }) => score
        }),
        second: Math.floor(now / 1_000)
      }))
    ),
    Stream.runCollect,
    Effect.map((results) =>
      Chunk.toReadonlyArray(results).toSorted((first, second) => first.job < second.job ? -1 : 1)
    ),
    Effect.provide(layer),
    withoutFibersLeft,
    within("2 days")
  )

const values = (results: ReadonlyArray<{ readonly value: unknown }>) => results.map(({ value }) => value)

describe("AsyncInference.results returns the error of one job as its result", () => {
  const invalid = ["https://results.s3.us-east-1.amazonaws.com/out/8.out", "", "s3://", "out/8.out"]
  it.effect.each(invalid)("for the location %j", (outputLocation) =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(outputOf(1), score(1))
      yield* store.fault({ fail: "other" }, { location: outputLocation })
      yield* store.fault({ fail: "other" }, { location: outputLocation.slice(0, outputLocation.lastIndexOf("/") + 1) })
      const jobs = [jobOf(1), jobOf(8, { outputLocation }), jobOf(9, { outputLocation })]
      assert.sameMembers(values(yield* collect(store, jobs)), [1, "other", "other"])
    }))

  it.effect.each([1, 2, 500])("for %d jobs in a bucket that does not exist", (count) =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      const ids = Array.from({ length: count }, (_, id) => id)
      const absentOf = (id: number) => `s3://absent/${id}`
      yield* store.set(outputOf(1), score(1))
      yield* store.fault({ fail: "other" }, { operation: "list", location: "s3://absent/" })
      yield* Effect.forEach(ids, (id) => store.fault({ fail: "other" }, { location: absentOf(id) }))
      const jobs = ids.map((id) => jobOf(id, { ...withoutFailure, outputLocation: absentOf(id) }))
      const results = yield* collect(store, [jobOf(1), ...jobs], everySecond)
      assert.sameMembers(values(results), [1, ...ids.map(() => "other")])
      assert.isBelow(Math.max(...results.map(({ second }) => second)), 2)
    }))
})

describe("AsyncInference.results returns the outputs of jobs that have expired", () => {
  it.effect.each(["other", "not-found"] as const)(
    "from a store that cannot list, with reason %s",
    (reason) =>
      Effect.gen(function*() {
        const store = yield* scriptedObjectStore
        yield* store.set(outputOf(1), score(1))
        yield* store.set(outputOf(2), score(2))
        yield* store.fault({ fail: reason }, { operation: "list" })
        const jobs = [jobOf(1), jobOf(2), jobOf(3)]
        const results = yield* collect(store, jobs, { timeout: 0 })
        assert.deepStrictEqual(values(results), [1, 2, "AsyncInferenceTimeoutError"])
        assert.strictEqual(yield* store.count("list"), 2)
      })
  )

  it.effect("from a folder with many other objects", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* Effect.forEach(Array.from({ length: 5_000 }, (_, id) => id), (id) => store.set(outputOf(`a${id}`), ""))
      yield* store.set(outputOf("z1"), score(1))
      yield* store.set(outputOf("z2"), score(2))
      const results = yield* collect(store, [jobOf("z1"), jobOf("z2")], { timeout: 0 })
      assert.deepStrictEqual(values(results), [1, 2])
    }))
})

it.effect("AsyncInference.results ignores objects that a list repeats", () =>
  Effect.gen(function*() {
    const store = yield* scriptedObjectStore
    const ids = [1, 2, 3]
    yield* Effect.forEach(ids, (id) => store.set(outputOf(id), score(id)))
    const list: ObjectStore.ObjectStoreService["list"] = (prefix) => {
      const first = Stream.take(store.service.list(prefix), 1)
      return Stream.concat(Stream.concat(first, Stream.concat(first, first)), store.service.list(prefix))
    }
    const jobs = ids.map((id) => jobOf(id, withoutFailure))
    const results = yield* collect(
      { layer: Layer.succeed(ObjectStore.ObjectStore, { ...store.service, list }) },
      jobs,
      { timeout: 0 }
    )
    assert.deepStrictEqual(values(results), ids)
  }))

describe("AsyncInference.results returns a result when its notification arrives", () => {
  const completed = (id: string, members: Partial<AsyncInference.CompletionStatus> = {}) =>
    ({ status: "Completed", inferenceId: id, ...members }) as const
  const notified = (completions: Completions) => ({
    completions: Stream.concat(Stream.fromIterable(completions), Stream.never)
  })
  const afterMinute = <A>(...items: ReadonlyArray<A>) =>
    Stream.concat(Stream.drain(Stream.fromEffect(Effect.sleep("1 minute"))), Stream.fromIterable(items))

  it.effect("before the jobs, although two endpoints have the same ID", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      const endpoints = ["a", "b"]
      yield* Effect.forEach(endpoints, (endpoint, index) => store.set(outputOf(endpoint), score(index)))
      const jobs = endpoints.map((endpoint) => jobOf("x", { endpoint, outputLocation: outputOf(endpoint) }))
      const completions = endpoints.map((endpoint) =>
        completed("inference-x", { endpoint, outputLocation: outputOf(endpoint) })
      )
      const results = yield* collect(store, afterMinute(...jobs), notified(completions))
      assert.deepStrictEqual(results, [{ job: "a", value: 0, second: 60 }, { job: "b", value: 1, second: 60 }])
    }))

  it.effect("before or between duplicates of the job", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(outputOf(1), score(1))
      const jobs = Stream.concat(afterMinute(jobOf(1), jobOf(1)), afterMinute(jobOf(1)))
      const results = yield* collect(store, jobs, notified([completed("inference-1")]))
      assert.deepStrictEqual(results.map(({ second }) => second), [60, 60, 120])
    }))

  it.effect("and does not use it for a later request with the same ID, also if it is repeated", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(outputOf("b"), score(2))
      const [first, second] = ["a", "b"].map((output) =>
        jobOf("x", { ...withoutFailure, outputLocation: outputOf(output) })
      )
      const failed = { status: "Failed", inferenceId: "inference-x", failureReason: "no memory" } as const
      const results = yield* collect(store, Stream.concat(Stream.make(first!), afterMinute(second!)), {
        completions: Stream.concat(
          Stream.fromSchedule(Schedule.spaced("10 seconds")).pipe(Stream.take(3), Stream.map(() => failed)),
          Stream.concat(afterMinute(completed("inference-x", { outputLocation: outputOf("b") })), Stream.never)
        )
      })
      assert.deepStrictEqual(values(results), ["AsyncInferenceFailedError", 2])
    }))

  it.effect("and fails with InvalidInputError for a completion that cannot be read", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(outputOf(1), score(1))
      for (const [, value] of hostileValues) {
        const exit = yield* Effect.exit(collect(store, [jobOf(1)], { completions: Stream.make(value as never) }))
        assert.isTrue(Exit.isSuccess(exit) || isInvalidInput(exit))
      }
      assert.isTrue(
        isInvalidInput(yield* Effect.exit(collect(store, [jobOf(1)], { completions: Stream.make(null as never) })))
      )
    }))
})

describe("AsyncInference.result", () => {
  it.effect("waits if the failure is removed while it is read", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(failureOf(1), "out of memory")
      yield* store.fault({ fail: "not-found" }, { operation: "get", location: failureOf(1), times: 1 })
      const error = yield* AsyncInference.result(scorer, jobOf(1)).pipe(Effect.provide(store.layer), within("1 day"))
        .pipe(Effect.flip)
      assert.strictEqual(error._tag, "AsyncInferenceFailedError")
    }))

  it.effect.each(["1 nanos", 1e-6, "400 micros"] as const)(
    "has a timeout of at least 1 ms: %s",
    (timeout) =>
      Effect.gen(function*() {
        const store = yield* scriptedObjectStore
        const error = yield* AsyncInference.result(scorer, jobOf(1), { timeout }).pipe(
          Effect.provide(store.layer),
          within("1 second"),
          Effect.flip
        )
        assert.strictEqual(error._tag, "AsyncInferenceTimeoutError")
        assert.isAtMost(yield* store.count("head"), 4)
      })
  )
})

describe("An onProgress that does not end does not delay", () => {
  const stuck = { onProgress: () => Effect.never, timeout: "1 minute" } as const
  it.effect("the timeout of AsyncInference.result, and its last poll", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      const error = yield* AsyncInference.result(scorer, jobOf(1), stuck).pipe(
        Effect.provide(store.layer),
        withoutFibersLeft,
        within("62 seconds"),
        Effect.flip
      )
      assert.strictEqual(error._tag, "AsyncInferenceTimeoutError")
      assert.strictEqual(yield* store.count("head"), 4)
    }))

  it.effect("the results of AsyncInference.results", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* store.set(outputOf(1), score(1))
      const results = yield* collect(store, [jobOf(1), jobOf(2)], stuck)
      assert.deepStrictEqual(results, [
        { job: "1", value: 1, second: 0 },
        { job: "2", value: "AsyncInferenceTimeoutError", second: 60 }
      ])
    }))
})

const isInvalidInput = <A, E>(exit: Exit.Exit<A, E>): boolean =>
  Exit.isFailure(exit) && exit.cause._tag === "Fail" && exit.cause.error instanceof SageMakerError.InvalidInputError

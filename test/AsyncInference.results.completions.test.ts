import { assert, describe, it } from "@effect/vitest"
import { Chunk, Clock, DateTime, Effect, Either, Queue, Schedule, Stream, TestClock } from "effect"
import { AsyncInference, type SageMakerError } from "effect-sagemaker-runtime"
import { failureOf, jobOf, outputOf, scorer, within, withoutFibersLeft } from "./support/asyncJobs.ts"
import { type ScriptedObjectStore, scriptedObjectStore } from "./support/scriptedObjectStore.ts"

type Jobs = Parameters<typeof AsyncInference.results<{ text: string }, { score: number }, never>>[1]

const score = (value: number) => JSON.stringify({ score: value })

const completed = (id: number | string): AsyncInference.Completion => ({
  status: "Completed",
  inferenceId: `inference-${id}`,
  endpoint: "scorer",
  outputLocation: outputOf(id)
})

const failed = (id: number | string, failureReason = "out of memory"): AsyncInference.Completion => ({
  status: "Failed",
  inferenceId: `inference-${id}`,
  endpoint: "scorer",
  failureReason
})

const collect = <E>(
  store: ScriptedObjectStore,
  jobs: Jobs,
  completions: Stream.Stream<AsyncInference.Completion, E>,
  options: object = {}
) =>
  Stream.runCollect(AsyncInference.results(scorer, jobs, { ...options, completions })).pipe(
    Effect.map(Chunk.toReadonlyArray),
    Effect.provide(store.layer),
    withoutFibersLeft
  )

const summary = (results: ReadonlyArray<AsyncInference.JobResult<{ score: number }>>) =>
  Object.fromEntries(results.map(({ job, result }) => [
    job.inferenceId.replace("inference-", ""),
    Either.match(result, { onLeft: ({ _tag }) => _tag as string | number, onRight: ({ score }) => score })
  ]))

/** A store with the outputs of some jobs. */
const storeWith = (...ids: ReadonlyArray<number>) =>
  Effect.tap(scriptedObjectStore, (store) => Effect.forEach(ids, (id) => store.set(outputOf(id), score(id))))

const later = (...completions: ReadonlyArray<AsyncInference.Completion>) =>
  Stream.fromIterable(completions).pipe(Stream.rechunk(1), Stream.schedule(Schedule.spaced("10 seconds")))

const open = <A>(stream: Stream.Stream<A>) => Stream.concat(stream, Stream.never)

describe("AsyncInference.results with completions", () => {
  it.effect("sends no request except one for each output", () =>
    Effect.gen(function*() {
      const store = yield* storeWith(1, 2, 3)
      const jobs = [1, 2, 3].map((id) => jobOf(id))
      const results = yield* collect(store, jobs, open(later(completed(2), completed(1), completed(3)))).pipe(
        within("1 minute")
      )
      assert.deepStrictEqual(results.map(({ job }) => job.inferenceId), ["inference-2", "inference-1", "inference-3"])
      assert.deepStrictEqual(summary(results), { 1: 1, 2: 2, 3: 3 })
      const requests = yield* store.requests
      assert.isTrue(requests.every(({ operation }) => operation === "get" || operation === "head"))
      assert.strictEqual(yield* store.count("get"), 3)
      assert.isTrue(requests.every(({ at }) => at >= 10_000))
    }))

  it.effect("ends when each job has a result, even if completions does not end", () =>
    Effect.gen(function*() {
      const store = yield* storeWith(1)
      const results = yield* collect(store, [jobOf(1)], open(Stream.make(completed(1)))).pipe(within("1 second"))
      assert.deepStrictEqual(summary(results), { 1: 1 })
    }))

  it.effect("ignores duplicates and unknown requests", () =>
    Effect.gen(function*() {
      const store = yield* storeWith(1, 2)
      const completions = later(
        completed(9),
        completed(1),
        completed(1),
        failed(8),
        failed(1),
        { ...completed(2), inferenceId: "__proto__" },
        { ...completed(2), inferenceId: "" },
        completed(2),
        completed(2)
      )
      const results = yield* collect(store, [jobOf(1), jobOf(2)], open(completions)).pipe(within("1 hour"))
      assert.deepStrictEqual(results.length, 2)
      assert.deepStrictEqual(summary(results), { 1: 1, 2: 2 })
      assert.strictEqual(yield* store.count("get"), 2)
    }))

  it.effect("returns a failure with its reason, which nothing prints", () =>
    Effect.gen(function*() {
      const store = yield* storeWith()
      const results = yield* collect(store, [jobOf(1)], open(Stream.make(failed(1, "secret text")))).pipe(
        within("1 minute")
      )
      const error = yield* Effect.flip(results[0]!.result)
      assert.strictEqual(error._tag, "AsyncInferenceFailedError")
      assert.include((error as SageMakerError.AsyncInferenceFailedError).failure, "secret text")
      assert.notInclude(JSON.stringify(error), "secret text")
    }))

  it.effect("prefers the failure object to the reason of a failed completion, if it exists", () =>
    Effect.gen(function*() {
      const store = yield* storeWith()
      yield* store.set(failureOf(1), "the text of the container")
      const results = yield* collect(store, [jobOf(1)], open(Stream.make(failed(1, "short reason")))).pipe(
        within("1 minute")
      )
      const error = yield* Effect.flip(results[0]!.result)
      assert.strictEqual(error._tag, "AsyncInferenceFailedError")
      assert.isNotEmpty((error as SageMakerError.AsyncInferenceFailedError).failure)
    }))

  it.effect("polls the remaining jobs if completions ends early", () =>
    Effect.gen(function*() {
      const store = yield* storeWith(1)
      yield* Effect.fork(Effect.delay(store.set(outputOf(2), score(2)), "2 minutes"))
      const results = yield* collect(store, [jobOf(1), jobOf(2)], Stream.make(completed(1))).pipe(within("10 minutes"))
      assert.deepStrictEqual(summary(results), { 1: 1, 2: 2 })
    }))

  it.effect("polls all jobs if completions is empty", () =>
    Effect.gen(function*() {
      const store = yield* storeWith(1, 2)
      const results = yield* collect(store, [jobOf(1), jobOf(2)], Stream.empty).pipe(within("1 minute"))
      assert.deepStrictEqual(summary(results), { 1: 1, 2: 2 })
    }))

  it.effect("fails with the error of completions", () =>
    Effect.gen(function*() {
      const store = yield* storeWith(1)
      const completions = Stream.concat(Stream.make(completed(1)), Stream.fail("queue deleted" as const))
      const error = yield* collect(store, [jobOf(1), jobOf(2)], completions).pipe(Effect.flip, within("1 minute"))
      assert.strictEqual(error, "queue deleted")
    }))

  it.effect("returns a timeout for a job without a completion, after a last check of the store", () =>
    Effect.gen(function*() {
      const store = yield* storeWith(2)
      const jobs = [1, 2].map((id) => jobOf(id, { expiresAt: DateTime.unsafeMake(60_000) }))
      const results = yield* collect(store, jobs, Stream.never).pipe(within("1 hour"))
      assert.strictEqual(summary(results)[1], "AsyncInferenceTimeoutError")
      assert.strictEqual(summary(results)[2], 2)
    }))

  it.effect("uses a completion that arrives before its job", () =>
    Effect.gen(function*() {
      const store = yield* storeWith(1, 2)
      const jobs = Stream.fromIterable([jobOf(1), jobOf(2)]).pipe(
        Stream.rechunk(1),
        Stream.schedule(Schedule.spaced("1 minute"))
      )
      const results = yield* collect(store, jobs, open(Stream.make(completed(2), completed(1)))).pipe(
        within("5 minutes")
      )
      assert.deepStrictEqual(summary(results), { 1: 1, 2: 2 })
    }))

  it.effect("uses the latest completions that arrive before their jobs, among many unknown ones", () =>
    Effect.gen(function*() {
      const store = yield* storeWith(1)
      const unknown = Stream.range(10, 20_000).pipe(Stream.map(completed))
      const completions = open(Stream.concat(unknown, Stream.make(completed(1))))
      const jobs = Stream.fromEffect(Effect.as(Effect.sleep("1 minute"), jobOf(1)))
      const results = yield* collect(store, jobs, completions).pipe(within("2 minutes"))
      assert.deepStrictEqual(summary(results), { 1: 1 })
    }))

  it.effect("returns the error of an output that cannot be read after its completion", () =>
    Effect.gen(function*() {
      const store = yield* storeWith(1)
      yield* store.set(outputOf(2), "{")
      const completions = open(Stream.make(completed(1), completed(2)))
      const results = yield* collect(store, [jobOf(1), jobOf(2)], completions).pipe(within("1 minute"))
      assert.deepStrictEqual(summary(results), { 1: 1, 2: "CodecError" })
    }))

  it.effect("waits for an output that is not there yet when its completion arrives", () =>
    Effect.gen(function*() {
      const store = yield* storeWith()
      yield* Effect.fork(Effect.delay(store.set(outputOf(1), score(1)), "5 seconds"))
      const results = yield* collect(store, [jobOf(1)], open(Stream.make(completed(1))), {
        timeout: "5 minutes"
      }).pipe(within("1 hour"))
      assert.deepStrictEqual(summary(results), { 1: 1 })
    }))

  it.effect("does not wait for its consumer with more completions than it can hold", () =>
    Effect.gen(function*() {
      const store = yield* storeWith(1)
      const received: Array<number> = []
      const completions = Stream.range(10, 5_000).pipe(
        Stream.map(completed),
        Stream.tap(() => Effect.map(Clock.currentTimeMillis, (at) => received.push(at))),
        Stream.concat(Stream.make(completed(1))),
        open
      )
      const results = yield* collect(store, [jobOf(1)], completions).pipe(within("1 minute"))
      assert.deepStrictEqual(summary(results), { 1: 1 })
    }))

  it.effect("closes completions when its consumer stops early", () =>
    Effect.gen(function*() {
      const store = yield* storeWith(1, 2)
      const queue = yield* Queue.unbounded<AsyncInference.Completion>()
      yield* queue.offer(completed(1))
      yield* AsyncInference.results(scorer, [jobOf(1), jobOf(2)], {
        completions: Stream.fromQueue(queue, { shutdown: true })
      }).pipe(
        Stream.take(1),
        Stream.runDrain,
        Effect.provide(store.layer),
        withoutFibersLeft,
        within("1 minute")
      )
      assert.isTrue(yield* queue.isShutdown)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* store.count("get"), 1)
    }))
})

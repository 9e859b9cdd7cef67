/** Calls of `AsyncInference.results` with a scripted store, and claims about them. */
import { assert } from "@effect/vitest"
import { Chunk, Effect, Either, Fiber, Stream, TestClock } from "effect"
import { AsyncInference } from "effect-sagemaker-runtime"
import { jobOf, outputOf, scorer, withoutFibersLeft } from "./asyncJobs.ts"
import { type ScriptedObjectStore, scriptedObjectStore } from "./scriptedObjectStore.ts"

type Options = Parameters<typeof AsyncInference.results<{ text: string }, { score: number }, never>>[2]
type Jobs = Parameters<typeof AsyncInference.results<{ text: string }, { score: number }, never>>[1]

/** The output of the model. */
export const scoreOf = (value: number) => JSON.stringify({ score: value })

/** The IDs from 0. */
export const idsTo = (count: number) => Array.from({ length: count }, (_, id) => id)

/** The results of jobs, of which no fiber is left. */
export const collectResults = (store: ScriptedObjectStore, jobs: Jobs, options?: Options) =>
  Stream.runCollect(AsyncInference.results(scorer, jobs, options)).pipe(
    Effect.map(Chunk.toReadonlyArray),
    Effect.provide(store.layer),
    withoutFibersLeft
  )

/** The results by job: the score, or the tag of the error. */
export const summary = (results: ReadonlyArray<AsyncInference.JobResult<{ score: number }>>) =>
  Object.fromEntries(results.map(({ job, result }) => [
    job.inferenceId.replace("inference-", ""),
    Either.match(result, { onLeft: ({ _tag }) => _tag as string | number, onRight: ({ score }) => score })
  ]))

/** The requests to the store grow with the number of polls, not with the number of jobs. */
export const boundedRequests = (count: number) =>
  Effect.gen(function*() {
    const store = yield* scriptedObjectStore
    const ids = idsTo(count)
    yield* Effect.fork(
      Effect.delay(Effect.forEach(ids, (id) => store.set(outputOf(id), scoreOf(id)), { discard: true }), "3 minutes")
    )
    const fiber = yield* Effect.fork(collectResults(store, ids.map((id) => jobOf(id))))
    yield* TestClock.adjust("2 minutes")
    const polls = (yield* store.times).length
    assert.isAtMost(yield* store.count(), 4 * polls, "requests without a result")
    assert.isAtMost(polls, 20)
    yield* TestClock.adjust("2 minutes")
    const results = yield* Fiber.join(fiber)
    assert.deepStrictEqual(summary(results), Object.fromEntries(ids.map((id) => [id, id])))
    assert.isAtMost(yield* store.count("get"), count)
    assert.isAtMost(yield* store.count("head"), count)
    assert.isAtMost(yield* store.count("list"), 4 * (yield* store.times).length)
  })

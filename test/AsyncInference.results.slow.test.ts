import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import { jobOf, outputOf } from "./support/asyncJobs.ts"
import { boundedRequests, collectResults, idsTo, scoreOf, summary } from "./support/asyncResults.ts"
import { scriptedObjectStore } from "./support/scriptedObjectStore.ts"

describe("AsyncInference.results bounds its requests", () => {
  it.effect("of 1,000 jobs in one prefix", () => boundedRequests(1_000))

  it.effect("of few jobs in a prefix with 50,000 other objects", () =>
    Effect.gen(function*() {
      const store = yield* scriptedObjectStore
      yield* Effect.forEach(idsTo(50_000), (id) => store.set(`s3://results/out/other-${id}`, ""), { discard: true })
      const jobs = idsTo(5).map((id) => jobOf(`job-${id}`))
      const fiber = yield* Effect.fork(collectResults(store, jobs))
      yield* TestClock.adjust("1 minute")
      const polls = (yield* store.times).length
      assert.isAtMost(yield* store.count(), 10 * polls + 60, "requests without a result")
      for (const id of idsTo(5)) {
        yield* store.set(outputOf(`job-${id}`), scoreOf(id))
      }
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(
        summary(yield* Fiber.join(fiber)),
        Object.fromEntries(idsTo(5).map((id) => [`job-${id}`, id]))
      )
    }))
})

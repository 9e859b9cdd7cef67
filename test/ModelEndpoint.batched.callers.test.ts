import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Exit, Fiber, FiberRef, Option, TestClock } from "effect"
import { ModelEndpoint } from "effect-sagemaker-runtime"
import { containerFailure, respondWithResults, resultOf, scriptedModel } from "./support/scriptedModel.ts"

const forkAll = <E>(calls: ReadonlyArray<Effect.Effect<string, E>>) => Effect.forEach(calls, Effect.fork)

describe("a joined call", () => {
  it.effect("with a deadline ends at it, and the others have their results", () =>
    Effect.gen(function*() {
      const { model, running } = yield* scriptedModel((rows) =>
        Effect.zipRight(Effect.sleep("1 second"), respondWithResults(rows))
      )
      const { invoke } = ModelEndpoint.batched(model, { window: "10 millis" })
      const [short, long] = yield* forkAll([Effect.timeout(invoke(1), "100 millis"), invoke(2)])
      yield* TestClock.adjust("100 millis")
      assert.isTrue(Exit.isFailure(yield* Fiber.await(short!)))
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* Fiber.join(long!), resultOf(2))
      assert.strictEqual((yield* running).now, 0)
    }))

  it.effect("of an interrupted first caller keeps the request of the others", () =>
    Effect.gen(function*() {
      const { model, requests } = yield* scriptedModel((rows) =>
        Effect.zipRight(Effect.sleep("1 second"), respondWithResults(rows))
      )
      const { invoke } = ModelEndpoint.batched(model, { window: "10 millis" })
      const [first, second] = yield* forkAll([invoke(1), invoke(2)])
      yield* TestClock.adjust("500 millis")
      yield* Fiber.interrupt(first!)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* Fiber.join(second!), resultOf(2))
      assert.lengthOf(yield* requests, 1)
    }))

  it.effect("that is interrupted during the search for an invalid row does not affect the others", () =>
    Effect.gen(function*() {
      const { model, requests } = yield* scriptedModel((rows) =>
        Effect.zipRight(
          Effect.sleep("1 second"),
          rows.includes(3) ? Effect.fail(containerFailure) : respondWithResults(rows)
        )
      )
      const { invoke } = ModelEndpoint.batched(model, { window: "10 millis" })
      const fibers = yield* forkAll([0, 1, 2, 3].map((row) => invoke(row)))
      yield* TestClock.adjust("500 millis")
      yield* Fiber.interrupt(fibers[0]!)
      yield* TestClock.adjust("30 seconds")
      const results = yield* Effect.forEach(fibers.slice(1), (fiber) => Effect.either(Fiber.join(fiber)))
      assert.deepStrictEqual(results, [
        Either.right(resultOf(1)),
        Either.right(resultOf(2)),
        Either.left(containerFailure)
      ])
      assert.isAtLeast((yield* requests).length, 2)
    }))

  it.effect("in an uninterruptible region ends with its result", () =>
    Effect.gen(function*() {
      const { model } = yield* scriptedModel()
      const { invoke } = ModelEndpoint.batched(model, { window: "10 millis" })
      const fiber = yield* Effect.fork(Effect.uninterruptible(invoke(1)))
      yield* TestClock.adjust("10 millis")
      assert.strictEqual(yield* Fiber.join(fiber), resultOf(1))
    }))

  it.effect("starts its window when the last group was sent", () =>
    Effect.gen(function*() {
      const { model, requests } = yield* scriptedModel()
      const { invoke } = ModelEndpoint.batched(model, { window: "10 millis", maxRows: 2 })
      const fibers = yield* forkAll([1, 2, 3].map((row) => invoke(row)))
      yield* TestClock.adjust("0 millis")
      assert.deepStrictEqual(yield* requests, [[1, 2]])
      assert.isTrue(Option.isNone(yield* Fiber.poll(fibers[2]!)))
      yield* TestClock.adjust("10 millis")
      assert.deepStrictEqual(yield* requests, [[1, 2], [3]])
    }))

  it.effect("does not use the references of another caller after it has ended", () =>
    Effect.gen(function*() {
      const reference = FiberRef.unsafeMake("default")
      const { model } = yield* scriptedModel(() => Effect.map(FiberRef.get(reference), (value) => [value]))
      const { invoke } = ModelEndpoint.batched(model, { window: "10 millis" })
      const first = yield* Effect.fork(Effect.locally(invoke(1), reference, "first"))
      yield* TestClock.adjust("10 millis")
      assert.strictEqual(yield* Fiber.join(first), "first")
      const second = yield* Effect.fork(invoke(2))
      yield* TestClock.adjust("10 millis")
      assert.strictEqual(yield* Fiber.join(second), "default")
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Exit, Fiber, Option, Schema, TestClock } from "effect"
import { type Batch, Codec, ModelEndpoint, SageMakerError } from "effect-sagemaker-runtime"
import { hostileValues, thrownText } from "./support/hostileValues.ts"
import { scriptedRuntime } from "./support/scriptedHttpClient.ts"
import { containerFailure, failFor, rejection, resultOf, scriptedModel } from "./support/scriptedModel.ts"

const all = <Out, E, R>(endpoint: ModelEndpoint.BatchedEndpoint<number, Out, E, R>, rows: ReadonlyArray<number>) =>
  Effect.forEach(rows, (row) => Effect.either(endpoint.invoke(row)), { concurrency: "unbounded" })

describe("concurrent calls", () => {
  it.effect("share one request after the window", () =>
    Effect.gen(function*() {
      const { model, requests } = yield* scriptedModel()
      const batched = ModelEndpoint.batched(model, { window: "50 millis" })
      const fiber = yield* Effect.fork(all(batched, [1, 2, 3]))
      yield* TestClock.adjust("49 millis")
      assert.deepStrictEqual(yield* requests, [])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Fiber.join(fiber), [1, 2, 3].map((row) => Either.right(resultOf(row))))
      assert.deepStrictEqual(yield* requests, [[1, 2, 3]])
    }))

  it.effect("are sent immediately if there are maxRows", () =>
    Effect.gen(function*() {
      const { model, requests } = yield* scriptedModel()
      const batched = ModelEndpoint.batched(model, { window: "1 minute", maxRows: 2 })
      const fiber = yield* Effect.fork(all(batched, [1, 2, 3, 4, 5]))
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* requests, [[1, 2], [3, 4]])
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(fiber)).length, 5)
      assert.deepStrictEqual((yield* requests)[2], [5])
    }))

  it.effect("are sent before maxBytes is exceeded", () =>
    Effect.gen(function*() {
      const { model, requests } = yield* scriptedModel()
      const request = {
        mediaType: "text/csv",
        encode: (rows: ReadonlyArray<number>) => Effect.succeed(new TextEncoder().encode(rows.join("\n")))
      }
      const batched = ModelEndpoint.batched({ ...model, request }, { maxBytes: 6 })
      const fiber = yield* Effect.fork(all(batched, [11, 22, 33, 4_444_444, 5]))
      yield* TestClock.adjust("10 millis")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(yield* requests, [[11, 22], [33], [4_444_444], [5]])
    }))

  it.effect("later than the window have another request", () =>
    Effect.gen(function*() {
      const { model, requests } = yield* scriptedModel()
      const batched = ModelEndpoint.batched(model)
      for (const row of [1, 2]) {
        const fiber = yield* Effect.fork(batched.invoke(row))
        yield* TestClock.adjust("10 millis")
        assert.strictEqual(yield* Fiber.join(fiber), resultOf(row))
      }
      assert.deepStrictEqual(yield* requests, [[1], [2]])
    }))
})

describe("a failure", () => {
  it.effect("because of one row fails the call with this row only", () =>
    Effect.gen(function*() {
      const { model } = yield* scriptedModel(failFor([3]))
      const fiber = yield* Effect.fork(all(ModelEndpoint.batched(model), [1, 2, 3, 4]))
      yield* TestClock.adjust("10 millis")
      assert.deepStrictEqual(
        yield* Fiber.join(fiber),
        [1, 2, 3, 4].map((row) => row === 3 ? Either.left(rejection) : Either.right(resultOf(row)))
      )
    }))

  it.effect("of the connection or of the account fails all calls of the request", () =>
    Effect.forEach(
      [
        new SageMakerError.TransportError({ message: "reset", reason: "reset", requestSent: true }),
        new SageMakerError.AccessDeniedError({})
      ],
      (error) =>
        Effect.gen(function*() {
          const { model, requests } = yield* scriptedModel(() => Effect.fail(error))
          const fiber = yield* Effect.fork(all(ModelEndpoint.batched(model), [1, 2]))
          yield* TestClock.adjust("10 millis")
          assert.deepStrictEqual(yield* Fiber.join(fiber), [Either.left(error), Either.left(error)])
          assert.strictEqual((yield* requests).length, 1)
        })
    ))

  it.effect("that is a defect fails all calls", () =>
    Effect.gen(function*() {
      const { model } = yield* scriptedModel(() => Effect.die("bug"))
      const batched = ModelEndpoint.batched(model)
      const fibers = yield* Effect.forEach([1, 2], (row) => Effect.fork(Effect.exit(batched.invoke(row))))
      yield* TestClock.adjust("10 millis")
      assert.deepStrictEqual(yield* Fiber.join(Fiber.all(fibers)), [Exit.die("bug"), Exit.die("bug")])
    }))
})

describe("an interrupted call", () => {
  it.effect("does not affect the others, and its row is not sent if the window is open", () =>
    Effect.gen(function*() {
      const { model, requests } = yield* scriptedModel()
      const batched = ModelEndpoint.batched(model)
      const [first, second] = [yield* Effect.fork(batched.invoke(1)), yield* Effect.fork(batched.invoke(2))]
      yield* TestClock.adjust("5 millis")
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("5 millis")
      assert.strictEqual(yield* Fiber.join(second), resultOf(2))
      assert.deepStrictEqual(yield* requests, [[2]])
    }))

  it.effect("interrupts the request if it is the last one", () =>
    Effect.gen(function*() {
      const { model, running } = yield* scriptedModel(() => Effect.never)
      const batched = ModelEndpoint.batched(model)
      const [first, second] = [yield* Effect.fork(batched.invoke(1)), yield* Effect.fork(batched.invoke(2))]
      yield* TestClock.adjust("10 millis")
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* running).now, 1)
      yield* Fiber.interrupt(second)
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* running, { now: 0, max: 1, interrupted: 1 })
    }))

  it.effect("before the end of the window leaves no request", () =>
    Effect.gen(function*() {
      const { model, requests } = yield* scriptedModel()
      const batched = ModelEndpoint.batched(model)
      const fiber = yield* Effect.fork(batched.invoke(1))
      yield* TestClock.adjust("5 millis")
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* requests, [])
      const next = yield* Effect.fork(batched.invoke(2))
      yield* TestClock.adjust("10 millis")
      assert.strictEqual(yield* Fiber.join(next), resultOf(2))
    }))
})

describe("a deployed model", () => {
  const model = ModelEndpoint.make("double", {
    request: Codec.csv(Schema.Array(Schema.Tuple(Schema.Number))),
    response: Codec.jsonLines(Schema.Number)
  })
  const server = scriptedRuntime(({ body }) => ({
    status: 200,
    headers: { "content-type": "application/jsonlines" },
    body: new TextDecoder().decode((body as unknown as { readonly body: Uint8Array }).body).split("\n")
      .map((line) => 2 * Number(line)).join("\n")
  }))

  it.effect("receives the calls of each client in requests of their own", () =>
    Effect.gen(function*() {
      const servers = [yield* server, yield* server]
      const batched = ModelEndpoint.batched(model)
      const fiber = yield* Effect.fork(Effect.forEach(
        [0, 1, 2, 3],
        (row) => Effect.provide(batched.invoke([row]), servers[row % 2]!.layer),
        { concurrency: "unbounded" }
      ))
      yield* TestClock.adjust("10 millis")
      yield* TestClock.adjust("10 millis")
      assert.deepStrictEqual(yield* Fiber.join(fiber), [0, 2, 4, 6])
    }))

  it.effect("takes rows of a batch from a batcher", () =>
    Effect.gen(function*() {
      const { layer } = yield* server
      const batcher: Batch.Batcher<number, number, ReadonlyArray<readonly [number]>, ReadonlyArray<number>> = {
        join: (rows) => rows.map((row) => [row]),
        split: (results) => results
      }
      const batched = ModelEndpoint.batched(model, { batcher, window: 0 })
      const results = yield* Effect.forEach([1, 2], batched.invoke, { concurrency: 2 }).pipe(
        Effect.provide(layer),
        Effect.fork,
        Effect.zipLeft(TestClock.adjust("1 millis")),
        Effect.flatMap(Fiber.join)
      )
      assert.deepStrictEqual(results, [2, 4])
    }))
})

describe("invalid options", () => {
  it.effect("fail every call", () =>
    Effect.forEach(
      [[{ window: "soon" }, "window"], [{ maxRows: 0 }, "maxRows"], [{ batcher: 1 }, "batcher"]] as const,
      (
        [options, field]
      ) =>
        Effect.gen(function*() {
          const { model } = yield* scriptedModel()
          const error = yield* Effect.flip(ModelEndpoint.batched(model, options as never).invoke(1))
          assert.strictEqual((error as SageMakerError.InvalidInputError).field, field)
        })
    ))

  it.effect("fail without a defect, whatever they are", () =>
    Effect.forEach(hostileValues, ([, make]) =>
      Effect.gen(function*() {
        const { model } = yield* scriptedModel(() => Effect.fail(containerFailure))
        for (const options of [make(), { window: make(), maxRows: 1 }, { batcher: make(), maxRows: 1 }]) {
          const exit = yield* Effect.exit(ModelEndpoint.batched(model, options as never).invoke(1)).pipe(
            Effect.fork,
            Effect.zipLeft(TestClock.adjust("1 minute")),
            Effect.flatMap(Fiber.poll)
          )
          const cause = Option.flatMap(exit, (exit) => Exit.causeOption(Exit.flatten(exit)))
          assert.notInclude(String(Option.getOrUndefined(cause)), thrownText)
          assert.isFalse(Option.exists(cause, ({ _tag }) => _tag === "Die"))
        }
      })))
})

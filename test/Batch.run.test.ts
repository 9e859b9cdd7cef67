import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Either, Exit, Fiber, Option, Ref, Schedule, Stream, TestClock } from "effect"
import { Batch, SageMakerError } from "effect-sagemaker-runtime"
import { hostileValues, thrownText } from "./support/hostileValues.ts"
import {
  containerFailure,
  type Respond,
  respondWithResults,
  resultOf,
  scriptedModel,
  throttling
} from "./support/scriptedModel.ts"

const numbers = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, index) => index)

const expected = (count: number) =>
  numbers(count).map((row) => ({ index: row, row, result: Either.right(resultOf(row)) }))

const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(stream), (chunk) => Chunk.toReadonlyArray(chunk))

/** Runs an effect and lets the test clock run until it ends. */
const onTestClock = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    const tick = Effect.zipRight(TestClock.adjust("100 millis"), Fiber.poll(fiber))
    yield* Effect.repeat(tick, { until: Option.isSome, schedule: Schedule.forever })
    return yield* Fiber.join(fiber)
  })

const sleeping = (millisOf: (rows: ReadonlyArray<number>, request: number) => number): Respond => (rows, request) =>
  Effect.zipRight(Effect.sleep(millisOf(rows, request)), respondWithResults(rows))

describe("rows", () => {
  it.effect("are single requests without a batcher", () =>
    Effect.gen(function*() {
      const { model, requests } = yield* scriptedModel()
      const results = yield* collect(Batch.run(model, numbers(3).map((row) => [row])))
      assert.deepStrictEqual(yield* requests, [[0], [1], [2]])
      assert.deepStrictEqual(
        results.map(({ result }) => result),
        numbers(3).map((row) => Either.right([resultOf(row)]))
      )
    }))

  it.effect("are joined to requests of maxRows rows", () =>
    Effect.gen(function*() {
      const { model, requests } = yield* scriptedModel()
      const results = yield* collect(Batch.run(model, numbers(10), { batcher: Batch.lists(), maxRows: 4 }))
      assert.deepStrictEqual(yield* requests, [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]])
      assert.deepStrictEqual(results, expected(10))
    }))

  it.effect("are piped into a batch", () =>
    Effect.gen(function*() {
      const { model, requests } = yield* scriptedModel()
      const results = yield* Stream.range(0, 4).pipe(
        Stream.rechunk(1),
        Batch.run(model, { batcher: Batch.lists({ maxRows: 2 }) }),
        collect
      )
      assert.deepStrictEqual(yield* requests, [[0, 1], [2, 3], [4]])
      assert.deepStrictEqual(results, expected(5))
    }))

  it.effect("are joined to requests of maxBytes bytes, and a larger row is sent alone", () =>
    Effect.gen(function*() {
      const { model, requests } = yield* scriptedModel()
      const rows = [1, 22, 3, 4_444_444_444, 5, 6]
      const batcher = {
        join: (rows: ReadonlyArray<number>) => rows,
        split: (results: ReadonlyArray<string>) => results
      }
      const sized = {
        ...model,
        request: {
          mediaType: "text/csv",
          encode: (rows: ReadonlyArray<number>) => Effect.succeed(new TextEncoder().encode(rows.join("\n")))
        }
      }
      yield* collect(Batch.run(sized, rows, { batcher, maxBytes: 5 }))
      assert.deepStrictEqual(yield* requests, [[1, 22], [3], [4_444_444_444], [5, 6]])
    }))

  it.effect("that are absent send no request", () =>
    Effect.gen(function*() {
      const { model, requests } = yield* scriptedModel()
      assert.deepStrictEqual(yield* collect(Batch.run(model, [], { batcher: Batch.lists() })), [])
      assert.deepStrictEqual(yield* requests, [])
    }))

  it.effect("before a failure of their stream have results", () =>
    Effect.gen(function*() {
      const { model } = yield* scriptedModel()
      const seen = yield* Ref.make<ReadonlyArray<number>>([])
      const rows = Stream.concat(Stream.make(0, 1, 2), Stream.fail("disk is full"))
      const error = yield* Batch.run(model, rows, { batcher: Batch.lists(), maxRows: 2 }).pipe(
        Stream.runForEach(({ row }) => Ref.update(seen, (all) => [...all, row])),
        Effect.flip
      )
      assert.strictEqual(error, "disk is full")
      assert.deepStrictEqual(yield* seen, [0, 1, 2])
    }))
})

describe("the order of the results", () => {
  const slowFirst = sleeping((rows) => (rows[0] === 0 ? 1_000 : 100))

  it.effect("is the order of the rows", () =>
    Effect.gen(function*() {
      const { model } = yield* scriptedModel(slowFirst)
      const batch = Batch.run(model, numbers(20), { batcher: Batch.lists(), maxRows: 2, concurrency: 4 })
      assert.deepStrictEqual(yield* onTestClock(collect(batch)), expected(20))
    }))

  it.effect("is the order of the responses if ordered is false", () =>
    Effect.gen(function*() {
      const { model } = yield* scriptedModel(slowFirst)
      const options = { batcher: Batch.lists<number, string>(), maxRows: 2, concurrency: 4, ordered: false }
      const results = yield* onTestClock(collect(Batch.run(model, numbers(20), options)))
      assert.deepStrictEqual(results.slice(-2), expected(2))
      assert.deepStrictEqual(results.toSorted((a, b) => a.index - b.index), expected(20))
    }))

  it.effect("lets maxPending requests finish before a slow one, and no more", () =>
    Effect.gen(function*() {
      const { model, requests } = yield* scriptedModel(sleeping((rows) => (rows[0] === 0 ? 60_000 : 1)))
      const options = { batcher: Batch.lists<number, string>(), maxRows: 1, concurrency: 2, maxPending: 10 }
      yield* Effect.fork(collect(Batch.run(model, numbers(100), options)))
      yield* TestClock.adjust("30 seconds")
      const sent = (yield* requests).length
      assert.isAtLeast(sent, 8)
      assert.isAtMost(sent, 11)
    }))
})

describe("an interrupted batch", () => {
  it.effect("interrupts its requests", () =>
    Effect.gen(function*() {
      const { model, running } = yield* scriptedModel(() => Effect.never)
      const fiber = yield* Effect.fork(
        collect(Batch.run(model, numbers(100), { batcher: Batch.lists(), maxRows: 1, concurrency: 3 }))
      )
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* running, { now: 0, max: 3, interrupted: 3 })
    }))

  it.effect("sends no further request after the rows that were taken", () =>
    Effect.gen(function*() {
      const { model, running } = yield* scriptedModel((rows, request) =>
        request === 0 ? respondWithResults(rows) : Effect.never
      )
      const batch = Batch.run(model, numbers(100), { batcher: Batch.lists(), maxRows: 1, concurrency: 3 })
      assert.deepStrictEqual(yield* collect(Stream.take(batch, 1)), expected(1))
      assert.strictEqual((yield* running).now, 0)
    }))
})

const failures: ReadonlyArray<SageMakerError.SageMakerError> = [
  new SageMakerError.TransportError({ message: "reset", reason: "reset", requestSent: true }),
  new SageMakerError.InternalFailure({}),
  new SageMakerError.ServiceUnavailable({})
]

describe("an error that no row causes", () => {
  it.effect("fails all rows of its request, and no other", () =>
    Effect.forEach(failures, (failure) =>
      Effect.gen(function*() {
        const { model, requests } = yield* scriptedModel((rows) =>
          rows.includes(5) ? Effect.fail(failure) : respondWithResults(rows)
        )
        const results = yield* collect(Batch.run(model, numbers(12), { batcher: Batch.lists(), maxRows: 4 }))
        assert.strictEqual((yield* requests).length, 3)
        assert.deepStrictEqual(
          results.flatMap(({ index, result }) => (Either.isLeft(result) ? [[index, result.left]] : [])),
          [4, 5, 6, 7].map((index) => [index, failure])
        )
      })))
})

const batchErrors: ReadonlyArray<SageMakerError.SageMakerError> = [
  new SageMakerError.AccessDeniedError({}),
  new SageMakerError.ValidationError({ reason: "endpoint-not-found" }),
  new SageMakerError.ValidationError({ reason: "inference-component-required" }),
  new SageMakerError.ValidationError({ reason: "no-capacity" }),
  new SageMakerError.CredentialsError({ message: "expired", sources: [] })
]

describe("an error of the whole batch", () => {
  it.effect("fails the stream and interrupts the other requests", () =>
    Effect.forEach(batchErrors, (error) =>
      Effect.gen(function*() {
        assert.isTrue(Batch.isBatchError(error))
        const { model, running } = yield* scriptedModel((_, request) =>
          request === 2 ? Effect.fail(error) : Effect.never
        )
        const batch = Batch.run(model, numbers(1_000), { batcher: Batch.lists(), maxRows: 10, concurrency: 4 })
        assert.strictEqual(yield* Effect.flip(collect(batch)), error)
        assert.strictEqual((yield* running).now, 0)
      })))

  it.effect("is selected by stopOn", () =>
    Effect.gen(function*() {
      const { model } = yield* scriptedModel(() => Effect.fail(batchErrors[0]!))
      const options = { batcher: Batch.lists<number, string>() }
      const results = yield* collect(Batch.run(model, numbers(3), { ...options, stopOn: () => false }))
      assert.deepStrictEqual(results.map(({ result }) => Either.isLeft(result)), [true, true, true])
      const other = yield* scriptedModel(() => Effect.fail(containerFailure))
      const stopped = collect(Batch.run(other.model, numbers(3), { ...options, stopOn: () => true }))
      assert.strictEqual(yield* Effect.flip(stopped), containerFailure)
      assert.strictEqual((yield* other.requests).length, 1)
    }))
})

describe("concurrency", () => {
  it.effect("can have any number up to 10,000", () =>
    Effect.forEach([1, 2_501, 10_000], (concurrency) =>
      Effect.gen(function*() {
        const { model } = yield* scriptedModel()
        const batch = Batch.run(model, numbers(4), { batcher: Batch.lists(), maxRows: 1, concurrency })
        assert.deepStrictEqual(yield* collect(batch), expected(4))
      })))

  it.effect("is fixed if it is a number", () =>
    Effect.gen(function*() {
      const { model, running } = yield* scriptedModel(sleeping(() => 100))
      yield* onTestClock(collect(Batch.run(model, numbers(50), { batcher: Batch.lists(), maxRows: 1, concurrency: 7 })))
      assert.strictEqual((yield* running).max, 7)
    }))

  it.effect("rises to its maximum", () =>
    Effect.gen(function*() {
      const { model, running } = yield* scriptedModel(sleeping(() => 100))
      const options = { batcher: Batch.lists<number, string>(), maxRows: 1, concurrency: { max: 20, start: 1 } }
      yield* onTestClock(collect(Batch.run(model, numbers(150), options)))
      assert.strictEqual((yield* running).max, 20)
    }))

  it.effect("falls while requests are throttled, and no row is lost", () =>
    Effect.gen(function*() {
      const limit = 6
      const { model } = yield* scriptedModel((rows, _, running) =>
        running > limit ? Effect.fail(throttling) : Effect.zipRight(Effect.sleep(100), respondWithResults(rows))
      )
      const seen = yield* Ref.make<ReadonlyArray<number>>([])
      const options = {
        batcher: Batch.lists<number, string>(),
        maxRows: 1,
        concurrency: { max: 64 },
        onProgress: ({ concurrency }: Batch.BatchProgress) => Ref.update(seen, (all) => [...all, concurrency])
      }
      const results = yield* onTestClock(collect(Batch.run(model, numbers(200), options)))
      assert.deepStrictEqual(results, expected(200))
      const settled = (yield* seen).slice(50)
      assert.isAtMost(Math.max(...settled), 2 * limit)
      assert.isAtLeast(Math.min(...settled), 1)
    }))
})

describe("a throttled request", () => {
  it.effect("is sent again, with growing delays", () =>
    Effect.gen(function*() {
      const { model, requests } = yield* scriptedModel((rows, request) =>
        request < 3 ? Effect.fail(throttling) : respondWithResults(rows)
      )
      const fiber = yield* Effect.fork(collect(Batch.run(model, numbers(4), { batcher: Batch.lists() })))
      yield* TestClock.adjust("50 millis")
      assert.strictEqual((yield* requests).length, 1)
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* Fiber.join(fiber), expected(4))
    }))

  it.effect("fails its rows after throttleRetries", () =>
    Effect.gen(function*() {
      const { model, requests } = yield* scriptedModel(() => Effect.fail(throttling))
      const options = { batcher: Batch.lists<number, string>(), throttleRetries: 2 }
      const results = yield* onTestClock(collect(Batch.run(model, numbers(4), options)))
      assert.strictEqual((yield* requests).length, 3)
      assert.deepStrictEqual(results.map(({ result }) => result), numbers(4).map(() => Either.left(throttling)))
    }))

  it.effect("waits for an open circuit", () =>
    Effect.gen(function*() {
      const open = new SageMakerError.CircuitOpenError({ endpoint: "scores", retryAfterMillis: 5_000 })
      const { model } = yield* scriptedModel((rows, request) =>
        request === 0 ? Effect.fail(open) : respondWithResults(rows)
      )
      const fiber = yield* Effect.fork(collect(Batch.run(model, numbers(4), { batcher: Batch.lists() })))
      yield* TestClock.adjust("4999 millis")
      assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Fiber.join(fiber), expected(4))
    }))
})

describe("a function of the options that throws", () => {
  const thrown = (): never => {
    throw new Error("secret row")
  }

  it.effect.each([{ stopOn: thrown }, { onProgress: thrown }])(
    "ends the batch with InvalidInputError: %o",
    (options) =>
      Effect.gen(function*() {
        const { model } = yield* scriptedModel(() => Effect.fail(containerFailure))
        const error = yield* Effect.flip(collect(Batch.run(model, numbers(3), { batcher: Batch.lists(), ...options })))
        assert.instanceOf(error, SageMakerError.InvalidInputError)
        assert.notInclude(error.message, "secret")
      })
  )
})

describe("progress", () => {
  it.effect("counts rows, requests and failures", () =>
    Effect.gen(function*() {
      const { model } = yield* scriptedModel((rows) =>
        rows.includes(3) ? Effect.fail(containerFailure) : respondWithResults(rows)
      )
      const seen = yield* Ref.make<ReadonlyArray<Batch.BatchProgress>>([])
      yield* Stream.runDrain(Batch.run(model, numbers(8), {
        batcher: Batch.lists(),
        maxRows: 4,
        concurrency: 1,
        onProgress: (progress) => Ref.update(seen, (all) => [...all, progress])
      }))
      assert.deepStrictEqual(yield* seen, [
        { rows: 4, failed: 1, requests: 4, divided: 3, throttles: 0, concurrency: 1, elapsed: 0 },
        { rows: 8, failed: 1, requests: 5, divided: 3, throttles: 0, concurrency: 1, elapsed: 0 }
      ])
    }))
})

describe("the rows of an iterable", () => {
  const counted = () => {
    const state = { read: 0, isClosed: false }
    const rows = function*() {
      try {
        while (true) {
          yield state.read
          state.read += 1
        }
      } finally {
        state.isClosed = true
      }
    }
    return { state, rows: rows() }
  }

  it.effect("are read when a request can start", () =>
    Effect.gen(function*() {
      const { rows, state } = counted()
      const { model } = yield* scriptedModel(() => Effect.never)
      const batch = Batch.run(model, rows, { batcher: Batch.lists(), maxRows: 5, concurrency: 3 })
      yield* Effect.fork(Stream.runDrain(batch))
      yield* TestClock.adjust("1 second")
      assert.isAtMost(state.read, 15)
    }))

  it.effect("are closed when the batch ends early", () =>
    Effect.gen(function*() {
      const { rows, state } = counted()
      const { model } = yield* scriptedModel()
      const batch = Batch.run(model, rows, { batcher: Batch.lists(), maxRows: 2 })
      assert.lengthOf(yield* collect(Stream.take(batch, 3)), 3)
      assert.isTrue(state.isClosed)
    }))
})

describe("rows that cannot be read", () => {
  it.effect("fail the stream after the rows before them", () =>
    Effect.gen(function*() {
      const { model } = yield* scriptedModel()
      const rows = function*() {
        yield* [0, 1, 2]
        throw new Error(thrownText)
      }
      const seen = yield* Ref.make(0)
      const error = yield* Batch.run(model, rows(), { batcher: Batch.lists(), maxRows: 2 }).pipe(
        Stream.runForEach(() => Ref.update(seen, (count) => count + 1)),
        Effect.flip
      )
      assert.strictEqual(error._tag === "InvalidInputError" && error.field, "rows")
      assert.strictEqual(yield* seen, 3)
    }))
})

describe("invalid options", () => {
  const invalid = [
    [{ maxRows: 0 }, "maxRows"],
    [{ maxBytes: -1 }, "maxBytes"],
    [{ concurrency: 0 }, "concurrency"],
    [{ concurrency: "4" }, "concurrency"],
    [{ concurrency: { max: 1.5 } }, "concurrency.max"],
    [{ concurrency: { max: 2, start: 3 } }, "concurrency.start"],
    [{ maxPending: Number.NaN }, "maxPending"],
    [{ throttleRetries: -1 }, "throttleRetries"],
    [{ ordered: "yes" }, "ordered"],
    [{ stopOn: true }, "stopOn"],
    [{ onProgress: 1 }, "onProgress"],
    [{ batcher: { join: 1 } }, "batcher"],
    [{ batcher: undefined, maxRows: 2 }, "maxRows"],
    [{ batcher: undefined, maxBytes: 2 }, "maxBytes"]
  ] as const

  it.effect("fail the stream, before a request", () =>
    Effect.forEach(invalid, ([options, field]) =>
      Effect.gen(function*() {
        const { model, requests } = yield* scriptedModel()
        const batch = Batch.run(model, numbers(4), { batcher: Batch.lists(), ...options } as never)
        const error = yield* Effect.flip(
          Stream.runDrain(batch as Stream.Stream<unknown, SageMakerError.InvalidInputError>)
        )
        assert.strictEqual(error._tag, "InvalidInputError")
        assert.strictEqual(error.field, field)
        assert.deepStrictEqual(yield* requests, [])
      })))

  it.effect("fail without a defect, whatever they are", () =>
    Effect.forEach(hostileValues, ([, make]) =>
      Effect.forEach(
        [
          () => Batch.run(make() as never, numbers(2)),
          () => Batch.run(model0, make() as never, {}),
          () => Batch.run(model0, {})(make() as never),
          () => Batch.run(model0, numbers(2) as never, make() as never),
          () => Batch.run(model0, numbers(2), { batcher: make() } as never)
        ],
        (batch) =>
          Effect.map(
            Effect.exit(Stream.runDrain(Stream.take(Stream.suspend<unknown, unknown, never>(batch as never), 3))),
            (exit) => {
              if (Exit.isFailure(exit)) {
                assert.notStrictEqual(exit.cause._tag, "Die", String(exit.cause))
                assert.notInclude(String(exit.cause), thrownText)
              }
            }
          )
      )))
})

const model0 = Effect.runSync(scriptedModel(() => Effect.fail(containerFailure))).model

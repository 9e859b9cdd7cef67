import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Either, FastCheck, Fiber, Schema, Stream, TestClock } from "effect"
import { Batch, Codec, ModelEndpoint, SageMakerError } from "effect-sagemaker-runtime"
import { refusal, type Reply, scriptedRuntime } from "./support/scriptedHttpClient.ts"
import {
  containerFailure,
  failFor,
  rejection,
  type Respond,
  respondWithResults,
  resultOf,
  scriptedModel
} from "./support/scriptedModel.ts"

const numbers = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, index) => index)

const runGroup = (respond: Respond, count: number) =>
  Effect.gen(function*() {
    const { model, requests } = yield* scriptedModel(respond)
    const results = yield* Stream.runCollect(
      Batch.run(model, numbers(count), { batcher: Batch.lists(), maxRows: count })
    )
    return { results: Chunk.toReadonlyArray(results).map(({ result }) => result), requests: yield* requests }
  })

const expected = (count: number, bad: ReadonlyArray<number>, error: SageMakerError.SageMakerError = rejection) =>
  numbers(count).map((row) => bad.includes(row) ? Either.left(error) : Either.right(resultOf(row)))

describe("a row that the model rejects in every request", () => {
  it.effect("is found with at most log2(n) requests, and the other rows share one request", () =>
    Effect.forEach(
      [2, 3, 7, 8, 33, 64, 100],
      (count) =>
        Effect.forEach(numbers(count), (bad) =>
          Effect.gen(function*() {
            const { requests, results } = yield* runGroup(failFor([bad]), count)
            assert.deepStrictEqual(results, expected(count, [bad]))
            assert.isAtMost(requests.length - 1, Math.ceil(Math.log2(count)) + 1, `row ${bad} of ${count}`)
          }))
    ))

  it.effect("is confirmed by a request of its own after a failure in the container", () =>
    Effect.forEach(numbers(16), (bad) =>
      Effect.gen(function*() {
        const { requests, results } = yield* runGroup(failFor([bad], containerFailure), 16)
        assert.deepStrictEqual(results, expected(16, [bad], containerFailure))
        assert.isTrue(requests.some((rows) => rows.length === 1 && rows[0] === bad))
        assert.isAtMost(requests.length - 1, 4 + 2)
      })))

  it.effect("fails alone if there are several, whichever they are", () =>
    Effect.promise(() =>
      FastCheck.assert(FastCheck.asyncProperty(
        FastCheck.integer({ min: 1, max: 60 }).chain((count) =>
          FastCheck.tuple(FastCheck.constant(count), FastCheck.uniqueArray(FastCheck.nat(count - 1)))
        ),
        FastCheck.constantFrom(rejection, containerFailure),
        async ([count, bad], error) => {
          const { requests, results } = await Effect.runPromise(runGroup(failFor(bad, error), count))
          assert.deepStrictEqual(results, expected(count, bad, error))
          const perRow = 2 * Math.ceil(Math.log2(count)) + (error === rejection ? 2 : 3)
          const most = 2 * count + Math.log2(count) + 2 + (error === rejection ? 0 : bad.length)
          assert.isAtMost(requests.length - 1, Math.min(bad.length * perRow, most))
        }
      ))
    ))
})

describe("a model that rejects requests with too many rows", () => {
  it.effect("fails no row but the invalid ones", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(
          FastCheck.integer({ min: 1, max: 60 }).chain((count) =>
            FastCheck.tuple(
              FastCheck.constant(count),
              FastCheck.uniqueArray(FastCheck.nat(count - 1), { maxLength: 3 })
            )
          ),
          FastCheck.integer({ min: 1, max: 60 }),
          async ([count, bad], limit) => {
            const fail = failFor(bad)
            const { results } = await Effect.runPromise(
              runGroup(
                (rows, request) => rows.length > limit ? Effect.fail(rejection) : fail(rows, request, 1),
                count
              )
            )
            assert.deepStrictEqual(results, expected(count, bad))
          }
        ),
        { numRuns: 200 }
      )
    ))
})

describe("a temporary failure", () => {
  it.effect("inside the container fails no row", () =>
    Effect.gen(function*() {
      const { results } = yield* runGroup(
        (rows, request) => request === 0 ? Effect.fail(containerFailure) : respondWithResults(rows),
        8
      )
      assert.deepStrictEqual(results, expected(8, []))
    }))

  it.effect("inside the container fails no other row while a batch searches for invalid rows", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(
          FastCheck.integer({ min: 2, max: 40 }).chain((count) =>
            FastCheck.tuple(
              FastCheck.constant(count),
              FastCheck.uniqueArray(FastCheck.nat(count - 1), { maxLength: 3 })
            )
          ),
          FastCheck.nat(20),
          async ([count, bad], passing) => {
            const fail = failFor(bad)
            const { results } = await Effect.runPromise(
              runGroup(
                (rows, request) => request === passing ? Effect.fail(containerFailure) : fail(rows, request, 1),
                count
              )
            )
            assert.deepStrictEqual(results, expected(count, bad))
          }
        ),
        { numRuns: 200 }
      )
    ))

  it.effect("of the connection fails the rows of one request only", () =>
    Effect.gen(function*() {
      const reset = new SageMakerError.TransportError({ message: "reset", reason: "reset", requestSent: true })
      const { results } = yield* runGroup(
        (rows, request) => request === 1 ? Effect.fail(reset) : failFor([6])(rows, request, 1),
        8
      )
      assert.deepStrictEqual(results, [
        ...numbers(4).map(() => Either.left(reset)),
        ...expected(8, [6]).slice(4)
      ])
    }))
})

describe("requests that are too large", () => {
  it.effect("are halved until they are small enough", () =>
    Effect.forEach([1, 2, 3, 5, 8], (limit) =>
      Effect.gen(function*() {
        const tooLarge = new SageMakerError.PayloadTooLargeError({})
        const { requests, results } = yield* runGroup(
          (rows) => rows.length > limit ? Effect.fail(tooLarge) : respondWithResults(rows),
          37
        )
        assert.deepStrictEqual(results, expected(37, []))
        assert.isAtMost(requests.length, 2 * 37)
      })))

  it.effect("fail a row that no request can contain", () =>
    Effect.gen(function*() {
      const tooLarge = new SageMakerError.PayloadTooLargeError({})
      const { results } = yield* runGroup(
        (rows) => rows.includes(3) || rows.length > 2 ? Effect.fail(tooLarge) : respondWithResults(rows),
        8
      )
      assert.deepStrictEqual(results, expected(8, [3], tooLarge))
    }))
})

const Row = Schema.Struct({ value: Schema.Number.pipe(Schema.greaterThanOrEqualTo(0)) })

const model = ModelEndpoint.make("scores", {
  request: Codec.jsonLines(Row),
  response: Codec.jsonLines(Schema.Number)
})

const rowsOf = (body: Uint8Array): ReadonlyArray<number> =>
  new TextDecoder().decode(body).split("\n").map((line) => (JSON.parse(line) as { value: number }).value)

const results = (values: ReadonlyArray<number | string>): Reply => ({
  status: 200,
  headers: { "content-type": "application/jsonlines" },
  body: values.join("\n")
})

/** A server that responds to the rows of a request. */
const server = (respond: (rows: ReadonlyArray<number>) => Reply) =>
  scriptedRuntime(({ body }) => respond(rowsOf((body as unknown as { readonly body: Uint8Array }).body)))

const runWith = (
  respond: (rows: ReadonlyArray<number>) => Reply,
  rows: ReadonlyArray<typeof Row.Type>
) =>
  Effect.gen(function*() {
    const { attempts, layer } = yield* server(respond)
    const collected = yield* Batch.run(model, rows, { batcher: Batch.lists() }).pipe(
      Stream.runCollect,
      Effect.provide(layer)
    )
    const outcomes = Chunk.toReadonlyArray(collected).map(({ result }) =>
      Either.match(result, { onLeft: ({ _tag }) => _tag, onRight: (value) => value })
    )
    return { outcomes, attempts: yield* attempts }
  })

const values = (...numbers: ReadonlyArray<number>) => numbers.map((value) => ({ value }))

describe("over HTTP", () => {
  const statuses = [
    [424, "ModelError", { OriginalStatusCode: 400 }, "ModelError"],
    [424, "ModelError", { OriginalStatusCode: 500 }, "ModelError"],
    [424, "ModelError", { OriginalStatusCode: 0 }, "ModelError"],
    [400, "ValidationError", {}, "ValidationError"],
    [422, "Unprocessable", {}, "UnknownServiceError"],
    [413, "", {}, "PayloadTooLargeError"]
  ] as const

  it.effect("a row is found by each status that it can cause", () =>
    Effect.forEach(statuses, ([status, code, body, tag]) =>
      Effect.gen(function*() {
        const { outcomes } = yield* runWith(
          (rows) => rows.includes(2) ? refusal(status, code, body) : results(rows),
          values(0, 1, 2, 3)
        )
        assert.deepStrictEqual(outcomes, [0, 1, tag, 3])
      })))

  it.effect("an error of the account or of the endpoint fails the stream", () =>
    Effect.forEach(
      [
        refusal(403, "AccessDeniedException"),
        refusal(400, "ValidationError", { Message: "Endpoint scores of account 123456789012 not found." })
      ],
      (reply) =>
        Effect.forEach([true, false], (ordered) =>
          Effect.gen(function*() {
            const { attempts, layer } = yield* server(() => reply)
            const options = { batcher: Batch.lists<typeof Row.Type, number>(), maxRows: 1, concurrency: 1, ordered }
            const batch = Batch.run(model, values(0, 1, 2, 3), options)
            const error = yield* Stream.runDrain(batch).pipe(Effect.provide(layer), Effect.flip)
            assert.isTrue(Batch.isBatchError(error), error._tag)
            assert.strictEqual(yield* attempts, 1)
          }))
    ))

  it.effect("a throttled attempt reduces the concurrency, although the retry policy retries it", () =>
    Effect.gen(function*() {
      let sent = 0
      const { layer } = yield* server((rows) => {
        sent += 1
        return sent === 9 ? refusal(429, "ThrottlingException") : results(rows)
      })
      const limits: Array<number> = []
      const fiber = yield* Batch.run(model, Array.from({ length: 40 }, (_, value) => ({ value })), {
        batcher: Batch.lists(),
        maxRows: 1,
        concurrency: { max: 8, start: 8 },
        onProgress: ({ concurrency, throttles }) =>
          Effect.sync(() => {
            assert.strictEqual(throttles, 0)
            limits.push(concurrency)
          })
      }).pipe(Stream.runDrain, Effect.provide(layer), Effect.fork)
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.strictEqual(Math.min(...limits), 4)
      assert.strictEqual(limits.length, 40)
    }))

  it.effect("a row that cannot be encoded costs no request", () =>
    Effect.gen(function*() {
      const { attempts, outcomes } = yield* runWith(results, values(0, 1, 2, -3, 4, 5, 6, 7))
      assert.deepStrictEqual(outcomes, [0, 1, 2, "CodecError", 4, 5, 6, 7])
      assert.isAtMost(attempts, 3)
    }))

  it.effect("a row without a result is found, and so is one that gives two", () =>
    Effect.gen(function*() {
      const missing = yield* runWith((rows) => results(rows.filter((row) => row !== 1)), values(0, 1, 2, 3))
      assert.deepStrictEqual(missing.outcomes, [0, "CodecError", 2, 3])
      const twice = yield* runWith(
        (rows) => results(rows.flatMap((row) => row === 1 ? [1, 1] : row)),
        values(0, 1, 2, 3)
      )
      assert.deepStrictEqual(twice.outcomes, [0, "CodecError", 2, 3])
    }))

  it.effect("a row whose result cannot be decoded is found", () =>
    Effect.gen(function*() {
      const { outcomes } = yield* runWith(
        (rows) => results(rows.map((row) => row === 1 ? "\"NaN\"" : row)),
        values(0, 1, 2, 3)
      )
      assert.deepStrictEqual(outcomes, [0, "CodecError", 2, 3])
    }))
})

describe("a custom batcher", () => {
  const collect = (batcher: Batch.Batcher<number, string, ReadonlyArray<number>, ReadonlyArray<string>>) =>
    Effect.gen(function*() {
      const { model, requests } = yield* scriptedModel()
      const collected = yield* Stream.runCollect(Batch.run(model, numbers(4), { batcher }))
      return { results: Chunk.toReadonlyArray(collected).map(({ result }) => result), requests: yield* requests }
    })

  const fail = (text: string) => () => {
    throw new Error(text)
  }

  it.effect("that throws fails the rows with CodecError, without its text", () =>
    Effect.gen(function*() {
      const { requests, results } = yield* collect({ join: fail("secret"), split: (values) => values })
      assert.deepStrictEqual(requests, [])
      const split = yield* collect({ join: (rows) => rows, split: fail("secret") })
      for (const result of [...results, ...split.results]) {
        const error = Either.getOrThrow(Either.flip(result))
        assert.strictEqual(error._tag, "CodecError")
        assert.notInclude(JSON.stringify(error), "secret")
      }
    }))

  it.effect("that throws for one row fails that row", () =>
    Effect.gen(function*() {
      const { results } = yield* collect({
        join: (rows) => (rows.includes(2) ? fail("2")() : rows),
        split: (values) => values
      })
      assert.deepStrictEqual(results.map(Either.isRight), [true, true, false, true])
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Either, Fiber, Layer, Stream, TestClock } from "effect"
import { Batch } from "effect-sagemaker-runtime"
import { failureOf, outputOf, scorer, within, withoutFibersLeft } from "./support/asyncJobs.ts"
import { type Responder, scriptedRuntime } from "./support/scriptedHttpClient.ts"
import { type ScriptedObjectStore, scriptedObjectStore } from "./support/scriptedObjectStore.ts"

const rowsOf = (count: number) => Array.from({ length: count }, (_, index) => ({ text: `row ${index}` }))

/** Writes what a request results in: an output, a failure or nothing. */
type Write = (store: ScriptedObjectStore, id: number) => Effect.Effect<void>

const writeOutput: Write = (store, id) => store.set(outputOf(id), JSON.stringify({ score: id }))

/** A client and a store. The result of each request is there after 10 seconds. */
const service = (write: Write = writeOutput) =>
  Effect.gen(function*() {
    const store = yield* scriptedObjectStore
    let sent = 0
    const accept: Responder = () => {
      const id = sent
      sent += 1
      const headers = {
        "x-amzn-sagemaker-outputlocation": outputOf(id),
        "x-amzn-sagemaker-failurelocation": failureOf(id)
      }
      const response = new Response(JSON.stringify({ InferenceId: `inference-${id}` }), { status: 202, headers })
      return Effect.as(Effect.forkDaemon(Effect.delay(write(store, id), "10 seconds")), response)
    }
    const { layer } = yield* scriptedRuntime(accept)
    return { store, layer: Layer.merge(layer, store.layer) }
  })

const scores = (count: number, options?: Batch.AsynchronousOptions, concurrency = count) =>
  Batch.run(Batch.asynchronous(scorer, options), rowsOf(count), { concurrency })

const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(stream), (results) => Chunk.toReadonlyArray(results))

describe("The requests of Batch.asynchronous", () => {
  it.effect("share the polls of the store", () =>
    Effect.gen(function*() {
      const { layer, store } = yield* service()
      const results = yield* collect(scores(200)).pipe(Effect.provide(layer), within("30 seconds"), withoutFibersLeft)
      assert.deepStrictEqual(
        results.map(({ result }) => result),
        results.map(({ index }) => Either.right({ score: index }))
      )
      assert.isAtMost(yield* store.count("list"), 2 * 10)
      assert.isAtMost((yield* store.reading).maxOpen, 8)
    }))

  it.effect("are polled at the interval", () =>
    Effect.gen(function*() {
      const { layer, store } = yield* service()
      yield* collect(scores(2, { pollInterval: "1 minute" })).pipe(Effect.provide(layer), within("2 minutes"))
      assert.isAtMost((yield* store.times).length, 3)
    }))

  it.effect("fail alone", () =>
    Effect.gen(function*() {
      const { layer } = yield* service((store, id) =>
        id === 1 ? store.set(failureOf(id), "out of memory") : writeOutput(store, id)
      )
      const results = yield* collect(scores(3)).pipe(Effect.provide(layer), within("30 seconds"))
      assert.deepStrictEqual(
        results.map(({ result }) => Either.isRight(result) ? result.right.score : result.left._tag),
        [0, "AsyncInferenceFailedError", 2]
      )
    }))

  it.effect("time out alone", () =>
    Effect.gen(function*() {
      const { layer } = yield* service((store, id) => id === 1 ? Effect.void : writeOutput(store, id))
      const results = yield* collect(scores(3, { timeout: "5 minutes" })).pipe(
        Effect.provide(layer),
        within("10 minutes")
      )
      assert.deepStrictEqual(
        results.map(({ result }) => Either.isRight(result) ? result.right.score : result.left._tag),
        [0, "AsyncInferenceTimeoutError", 2]
      )
    }))

  it.effect("fail together if the store is unavailable, and later requests are polled again", () =>
    Effect.gen(function*() {
      const { layer, store } = yield* service()
      yield* store.fault({ fail: "unavailable" }, { operation: "list", location: "s3://results/out/", times: 5 })
      const results = yield* collect(scores(8, {}, 4)).pipe(Effect.provide(layer), within("10 minutes"))
      assert.deepStrictEqual(
        results.map(({ result }) => Either.isRight(result) ? result.right.score : result.left._tag),
        ["ObjectStoreError", "ObjectStoreError", "ObjectStoreError", "ObjectStoreError", 4, 5, 6, 7]
      )
    }))

  it.effect("end the batch if access to the store is denied", () =>
    Effect.gen(function*() {
      const { layer, store } = yield* service()
      yield* store.fault({ fail: "access-denied", status: 403 }, { operation: "list" })
      const error = yield* collect(scores(8)).pipe(Effect.flip, Effect.provide(layer), within("1 minute"))
      assert.strictEqual(error._tag, "ObjectStoreError")
    }))

  it.effect("are not polled after the batch was interrupted", () =>
    Effect.gen(function*() {
      const { layer, store } = yield* service(() => Effect.void)
      const fiber = yield* Effect.fork(Effect.provide(collect(scores(8)), layer))
      yield* TestClock.adjust("30 seconds")
      assert.isAbove(yield* store.count(), 0)
      yield* Fiber.interrupt(fiber)
      const polls = yield* store.count()
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(yield* store.count(), polls)
    }))

  it.effect("need valid options", () =>
    Effect.gen(function*() {
      const { layer } = yield* service()
      for (const options of [{ pollInterval: 0 }, { pollInterval: "soon" }, { timeout: -1 }, 7]) {
        const [result] = yield* Effect.provide(collect(scores(1, options as never)), layer)
        assert.strictEqual(Either.isLeft(result!.result) && result!.result.left._tag, "InvalidInputError")
      }
    }))
})

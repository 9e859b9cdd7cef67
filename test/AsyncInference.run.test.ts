import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Schedule, Stream, TestClock } from "effect"
import { AsyncInference, Container, ModelEndpoint } from "effect-sagemaker-runtime"
import { accepted, failureOf, outputOf, scorer, within, withoutFibersLeft } from "./support/asyncJobs.ts"
import { refusal, scriptedRuntime } from "./support/scriptedHttpClient.ts"
import { scriptedObjectStore } from "./support/scriptedObjectStore.ts"

const everySecond = { schedule: Schedule.spaced("1 second") }
const chatRequest = { messages: [{ role: "user", content: "Why?" }] } as const
const completion = {
  id: "1",
  object: "chat.completion",
  created: 1,
  model: "llama",
  choices: [{ index: 0, message: { role: "assistant", content: "Because." }, finish_reason: "stop" }]
}

const serving = Effect.gen(function*() {
  const server = yield* scriptedRuntime(accepted())
  const store = yield* scriptedObjectStore
  const run = <A, E, R>(effect: Effect.Effect<A, E, R>) => effect.pipe(Effect.provide([server.layer, store.layer]))
  return { server, store, run }
})

describe("AsyncInference.run", () => {
  it.effect("submits the value once and returns the result", () =>
    Effect.gen(function*() {
      const { run, server, store } = yield* serving
      yield* Effect.fork(Effect.delay(store.set(outputOf(1), `{"score":1}`), "20 seconds"))
      const result = yield* run(AsyncInference.run(scorer, { text: "a" })).pipe(withoutFibersLeft, within("1 hour"))
      assert.deepStrictEqual(result, { score: 1 })
      assert.strictEqual(yield* server.attempts, 1)
    }))

  it.effect("calls onSubmitted with the job before it waits, and onProgress after each poll", () =>
    Effect.gen(function*() {
      const { run, server, store } = yield* serving
      const events: Array<unknown> = []
      yield* Effect.fork(Effect.delay(store.set(outputOf(1), `{"score":1}`), "1500 millis"))
      yield* run(AsyncInference.run(scorer, { text: "a" }, {
        ...everySecond,
        onSubmitted: (job) =>
          Effect.map(store.count(), (requests) => events.push(["submitted", job.inferenceId, requests])),
        onProgress: ({ elapsed, polls }) => Effect.sync(() => events.push([polls, Duration.toMillis(elapsed)]))
      })).pipe(within("1 minute"))
      assert.deepStrictEqual(events, [["submitted", "inference-1", 0], [1, 0], [2, 1000]])
      assert.strictEqual(yield* server.attempts, 1)
    }))

  it.effect("sends the members of the operation only, not its own options", () =>
    Effect.gen(function*() {
      const { run, server, store } = yield* serving
      yield* store.set(outputOf(1), `{"score":1}`)
      yield* run(AsyncInference.run(scorer, { text: "a" }, {
        ...everySecond,
        Filename: "a.json",
        inputPrefix: "s3://inputs",
        timeout: "1 minute",
        maxOutputBytes: 100,
        onSubmitted: () => Effect.void,
        onProgress: () => Effect.void
      })).pipe(within("1 minute"))
      const [request] = yield* server.requests
      assert.include(request!.headers, { "x-amzn-sagemaker-filename": "a.json" })
    }))

  it.effect("fails with the error of the service without a request to the store", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(refusal(400, "ValidationError", { Message: "no" }))
      const store = yield* scriptedObjectStore
      const error = yield* AsyncInference.run(scorer, { text: "a" }).pipe(
        Effect.provide([server.layer, store.layer]),
        Effect.flip
      )
      assert.strictEqual(error._tag, "ValidationError")
      assert.strictEqual(yield* store.count(), 0)
    }))

  it.effect("fails with the failure, and with the job after its timeout", () =>
    Effect.gen(function*() {
      const { run, store } = yield* serving
      const timedOut = yield* run(AsyncInference.run(scorer, { text: "a" }, { timeout: "1 minute" })).pipe(
        Effect.flip,
        within("1 hour")
      )
      assert.strictEqual(timedOut._tag, "AsyncInferenceTimeoutError")
      yield* store.set(failureOf(1), "out of memory")
      const failed = yield* run(AsyncInference.run(scorer, { text: "a" })).pipe(Effect.flip, within("1 hour"))
      assert.strictEqual(failed._tag, "AsyncInferenceFailedError")
    }))

  it.effect("rejects options of the wait before it submits", () =>
    Effect.gen(function*() {
      const { run, server } = yield* serving
      for (
        const [field, value] of [["timeout", -1], ["maxOutputBytes", Number.NaN], ["schedule", 5], [
          "onSubmitted",
          5
        ]] as const
      ) {
        const error = yield* run(AsyncInference.run(scorer, { text: "a" }, { [field]: value })).pipe(
          Effect.flip
        )
        assert.include(error, { _tag: "InvalidInputError", field })
      }
      assert.strictEqual(yield* server.attempts, 0)
    }))

  it.effect("stops polling when it is interrupted, and the job stays usable", () =>
    Effect.gen(function*() {
      const { run, store } = yield* serving
      const submitted = yield* Deferred.make<AsyncInference.Job>()
      const fiber = yield* run(
        AsyncInference.run(scorer, { text: "a" }, { onSubmitted: (job) => Deferred.succeed(submitted, job) })
      ).pipe(Effect.fork)
      yield* TestClock.adjust("1 minute")
      yield* Fiber.interrupt(fiber)
      const requests = yield* store.count()
      assert.isAtLeast(requests, 4)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* store.count(), requests)
      yield* store.set(outputOf(1), `{"score":1}`)
      const job = yield* Deferred.await(submitted)
      assert.deepStrictEqual(yield* run(AsyncInference.result(scorer, job)), { score: 1 })
    }))
})

describe("AsyncInference.run works with", () => {
  it.effect("a chat model", () =>
    Effect.gen(function*() {
      const { run, store } = yield* serving
      yield* store.set(outputOf(1), JSON.stringify(completion))
      const { choices } = yield* run(AsyncInference.run(ModelEndpoint.chat("llama"), chatRequest))
      assert.strictEqual(choices[0]?.message.content, "Because.")
    }))

  it.effect("the chat model of a container", () =>
    Effect.gen(function*() {
      const { run, store } = yield* serving
      yield* store.set(outputOf(1), JSON.stringify(completion))
      const { choices } = yield* run(AsyncInference.run(Container.vllm("llama").chat, chatRequest))
      assert.strictEqual(choices[0]?.message.content, "Because.")
    }))

  it.effect("an embedding model", () =>
    Effect.gen(function*() {
      const { run, store } = yield* serving
      yield* store.set(outputOf(1), `{"data":[{"index":0,"embedding":[1,2]}]}`)
      const result = yield* run(AsyncInference.run(ModelEndpoint.embeddings("bge"), { input: ["a"] }))
      assert.deepInclude(result as object, { data: [{ index: 0, embedding: [1, 2] }] })
    }))
})

describe("AsyncInference.resultStream", () => {
  const read = (stream: Stream.Stream<Uint8Array, unknown>) => Stream.mkString(Stream.decodeText(stream))

  it.effect("waits for the output and streams it", () =>
    Effect.gen(function*() {
      const { run, store } = yield* serving
      const job = yield* run(AsyncInference.submit(scorer, { text: "a" }))
      yield* Effect.fork(Effect.delay(store.set(outputOf(1), "a,b"), "20 seconds"))
      const text = yield* read(AsyncInference.resultStream(job).pipe(Stream.provideSomeLayer(store.layer))).pipe(
        withoutFibersLeft,
        within("1 hour")
      )
      assert.strictEqual(text, "a,b")
    }))

  it.effect("fails with the failure, at the deadline, and if the body is cut", () =>
    Effect.gen(function*() {
      const { run, store } = yield* serving
      const job = yield* run(AsyncInference.submit(scorer, { text: "a" }))
      const failing = (options?: Parameters<typeof AsyncInference.resultStream<never>>[1]) =>
        Stream.runDrain(AsyncInference.resultStream(job, options)).pipe(
          Effect.provide(store.layer),
          Effect.flip,
          within("1 hour")
        )
      assert.strictEqual((yield* failing({ timeout: "1 minute" }))._tag, "AsyncInferenceTimeoutError")
      yield* store.set(failureOf(1), "no")
      assert.strictEqual((yield* failing())._tag, "AsyncInferenceFailedError")
      yield* store.set(outputOf(1), "abcdef")
      yield* store.fault({ cutAfter: 3 }, { operation: "get" })
      assert.include(yield* failing(), { _tag: "ObjectStoreError", reason: "unavailable" })
    }))

  it.effect("closes the download when it is left", () =>
    Effect.gen(function*() {
      const { run, store } = yield* serving
      const job = yield* run(AsyncInference.submit(scorer, { text: "a" }))
      yield* store.set(outputOf(1), "abcdef")
      yield* store.fault({ stallAfter: 3 }, { operation: "get" })
      yield* AsyncInference.resultStream(job).pipe(
        Stream.take(1),
        Stream.runDrain,
        Effect.provide(store.layer),
        withoutFibersLeft,
        within("1 second")
      )
      assert.strictEqual((yield* store.reading).open, 0)
    }))
})

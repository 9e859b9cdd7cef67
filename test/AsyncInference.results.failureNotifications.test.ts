import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Either, Schema, Stream } from "effect"
import { AsyncInference, Codec, ModelEndpoint, ObjectStore } from "effect-sagemaker-runtime"
import { advanceClock } from "./support/call.ts"

const model = ModelEndpoint.make("any", { request: Codec.text, response: Codec.json(Schema.Number) })

const makeJob = (endpoint: string, output: string) =>
  new AsyncInference.Job({
    endpoint,
    inferenceId: "order-1",
    outputLocation: `s3://example-bucket/${output}.out`,
    submittedAt: DateTime.unsafeMake(0),
    expiresAt: DateTime.unsafeMake(3_600_000)
  })

/** Publishes a failure of the first job. Later, the second job has an output. */
const failsFirst = (
  failure: AsyncInference.CompletionStatus,
  second: AsyncInference.Job
): Stream.Stream<AsyncInference.CompletionStatus, never, ObjectStore.ObjectStore> =>
  Stream.concat(
    Stream.make(failure),
    Stream.fromEffect(Effect.gen(function*() {
      yield* Effect.sleep("50 millis")
      const store = yield* ObjectStore.ObjectStore
      yield* Effect.orDie(store.put(second.outputLocation, new TextEncoder().encode("2")))
      const { endpoint, inferenceId, outputLocation } = second
      return { status: "Completed" as const, endpoint, inferenceId, outputLocation }
    }))
  ).pipe(Stream.concat(Stream.never))

const outcome = <B>({ job, result }: AsyncInference.JobResult<B>) => [
  job.outputLocation,
  Either.match(result, { onLeft: ({ _tag }) => _tag, onRight: (value) => value })
]

describe("A notification of a failure", () => {
  const failure = { status: "Failed", inferenceId: "order-1", failureReason: "out of memory" } as const

  it.effect.each([["before the jobs", "10 millis"], ["after the jobs", "0 millis"]] as const)(
    "does not fail a job with the same ID of another endpoint: %s",
    ([, delay]) =>
      Effect.gen(function*() {
        const [first, second] = [makeJob("blue", "1"), makeJob("green", "2")]
        const jobs = Stream.make(second, first).pipe(Stream.tap(() => Effect.sleep(delay)))
        const completions = failsFirst({ ...failure, endpoint: "blue" }, second)
        const results = yield* Stream.runCollect(
          AsyncInference.results(model, jobs, { completions, timeout: "2 seconds" })
        ).pipe(advanceClock("2 seconds"))
        assert.deepStrictEqual([...results].map(outcome), [
          [first.outputLocation, "AsyncInferenceFailedError"],
          [second.outputLocation, 2]
        ])
      }).pipe(Effect.provide(ObjectStore.layerMemory))
  )

  it.effect("does not fail several requests with the same ID of one endpoint", () =>
    Effect.gen(function*() {
      const [first, second] = [makeJob("blue", "1"), makeJob("blue", "2")]
      const completions = failsFirst({ ...failure, endpoint: "blue" }, second)
      const results = AsyncInference.results(model, [first, second], { completions, timeout: "1 second" })
      assert.deepStrictEqual([...yield* Stream.runCollect(results).pipe(advanceClock("2 seconds"))].map(outcome), [
        [second.outputLocation, 2],
        [first.outputLocation, "AsyncInferenceTimeoutError"]
      ])
    }).pipe(Effect.provide(ObjectStore.layerMemory)))

  it.effect("fails its job, also if it has no endpoint", () =>
    Effect.gen(function*() {
      const job = makeJob("blue", "1")
      const results = AsyncInference.results(model, [job, job], { completions: Stream.make(failure) })
      assert.deepStrictEqual([...yield* Stream.runCollect(results)].map(outcome), [
        [job.outputLocation, "AsyncInferenceFailedError"],
        [job.outputLocation, "AsyncInferenceFailedError"]
      ])
    }).pipe(Effect.provide(ObjectStore.layerMemory)))
})

import { assert } from "@effect/vitest"
import { DateTime, Duration, Effect, Fiber, Option, Schema, Supervisor, TestClock } from "effect"
import { AsyncInference, Codec, ModelEndpoint } from "effect-sagemaker-runtime"
import type { Reply } from "./scriptedHttpClient.ts"

/** A model whose responses are JSON. */
export const scorer = ModelEndpoint.make("scorer", {
  request: Codec.json(Schema.Struct({ text: Schema.String })),
  response: Codec.json(Schema.Struct({ score: Schema.Number }))
})

/** The output of a job. */
export const outputOf = (id: number | string) => `s3://results/out/${id}.out`
/** The failure object of a job. */
export const failureOf = (id: number | string) => `s3://results/failed/${id}-error.out`

/** A job that was submitted at the start of the test and expires after 6 hours and 15 minutes. */
export const jobOf = (
  id: number | string,
  members: Partial<ConstructorParameters<typeof AsyncInference.Job>[0]> = {}
) =>
  new AsyncInference.Job({
    endpoint: "scorer",
    inferenceId: `inference-${id}`,
    outputLocation: outputOf(id),
    failureLocation: failureOf(id),
    submittedAt: DateTime.unsafeMake(0),
    expiresAt: DateTime.unsafeMake(22_500_000),
    ...members
  })

/** The response of the service to a submitted request. */
export const accepted = (
  headers: Record<string, string> = {
    "x-amzn-sagemaker-outputlocation": outputOf(1),
    "x-amzn-sagemaker-failurelocation": failureOf(1)
  },
  body = `{"InferenceId":"inference-1"}`
): Reply => ({ status: 202, headers, body })

/** Runs an effect while the TestClock advances by a duration. Fails if the effect does not end. */
export const within = (duration: Duration.DurationInput) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust(duration)
    if (Option.isNone(yield* Fiber.poll(fiber))) {
      yield* Fiber.interruptFork(fiber)
      assert.fail(`the effect did not end within ${Duration.toMillis(duration)} ms`)
    }
    return yield* Fiber.join(fiber)
  })

/** Runs an effect and asserts that no fiber that it started is left. */
export const withoutFibersLeft = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const supervisor = yield* Supervisor.track
    const exit = yield* Effect.exit(Effect.supervised(effect, supervisor))
    yield* Effect.yieldNow({ priority: 1 })
    const fibers = yield* supervisor.value
    const running = yield* Effect.filter(fibers, (fiber) => Effect.map(Fiber.poll(fiber), Option.isNone))
    assert.lengthOf(running, 0, "fibers that are left")
    return yield* exit
  })

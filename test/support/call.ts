import { type Duration, Effect, Fiber, Random, TestClock } from "effect"
import { type InvokeEndpoint, invokeEndpoint } from "effect-sagemaker-runtime"

export const input: InvokeEndpoint.InvokeEndpointInput = {
  EndpointName: "anomaly-v2",
  ContentType: "text/plain",
  Body: "reading"
}

/** The default call of the tests. */
export const call = invokeEndpoint(input)

/** Runs an effect and advances the TestClock by a duration. */
export const advanceClock = (duration: Duration.DurationInput) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust(duration)
    return yield* Fiber.join(fiber)
  })

/** Runs an effect with a fixed random number: 0 gives delays of zero, 1 the longest delays. */
export const withFixedRandom = (value: number) => Effect.withRandom(Random.fixed([value]))

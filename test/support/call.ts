import { type Duration, Effect, Fiber, Random, TestClock } from "effect"
import { type InvokeEndpoint, invokeEndpoint } from "effect-sagemaker-runtime"

export const input: InvokeEndpoint.InvokeEndpointInput = {
  EndpointName: "anomaly-v2",
  ContentType: "text/plain",
  Body: "reading"
}

/** The call most tests make. */
export const call = invokeEndpoint(input)

/** Runs an effect while the test's clock moves on by a duration. */
export const advanceClock = (duration: Duration.DurationInput) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust(duration)
    return yield* Fiber.join(fiber)
  })

/** Runs an effect with chance fixed: 0 makes every delay 0, 1 its longest. */
export const withFixedRandom = (value: number) => Effect.withRandom(Random.fixed([value]))

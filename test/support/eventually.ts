import { Chunk, Duration, Effect, Fiber, Schedule, TestClock, TestServices } from "effect"

type Condition = Effect.Effect<boolean> | (() => boolean)

/** Waits in real time, with any clock, until a condition holds; fails if that takes longer than the limit. */
export const eventually = (condition: Condition, limit: Duration.DurationInput = "3 seconds") =>
  (Effect.isEffect(condition) ? condition : Effect.sync(condition)).pipe(
    Effect.repeat({ until: (holds) => holds, schedule: Schedule.spaced("5 millis") }),
    Effect.timeout(limit),
    TestServices.provideLive
  )

/** Waits in real time until an effect sleeps on the TestClock that wakes after this duration. */
export const eventuallySleeping = (duration: Duration.DurationInput) =>
  TestClock.testClockWith((clock) =>
    eventually(
      Effect.zipWith(
        clock.currentTimeMillis,
        clock.sleeps,
        (now, sleeps) => Chunk.contains(sleeps, now + Duration.toMillis(duration))
      )
    )
  )

/**
 * Runs an effect, and advances the TestClock to the end of each sleep while the effect is idle.
 *
 * `isIdle` is false while the effect waits for real asynchronous work, during which its timeouts must not pass.
 */
export const advanceWhileIdle = (isIdle: Condition) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  TestClock.testClockWith((clock) =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(effect)
      const idle = Effect.isEffect(isIdle) ? isIdle : Effect.sync(isIdle)
      const isDone = Effect.sync(() => fiber.unsafePoll() !== null)
      const isAsleep = Effect.zipWith(idle, clock.sleeps, (holds, sleeps) => holds && Chunk.isNonEmpty(sleeps))
      while (true) {
        yield* eventually(Effect.zipWith(isDone, isAsleep, (done, asleep) => done || asleep))
        if (yield* isDone) {
          return yield* Fiber.join(fiber)
        }
        yield* clock.setTime(Math.min(...yield* clock.sleeps))
      }
    })
  )

import { Chunk, Duration, Effect, Fiber, TestClock, TestServices } from "effect"

type Condition<E = never, R = never> = Effect.Effect<boolean, E, R> | (() => boolean)

const toEffect = <E, R>(condition: Condition<E, R>) => Effect.isEffect(condition) ? condition : Effect.sync(condition)

const pause = TestServices.provideLive(Effect.sleep("5 millis"))

/**
 * Waits in real time, also with the TestClock, until a condition holds. Fails if that takes longer than the limit.
 *
 * An effect as the condition runs on the clock of the test.
 */
export const eventually = <E = never, R = never>(
  condition: Condition<E, R>,
  limit: Duration.DurationInput = "3 seconds"
) =>
  Effect.iterate(false, {
    while: (holds) => !holds,
    body: () => Effect.filterOrElse(toEffect(condition), (holds) => holds, () => Effect.as(pause, false))
  }).pipe(TestServices.provideWithLive(Effect.timeout(limit)), Effect.asVoid)

/** Waits in real time until a number is positive and has not changed for 300 ms, and returns it. */
export const eventuallyStill = (read: () => number) =>
  Effect.suspend(() => {
    const before = read()
    return Effect.map(Effect.sleep("300 millis"), () => (before > 0 && read() === before ? before : 0))
  }).pipe(Effect.repeat({ until: (value) => value > 0 }), Effect.timeout("20 seconds"), TestServices.provideLive)

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
      const isDone = Effect.sync(() => fiber.unsafePoll() !== null)
      const isAsleep = Effect.zipWith(toEffect(isIdle), clock.sleeps, (holds, sleeps) =>
        holds && Chunk.isNonEmpty(sleeps))
      while (true) {
        yield* eventually(Effect.zipWith(isDone, isAsleep, (done, asleep) =>
          done || asleep))
        if (yield* isDone) {
          return yield* Fiber.join(fiber)
        }
        yield* clock.setTime(Math.min(...yield* clock.sleeps))
      }
    })
  )

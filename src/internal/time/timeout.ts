/** Timeouts of effects, also in uninterruptible regions. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { type Cancel, noop, timerOf } from "./timer.ts"

/** The options of `timeoutInFiber`. */
interface TimeoutOptions<A, E> {
  readonly millis: number
  readonly onTimeout: () => E
  /** Runs after the effect succeeded, with the fiber it ran in. */
  readonly onSuccess?: (fiber: Fiber.RuntimeFiber<unknown, unknown>, value: A) => Effect.Effect<A>
}

/**
 * Runs an effect in a new fiber, and fails after `millis` milliseconds. Changed fiber references stay in the new fiber.
 *
 * One fiber and a timer are much faster than a race of two fibers. After the timeout, the effect is interrupted but not
 * awaited, because it may be uninterruptible.
 */
export const timeoutInFiber = <A, E, R, E2>(
  effect: Effect.Effect<A, E, R>,
  { millis, onSuccess = (_, value) => Effect.succeed(value), onTimeout }: TimeoutOptions<A, E2>
): Effect.Effect<A, E | E2, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.clockWith((clock) =>
      // The runtime logs the cause of a fiber that fails, which may contain the request. `exit` never fails.
      Effect.flatMap(Effect.forkDaemon(Effect.exit(Effect.interruptible(effect))), (fiber) => {
        let cancelTimer: Cancel = noop
        let isExpired = false
        const result = Effect.async<A, E | E2>((resume) => {
          cancelTimer = timerOf(clock)(millis, () => {
            isExpired = true
            resume(Effect.suspend(() => Effect.fail(onTimeout())))
          })
          fiber.addObserver((exit) => resume(Effect.flatten(exit)))
        })
        return Effect.matchCauseEffect(restore(result), {
          onFailure: (cause) => {
            cancelTimer()
            const interruption = isExpired ? Fiber.interruptFork(fiber) : Fiber.interrupt(fiber)
            return Effect.zipRight(interruption, Effect.failCause(cause))
          },
          onSuccess: (value) => {
            cancelTimer()
            return onSuccess(fiber, value)
          }
        })
      })
    )
  )

/** Fails if the effect takes longer than `millis` milliseconds, also in an uninterruptible region. */
export const timeout =
  <E2>(millis: number, onTimeout: () => E2) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | E2, R> =>
    timeoutInFiber(effect, {
      millis,
      onTimeout,
      onSuccess: (fiber, value) => Effect.as(Fiber.inheritAll(fiber), value)
    })

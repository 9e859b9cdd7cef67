/** Timeouts of effects. They end in time whether or not the effect can be interrupted. */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { noop, timerOf } from "./timer.ts"

type AnyFiber = Fiber.RuntimeFiber<unknown, unknown>

/** The options of `timeoutInFiber`. */
interface TimeoutOptions<A, E> {
  readonly millis: number
  readonly onTimeout: () => E
  /** Runs after the effect succeeded, with the fiber it ran in. */
  readonly onSuccess?: (fiber: AnyFiber, value: A) => Effect.Effect<A>
}

/** More steps than the interruption of an attempt takes. */
const maxYields = 100

/**
 * Lets a fiber end, without waiting for asynchronous work.
 *
 * An interrupted attempt ends within a few steps and has then closed its connection. An uninterruptible effect can take
 * any time, and the fiber continues without its caller.
 */
const yieldUntilDone = (fiber: AnyFiber, yields = maxYields): Effect.Effect<void> =>
  Effect.suspend(() =>
    fiber.unsafePoll() !== null || yields === 0
      ? Effect.void
      : Effect.zipRight(Effect.yieldNow(), yieldUntilDone(fiber, yields - 1))
  )

/** Runs an effect in its own fiber. Its failure is not logged, because the cause may contain the request. */
const forkQuietly = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.forkDaemon(Effect.exit(effect))

const exitOf = <A, E>(fiber: Fiber.RuntimeFiber<Exit.Exit<A, E>>): Exit.Exit<A, E> | undefined => {
  const exit = fiber.unsafePoll()
  return exit === null ? undefined : Exit.flatten(exit)
}

/** Runs a finalizer that may wait for a resource of someone else. It continues without its caller. */
export const detached = (finalizer: Effect.Effect<unknown>): Effect.Effect<void> =>
  Effect.flatMap(forkQuietly(finalizer), (fiber) => yieldUntilDone(fiber))

/** Waits until a fiber ends or `millis` milliseconds have passed since this call. */
const makeWait = (fiber: Fiber.RuntimeFiber<unknown, unknown>, clock: Clock.Clock, millis: number) => {
  let isExpired = false
  let notify = noop
  const cancelTimer = timerOf(clock)(millis, () => {
    isExpired = true
    notify()
  })
  const wait = Effect.async<void>((resume) => {
    notify = () => resume(Effect.void)
    fiber.addObserver(notify)
    if (isExpired) {
      notify()
    }
  })
  return { wait, cancelTimer }
}

/**
 * Runs an effect in a new fiber, and fails after `millis` milliseconds. Changed fiber references stay in the new fiber.
 *
 * After the timeout the effect is interrupted. An effect that cannot be interrupted continues without its caller, also if
 * the caller is interrupted before the timeout.
 *
 * One fiber and a timer are much faster than a race of two fibers.
 */
export const timeoutInFiber = <A, E, R, E2>(
  effect: Effect.Effect<A, E, R>,
  { millis, onSuccess = (_, value) => Effect.succeed(value), onTimeout }: TimeoutOptions<A, E2>
): Effect.Effect<A, E | E2, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.clockWith((clock) =>
      Effect.flatMap(forkQuietly(Effect.interruptible(effect)), (fiber) => {
        const { cancelTimer, wait } = makeWait(fiber, clock, millis)
        const interrupt = Effect.sync(() => fiber.unsafeInterruptAsFork(fiber.id()))
        const finish = (): Effect.Effect<A, E | E2> => {
          cancelTimer()
          const exit = exitOf(fiber)
          if (exit !== undefined) {
            return Exit.isSuccess(exit) ? onSuccess(fiber, exit.value) : exit
          }
          const error = onTimeout()
          return Effect.flatMap(Effect.zipRight(interrupt, yieldUntilDone(fiber)), () => {
            const late = exitOf(fiber)
            return late !== undefined && Exit.isSuccess(late) ? onSuccess(fiber, late.value) : Effect.fail(error)
          })
        }
        return Effect.matchCauseEffect(restore(wait), {
          onFailure: (interruption) =>
            Effect.flatMap(Effect.zipRight(interrupt, wait), () => {
              cancelTimer()
              return Effect.failCause(interruption)
            }),
          onSuccess: finish
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

/** Deadlines around any effect. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

/** This machine's clock, whose timers are at hand. */
export const liveClock = Context.get(DefaultServices.liveServices, Clock.Clock)

/** What timers count to; they take more for nothing. */
const longestMillis = 2 ** 31 - 1

/** Ends a wait before its time. */
export type Cancel = () => void

/** Runs something after a while; never after an infinite one. */
export type Timer = (millis: number, run: () => void) => Cancel

const ignore = () => {}

const onTimer: Timer = (millis, run) => {
  const timer = millis > longestMillis ? undefined : setTimeout(run, millis)
  return () => clearTimeout(timer)
}

const onFiber = (clock: Clock.Clock): Timer => (millis, run) => {
  if (millis === Infinity) {
    return ignore
  }
  const fiber = Effect.runFork(Effect.zipRight(clock.sleep(Duration.millis(millis)), Effect.sync(run)))
  return () => fiber.unsafeInterruptAsFork(fiber.id())
}

/** The timer of a clock. */
export const timerOf = (clock: Clock.Clock): Timer => (clock === liveClock ? onTimer : onFiber(clock))

/**
 * Runs an effect in a fiber of its own, and fails once so many milliseconds have passed since it was last heard of, in an
 * uninterruptible region too; `Infinity` waits for ever. What the effect sets in its fiber stays there.
 *
 * A timer beside one fiber is far cheaper than a race of two.
 */
export const heardOf = <A, E, R, E2>(
  millis: number,
  late: () => E2,
  make: (heard: () => void) => Effect.Effect<A, E, R>,
  end: (child: Fiber.Fiber<unknown>, value: A) => Effect.Effect<A> = (_, value) => Effect.succeed(value)
): Effect.Effect<A, E | E2, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.clockWith((clock) => {
      let since = clock.unsafeCurrentTimeMillis()
      const heard = () => {
        since = clock.unsafeCurrentTimeMillis()
      }
      // A fiber that fails is logged with its cause, which may hold what was sent; this one never does.
      const exit = Effect.exit(Effect.interruptible(make(heard)))
      return Effect.flatMap(Effect.forkDaemon(exit), (child) => {
        const timer = timerOf(clock)
        let cancel: Cancel = ignore
        const ended = Effect.async<A, E | E2>((resume) => {
          const check = () => {
            const left = millis - (clock.unsafeCurrentTimeMillis() - since)
            if (left > 0) {
              cancel = timer(left, check)
            } else {
              resume(Effect.fail(late()))
            }
          }
          child.addObserver((result) => resume(Effect.flatten(result)))
          cancel = timer(millis, check)
        })
        return Effect.matchCauseEffect(restore(ended), {
          onFailure: (cause) => {
            cancel()
            return Effect.zipRight(Fiber.interrupt(child), Effect.failCause(cause))
          },
          onSuccess: (value) => {
            cancel()
            return end(child, value)
          }
        })
      })
    })
  )

/** Fails unless the effect ends within so many milliseconds, in an uninterruptible region too; `Infinity` waits for ever. */
export const inTime =
  <E2>(millis: number, late: () => E2) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | E2, R> =>
    millis === Infinity
      ? effect
      : heardOf(millis, late, () => effect, (child, value) => Effect.as(Fiber.inheritAll(child), value))

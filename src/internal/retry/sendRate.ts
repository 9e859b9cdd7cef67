/** The send rate of one client, on Effect's clock. */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as sendRate from "../../protocol/retry/sendRate.ts"
import type { SendRate } from "../../RetryPolicy.ts"
import { isThrottling } from "../../SageMakerError.ts"

/** From the clock that is never set back, which would hold a client up. */
const seconds = (clock: Clock.Clock): number => Number(clock.unsafeCurrentTimeNanos()) / 1e9

/** Makes a rate. The clock is read and the state changed in one step, so that no two fibers take the same token. */
export const make = (): SendRate => {
  let rate: sendRate.SendRate | undefined
  const take: Effect.Effect<void> = Effect.clockWith((clock) => {
    const now = seconds(clock)
    const [waitMillis, next] = sendRate.acquire(rate ?? sendRate.initial(now), now)
    rate = next
    return waitMillis === 0 ? Effect.void : Effect.zipRight(Effect.sleep(Math.ceil(waitMillis)), take)
  })

  // Only the first in line looks at the clock: a token goes to who waited longest, and wakes nobody else.
  const line = new Set<Effect.Latch>()
  const join = Effect.sync(() => {
    const turn = Effect.unsafeMakeLatch(line.size === 0)
    line.add(turn)
    return turn
  })
  const leave = (turn: Effect.Latch) =>
    Effect.sync(() => {
      line.delete(turn)
      const [first] = line
      first?.unsafeOpen()
    })

  return {
    acquire: Effect.acquireUseRelease(join, (turn) => Effect.zipRight(turn.await, take), leave),
    report: (throttled) =>
      Effect.clockWith((clock) => {
        const now = seconds(clock)
        rate = sendRate.update(rate ?? sendRate.initial(now), throttled, now)
        return Effect.void
      })
  }
}

const endedThrottled = (exit: Exit.Exit<unknown, unknown>): boolean =>
  Exit.isFailure(exit) && Option.exists(Cause.failureOption(exit.cause), isThrottling)

/** An attempt that waits for the rate, and tells it how it ended. */
export const withSendRate = (rate: SendRate) => <A, E, R>(attempt: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.zipRight(rate.acquire, Effect.onExit(attempt, (exit) => rate.report(endedThrottled(exit))))

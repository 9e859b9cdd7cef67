/** The send rate of one client, on Effect's clock. */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as sendRate from "../../protocol/retry/sendRate.ts"
import type { SendRate } from "../../RetryPolicy.ts"
import { isThrottling } from "../../SageMakerError.ts"
import { monotonicMillis } from "../time/monotonicClock.ts"

const seconds = (clock: Clock.Clock): number => monotonicMillis(clock) / 1_000

/** A first-in, first-out queue of fibers that wait for a token. Only the first fiber reads the clock. */
const makeQueue = () => {
  const waiting = new Set<Effect.Latch>()
  return {
    enqueue: Effect.sync(() => {
      const latch = Effect.unsafeMakeLatch(waiting.size === 0)
      waiting.add(latch)
      return latch
    }),
    dequeue: (latch: Effect.Latch) =>
      Effect.sync(() => {
        waiting.delete(latch)
        const [first] = waiting
        first?.unsafeOpen()
      })
  }
}

/** Reads the clock and changes the rate in one synchronous step, so that no two fibers take the same token. */
export const make = (): SendRate => {
  let rate: sendRate.SendRate | undefined
  const queue = makeQueue()
  const takeToken: Effect.Effect<void> = Effect.clockWith((clock) => {
    const now = seconds(clock)
    const [waitMillis, next] = sendRate.acquire(rate ?? sendRate.initial(now), now)
    rate = next
    return waitMillis === 0 ? Effect.void : Effect.zipRight(Effect.sleep(Math.ceil(waitMillis)), takeToken)
  })
  return {
    acquire: Effect.acquireUseRelease(
      queue.enqueue,
      (latch) => Effect.zipRight(latch.await, takeToken),
      queue.dequeue
    ),
    report: (throttled) =>
      Effect.clockWith((clock) => {
        const now = seconds(clock)
        rate = sendRate.update(rate ?? sendRate.initial(now), throttled, now)
        return Effect.void
      })
  }
}

const isThrottled = (exit: Exit.Exit<unknown, unknown>): boolean =>
  Exit.isFailure(exit) && Option.exists(Cause.failureOption(exit.cause), isThrottling)

/** Waits for the send rate before an attempt and reports its result. */
export const withSendRate = (rate: SendRate) => <A, E, R>(attempt: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.zipRight(rate.acquire, Effect.onExit(attempt, (exit) => rate.report(isThrottled(exit))))

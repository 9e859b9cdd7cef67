/** The queue of an endpoint: runs a limited number of tasks at once, in the order of their submission. */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { monotonicMillis } from "../../../internal/time/monotonicClock.ts"

/** A task of the queue. Exactly one of its effects runs, unless the queue's scope closes before. */
export interface Task {
  /** Runs when the number of running tasks allows it. The task ends with this effect. */
  readonly work: Effect.Effect<void>
  /** Runs instead of `work` if the task has waited for `timeToLiveMillis`. */
  readonly expire: Effect.Effect<void>
  readonly timeToLiveMillis: number
}

/** Runs an effect in a fiber that ends with the scope of the emulator. */
export type RunInScope = (effect: Effect.Effect<void>) => Fiber.RuntimeFiber<void>

interface Waiting {
  readonly task: Task
  readonly expiresAt: number
  readonly timer: Fiber.RuntimeFiber<void>
}

/** Makes a queue. A queue with capacity 0 runs no task, so that all of its tasks expire. */
export const makeQueue = (capacity: number, run: RunInScope, clock: Clock.Clock) => {
  // A set keeps the order and removes from any position in constant time.
  const waiting = new Set<Waiting>()
  let running = 0

  const expire = (entry: Waiting): void => {
    if (waiting.delete(entry)) {
      run(entry.task.expire)
    }
  }

  const start = ({ work }: Task): void => {
    running += 1
    run(Effect.ensuring(Effect.interruptible(work), Effect.sync(end)))
  }

  const startWaiting = (): void => {
    for (const entry of waiting) {
      if (running >= capacity) {
        return
      }
      entry.timer.unsafeInterruptAsFork(entry.timer.id())
      if (monotonicMillis(clock) >= entry.expiresAt) {
        expire(entry)
      } else {
        waiting.delete(entry)
        start(entry.task)
      }
    }
  }

  const end = (): void => {
    running -= 1
    startWaiting()
  }

  const wait = (task: Task): void => {
    const timer = run(
      Effect.interruptible(Effect.zipRight(Effect.sleep(task.timeToLiveMillis), Effect.sync(() => expire(entry))))
    )
    const entry: Waiting = { task, expiresAt: monotonicMillis(clock) + task.timeToLiveMillis, timer }
    waiting.add(entry)
  }

  return (task: Task): Effect.Effect<void> => Effect.sync(() => (running < capacity ? start(task) : wait(task)))
}

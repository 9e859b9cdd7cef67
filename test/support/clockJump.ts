import { Effect } from "effect"
import { vi } from "vitest"

/** Changes of the system time in milliseconds: small and large, backwards and forwards. */
export const clockJumps = [-30_000, -3_600_000, 3_600_000] as const

/** Runs an effect during which the system time changes by `millis` after `delay` milliseconds. */
export const withClockJump = (millis: number, delay = 40) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const now = Date.now.bind(Date)
      let offset = 0
      const timer = setTimeout(() => void (offset = millis), delay)
      const spy = vi.spyOn(Date, "now").mockImplementation(() => now() + offset)
      return () => {
        clearTimeout(timer)
        spy.mockRestore()
      }
    }),
    () => effect,
    (restore) => Effect.sync(restore)
  )

/** The result of an effect and how long it took, in milliseconds of the monotonic clock. */
export const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const begin = performance.now()
    return Effect.map(effect, (value) => [value, performance.now() - begin] as const)
  })

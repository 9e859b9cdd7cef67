/** Requests that test whether a model is ready. All waiters of a client share them, one at a time per target. */
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import { globalState } from "../global/globalState.ts"
import { currentMonotonicMillis } from "../time/monotonicClock.ts"

/** What a probe sends. Probes with equal contents have the same result. */
export interface ProbeContent {
  readonly members: string
  readonly value: unknown
  /** The function that sends the value. */
  readonly invoke: unknown
}

interface Probe {
  readonly content: ProbeContent
  readonly result: Deferred.Deferred<unknown, unknown>
  /** The callers that need the result of this probe. */
  waiters: number
  fiber: Fiber.Fiber<unknown, unknown> | undefined
}

interface ProbeResult {
  readonly probe: Probe
  readonly exit: Exit.Exit<unknown, unknown>
  /** In milliseconds of the monotonic clock. */
  readonly endedAt: number
}

interface Target {
  waiters: number
  running: Probe | undefined
  latest: ProbeResult | undefined
}

/** A caller that waits for a model. */
export interface Waiter {
  readonly target: Target
  /** The latest probe whose result the caller has used. */
  seen: Probe | undefined
}

/** In milliseconds. A caller does not use the result of a probe that ended earlier. */
const maxResultAge = 5_000

const clients = globalState("probes", () => new WeakMap<object, Map<string, Target>>())

const enter = (client: object, key: string): Effect.Effect<Waiter> =>
  Effect.sync(() => {
    const targets = clients.get(client) ?? new Map<string, Target>()
    const target = targets.get(key) ?? { waiters: 0, running: undefined, latest: undefined }
    clients.set(client, targets.set(key, target))
    target.waiters += 1
    return { target, seen: undefined }
  })

const leave = (client: object, key: string, { target }: Waiter): Effect.Effect<void> =>
  Effect.sync(() => {
    target.waiters -= 1
    if (target.waiters === 0) {
      clients.get(client)?.delete(key)
    }
  })

/** Runs `use` with a waiter for the target `key` of a client. The state of a target exists while it has waiters. */
export const withWaiter = <A, E, R>(
  client: object,
  key: string,
  use: (waiter: Waiter) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => Effect.acquireUseRelease(enter(client, key), use, (waiter) => leave(client, key, waiter))

const isSameContent = (a: ProbeContent, b: ProbeContent): boolean =>
  a.members === b.members && a.value === b.value && a.invoke === b.invoke

/** How a caller takes part in a probe. */
interface Participation {
  readonly probe: Probe
  readonly role: "starter" | "waiter" | "observer"
}

/** Starts a probe that ends when it has a result, or when its last waiter has left. */
const start = <R>(
  target: Target,
  content: ProbeContent,
  send: Effect.Effect<unknown, unknown, R>
): Effect.Effect<Participation, never, R> => {
  const probe: Probe = { content, result: Deferred.unsafeMake(FiberId.none), waiters: 1, fiber: undefined }
  target.running = probe
  const end = (exit: Exit.Exit<unknown, unknown>) =>
    Effect.map(currentMonotonicMillis, (endedAt) => {
      target.running = undefined
      target.latest = { probe, exit, endedAt }
      Deferred.unsafeDone(probe.result, exit)
    })
  return Effect.map(Effect.forkDaemon(Effect.onExit(Effect.interruptible(send), end)), (fiber) => {
    probe.fiber = fiber
    return { probe, role: "starter" }
  })
}

const release = ({ probe, role }: Participation): Effect.Effect<void> => {
  if (role === "observer") {
    return Effect.void
  }
  probe.waiters -= 1
  return probe.waiters === 0 && probe.fiber !== undefined ? Effect.asVoid(Fiber.interrupt(probe.fiber)) : Effect.void
}

/**
 * The result of the probe in progress, of a recent probe that the waiter has not used yet, or of a new probe.
 *
 * A probe with other contents delays a new one, so that only one is in progress. Its result is used only if the model
 * is not ready.
 */
export const joinProbe = <A, E, R>(
  waiter: Waiter,
  content: ProbeContent,
  send: Effect.Effect<A, E, R>,
  isNotReady: (error: unknown) => boolean
): Effect.Effect<unknown, E, R> => {
  const { target } = waiter
  const applies = (probe: Probe, exit: Exit.Exit<unknown, unknown>): boolean =>
    Exit.isSuccess(exit)
      ? isSameContent(probe.content, content)
      : Chunk.some(Cause.failures(exit.cause), isNotReady)
  const isUnused = ({ endedAt, exit, probe }: ProbeResult, now: number): boolean =>
    probe !== waiter.seen && now - endedAt < maxResultAge && applies(probe, exit)
  const participate = Effect.flatMap(currentMonotonicMillis, (now): Effect.Effect<Participation, never, R> => {
    const { latest, running } = target
    if (running !== undefined) {
      const isSame = isSameContent(running.content, content)
      running.waiters += isSame ? 1 : 0
      return Effect.succeed({ probe: running, role: isSame ? "waiter" : "observer" })
    }
    return latest !== undefined && isUnused(latest, now)
      ? Effect.succeed({ probe: latest.probe, role: "observer" })
      : start(target, content, send)
  })
  const resultOf = ({ probe, role }: Participation): Effect.Effect<Exit.Exit<unknown, unknown> | undefined> =>
    Effect.map(Effect.exit(Deferred.await(probe.result)), (exit) => {
      const isOwn = role === "starter" || (role === "waiter" && !Exit.isInterrupted(exit))
      if (!isOwn && !applies(probe, exit)) {
        return undefined
      }
      waiter.seen = probe
      return exit
    })
  return Effect.flatMap(
    Effect.acquireUseRelease(participate, resultOf, release),
    (exit) => exit === undefined ? joinProbe(waiter, content, send, isNotReady) : exit as Exit.Exit<unknown, E>
  )
}

/**
 * A cache of credentials that refreshes them before they expire.
 *
 * Expiry is a time of the system clock. Time limits and delays are measured on the monotonic clock.
 */
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import type * as Scope from "effect/Scope"
import type { AwsCredentials } from "../../Credentials.ts"
import { CredentialsError } from "../../SageMakerError.ts"
import { durationMillis } from "../config/duration.ts"
import { monotonicMillis } from "../time/monotonicClock.ts"
import { boundedLoad, defaultRefreshTimeoutMillis, expiresAt, forkQuietly, type Load, markBounded } from "./load.ts"

/** The options of a cache. */
export interface CacheOptions {
  /** Returns the name of the current source, for error messages. Default: `the provider`. */
  readonly source?: () => string
  /** The time limit of a load. `Infinity` means no limit. Default: 10 seconds. */
  readonly refreshTimeout?: Duration.DurationInput | undefined
  /**
   * Whether a load continues after its last caller was interrupted. Default: it is interrupted half a second later.
   *
   * A load that cannot be stopped should continue, so that the next caller does not start another one beside it.
   */
  readonly continuesWithoutCallers?: boolean
}

/** A load that has not ended. */
interface PendingLoad {
  readonly result: Deferred.Deferred<AwsCredentials, CredentialsError>
  readonly isBackground: boolean
  callers: number
  fiber: Fiber.RuntimeFiber<void> | undefined
}

const refreshAheadMillis = 5 * 60_000

/** The longest delay after a failed refresh, and the shortest time between refreshes that succeed. */
const refreshIntervalMillis = 30_000

/** How long a load without callers continues: longer than the usual delay before the retry of an attempt. */
const abandonedMillis = 500

/** More steps than the interruption of a load takes. A load that takes longer is not waited for. */
const interruptionSteps = 20

/** Credentials that live shorter than five minutes are refreshed at half their life. */
const refreshAheadOf = (lifetime: number): number => lifetime < refreshAheadMillis ? lifetime / 2 : refreshAheadMillis

const backoffMillis = (failures: number): number => Math.min(refreshIntervalMillis, 1_000 * 2 ** (failures - 1))

const invalidTimeout = (source: string): CredentialsError =>
  new CredentialsError({
    message: "refreshTimeout must be a positive duration such as \"10 seconds\"",
    sources: [source]
  })

const closed = (source: string): CredentialsError =>
  new CredentialsError({ message: `The layer that loads credentials from ${source} is closed`, sources: [source] })

class CredentialsCache {
  readonly #load: Load
  readonly #source: () => string
  readonly #continuesWithoutCallers: boolean
  #current: AwsCredentials | undefined
  /** In milliseconds of the system clock. */
  #refreshAt = 0
  #pending: PendingLoad | undefined
  #failures = 0
  /** The earliest time of the next refresh in the background, in milliseconds of the monotonic clock. */
  #nextRefresh = -Infinity
  #isClosed = false

  constructor(load: Load, source: () => string, continuesWithoutCallers: boolean) {
    this.#load = load
    this.#source = source
    this.#continuesWithoutCallers = continuesWithoutCallers
  }

  readonly get: Load = markBounded(Effect.clockWith((clock) => {
    const now = clock.unsafeCurrentTimeMillis()
    const current = this.#current
    if (current === undefined || now >= expiresAt(current)) {
      return this.#wait
    }
    return now < this.#refreshAt ? Effect.succeed(current) : Effect.as(this.#refreshInBackground, current)
  }))

  /** Interrupts the load that runs, without waiting for it. Its callers fail. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.#isClosed = true
    const pending = this.#pending
    if (pending === undefined) {
      return Effect.void
    }
    this.#detach(pending)
    Deferred.unsafeDone(pending.result, Exit.fail(closed(this.#source())))
    // The load runs its finalizers before the scope closes the resources that the load uses.
    return Effect.repeatN(Effect.yieldNow(), interruptionSteps)
  })

  /** Waits for the load that runs, or for a new one. */
  readonly #wait: Load = Effect.uninterruptibleMask((restore) =>
    Effect.suspend(() => {
      if (this.#isClosed) {
        return Effect.fail(closed(this.#source()))
      }
      const start = this.#pending === undefined ? this.#start(false) : Effect.succeed(this.#pending)
      return Effect.flatMap(start, (pending) => {
        pending.callers += 1
        return Effect.ensuring(restore(Deferred.await(pending.result)), this.#leave(pending))
      })
    })
  )

  readonly #refreshInBackground: Effect.Effect<unknown> = Effect.uninterruptible(
    Effect.clockWith((clock): Effect.Effect<unknown> =>
      this.#pending === undefined && !this.#isClosed && monotonicMillis(clock) >= this.#nextRefresh
        ? this.#start(true)
        : Effect.void
    )
  )

  /** Starts a load. It must run in an uninterruptible region, because it registers the load first. */
  #start(isBackground: boolean): Effect.Effect<PendingLoad> {
    const pending: PendingLoad = {
      result: Deferred.unsafeMake(FiberId.none),
      isBackground,
      callers: 0,
      fiber: undefined
    }
    this.#pending = pending
    const load = Effect.flatMap(
      Effect.exit(Effect.interruptible(this.#load)),
      (exit) => Effect.clockWith((clock) => Effect.sync(() => this.#settle(pending, exit, clock)))
    )
    return Effect.map(forkQuietly(load), (fiber) => {
      pending.fiber = fiber
      return pending
    })
  }

  #settle(pending: PendingLoad, exit: Exit.Exit<AwsCredentials, CredentialsError>, clock: Clock.Clock): void {
    if (this.#pending !== pending) {
      return
    }
    this.#pending = undefined
    const elapsed = monotonicMillis(clock)
    if (Exit.isSuccess(exit)) {
      const lifetime = expiresAt(exit.value) - clock.unsafeCurrentTimeMillis()
      this.#current = exit.value
      this.#refreshAt = expiresAt(exit.value) - refreshAheadOf(lifetime)
      this.#failures = 0
      this.#nextRefresh = pending.isBackground ? elapsed + Math.min(refreshIntervalMillis, lifetime / 2) : elapsed
    } else {
      this.#failures += 1
      this.#nextRefresh = elapsed + backoffMillis(this.#failures)
    }
    Deferred.unsafeDone(pending.result, exit)
  }

  /** Interrupts a load without callers. The retry of an attempt that timed out has time to wait for it again. */
  #leave(pending: PendingLoad): Effect.Effect<void> {
    return Effect.suspend(() => {
      pending.callers -= 1
      const isAbandoned = () => pending.callers === 0 && this.#pending === pending
      if (!isAbandoned() || pending.isBackground || this.#continuesWithoutCallers) {
        return Effect.void
      }
      const interrupt = Effect.sync(() => isAbandoned() && this.#detach(pending))
      return Effect.asVoid(forkQuietly(Effect.interruptible(Effect.delay(interrupt, abandonedMillis))))
    })
  }

  /** Interrupts a load and ignores its result. */
  #detach({ fiber }: PendingLoad): void {
    this.#pending = undefined
    fiber?.unsafeInterruptAsFork(fiber.id())
  }
}

/**
 * Caches the credentials of `load` and refreshes them in the background from five minutes before they expire.
 *
 * At most one load runs at a time. Callers wait for it only if no unexpired credentials are cached.
 */
export const cacheCredentials = (
  load: Load,
  { continuesWithoutCallers = false, refreshTimeout, source = () => "the provider" }: CacheOptions = {}
): Effect.Effect<{ readonly get: Load }, never, Scope.Scope> => {
  const millis = refreshTimeout === undefined ? defaultRefreshTimeoutMillis : durationMillis(refreshTimeout) ?? NaN
  if (!(millis > 0)) {
    return Effect.succeed({ get: Effect.failSync(() => invalidTimeout(source())) })
  }
  const bounded = boundedLoad(load, source, millis)
  return Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new CredentialsCache(bounded, source, continuesWithoutCallers)),
      ({ close }) => close
    ),
    ({ get }) => ({ get })
  )
}

/**
 * A cache of credentials, or of tokens made from them, that refreshes them before they expire.
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
import { CredentialsError } from "../../SageMakerError.ts"
import { durationMillis } from "../config/duration.ts"
import { CurrentMonitor, type Monitor } from "../telemetry/monitor.ts"
import { markReady } from "../telemetry/ownCode.ts"
import { monotonicMillis } from "../time/monotonicClock.ts"
import {
  boundedLoad,
  defaultRefreshTimeoutMillis,
  expiresAt,
  type Expiring,
  forkQuietly,
  type Load,
  markBounded
} from "./load.ts"

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
  /**
   * Waits while a refresh that runs in the background can end quickly. Default: the callers that start it get the old
   * value.
   */
  readonly untilRefreshed?: Effect.Effect<unknown>
}

/** A load that has not ended. */
interface PendingLoad<A> {
  readonly result: Deferred.Deferred<A, CredentialsError>
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

class CredentialsCache<A extends Expiring> {
  readonly #load: Load<A>
  readonly #source: () => string
  readonly #continuesWithoutCallers: boolean
  readonly #untilRefreshed: Effect.Effect<unknown> | undefined
  readonly #monitor: Monitor | undefined
  #current: A | undefined
  /** In milliseconds of the system clock. */
  #refreshAt = 0
  #pending: PendingLoad<A> | undefined
  #failures = 0
  /** The earliest time of the next refresh in the background, in milliseconds of the monotonic clock. */
  #nextRefresh = -Infinity
  #isClosed = false

  constructor(
    load: Load<A>,
    source: () => string,
    { continuesWithoutCallers = false, untilRefreshed }: CacheOptions,
    monitor: Monitor | undefined
  ) {
    this.#load = load
    this.#source = source
    this.#continuesWithoutCallers = continuesWithoutCallers
    this.#untilRefreshed = untilRefreshed
    this.#monitor = monitor
  }

  readonly get: Load<A> = markReady(
    markBounded(Effect.clockWith((clock) => {
      const now = clock.unsafeCurrentTimeMillis()
      const current = this.#current
      if (current === undefined || now >= expiresAt(current)) {
        return this.#wait
      }
      return now < this.#refreshAt ? Effect.succeed(current) : this.#refreshed(current)
    })),
    (now) => this.#current !== undefined && now < Math.min(this.#refreshAt, expiresAt(this.#current))
  )

  /** Discards the current value. */
  readonly invalidate: Effect.Effect<void> = Effect.sync(() => {
    this.#current = undefined
  })

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
  readonly #wait: Load<A> = Effect.uninterruptibleMask((restore) =>
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

  /** Starts a refresh in the background. Returns the current value, which is the new one if the refresh was quick. */
  #refreshed(current: A): Effect.Effect<A> {
    return Effect.flatMap(
      this.#refreshInBackground,
      () =>
        this.#pending === undefined || this.#untilRefreshed === undefined
          ? Effect.succeed(current)
          : Effect.map(this.#untilRefreshed, () => this.#current ?? current)
    )
  }

  /** Starts a load. It must run in an uninterruptible region, because it registers the load first. */
  #start(isBackground: boolean): Effect.Effect<PendingLoad<A>> {
    const pending: PendingLoad<A> = {
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

  #settle(pending: PendingLoad<A>, exit: Exit.Exit<A, CredentialsError>, clock: Clock.Clock): void {
    if (this.#pending !== pending) {
      return
    }
    this.#pending = undefined
    this.#monitor?.credentialsRefreshed(exit)
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
  #leave(pending: PendingLoad<A>): Effect.Effect<void> {
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
  #detach({ fiber }: PendingLoad<A>): void {
    this.#pending = undefined
    fiber?.unsafeInterruptAsFork(fiber.id())
  }
}

/**
 * Caches the values of `load` and refreshes them in the background from five minutes before they expire.
 *
 * At most one load runs at a time. Callers wait for it only if no unexpired value is cached.
 */
export const cache = <A extends Expiring>(
  load: Load<A>,
  options: CacheOptions = {}
): Effect.Effect<{ readonly get: Load<A>; readonly invalidate: Effect.Effect<void> }, never, Scope.Scope> => {
  const { refreshTimeout, source = () => "the provider" } = options
  const millis = refreshTimeout === undefined ? defaultRefreshTimeoutMillis : durationMillis(refreshTimeout) ?? NaN
  if (!(millis > 0)) {
    return Effect.succeed({ get: Effect.failSync(() => invalidTimeout(source())), invalidate: Effect.void })
  }
  const bounded = boundedLoad(load, source, millis)
  return Effect.acquireRelease(
    Effect.map(CurrentMonitor, (monitor) => new CredentialsCache(bounded, source, options, monitor)),
    ({ close }) => close
  )
}

/** Caches credentials. */
export const cacheCredentials = (
  load: Load,
  options?: CacheOptions
): Effect.Effect<{ readonly get: Load }, never, Scope.Scope> => Effect.map(cache(load, options), ({ get }) => ({ get }))

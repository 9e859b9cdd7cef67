/** A cache of credentials that refreshes them before they expire. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { AwsCredentials } from "../../Credentials.ts"
import { CredentialsError } from "../../SageMakerError.ts"
import { durationMillis } from "../config/duration.ts"
import { monotonicMillis } from "../time/monotonicClock.ts"
import { timeout } from "../time/timeout.ts"

type Load = Effect.Effect<AwsCredentials, CredentialsError>

/** The options of a cache. */
export interface CacheOptions {
  /** Returns the name of the source that is loading, for errors. */
  readonly source: () => string
  /** The maximum duration of one load. */
  readonly refreshTimeout: Duration.DurationInput | undefined
}

/** The default of `CacheOptions.refreshTimeout`. */
const defaultTimeout: Duration.DurationInput = "10 seconds"

const refreshAheadMillis = 5 * 60_000

const minBackoffMillis = 1_000
const maxBackoffMillis = 60_000

/** A load that no call waits for is interrupted after this time. */
const unusedLoadMillis = 1_000

const expiresAt = (credentials: AwsCredentials): number => credentials.expiration?.getTime() ?? Infinity

/** Five minutes before the expiry. For credentials that live less than five minutes, half their life before it. */
const refreshAt = (credentials: AwsCredentials, receivedAt: number): number => {
  const expiry = expiresAt(credentials)
  const life = expiry - receivedAt
  return life > refreshAheadMillis ? expiry - refreshAheadMillis : receivedAt + life / 2
}

/** A running load and the number of calls that wait for it. */
interface RunningLoad {
  readonly result: Deferred.Deferred<AwsCredentials, CredentialsError>
  readonly fiber: Fiber.RuntimeFiber<void>
  waiting: number
}

/** Loads credentials, one load at a time. */
class CredentialsCache {
  readonly #load: Load
  readonly #source: () => string
  #current: AwsCredentials | undefined
  #refreshAt = 0
  #running: RunningLoad | undefined
  #failures = 0
  /** The monotonic time before which no background refresh starts. */
  #retryAt = -Infinity
  #isClosed = false

  constructor(load: Load, { refreshTimeout = defaultTimeout, source }: CacheOptions) {
    this.#source = source
    const millis = durationMillis(refreshTimeout)
    this.#load = millis === undefined
      ? Effect.suspend(() => this.#error("need a refreshTimeout such as \"10 seconds\""))
      : timeout(millis, () => this.#error(`were not loaded within ${millis} milliseconds`))(load)
  }

  get get(): Load {
    return Effect.withFiberRuntime((fiber) => {
      const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
      const current = this.#current
      const now = clock.unsafeCurrentTimeMillis()
      if (current === undefined || expiresAt(current) <= now) {
        return this.#wait
      }
      if (now < this.#refreshAt || this.#running !== undefined || monotonicMillis(clock) < this.#retryAt) {
        return Effect.succeed(current)
      }
      return Effect.as(this.#start, current)
    })
  }

  /** Interrupts a running load. The calls that wait for it fail. */
  get close(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#isClosed = true
      return this.#running === undefined ? Effect.void : this.#abandon(this.#running)
    })
  }

  #error(problem: string): CredentialsError {
    const source = this.#source()
    return new CredentialsError({ message: `The credentials from the ${source} ${problem}`, sources: [source] })
  }

  #abandon({ fiber, result }: RunningLoad): Effect.Effect<void> {
    this.#running = undefined
    return Effect.zipRight(
      Deferred.fail(result, this.#error("are not available, because the client was closed")),
      Fiber.interruptFork(fiber)
    )
  }

  get #wait(): Load {
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(this.#running === undefined ? this.#start : Effect.succeed(this.#running), (running) => {
        if (running === undefined) {
          return Effect.fail(this.#error("are not available, because the client is closed"))
        }
        running.waiting += 1
        return Effect.ensuring(
          restore(Deferred.await(running.result)),
          Effect.suspend(() => {
            running.waiting -= 1
            return running.waiting === 0 && running === this.#running ? this.#interruptUnused(running) : Effect.void
          })
        )
      })
    )
  }

  #interruptUnused(running: RunningLoad): Effect.Effect<void> {
    const interrupt = Effect.suspend(() =>
      running.waiting === 0 && running === this.#running ? this.#abandon(running) : Effect.void
    )
    return Effect.asVoid(Effect.forkDaemon(Effect.delay(interrupt, unusedLoadMillis)))
  }

  /** Runs the load in its own fiber, so that the interruption of one call does not stop it for other calls. */
  get #start(): Effect.Effect<RunningLoad | undefined> {
    return Effect.uninterruptible(Effect.gen(this, function*() {
      if (this.#isClosed) {
        return undefined
      }
      const result = yield* Deferred.make<AwsCredentials, CredentialsError>()
      const fiber = yield* Effect.forkDaemon(Effect.interruptible(Effect.asVoid(Effect.flatMap(
        Effect.exit(this.#typed),
        (exit) => Effect.zipRight(this.#finish(exit), Deferred.done(result, exit))
      ))))
      this.#running = { fiber, result, waiting: 0 }
      return this.#running
    }))
  }

  /** A load that fails with a defect or interrupts itself has the same type of error as any other failure. */
  get #typed(): Load {
    return Effect.catchAllCause(this.#load, (cause) =>
      Option.match(Cause.failureOption(cause), {
        onNone: () => Effect.fail(this.#error("could not be loaded, because their source failed unexpectedly")),
        onSome: Effect.fail
      }))
  }

  #finish(exit: Exit.Exit<AwsCredentials, CredentialsError>): Effect.Effect<void> {
    return Effect.clockWith((clock) => {
      const now = clock.unsafeCurrentTimeMillis()
      if (Exit.isSuccess(exit)) {
        this.#current = exit.value
        this.#refreshAt = refreshAt(exit.value, now)
      }
      const isFresh = Exit.isSuccess(exit) && this.#refreshAt > now
      this.#failures = isFresh ? 0 : this.#failures + 1
      this.#retryAt = isFresh
        ? -Infinity
        : monotonicMillis(clock) + Math.min(minBackoffMillis * 2 ** (this.#failures - 1), maxBackoffMillis)
      this.#running = undefined
      return Effect.void
    })
  }
}

/**
 * Caches the credentials of `load` until five minutes before they expire, or until half their life if it is shorter.
 *
 * While unexpired credentials exist, they are refreshed in the background, one load at a time, with a growing delay
 * after a failure.
 */
export const cacheCredentials = (
  load: Load,
  options: CacheOptions
): Effect.Effect<{ readonly get: Load }, never, Scope.Scope> =>
  Effect.acquireRelease(Effect.sync(() => new CredentialsCache(load, options)), (cache) => cache.close)

/** The concurrent requests of a batch: a fixed number, or one that adapts to throttling and latency. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { addInterceptor, CurrentInterceptor, interceptor } from "../../client/interceptor.ts"
import { currentMonotonicMillis } from "../../time/monotonicClock.ts"
import { isThrottled } from "../outcome.ts"
import * as aimd from "./aimd.ts"

/** The checked option `concurrency`. */
export interface Concurrency {
  readonly max: number
  /** `undefined` if the number of requests is fixed. */
  readonly start: number | undefined
}

/** The progress of one request. */
interface Progress {
  /** When the last attempt started. */
  startedAt: number
  /** Whether all permits were in use when the request started. */
  readonly isFull: boolean
}

/** Limits the concurrent requests of one batch. */
export class Limit {
  readonly #isAdaptive: boolean
  #state: aimd.Aimd
  /** The groups whose requests run. */
  running = 0
  /** Receives each change of `current`. */
  onChange: ((change: number) => void) | undefined
  /** The requests that ended with a throttling error, after the retries of the client. */
  throttles = 0

  constructor({ max, start }: Concurrency) {
    this.#isAdaptive = start !== undefined
    this.#state = aimd.make(start ?? max, max)
  }

  /** The number of requests that may run. */
  get current(): number {
    return aimd.permits(this.#state)
  }

  /** Observes one request: the latency of its last attempt if it succeeds, and each throttled attempt. */
  observe<A, E, R>(request: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.flatMap(currentMonotonicMillis, (now) => {
      const progress = { startedAt: now, isFull: this.running >= this.current }
      return Effect.tapBoth(this.#observeAttempts(request, progress), {
        onFailure: (error) => {
          this.throttles += isThrottled(error) ? 1 : 0
          return this.#failed(error, progress)
        },
        onSuccess: () => this.#succeeded(progress)
      })
    })
  }

  /** The retry policy hides throttled attempts and adds its delays to the latency, so an interceptor observes them. */
  #observeAttempts<A, E, R>(request: Effect.Effect<A, E, R>, progress: Progress): Effect.Effect<A, E, R> {
    if (!this.#isAdaptive) {
      return request
    }
    const observer = interceptor({
      wrapAttempt: () => (attempt) =>
        Effect.flatMap(currentMonotonicMillis, (now) => {
          progress.startedAt = now
          return Effect.tapError(attempt, (error) => this.#failed(error, progress))
        })
    })
    return Effect.mapInputContext(request, (context: Context.Context<R>) =>
      Context.add(
        context,
        CurrentInterceptor,
        addInterceptor(context as Context.Context<never>, () => observer)
      ))
  }

  #failed(error: unknown, { startedAt }: Progress): Effect.Effect<void> {
    return isThrottled(error)
      ? Effect.flatMap(currentMonotonicMillis, (now) => this.#update(aimd.throttled(this.#state, startedAt, now)))
      : Effect.void
  }

  #succeeded({ isFull, startedAt }: Progress): Effect.Effect<void> {
    return Effect.flatMap(
      currentMonotonicMillis,
      (now) => this.#update(aimd.succeeded(this.#state, now - startedAt, now, isFull))
    )
  }

  #update(state: aimd.Aimd): Effect.Effect<void> {
    return Effect.sync(() => {
      const before = this.current
      this.#state = state
      if (this.current !== before) {
        this.onChange?.(this.current - before)
      }
    })
  }
}

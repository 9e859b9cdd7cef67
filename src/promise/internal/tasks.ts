/** The effects that a client runs, each of which completes or is stopped. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import { onAbort } from "./aborts.ts"
import { abortErrorOf, errorOf } from "./failure.ts"
import type { Services } from "./services.ts"

/** Receives the result of an effect once. */
interface Observer<in A> {
  readonly onSuccess: (value: A) => void
  readonly onFailure: (error: unknown) => void
}

/**
 * Fails an effect with an error, unless its result is known, and interrupts it. The promise resolves when its
 * finalizers have run.
 */
export type Stop = (error: unknown) => Promise<void>

export interface TaskOptions {
  /** Stops the effect. */
  readonly signal?: AbortSignal | undefined
  /** A set that contains the function that stops the effect, while it runs. */
  readonly group?: Set<Stop> | undefined
}

/** Starts an effect. The observer is called immediately if the effect cannot start. */
export type Start<in R> = <A, E>(
  effect: Effect.Effect<A, E, R>,
  options: TaskOptions,
  observer: Observer<A>
) => Stop

export interface Tasks<in R> {
  readonly start: Start<R>
  /** Stops all effects and releases the services. Effects that start later fail. */
  readonly close: () => Promise<void>
}

const stopped: Stop = () => Promise.resolve()

export const makeTasks = <R, E>(services: Services<R, E>, closedError: () => unknown): Tasks<R> => {
  const running = new Set<Stop>()
  let closing: Promise<void> | undefined

  const start: Start<R> = (effect, { group, signal }, { onFailure, onSuccess }) => {
    if (closing !== undefined || signal?.aborted === true) {
      onFailure(signal?.aborted === true ? abortErrorOf(signal) : closedError())
      return stopped
    }
    let isSettled = false
    const fiber = services.fork(effect)
    const stop: Stop = (error) => {
      if (!isSettled) {
        isSettled = true
        onFailure(error)
      }
      return new Promise((resolve) => {
        fiber.addObserver(() => resolve())
        fiber.unsafeInterruptAsFork(FiberId.none)
      })
    }
    const ignoreAbort = signal && onAbort(signal, () => void stop(abortErrorOf(signal)))
    const sets = group === undefined ? [running] : [running, group]
    sets.forEach((set) => set.add(stop))
    fiber.addObserver((exit) => {
      sets.forEach((set) => set.delete(stop))
      ignoreAbort?.()
      if (!isSettled) {
        isSettled = true
        Exit.match(exit, { onFailure: (cause) => onFailure(errorOf(cause)), onSuccess })
      }
    })
    return stop
  }

  const stopAll = async () => {
    await Promise.all([...running].map((stop) => stop(closedError())))
    const exit = await Effect.runPromiseExit(services.dispose)
    if (Exit.isFailure(exit)) {
      throw errorOf(exit.cause)
    }
  }

  return { start, close: () => (closing ??= stopAll()) }
}

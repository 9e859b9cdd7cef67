/** The hedging of `Resilience.hedge`: a slow call is sent again, and the first response is used. */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Scope from "effect/Scope"
import type { HedgeOptions, PerEndpoint } from "../../Resilience.ts"
import type { ConfigurationError } from "../../SageMakerError.ts"
import { SageMakerRuntime } from "../../SageMakerRuntime.ts"
import { positiveDurationMillis } from "../config/duration.ts"
import { invalidSetting } from "../config/invalidSetting.ts"
import { monitorOf, registerMonitor } from "../telemetry/monitor.ts"
import { detached } from "../time/timeout.ts"
import { type CheckOptions, endpointKey, isInSession, isIntegerFrom, settingsPerEndpoint } from "./perEndpoint.ts"

interface Settings {
  readonly afterMillis: number
  readonly max: number
  readonly budget: number
}

const check: CheckOptions<HedgeOptions, Settings> = ({ after, budget = 0.1, max = 1 }, path) => {
  if (!isIntegerFrom(max, 0)) {
    return Effect.fail(invalidSetting(`${path}.max`, "an integer of at least 0"))
  }
  if (!(Predicate.isNumber(budget) && budget > 0 && budget <= 1)) {
    return Effect.fail(invalidSetting(`${path}.budget`, "a number greater than 0 and at most 1"))
  }
  return Effect.map(positiveDurationMillis(`${path}.after`, after), (afterMillis) => ({ afterMillis, budget, max }))
}

/** How many requests an idle budget keeps. */
const maxTokens = 10

const maxBudgets = 1_000

/** The additional requests that each endpoint may still send. */
class Budgets {
  readonly #tokens = new Map<string, number>()

  /** Adds the share of a call. */
  add(key: string, { budget, max }: Settings): void {
    const tokens = this.#tokens.get(key) ?? max
    this.#tokens.delete(key)
    this.#tokens.set(key, Math.min(Math.max(maxTokens, max), tokens + budget))
    if (this.#tokens.size > maxBudgets) {
      const [oldest] = this.#tokens.keys()
      this.#tokens.delete(oldest!)
    }
  }

  take(key: string): boolean {
    const tokens = this.#tokens.get(key) ?? 0
    if (tokens < 1) {
      return false
    }
    this.#tokens.set(key, tokens - 1)
    return true
  }
}

/** One of the requests of a call. Its scope holds the connection of a response stream. */
interface Candidate<A, E> {
  readonly scope: Scope.CloseableScope
  readonly fiber: Fiber.RuntimeFiber<Exit.Exit<A, E>>
}

/** The result of a call, and the request that it is from. */
interface Winner<A, E> {
  readonly scope: Scope.CloseableScope
  readonly exit: Exit.Exit<A, E>
}

/** A call and the requests that were sent for it. */
class Hedge<A, E, R> {
  readonly #call: Effect.Effect<A, E, R>
  readonly #winner: Deferred.Deferred<Winner<A, E>>
  readonly #candidates: Array<Candidate<A, E>> = []
  #running = 0

  constructor(call: Effect.Effect<A, E, R>, winner: Deferred.Deferred<Winner<A, E>>) {
    this.#call = call
    this.#winner = winner
  }

  /** Sends a request. The first success is the result, or the failure after which no request is left. */
  start(): Effect.Effect<void, never, R> {
    return Effect.gen(this, function*() {
      const scope = yield* Scope.make()
      this.#running += 1
      const call = Effect.mapInputContext(
        this.#call,
        (context: Context.Context<R>) => Context.add(context, Scope.Scope, scope)
      )
      const run = Effect.tap(Effect.exit(Effect.interruptible(call)), (exit) => {
        this.#running -= 1
        return Exit.isSuccess(exit) || this.#running === 0
          ? Deferred.succeed(this.#winner, { scope, exit })
          : Effect.void
      })
      this.#candidates.push({ scope, fiber: yield* Effect.forkDaemon(run) })
    })
  }

  /** Ends the requests whose response is not used. */
  end(winner: Winner<A, E> | undefined): Effect.Effect<void> {
    const losers = this.#candidates.filter(({ scope }) => scope !== winner?.scope)
    return losers.length === 0
      ? Effect.void
      : detached(Effect.forEach(
        losers,
        ({ fiber, scope }) => Effect.zipRight(Fiber.interrupt(fiber), Scope.close(scope, Exit.void)),
        { concurrency: "unbounded" }
      ))
  }

  inherit({ scope }: Winner<A, E>): Effect.Effect<void> {
    const winner = this.#candidates.find((candidate) => candidate.scope === scope)
    return winner === undefined ? Effect.void : Fiber.inheritAll(winner.fiber)
  }
}

/** Keeps the connection of a response stream in the scope of the caller. A whole response has no connection. */
const handOver = <A, E>({ exit, scope }: Winner<A, E>, isStream: boolean): Effect.Effect<A, E> => {
  const close = Scope.close(scope, exit)
  if (!isStream || Exit.isFailure(exit)) {
    return Effect.zipRight(close, exit)
  }
  return Effect.flatMap(Effect.serviceOption(Scope.Scope), (outer) =>
    Effect.as(
      Option.isSome(outer) ? Scope.addFinalizerExit(outer.value, (closed) => Scope.close(scope, closed)) : close,
      exit.value
    ))
}

/** Runs a call. While it has no response, other requests start after each delay. */
const hedged = <A, E, R>(
  call: Effect.Effect<A, E, R>,
  { afterMillis, isStream, max, takeToken }: Pick<Settings, "afterMillis" | "max"> & {
    readonly isStream: boolean
    readonly takeToken: () => boolean
  }
): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const decided = yield* Deferred.make<Winner<A, E>>()
      const hedge = new Hedge(call, decided)
      yield* hedge.start()
      const startOthers = Effect.gen(function*() {
        for (let sent = 0; sent < max; sent++) {
          yield* Effect.interruptible(Effect.sleep(afterMillis))
          if (!takeToken()) {
            return
          }
          yield* hedge.start()
        }
      })
      const timer = yield* Effect.fork(startOthers)
      const winner = yield* Effect.onInterrupt(
        restore(Deferred.await(decided)),
        () => Effect.zipRight(Fiber.interrupt(timer), hedge.end(undefined))
      )
      yield* Fiber.interrupt(timer)
      yield* hedge.inherit(winner)
      yield* hedge.end(winner)
      return yield* handOver(winner, isStream)
    })
  )

const streamOperation = "InvokeEndpointWithResponseStream"

const isHedged = (operation: string, input: unknown): boolean =>
  (operation === "InvokeEndpoint" || operation === streamOperation) && !isInSession(input)

/** A client that sends slow calls again. */
export const layer = (
  options: HedgeOptions & PerEndpoint<HedgeOptions>
): Layer.Layer<SageMakerRuntime, ConfigurationError, SageMakerRuntime> =>
  Layer.effect(
    SageMakerRuntime,
    Effect.zipWith(SageMakerRuntime, settingsPerEndpoint(options, check, "hedge"), (client, settingsOf) => {
      const budgets = new Budgets()
      const keyOf = endpointKey(options)
      const hedging: Context.Tag.Service<SageMakerRuntime> = {
        execute: (operation, input) =>
          Effect.suspend(() => {
            const call = client.execute(operation, input)
            if (!isHedged(operation.name, input)) {
              return call
            }
            const key = keyOf({ operation: operation.name, input })
            const settings = settingsOf(key)
            budgets.add(key, settings)
            return settings.max === 0
              ? call
              : hedged(call, {
                ...settings,
                isStream: operation.name === streamOperation,
                takeToken: () => budgets.take(key)
              })
          })
      }
      return registerMonitor(hedging, monitorOf(client))
    })
  )

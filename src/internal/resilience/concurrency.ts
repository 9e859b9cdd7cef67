/** The concurrency limit of `Resilience.concurrency`. */
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { ConcurrencyOptions, PerEndpoint } from "../../Resilience.ts"
import { type ConfigurationError, OverloadedError } from "../../SageMakerError.ts"
import { type InterceptedCall, type Interceptor, interceptor } from "../client/interceptor.ts"
import { invalidSetting } from "../config/invalidSetting.ts"
import { endpointNameOf } from "../telemetry/endpointName.ts"
import { CurrentMonitor, reportQueued } from "../telemetry/monitor.ts"
import { type CheckOptions, endpointKey, isIntegerFrom, settingsPerEndpoint } from "./perEndpoint.ts"

interface Settings {
  readonly permits: number
  readonly queue: number
}

const check: CheckOptions<ConcurrencyOptions, Settings> = ({ permits, queue = 0 }, path) => {
  if (!isIntegerFrom(permits, 1)) {
    return Effect.fail(invalidSetting(`${path}.permits`, "an integer of at least 1"))
  }
  if (queue !== Infinity && !isIntegerFrom(queue, 0)) {
    return Effect.fail(invalidSetting(`${path}.queue`, "an integer of at least 0, or Infinity"))
  }
  return Effect.succeed({ permits, queue })
}

/** The limit of one endpoint. `calls` is the number of running and waiting calls. */
interface Bulkhead {
  readonly semaphore: Effect.Semaphore
  calls: number
}

/** The limits of the endpoints that have calls. */
class Bulkheads {
  readonly #bulkheads = new Map<string, Bulkhead>()

  enter(endpoint: string, { permits, queue }: Settings): Effect.Effect<Bulkhead, OverloadedError> {
    return Effect.suspend(() => {
      const bulkhead = this.#bulkheads.get(endpoint) ?? { semaphore: Effect.unsafeMakeSemaphore(permits), calls: 0 }
      if (bulkhead.calls >= permits + queue) {
        return new OverloadedError({ endpoint, permits, queue })
      }
      bulkhead.calls += 1
      this.#bulkheads.set(endpoint, bulkhead)
      return Effect.succeed(bulkhead)
    })
  }

  leave(endpoint: string, bulkhead: Bulkhead): Effect.Effect<void> {
    return Effect.sync(() => {
      bulkhead.calls -= 1
      if (bulkhead.calls === 0) {
        this.#bulkheads.delete(endpoint)
      }
    })
  }
}

/**
 * The interceptor of one call. It keeps its permit until the call has ended and its connections are closed.
 *
 * Attempts that cannot be interrupted outlive a call that times out. They do not keep the permit.
 */
const makeInterceptor = (
  bulkheads: Bulkheads,
  endpoint: string,
  settings: Settings,
  whileQueued: <A, E, R>(wait: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
): Interceptor => {
  let connections = 0
  let hasEnded = false
  let release = Effect.void
  const releaseIfDone = Effect.suspend(() => {
    if (!hasEnded || connections > 0) {
      return Effect.void
    }
    const releaseOnce = release
    release = Effect.void
    return releaseOnce
  })
  const end = Effect.suspend(() => {
    hasEnded = true
    return releaseIfDone
  })
  const closeConnection = Effect.suspend(() => {
    connections -= 1
    return releaseIfDone
  })
  return interceptor({
    wrapCall: (effect) => Effect.ensuring(effect, end),
    wrapAttempts: (effect) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(bulkheads.enter(endpoint, settings), (bulkhead) => {
          const leave = bulkheads.leave(endpoint, bulkhead)
          const take = restore(bulkhead.semaphore.take(1))
          const isQueued = bulkhead.calls > settings.permits
          const acquire = Effect.onInterrupt(isQueued ? whileQueued(take) : take, () => leave)
          return Effect.flatMap(acquire, () => {
            release = Effect.zipRight(bulkhead.semaphore.release(1), leave)
            return Effect.ensuring(restore(effect), end)
          })
        })
      ),
    onConnectionTransfer: (connection) =>
      Effect.suspend(() => {
        connections += 1
        return Scope.addFinalizer(connection, closeConnection)
      })
  })
}

/** Limits how many calls of each endpoint run and how many wait. */
export const make = (
  options: ConcurrencyOptions & PerEndpoint<ConcurrencyOptions>
): Effect.Effect<(call: InterceptedCall) => Interceptor, ConfigurationError> =>
  Effect.zipWith(settingsPerEndpoint(options, check, "concurrency"), CurrentMonitor, (settingsOf, monitor) => {
    const bulkheads = new Bulkheads()
    const keyOf = endpointKey(options)
    return (call) => {
      const endpoint = keyOf(call)
      const whileQueued = reportQueued(monitor, "concurrency", endpointNameOf(call.input))
      return makeInterceptor(bulkheads, endpoint, settingsOf(endpoint), whileQueued)
    }
  })

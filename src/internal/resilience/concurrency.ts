import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { ConcurrencyOptions, PerEndpoint } from "../../Resilience.ts"
import { type ConfigurationError, OverloadedError } from "../../SageMakerError.ts"
import { type InterceptedCall, type Interceptor, interceptor } from "../client/interceptor.ts"
import { endpointKey, isIntegerFrom, settingsPerEndpoint } from "./perEndpoint.ts"

interface Settings {
  readonly permits: number
  readonly queue: number
}

const check = (
  { permits, queue = 0 }: ConcurrencyOptions,
  wrong: (setting: string, problem: string) => ConfigurationError
): Effect.Effect<Settings, ConfigurationError> =>
  !isIntegerFrom(permits, 1)
    ? Effect.fail(wrong("permits", "is not a whole number of at least 1"))
    : queue !== Infinity && !isIntegerFrom(queue, 0)
    ? Effect.fail(wrong("queue", "is not a whole number"))
    : Effect.succeed({ permits, queue })

/** The calls of one endpoint: those that run hold a permit of the semaphore, the others wait for one. */
interface Line {
  readonly semaphore: Effect.Semaphore
  calls: number
}

/** Lets so many calls of an endpoint run and so many wait; a call runs until its connection is closed. */
export const make = (
  options: ConcurrencyOptions & PerEndpoint<ConcurrencyOptions>
): Effect.Effect<(call: InterceptedCall) => Interceptor, ConfigurationError> =>
  Effect.map(settingsPerEndpoint(options, check, "concurrency"), (settingsOf) => {
    const lines = new Map<string, Line>()
    const endpointOf = endpointKey(options)

    const enter = (endpoint: string, { permits, queue }: Settings) =>
      Effect.suspend(() => {
        const line = lines.get(endpoint) ?? { semaphore: Effect.unsafeMakeSemaphore(permits), calls: 0 }
        if (line.calls >= permits + queue) {
          return new OverloadedError({ endpoint, permits, queue })
        }
        line.calls += 1
        lines.set(endpoint, line)
        return Effect.succeed(line)
      })
    const leave = (endpoint: string, line: Line): void => {
      line.calls -= 1
      if (line.calls === 0) {
        lines.delete(endpoint)
      }
    }

    return (call) => {
      const endpoint = endpointOf(call)
      let connections = 0
      let hasEnded = false
      let done = Effect.void
      const doneUnlessConnected = Effect.suspend(() => (hasEnded && connections === 0 ? done : Effect.void))
      return interceptor({
        call: (effect) =>
          Effect.uninterruptibleMask((restore) =>
            Effect.flatMap(enter(endpoint, settingsOf(endpoint)), (line) => {
              const left = Effect.sync(() => leave(endpoint, line))
              done = Effect.zipRight(line.semaphore.release(1), left)
              return Effect.zipRight(
                Effect.onInterrupt(restore(line.semaphore.take(1)), () => left),
                Effect.ensuring(
                  restore(effect),
                  Effect.suspend(() => {
                    hasEnded = true
                    return doneUnlessConnected
                  })
                )
              )
            })
          ),
        handOver: (connection) =>
          Effect.suspend(() => {
            connections += 1
            return Scope.addFinalizer(
              connection,
              Effect.suspend(() => {
                connections -= 1
                return doneUnlessConnected
              })
            )
          })
      })
    }
  })

import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as circuits from "../../protocol/retry/circuit.ts"
import type { CircuitBreakerOptions, CircuitState, PerEndpoint } from "../../Resilience.ts"
import { CircuitOpenError, type ConfigurationError, toRetryable } from "../../SageMakerError.ts"
import { type InterceptedCall, type Interceptor, interceptor } from "../client/interceptor.ts"
import { endpointKey, isIntegerFrom, millis, settingsPerEndpoint } from "./perEndpoint.ts"

const check = (
  {
    breakDuration = "10 seconds",
    failureRatio = 0.5,
    minimumThroughput = 10,
    samplingDuration = "30 seconds"
  }: CircuitBreakerOptions,
  wrong: (setting: string, problem: string) => ConfigurationError
): Effect.Effect<circuits.Rules, ConfigurationError> =>
  !(failureRatio > 0 && failureRatio <= 1)
    ? Effect.fail(wrong("failureRatio", "is not a number above 0 and up to 1"))
    : !isIntegerFrom(minimumThroughput, 1)
    ? Effect.fail(wrong("minimumThroughput", "is not a whole number of at least 1"))
    : Effect.map(
      Effect.all({
        breakMillis: millis(breakDuration, (problem) => wrong("breakDuration", problem)),
        samplingMillis: millis(samplingDuration, (problem) => wrong("samplingDuration", problem))
      }),
      (durations) => ({ failureRatio, minimumThroughput, ...durations })
    )

/** Whether an error says that the endpoint is ill: it fails, cannot be reached, or does not answer in time. */
const isFailure = (error: unknown): boolean => {
  const { _tag, retry } = toRetryable(error)
  return retry === "transient" || _tag === "TimeoutError" || _tag === "InternalDependencyException"
}

/** Errors that arise before the endpoint is asked. */
const isOfThisSide = Predicate.or(Predicate.isTagged("CredentialsError"), Predicate.isTagged("SigningError"))

interface Entry {
  circuit: circuits.Circuit
  lastFailure: string | undefined
  underWay: number
}

/** An attempt that was let through. */
interface Ticket {
  readonly entry: Entry
  readonly epoch: number
}

/** Circuits by endpoint, and the states of those that are not closed. */
export const make = (options: CircuitBreakerOptions & PerEndpoint<CircuitBreakerOptions>) =>
  Effect.gen(function*() {
    const rulesOf = yield* settingsPerEndpoint(options, check, "circuitBreaker")
    const endpointOf = endpointKey(options)
    const failed = options.isFailure ?? isFailure
    const states = yield* SubscriptionRef.make(HashMap.empty<string, CircuitState>())
    const entries = new Map<string, Entry>()
    let sweptAt = 0

    /** Forgets, once in a while, endpoints of which nothing is left to remember. */
    const sweep = (now: number): void => {
      if (now - sweptAt >= 10_000) {
        sweptAt = now
        for (const [endpoint, { circuit, underWay }] of entries) {
          if (underWay === 0 && circuits.isAtRest(rulesOf(endpoint), circuit, now)) {
            entries.delete(endpoint)
          }
        }
      }
    }
    const entryOf = (endpoint: string, now: number): Entry => {
      const known = entries.get(endpoint)
      if (known !== undefined) {
        return known
      }
      sweep(now)
      const entry: Entry = { circuit: circuits.initial, lastFailure: undefined, underWay: 0 }
      entries.set(endpoint, entry)
      return entry
    }

    const stateOf = ({ circuit, lastFailure }: Entry): CircuitState =>
      circuit._tag === "Open" ? { _tag: "Open", retryAtMillis: circuit.until, lastFailure } : { _tag: circuit._tag }

    /** Tells the states as they are by then, so that changes cannot overtake each other. */
    const tell = (endpoint: string, entry: Entry): Effect.Effect<void> =>
      SubscriptionRef.update(
        states,
        (known) =>
          entry.circuit._tag === "Closed"
            ? HashMap.remove(known, endpoint)
            : HashMap.set(known, endpoint, stateOf(entry))
      )

    const become = (endpoint: string, entry: Entry, circuit: circuits.Circuit): Effect.Effect<void> => {
      const changed = entry.circuit._tag !== circuit._tag
      entry.circuit = circuit
      return changed ? tell(endpoint, entry) : Effect.void
    }

    const ended = (
      endpoint: string,
      { entry, epoch }: Ticket,
      verdict: circuits.Verdict,
      tag?: string
    ): Effect.Effect<void> =>
      Effect.clockWith((clock) => {
        entry.underWay -= 1
        entry.lastFailure = tag ?? entry.lastFailure
        const now = clock.unsafeCurrentTimeMillis()
        return become(endpoint, entry, circuits.record(rulesOf(endpoint), entry.circuit, epoch, verdict, now))
      })

    const guardOf = (call: InterceptedCall): Interceptor => {
      const endpoint = endpointOf(call)
      /** Attempts that were interrupted: only the end of the call tells whether a deadline did it. */
      const interrupted = new Set<Ticket>()

      const settle = (exit: Exit.Exit<unknown, unknown>) => {
        const late = Exit.isFailure(exit)
          ? Option.filter(Cause.failureOption(exit.cause), Predicate.isTagged("TimeoutError"))
          : Option.none()
        const verdict = Option.exists(late, failed) ? "failure" : "none"
        return Effect.forEach(
          interrupted,
          (ticket) => ended(endpoint, ticket, verdict, verdict === "failure" ? "TimeoutError" : undefined),
          { discard: true }
        )
      }
      return interceptor({
        outside: (effect) => Effect.onExit(effect, settle),
        attempt: (progress) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
          Effect.uninterruptibleMask((restore) =>
            Effect.clockWith((clock): Effect.Effect<A, E | CircuitOpenError, R> => {
              const now = clock.unsafeCurrentTimeMillis()
              const entry = entryOf(endpoint, now)
              const admission = circuits.admit(entry.circuit, now)
              if (!admission.passes) {
                return Effect.fail(
                  new CircuitOpenError({
                    endpoint,
                    lastFailure: entry.lastFailure,
                    retryAfterMillis: admission.waitMillis,
                    attempts: progress.attempts,
                    totalRetryDelay: progress.totalRetryDelay
                  })
                )
              }
              const ticket: Ticket = { entry, epoch: admission.circuit.epoch }
              entry.underWay += 1
              return Effect.zipRight(
                become(endpoint, entry, admission.circuit),
                Effect.onExit(restore(effect), (exit) => {
                  if (Exit.isSuccess(exit)) {
                    return ended(endpoint, ticket, "success")
                  }
                  const failure = Option.getOrUndefined(Cause.failureOption(exit.cause))
                  if (failure === undefined) {
                    interrupted.add(ticket)
                    return Effect.void
                  }
                  return isOfThisSide(failure)
                    ? ended(endpoint, ticket, "none")
                    : failed(failure)
                    ? ended(endpoint, ticket, "failure", toRetryable(failure)._tag)
                    : ended(endpoint, ticket, "success")
                })
              )
            })
          )
      })
    }
    return { guardOf, states }
  })

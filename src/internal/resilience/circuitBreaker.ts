/** The circuit breaker of `Resilience.circuitBreaker`. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as circuits from "../../protocol/retry/circuit.ts"
import type { CircuitBreakerOptions, CircuitState, PerEndpoint } from "../../Resilience.ts"
import { CircuitOpenError, toRetryable } from "../../SageMakerError.ts"
import { type InterceptedCall, type Interceptor, interceptor } from "../client/interceptor.ts"
import { positiveDurationMillis } from "../config/duration.ts"
import { invalidSetting } from "../config/invalidSetting.ts"
import { type CheckOptions, endpointKey, isIntegerFrom, settingsPerEndpoint } from "./perEndpoint.ts"

const check: CheckOptions<CircuitBreakerOptions, circuits.Rules> = (
  {
    breakDuration = "10 seconds",
    failureRatio = 0.5,
    minimumThroughput = 10,
    samplingDuration = "30 seconds"
  },
  path
) => {
  if (!(failureRatio > 0 && failureRatio <= 1)) {
    return Effect.fail(invalidSetting(`${path}.failureRatio`, "a number greater than 0 and at most 1"))
  }
  if (!isIntegerFrom(minimumThroughput, 1)) {
    return Effect.fail(invalidSetting(`${path}.minimumThroughput`, "an integer of at least 1"))
  }
  return Effect.map(
    Effect.all({
      breakMillis: positiveDurationMillis(`${path}.breakDuration`, breakDuration),
      samplingMillis: positiveDurationMillis(`${path}.samplingDuration`, samplingDuration)
    }),
    (durations) => ({ failureRatio, minimumThroughput, ...durations })
  )
}

const isFailureByDefault = (error: unknown): boolean => {
  const { _tag, retry } = toRetryable(error)
  return retry === "transient" || _tag === "TimeoutError" || _tag === "InternalDependencyException"
}

/** Errors that occur before the request is sent. They do not depend on the endpoint, so they do not count. */
const isLocalError = Predicate.or(Predicate.isTagged("CredentialsError"), Predicate.isTagged("SigningError"))

/** The circuit of one endpoint. */
interface Entry {
  readonly endpoint: string
  circuit: circuits.Circuit
  lastFailure: string | undefined
  runningAttempts: number
}

/** An attempt that the circuit has admitted. */
interface AdmittedAttempt {
  readonly entry: Entry
  readonly epoch: number
}

const cleanupIntervalMillis = 10_000

const stateOf = ({ circuit, lastFailure }: Entry): CircuitState =>
  circuit._tag === "Open" ? { _tag: "Open", retryAtMillis: circuit.until, lastFailure } : { _tag: circuit._tag }

class CircuitBreaker {
  readonly #entries = new Map<string, Entry>()
  readonly #rulesOf: (endpoint: string) => circuits.Rules
  readonly isFailure: (error: unknown) => boolean
  readonly #states: SubscriptionRef.SubscriptionRef<HashMap.HashMap<string, CircuitState>>
  #lastCleanup = 0

  constructor(
    rulesOf: (endpoint: string) => circuits.Rules,
    isFailure: (error: unknown) => boolean,
    states: SubscriptionRef.SubscriptionRef<HashMap.HashMap<string, CircuitState>>
  ) {
    this.#rulesOf = rulesOf
    this.isFailure = isFailure
    this.#states = states
  }

  entry(endpoint: string, now: number): Entry {
    const existing = this.#entries.get(endpoint)
    if (existing !== undefined) {
      return existing
    }
    this.#removeIdle(now)
    const entry: Entry = { endpoint, circuit: circuits.initial, lastFailure: undefined, runningAttempts: 0 }
    this.#entries.set(endpoint, entry)
    return entry
  }

  #removeIdle(now: number): void {
    if (now - this.#lastCleanup < cleanupIntervalMillis) {
      return
    }
    this.#lastCleanup = now
    for (const [endpoint, { circuit, runningAttempts }] of this.#entries) {
      if (runningAttempts === 0 && circuits.isIdle(this.#rulesOf(endpoint), circuit, now)) {
        this.#entries.delete(endpoint)
      }
    }
  }

  setCircuit(entry: Entry, circuit: circuits.Circuit): Effect.Effect<void> {
    const isChanged = entry.circuit._tag !== circuit._tag
    entry.circuit = circuit
    return isChanged ? this.#publish(entry) : Effect.void
  }

  /** Reads the circuit when the update runs, so that an earlier change cannot overwrite a later change. */
  #publish(entry: Entry): Effect.Effect<void> {
    return SubscriptionRef.update(this.#states, (states) =>
      entry.circuit._tag === "Closed"
        ? HashMap.remove(states, entry.endpoint)
        : HashMap.set(states, entry.endpoint, stateOf(entry)))
  }

  record({ entry, epoch }: AdmittedAttempt, outcome: circuits.Outcome, failure?: string): Effect.Effect<void> {
    return Effect.clockWith((clock) => {
      entry.runningAttempts -= 1
      entry.lastFailure = failure ?? entry.lastFailure
      const now = clock.unsafeCurrentTimeMillis()
      return this.setCircuit(
        entry,
        circuits.record(this.#rulesOf(entry.endpoint), entry.circuit, epoch, outcome, now)
      )
    })
  }

  recordError(attempt: AdmittedAttempt, error: unknown): Effect.Effect<void> {
    if (isLocalError(error)) {
      return this.record(attempt, "none")
    }
    return this.isFailure(error)
      ? this.record(attempt, "failure", toRetryable(error)._tag)
      : this.record(attempt, "success")
  }
}

const failureOf = (exit: Exit.Exit<unknown, unknown>): Option.Option<unknown> =>
  Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : Option.none()

/** Records the results of the attempts of one call. */
const makeRecorder = (breaker: CircuitBreaker) => {
  /** Interrupted attempts: only the result of the call shows whether a timeout interrupted them. */
  const interrupted = new Set<AdmittedAttempt>()
  return {
    recordAttempt: (attempt: AdmittedAttempt, exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> => {
      if (Exit.isSuccess(exit)) {
        return breaker.record(attempt, "success")
      }
      const error = failureOf(exit)
      if (Option.isSome(error)) {
        return breaker.recordError(attempt, error.value)
      }
      interrupted.add(attempt)
      return Effect.void
    },
    recordInterrupted: (exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> => {
      const timeout = Option.filter(failureOf(exit), Predicate.isTagged("TimeoutError"))
      const isFailure = Option.exists(timeout, breaker.isFailure)
      return Effect.forEach(
        interrupted,
        (attempt) => isFailure ? breaker.record(attempt, "failure", "TimeoutError") : breaker.record(attempt, "none"),
        { discard: true }
      )
    }
  }
}

/** The interceptor of one call. */
const makeInterceptor = (breaker: CircuitBreaker, endpoint: string): Interceptor => {
  const { recordAttempt, recordInterrupted } = makeRecorder(breaker)
  return interceptor({
    wrapCall: (effect) => Effect.onExit(effect, recordInterrupted),
    wrapAttempt: (progress) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.clockWith((clock): Effect.Effect<A, E | CircuitOpenError, R> => {
          const now = clock.unsafeCurrentTimeMillis()
          const entry = breaker.entry(endpoint, now)
          const { lastFailure } = entry
          const admission = circuits.admit(entry.circuit, now)
          if (!admission.passes) {
            const { attempts, totalRetryDelay } = progress
            const retryAfterMillis = admission.waitMillis
            return new CircuitOpenError({ endpoint, lastFailure, retryAfterMillis, attempts, totalRetryDelay })
          }
          const attempt: AdmittedAttempt = { entry, epoch: admission.circuit.epoch }
          entry.runningAttempts += 1
          return Effect.zipRight(
            breaker.setCircuit(entry, admission.circuit),
            Effect.onExit(restore(effect), (exit) => recordAttempt(attempt, exit))
          )
        })
      )
  })
}

/** A circuit breaker with one circuit per endpoint, and the states of the circuits that are not closed. */
export const make = (options: CircuitBreakerOptions & PerEndpoint<CircuitBreakerOptions>) =>
  Effect.gen(function*() {
    const rulesOf = yield* settingsPerEndpoint(options, check, "circuitBreaker")
    const keyOf = endpointKey(options)
    const states = yield* SubscriptionRef.make(HashMap.empty<string, CircuitState>())
    const breaker = new CircuitBreaker(rulesOf, options.isFailure ?? isFailureByDefault, states)
    return { interceptorOf: (call: InterceptedCall) => makeInterceptor(breaker, keyOf(call)), states }
  })

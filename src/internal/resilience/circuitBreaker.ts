/** The circuit breaker of `Resilience.circuitBreaker`. */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
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
import { type CircuitLevel, CurrentMonitor, type Monitor } from "../telemetry/monitor.ts"
import { monotonicMillis } from "../time/monotonicClock.ts"
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
interface AdmittedAttempt extends circuits.Admission {
  readonly entry: Entry
}

const levels: { readonly [State in circuits.Circuit["_tag"]]: CircuitLevel } = { Closed: 0, HalfOpen: 1, Open: 2 }

const cleanupIntervalMillis = 10_000

/** The published state. Circuits have monotonic times, which are converted to the system time. */
const stateOf = ({ circuit, lastFailure }: Entry, clock: Clock.Clock): CircuitState =>
  circuit._tag === "Open"
    ? {
      _tag: "Open",
      retryAtMillis: Math.ceil(clock.unsafeCurrentTimeMillis() + circuit.until - monotonicMillis(clock)),
      lastFailure
    }
    : { _tag: circuit._tag }

class CircuitBreaker {
  readonly #entries = new Map<string, Entry>()
  readonly #rulesOf: (endpoint: string) => circuits.Rules
  readonly #isFailure: (error: unknown) => boolean
  readonly #states: SubscriptionRef.SubscriptionRef<HashMap.HashMap<string, CircuitState>>
  readonly #monitor: Monitor | undefined
  #lastCleanup = 0

  constructor(
    rulesOf: (endpoint: string) => circuits.Rules,
    isFailure: (error: unknown) => boolean,
    states: SubscriptionRef.SubscriptionRef<HashMap.HashMap<string, CircuitState>>,
    monitor: Monitor | undefined
  ) {
    this.#rulesOf = rulesOf
    this.#isFailure = isFailure
    this.#states = states
    this.#monitor = monitor
  }

  entry(endpoint: string, now: number): Entry {
    const existing = this.#entries.get(endpoint)
    if (existing !== undefined) {
      return existing
    }
    this.#removeIdle(now)
    const entry: Entry = { endpoint, circuit: circuits.initial, lastFailure: undefined, runningAttempts: 0 }
    this.#entries.set(endpoint, entry)
    this.#report(entry)
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
    if (!isChanged) {
      return Effect.void
    }
    this.#report(entry)
    return this.#publish(entry)
  }

  #report({ circuit, endpoint }: Entry): void {
    this.#monitor?.circuit(endpoint, levels[circuit._tag])
  }

  /** Reads the circuit when the update runs, so that an earlier change cannot overwrite a later change. */
  #publish(entry: Entry): Effect.Effect<void> {
    return Effect.clockWith((clock) =>
      SubscriptionRef.update(this.#states, (states) =>
        entry.circuit._tag === "Closed"
          ? HashMap.remove(states, entry.endpoint)
          : HashMap.set(states, entry.endpoint, stateOf(entry, clock)))
    )
  }

  /** Admits an attempt, or returns the time until the next one can be admitted. */
  admit(entry: Entry, now: number) {
    return circuits.admit(this.#rulesOf(entry.endpoint), entry.circuit, now)
  }

  record(attempt: AdmittedAttempt, outcome: circuits.Outcome, failure?: string): Effect.Effect<void> {
    return Effect.clockWith((clock) => {
      const { entry } = attempt
      entry.runningAttempts -= 1
      entry.lastFailure = failure ?? entry.lastFailure
      const rules = this.#rulesOf(entry.endpoint)
      return this.setCircuit(entry, circuits.record(rules, entry.circuit, attempt, outcome, monotonicMillis(clock)))
    })
  }

  /** Records attempts that an error ended. `otherwise` is their outcome if the error is not a failure. */
  recordError(
    attempts: ReadonlyArray<AdmittedAttempt>,
    error: unknown,
    otherwise: circuits.Outcome
  ): Effect.Effect<void> {
    const recordAll = (outcome: circuits.Outcome, failure?: string) =>
      Effect.forEach(attempts, (attempt) => this.record(attempt, outcome, failure), { discard: true })
    if (isLocalError(error)) {
      return recordAll("none")
    }
    return Effect.flatMap(
      this.#failureRule(error),
      (isFailure) => isFailure ? recordAll("failure", toRetryable(error)._tag) : recordAll(otherwise)
    )
  }

  /** The default rule applies if the user's function throws, so that the attempt is always recorded. */
  #failureRule(error: unknown): Effect.Effect<boolean> {
    try {
      return Effect.succeed(this.#isFailure(error))
    } catch {
      const warning = Effect.logWarning("isFailure of Resilience.circuitBreaker threw; the default was used")
      return Effect.as(warning, isFailureByDefault(error))
    }
  }
}

const failureOf = (exit: Exit.Exit<unknown, unknown>): Option.Option<unknown> =>
  Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : Option.none()

/** Records the results of the attempts of one call. */
const makeRecorder = (breaker: CircuitBreaker) => {
  /** Attempts without a result: only the result of the call shows whether a timeout interrupted them. */
  const pending = new Set<AdmittedAttempt>()
  return {
    started: (attempt: AdmittedAttempt): void => {
      pending.add(attempt)
    },
    /** An attempt that outlives its call has been recorded with the call. */
    recordAttempt: (attempt: AdmittedAttempt, exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> => {
      const error = failureOf(exit)
      const hasResult = Exit.isSuccess(exit) || Option.isSome(error)
      if (!hasResult || !pending.delete(attempt)) {
        return Effect.void
      }
      return Option.isSome(error)
        ? breaker.recordError([attempt], error.value, "success")
        : breaker.record(attempt, "success")
    },
    recordCall: (exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> => {
      if (pending.size === 0) {
        return Effect.void
      }
      const timeout = Option.filter(failureOf(exit), Predicate.isTagged("TimeoutError"))
      const unrecorded = [...pending]
      pending.clear()
      return Option.isSome(timeout)
        ? breaker.recordError(unrecorded, timeout.value, "none")
        : Effect.forEach(unrecorded, (attempt) => breaker.record(attempt, "none"), { discard: true })
    }
  }
}

/** The interceptor of one call. */
const makeInterceptor = (breaker: CircuitBreaker, endpoint: string): Interceptor => {
  const { recordAttempt, recordCall, started } = makeRecorder(breaker)
  return interceptor({
    wrapCall: (effect) => Effect.onExit(effect, recordCall),
    wrapAttempt: (progress) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.clockWith((clock): Effect.Effect<A, E | CircuitOpenError, R> => {
          const now = monotonicMillis(clock)
          const entry = breaker.entry(endpoint, now)
          const { lastFailure } = entry
          const admission = breaker.admit(entry, now)
          if (!admission.passes) {
            const { attempts, totalRetryDelay } = progress
            const retryAfterMillis = Math.ceil(admission.waitMillis)
            return new CircuitOpenError({ endpoint, lastFailure, retryAfterMillis, attempts, totalRetryDelay })
          }
          const attempt: AdmittedAttempt = { entry, epoch: admission.circuit.epoch, at: now }
          entry.runningAttempts += 1
          started(attempt)
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
    const monitor = yield* CurrentMonitor
    const breaker = new CircuitBreaker(rulesOf, options.isFailure ?? isFailureByDefault, states, monitor)
    return { interceptorOf: (call: InterceptedCall) => makeInterceptor(breaker, keyOf(call)), states }
  })

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
import { monotonicMillis } from "../time/timer.ts"
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

/** The public state. A circuit uses the monotonic clock, but `retryAtMillis` is a date. */
const stateOf = ({ circuit, lastFailure }: Entry, clock: Clock.Clock): CircuitState => {
  if (circuit._tag !== "Open") {
    return { _tag: circuit._tag }
  }
  const waitMillis = Math.round(circuit.until - monotonicMillis(clock))
  return { _tag: "Open", retryAtMillis: clock.unsafeCurrentTimeMillis() + waitMillis, lastFailure }
}

class CircuitBreaker {
  readonly #entries = new Map<string, Entry>()
  readonly #rulesOf: (endpoint: string) => circuits.Rules
  readonly #isFailure: (error: unknown) => boolean
  readonly #states: SubscriptionRef.SubscriptionRef<HashMap.HashMap<string, CircuitState>>
  #lastCleanup = 0

  constructor(
    rulesOf: (endpoint: string) => circuits.Rules,
    isFailure: (error: unknown) => boolean,
    states: SubscriptionRef.SubscriptionRef<HashMap.HashMap<string, CircuitState>>
  ) {
    this.#rulesOf = rulesOf
    this.#isFailure = isFailure
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
    return Effect.clockWith((clock) =>
      SubscriptionRef.update(this.#states, (states) =>
        entry.circuit._tag === "Closed"
          ? HashMap.remove(states, entry.endpoint)
          : HashMap.set(states, entry.endpoint, stateOf(entry, clock)))
    )
  }

  record({ entry, epoch }: AdmittedAttempt, outcome: circuits.Outcome, failure?: string): Effect.Effect<void> {
    return Effect.clockWith((clock) => {
      entry.runningAttempts -= 1
      entry.lastFailure = failure ?? entry.lastFailure
      const now = monotonicMillis(clock)
      return this.setCircuit(
        entry,
        circuits.record(this.#rulesOf(entry.endpoint), entry.circuit, epoch, outcome, now)
      )
    })
  }

  recordError(attempt: AdmittedAttempt, error: unknown): Effect.Effect<void> {
    return Effect.flatMap(this.isFailure(error), (isFailure) =>
      isFailure
        ? this.record(attempt, "failure", toRetryable(error)._tag)
        : this.record(attempt, isLocalError(error) ? "none" : "success"))
  }

  /** The default rule applies if the user's `isFailure` throws, so that the attempt is always recorded. */
  isFailure(error: unknown): Effect.Effect<boolean> {
    return Effect.suspend(() => {
      if (isLocalError(error)) {
        return Effect.succeed(false)
      }
      try {
        return Effect.succeed(this.#isFailure(error))
      } catch {
        const warning = Effect.logWarning("isFailure of Resilience.circuitBreaker threw; its default was used")
        return Effect.as(warning, isFailureByDefault(error))
      }
    })
  }
}

const failureOf = (exit: Exit.Exit<unknown, unknown>): Option.Option<unknown> =>
  Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : Option.none()

/** Records the results of the attempts of one call. */
const makeRecorder = (breaker: CircuitBreaker) => {
  /** Attempts without a result. An interrupted attempt has none: only the call shows whether a timeout ended it. */
  const unrecorded = new Set<AdmittedAttempt>()
  return {
    add: (attempt: AdmittedAttempt): void => {
      unrecorded.add(attempt)
    },
    recordAttempt: (attempt: AdmittedAttempt, exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> => {
      const error = failureOf(exit)
      if ((Exit.isFailure(exit) && Option.isNone(error)) || !unrecorded.delete(attempt)) {
        return Effect.void
      }
      return Option.isSome(error) ? breaker.recordError(attempt, error.value) : breaker.record(attempt, "success")
    },
    /** A timeout ends the call without waiting for its attempt, so an attempt may still run. */
    recordRest: (exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> => {
      const attempts = [...unrecorded]
      unrecorded.clear()
      const timeout = Option.filter(failureOf(exit), Predicate.isTagged("TimeoutError"))
      return Effect.forEach(
        attempts,
        (attempt) =>
          Option.match(timeout, {
            onNone: () => breaker.record(attempt, "none"),
            onSome: (error) =>
              Effect.flatMap(breaker.isFailure(error), (isFailure) =>
                isFailure ? breaker.record(attempt, "failure", "TimeoutError") : breaker.record(attempt, "none"))
          }),
        { discard: true }
      )
    }
  }
}

/** The interceptor of one call. */
const makeInterceptor = (breaker: CircuitBreaker, endpoint: string): Interceptor => {
  const recorder = makeRecorder(breaker)
  return interceptor({
    wrapCall: (effect) => Effect.onExit(effect, recorder.recordRest),
    wrapAttempt: (progress) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.clockWith((clock): Effect.Effect<A, E | CircuitOpenError, R> => {
          const now = monotonicMillis(clock)
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
          recorder.add(attempt)
          return Effect.zipRight(
            breaker.setCircuit(entry, admission.circuit),
            Effect.onExit(restore(effect), (exit) => recorder.recordAttempt(attempt, exit))
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

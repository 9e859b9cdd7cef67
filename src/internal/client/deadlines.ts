/** The timeouts of a call in milliseconds, and the error of an expired timeout. */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { InvalidInputError, TimeoutError } from "../../SageMakerError.ts"
import type * as Timeouts from "../../Timeouts.ts"
import { durationMillis } from "../config/duration.ts"
import { timeout } from "../time/timeout.ts"
import type { BodyDeadline } from "../transport/bodyReader.ts"
import type { Call } from "./call.ts"

/** Every timeout in milliseconds. `Infinity` means no timeout. */
interface TimeoutMillis {
  readonly firstByte: number
  readonly idle: number
  readonly attempt: number
  readonly total: number
}

/** The timeouts of a call. */
export interface ConcreteTimeouts extends TimeoutMillis {
  /**
   * Whether `attempt` has its default. The timers of the response then enforce it, because a fiber per attempt would
   * make every call slower. They cannot limit the time that credentials take.
   */
  readonly isAttemptDefault: boolean
}

type Resolved = Either.Either<ConcreteTimeouts, InvalidInputError>

/** A `firstByte` that is longer than its default extends the default of `attempt`. */
const extendAttempt = (timeouts: ConcreteTimeouts, defaults: Timeouts.Deadlines | undefined): ConcreteTimeouts => ({
  ...timeouts,
  attempt: timeouts.attempt + Math.max(0, timeouts.firstByte - (durationMillis(defaults?.firstByte) ?? Infinity))
})

/** Resolves timeouts. Values of a later element override those of an earlier one. The first has the defaults. */
const resolve = (layers: ReadonlyArray<Timeouts.Deadlines | undefined>): Resolved => {
  const millisOf = (name: keyof Timeouts.Deadlines) => {
    const value = layers.reduce<Duration.DurationInput | undefined>((found, layer) => layer?.[name] ?? found, undefined)
    const millis = durationMillis(value ?? Infinity)
    return millis === undefined
      ? Either.left(
        new InvalidInputError({ field: `Timeouts.${name}`, constraint: "a duration such as \"5 seconds\"" })
      )
      : Either.right(millis)
  }
  const resolved = Either.all({
    firstByte: millisOf("firstByte"),
    idle: millisOf("idle"),
    attempt: millisOf("attempt"),
    total: millisOf("total"),
    isAttemptDefault: Either.right(layers.slice(1).every((layer) => layer?.attempt === undefined))
  })
  return Either.map(resolved, (timeouts) => timeouts.isAttemptDefault ? extendAttempt(timeouts, layers[0]) : timeouts)
}

/** Makes a function that adds a call's timeouts to those of its client. Each value is resolved only once. */
export const makeResolver = (...client: ReadonlyArray<Timeouts.Deadlines | undefined>) => {
  const clientDeadlines = resolve(client)
  const resolved = new WeakMap<Timeouts.Deadlines, Resolved>()
  return (own: Timeouts.Deadlines | undefined): Resolved => {
    if (own === undefined) {
      return clientDeadlines
    }
    const known = resolved.get(own) ?? resolve([...client, own])
    resolved.set(own, known)
    return known
  }
}

/** The error of an expired timeout. */
export const deadlineExceeded = (phase: keyof TimeoutMillis, call: Call): TimeoutError => {
  const requestSent = phase === "total" ? call.isSent : call.isAttemptSent
  return new TimeoutError({
    phase,
    duration: call.options.deadlines[phase],
    requestSent,
    retry: requestSent ? "never" : "transient",
    attempts: Math.max(1, call.attempts),
    totalRetryDelay: call.totalRetryDelay
  })
}

/** Fails with `TimeoutError` if the effect takes longer than the timeout. */
export const withDeadline =
  (phase: keyof TimeoutMillis, call: Call) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | TimeoutError, R> =>
    call.options.deadlines[phase] === Infinity || (phase === "attempt" && call.options.deadlines.isAttemptDefault)
      ? effect
      : timeout(call.options.deadlines[phase], () => deadlineExceeded(phase, call))(effect)

/** The time at which the default `attempt` timeout ends the reading of a body. */
export const bodyDeadline = (call: Call): BodyDeadline<TimeoutError> => ({
  at: call.attemptDeadline,
  onTimeout: () => deadlineExceeded("attempt", call)
})

/** Deadlines as a call runs under them. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { InvalidInputError, TimeoutError } from "../SageMakerError.ts"
import type * as Timeouts from "../Timeouts.ts"
import type { Call } from "./pipeline.ts"

/** Every deadline, infinite where there is none. */
export interface Resolved {
  readonly firstByte: Duration.Duration
  readonly idle: Duration.Duration
  readonly attempt: Duration.Duration
  readonly total: Duration.Duration
}

/** Reads the durations of deadlines; later ones win where they say something. */
export const resolve = (
  ...layers: ReadonlyArray<Timeouts.Deadlines | undefined>
): Either.Either<Resolved, InvalidInputError> => {
  const duration = (name: keyof Timeouts.Deadlines) => {
    const value = layers.reduce<Duration.DurationInput | undefined>((found, layer) => layer?.[name] ?? found, undefined)
    return Option.match(Duration.decodeUnknown(value ?? Duration.infinity), {
      onNone: () => Either.left(new InvalidInputError({ field: `Timeouts.${name}`, constraint: "a duration" })),
      onSome: Either.right
    })
  }
  return Either.all({
    firstByte: duration("firstByte"),
    idle: duration("idle"),
    attempt: duration("attempt"),
    total: duration("total")
  })
}

/** The error of a deadline that has passed. */
export const expired = (phase: keyof Resolved, call: Call): TimeoutError => {
  const requestSent = call.requestSent || (phase === "total" && call.earlierSent)
  return new TimeoutError({
    phase,
    duration: Duration.toMillis(call.deadlines[phase]),
    requestSent,
    retry: requestSent ? "never" : "transient",
    attempts: Math.max(1, call.attempts),
    totalRetryDelay: call.totalRetryDelay
  })
}

/** Fails with the `TimeoutError` of a phase unless the effect ends in time, in an uninterruptible region too. */
export const within =
  (phase: keyof Resolved, call: Call) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | TimeoutError, R> => {
    const duration = call.deadlines[phase]
    return Duration.isFinite(duration)
      ? Effect.timeoutFail(Effect.interruptible(effect), { duration, onTimeout: () => expired(phase, call) })
      : effect
  }

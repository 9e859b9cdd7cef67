/** Deadlines as a call runs under them. */
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { InvalidInputError, TimeoutError } from "../../SageMakerError.ts"
import type * as Timeouts from "../../Timeouts.ts"
import { inTime } from "../transport/timeout.ts"
import type { Call } from "./pipeline.ts"

/** Every deadline in milliseconds, infinite where there is none. */
export interface Resolved {
  readonly firstByte: number
  readonly idle: number
  readonly attempt: number
  readonly total: number
}

/** Reads the durations of deadlines; later ones win where they say something. */
const resolve = (
  layers: ReadonlyArray<Timeouts.Deadlines | undefined>
): Either.Either<Resolved, InvalidInputError> => {
  const duration = (name: keyof Timeouts.Deadlines) => {
    const value = layers.reduce<Duration.DurationInput | undefined>((found, layer) => layer?.[name] ?? found, undefined)
    return Option.match(Duration.decodeUnknown(value ?? Duration.infinity), {
      onNone: () => Either.left(new InvalidInputError({ field: `Timeouts.${name}`, constraint: "a duration" })),
      onSome: (decoded) => Either.right(Duration.toMillis(decoded))
    })
  }
  return Either.all({
    firstByte: duration("firstByte"),
    idle: duration("idle"),
    attempt: duration("attempt"),
    total: duration("total")
  })
}

/** What a call's own deadlines are over those of its client; each is read once. */
export const resolver = (...outer: ReadonlyArray<Timeouts.Deadlines | undefined>) => {
  const without = resolve(outer)
  const resolved = new WeakMap<Timeouts.Deadlines, Either.Either<Resolved, InvalidInputError>>()
  return (own: Timeouts.Deadlines | undefined): Either.Either<Resolved, InvalidInputError> => {
    if (own === undefined) {
      return without
    }
    const known = resolved.get(own) ?? resolve([...outer, own])
    resolved.set(own, known)
    return known
  }
}

/** The error of a deadline that has passed. */
export const expired = (phase: keyof Resolved, call: Call): TimeoutError => {
  const requestSent = call.requestSent || (phase === "total" && call.earlierSent)
  return new TimeoutError({
    phase,
    duration: call.deadlines[phase],
    requestSent,
    retry: requestSent ? "never" : "transient",
    attempts: Math.max(1, call.attempts),
    totalRetryDelay: call.totalRetryDelay
  })
}

/** Fails with the `TimeoutError` of a phase unless the effect ends in time. */
export const within =
  (phase: keyof Resolved, call: Call) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | TimeoutError, R> =>
    inTime(call.deadlines[phase], () => expired(phase, call))(effect)

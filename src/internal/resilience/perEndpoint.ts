/** Limits by endpoint: what a call counts under, and which settings hold there. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { EndpointTarget, PerEndpoint } from "../../Resilience.ts"
import { ConfigurationError } from "../../SageMakerError.ts"
import type { InterceptedCall } from "../client/interceptor.ts"
import { endpointTargetMembers } from "../operation/members.ts"

/** Where a call's input says that it goes. */
export const targetOf = (input: unknown): EndpointTarget =>
  Predicate.isRecord(input)
    ? Object.fromEntries(
      endpointTargetMembers.flatMap((name) => (typeof input[name] === "string" ? [[name, input[name]]] : []))
    )
    : {}

/** What a call counts under: by default its endpoint's name, its operation's where it names no endpoint. */
export const endpointKey = ({ key }: PerEndpoint<unknown>) => ({ input, operation }: InterceptedCall): string => {
  const target = targetOf(input)
  return key === undefined ? target.EndpointName ?? operation : key(target)
}

const wrongIn = (place: string) => (setting: string, problem: string) =>
  new ConfigurationError({ setting: `${place}.${setting}`, problem })

/** Checked settings for every key: those of the key, over those of all, over the defaults. */
export const settingsPerEndpoint = <A extends object, S>(
  options: A & PerEndpoint<A>,
  check: (options: A, wrong: (setting: string, problem: string) => ConfigurationError) => Effect.Effect<
    S,
    ConfigurationError
  >,
  name: string
): Effect.Effect<(key: string) => S, ConfigurationError> =>
  Effect.gen(function*() {
    const common = yield* check(options, wrongIn(`Resilience.${name}`))
    const own = yield* Effect.forEach(
      Object.entries(options.overrides ?? {}),
      ([key, given]) =>
        Effect.map(
          check({ ...options, ...given }, wrongIn(`Resilience.${name}.overrides`)),
          (settings) => [key, settings] as const
        )
    )
    const byKey = new Map(own)
    return (key) => byKey.get(key) ?? common
  })

/** A whole number from `least` up. */
export const isIntegerFrom = (value: unknown, least: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= least

/** A duration in milliseconds, or what is wrong with it. */
export const millis = (
  duration: Duration.DurationInput,
  wrong: (problem: string) => ConfigurationError
): Effect.Effect<number, ConfigurationError> =>
  Effect.try({ try: () => Duration.toMillis(Duration.decode(duration)), catch: () => wrong("is no duration") }).pipe(
    Effect.filterOrFail((value) => value > 0 && value < Infinity, () => wrong("is not a positive finite duration"))
  )

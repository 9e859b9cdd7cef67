/** Limits per endpoint: the key of a call, and the settings of a key. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import type { EndpointTarget, PerEndpoint } from "../../Resilience.ts"
import type { ConfigurationError } from "../../SageMakerError.ts"
import type { InterceptedCall } from "../client/interceptor.ts"
import { endpointTargetMembers } from "../operation/members.ts"
import { guardReads } from "../operation/readMembers.ts"

/** Reads members of an input, which can throw. Then the call itself fails. */
export const readInput = <A>(read: () => A, otherwise: A): A =>
  Either.getOrElse(guardReads("input", read), () => otherwise)

/** The members of an input that select the endpoint, variant, model, container or inference component. */
export const endpointTarget = (input: unknown): EndpointTarget =>
  readInput((): EndpointTarget =>
    Predicate.isRecord(input)
      ? Object.fromEntries(
        endpointTargetMembers.flatMap((name) => (typeof input[name] === "string" ? [[name, input[name]]] : []))
      )
      : {}, {})

/** Whether a call belongs to a session, whose calls have an order and a target. */
export const isInSession = (input: unknown): boolean =>
  readInput(() => Predicate.isRecord(input) && input["SessionId"] !== undefined, false)

/** The key of a call. Default: its endpoint name, or the operation's name if the input has none. */
export const endpointKey = ({ key }: PerEndpoint<unknown>) => ({ input, operation }: InterceptedCall): string => {
  const target = endpointTarget(input)
  return key === undefined ? target.EndpointName ?? operation : key(target)
}

/** Checks options; `path` is the prefix of the setting that an error names. */
export type CheckOptions<A, S> = (options: A, path: string) => Effect.Effect<S, ConfigurationError>

/** The checked settings of every key: its overrides, else the common options. */
export const settingsPerEndpoint = <A extends object, S>(
  options: A & PerEndpoint<A>,
  check: CheckOptions<A, S>,
  limit: string
): Effect.Effect<(key: string) => S, ConfigurationError> =>
  Effect.gen(function*() {
    const path = `Resilience.${limit}`
    const common = yield* check(options, path)
    const overrides = yield* Effect.forEach(
      Object.entries(options.overrides ?? {}),
      ([key, override]) =>
        Effect.map(check({ ...options, ...override }, `${path}.overrides`), (settings) => [key, settings] as const)
    )
    const settingsByKey = new Map(overrides)
    return (key) => settingsByKey.get(key) ?? common
  })

/** Whether a value is an integer of at least `min`. */
export const isIntegerFrom = (value: unknown, min: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= min

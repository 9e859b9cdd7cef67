import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import type { EndpointTarget, FallbackOptions } from "../../Resilience.ts"
import { ConfigurationError, isRetryable } from "../../SageMakerError.ts"
import { SageMakerRuntime } from "../../SageMakerRuntime.ts"
import { targetMembers } from "../operation/members.ts"
import { targetOf } from "./perEndpoint.ts"

/** Whether another endpoint may do better: sending again could help, or no attempt was let through. */
const isHopeful = (error: unknown): boolean => isRetryable(error) || Predicate.isTagged("CircuitOpenError")(error)

/** The input for another place. */
const redirected = <I>(input: I, target: EndpointTarget): I => {
  const left = target.EndpointName === undefined || target.EndpointName === targetOf(input).EndpointName
    ? []
    : targetMembers
  const kept = Object.entries(input as object).filter(([name]) => !left.some((member) => member === name))
  return { ...Object.fromEntries(kept), ...target } as I
}

const isSession = (input: unknown): boolean => Predicate.isRecord(input) && input["SessionId"] !== undefined

const isTarget = (value: unknown): boolean =>
  Predicate.isRecord(value) && Object.values(value).every((member) => typeof member === "string")

/** The places to try in turn, by the endpoint a call was for. */
const targetsOf = (
  targets: { readonly [endpoint: string]: EndpointTarget | ReadonlyArray<EndpointTarget> }
): Effect.Effect<ReadonlyMap<string, ReadonlyArray<EndpointTarget>>, ConfigurationError> => {
  const lists = Object.entries(targets).map(([endpoint, target]) => [endpoint, [target].flat()] as const)
  return lists.every(([, list]) => list.every(isTarget))
    ? Effect.succeed(new Map(lists))
    : Effect.fail(new ConfigurationError({ setting: "Resilience.fallback", problem: "names a target that is none" }))
}

/** A client that sends a call that failed to the next place, the last failure being the one to tell. */
export const layer = (
  targets: { readonly [endpoint: string]: EndpointTarget | ReadonlyArray<EndpointTarget> },
  options: FallbackOptions
): Layer.Layer<SageMakerRuntime, ConfigurationError, SageMakerRuntime> =>
  Layer.effect(
    SageMakerRuntime,
    Effect.zipWith(SageMakerRuntime, targetsOf(targets), (client, byEndpoint) => {
      const wanted = options.while ?? isHopeful
      return {
        execute: (operation, input) => {
          const places = isSession(input) ? [] : byEndpoint.get(targetOf(input).EndpointName ?? "") ?? []
          return places.reduce(
            (call, place) => Effect.catchIf(call, wanted, () => client.execute(operation, redirected(input, place))),
            client.execute(operation, input)
          )
        }
      }
    })
  )

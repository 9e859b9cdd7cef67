/** The fallback of `Resilience.fallback`. */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import type { Operation } from "../../Operation.ts"
import type { EndpointTarget, FallbackOptions } from "../../Resilience.ts"
import { type CommonError, type ConfigurationError, isRetryable } from "../../SageMakerError.ts"
import { SageMakerRuntime } from "../../SageMakerRuntime.ts"
import { invalidSetting } from "../config/invalidSetting.ts"
import { targetMembers } from "../operation/members.ts"
import { monitorOf, registerMonitor } from "../telemetry/monitor.ts"
import { endpointTarget, isInSession, readInput } from "./perEndpoint.ts"

type Targets = { readonly [endpoint: string]: EndpointTarget | ReadonlyArray<EndpointTarget> }

const isFallbackError = (error: unknown): boolean => isRetryable(error) || Predicate.isTagged("CircuitOpenError")(error)

/** Members whose values are valid for one endpoint only. */
const endpointMembers: ReadonlySet<string> = new Set(targetMembers)

const withTarget = <I>(input: I, target: EndpointTarget): I => {
  const isSameEndpoint = target.EndpointName === undefined ||
    target.EndpointName === endpointTarget(input).EndpointName
  const kept = Object.entries(input as object).filter(([name]) => isSameEndpoint || !endpointMembers.has(name))
  return { ...Object.fromEntries(kept), ...target } as I
}

const isTarget = (value: unknown): boolean =>
  Predicate.isRecord(value) && Object.values(value).every((member) => typeof member === "string")

const checkTargets = (
  targets: Targets
): Effect.Effect<ReadonlyMap<string, ReadonlyArray<EndpointTarget>>, ConfigurationError> => {
  const lists = Object.entries(targets).map(([endpoint, target]) => [endpoint, [target].flat()] as const)
  return lists.every(([, list]) => list.every(isTarget))
    ? Effect.succeed(new Map(lists))
    : Effect.fail(
      invalidSetting("Resilience.fallback", "a record of objects such as { EndpointName: \"chat-small\" }")
    )
}

/** An operation that reports whether the stream of its input has been run, which cannot be run again. */
const observeFrames = <I, O, E, R>(operation: Operation<I, O, E, R>) => {
  const { frames } = operation
  if (frames === undefined) {
    return { operation, isStarted: () => false }
  }
  let started: { readonly isStarted: boolean } | undefined
  return {
    operation: {
      ...operation,
      frames: {
        prepare: (input, settings, call) => {
          const prepared = frames.prepare(input, settings, call)
          started = prepared
          return prepared
        }
      }
    } satisfies Operation<I, O, E, R>,
    isStarted: () => started?.isStarted === true
  }
}

/** A call whose stream has been run has no fallback. */
const executeWithFallback = <I, O, E, R>(
  client: Context.Tag.Service<SageMakerRuntime>,
  operation: Operation<I, O, E, R>,
  [first, ...others]: readonly [I, ...ReadonlyArray<I>],
  shouldFallBack: (error: unknown) => boolean
): Effect.Effect<O, E | CommonError, R> =>
  Effect.suspend(() => {
    const observed = observeFrames(operation)
    return others.reduce(
      (call, input) =>
        Effect.catchIf(
          call,
          (error) => !observed.isStarted() && shouldFallBack(error),
          () => client.execute(observed.operation, input)
        ),
      client.execute(observed.operation, first)
    )
  })

/** The inputs of a call for its other targets. */
const inputsOf = <I>(targets: ReadonlyMap<string, ReadonlyArray<EndpointTarget>>, input: I): ReadonlyArray<I> =>
  isInSession(input)
    ? []
    : (targets.get(endpointTarget(input).EndpointName ?? "") ?? []).map((target) => withTarget(input, target))

/** A client that sends a failed call to the next target. If all targets fail, the call fails with the last error. */
export const layer = (
  targets: Targets,
  options: FallbackOptions
): Layer.Layer<SageMakerRuntime, ConfigurationError, SageMakerRuntime> =>
  Layer.effect(
    SageMakerRuntime,
    Effect.zipWith(SageMakerRuntime, checkTargets(targets), (client, targetsByEndpoint) => {
      const shouldFallBack = options.while ?? isFallbackError
      const withFallback: Context.Tag.Service<SageMakerRuntime> = {
        execute: (operation, input) => {
          const others = readInput(() => inputsOf(targetsByEndpoint, input), [])
          return executeWithFallback(client, operation, [input, ...others], shouldFallBack)
        }
      }
      return registerMonitor(withFallback, monitorOf(client))
    })
  )

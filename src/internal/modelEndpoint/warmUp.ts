/** Waits until a model is ready to serve. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { invokeEndpoint } from "../../InvokeEndpoint.ts"
import type {
  ModelEndpoint,
  ModelEndpointError,
  ModelEndpointOptions,
  NotReadyError,
  WarmUpOptions,
  WarmUpProgress
} from "../../ModelEndpoint.ts"
import { SageMakerRuntime } from "../../SageMakerRuntime.ts"
import { isNotReady, withoutColdModelRetries } from "../client/coldModels.ts"
import { readOptions } from "../operation/readMembers.ts"
import { currentMonotonicMillis, retryOnMonotonicClock } from "../time/monotonicClock.ts"
import { definedMembers } from "./calls.ts"
import { type ProbeRequest, probeRequestOf } from "./probeRequest.ts"
import { joinProbe, type ProbeContent, withWaiter } from "./sharedProbes.ts"

type Invocable<A, B, R> = Pick<ModelEndpoint<A, B, R>, "name" | "defaults" | "invoke">

const emptyRequest: ProbeRequest = { route: "", members: { Body: "" }, send: invokeEndpoint }

const probe = <A, B, R>(
  endpoint: Invocable<A, B, R>,
  value: A | undefined,
  options: ModelEndpointOptions
): Effect.Effect<unknown, ModelEndpointError, SageMakerRuntime | R> => {
  const { members, send } = probeRequestOf(endpoint) ?? emptyRequest
  return value === undefined
    ? send({
      ...definedMembers(endpoint.defaults),
      ...definedMembers(options),
      ...members,
      EndpointName: endpoint.name
    }).pipe(Effect.catchTag("ModelError", (error) => Effect.succeed(error)))
    : endpoint.invoke(value, options)
}

const routingMembers = ["InferenceComponentName", "TargetVariant", "TargetModel", "TargetContainerHostname"]

/** Members as text. A member that is not a string is invalid, so its value does not matter. */
const textOf = (members: object, names: ReadonlyArray<string>): string =>
  JSON.stringify(names.map((name) => {
    const value: unknown = Reflect.get(members, name)
    return [name, typeof value === "string" ? value : typeof value]
  }))

/** The key of the routing members of a probe, and the contents of the probe. */
const describe = <A, B, R>(
  endpoint: Invocable<A, B, R>,
  value: A | undefined,
  options: ModelEndpointOptions
): { readonly key: string; readonly content: ProbeContent } => {
  const { defaults, invoke, name } = endpoint
  const { route } = probeRequestOf(endpoint) ?? emptyRequest
  const members = { ...definedMembers(defaults), ...definedMembers(options), EndpointName: name }
  return {
    key: route + textOf(members, ["EndpointName", ...routingMembers]),
    content: {
      members: textOf(members, Object.keys(members).toSorted()),
      value,
      invoke: value === undefined ? undefined : invoke
    }
  }
}

const retryWhileNotReady = <A, R, Out, R2>(
  attempt: Effect.Effect<A, ModelEndpointError, R>,
  schedule: Schedule.Schedule<Out, NotReadyError, R2>
): Effect.Effect<A, ModelEndpointError, R | R2> =>
  retryOnMonotonicClock(attempt, (attempts) =>
    Effect.retry(attempts, {
      schedule: schedule as Schedule.Schedule<Out, ModelEndpointError, R2>,
      while: isNotReady
    }))

/** Delays of 5 seconds that grow to 15 seconds, with jitter, for 15 minutes. */
const defaultSchedule = (): Schedule.Schedule<unknown> =>
  Schedule.exponential("5 seconds", 1.3).pipe(
    Schedule.union(Schedule.spaced("15 seconds")),
    Schedule.jittered,
    Schedule.upTo("15 minutes")
  )

export const warmUp = <A, B, R, R2, R3>(
  endpoint: Invocable<A, B, R>,
  schedule: Schedule.Schedule<unknown, NotReadyError, R2> = defaultSchedule(),
  given: WarmUpOptions<A, R3> = {}
): Effect.Effect<WarmUpProgress, ModelEndpointError, SageMakerRuntime | R | R2 | R3> =>
  Effect.gen(function*() {
    const { onProgress = () => Effect.void, value, ...options } =
      (yield* readOptions(given, "options")) as WarmUpOptions<A, R3>
    const { content, key } = describe(endpoint, value, options)
    const begin = yield* currentMonotonicMillis
    let attempts = 0
    const progress = Effect.map(
      currentMonotonicMillis,
      (now): WarmUpProgress => ({ attempts, elapsed: Duration.millis(Math.round(now - begin)) })
    )
    const send = withoutColdModelRetries(Effect.suspend(() =>
      probe(endpoint, value, options)
    ))
    yield* withWaiter(yield* SageMakerRuntime, key, (waiter) => {
      const attempt = Effect.suspend(() => {
        attempts += 1
        return joinProbe(waiter, content, send, isNotReady)
      })
      const reported = Effect.tapError(
        attempt,
        (error) => isNotReady(error) ? Effect.flatMap(progress, onProgress) : Effect.void
      )
      return retryWhileNotReady(reported, schedule)
    })
    return yield* progress
  })

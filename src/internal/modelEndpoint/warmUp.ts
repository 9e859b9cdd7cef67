/** Waits until a model is ready to serve. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Schedule from "effect/Schedule"
import { invokeEndpoint } from "../../InvokeEndpoint.ts"
import type {
  ModelEndpoint,
  ModelEndpointError,
  ModelEndpointOptions,
  WarmUpOptions,
  WarmUpProgress
} from "../../ModelEndpoint.ts"
import type { ModelNotReadyException } from "../../SageMakerError.ts"
import type { SageMakerRuntime } from "../../SageMakerRuntime.ts"
import { withoutColdModelRetries } from "../client/coldModels.ts"
import { readOptions } from "../operation/readMembers.ts"
import { currentMonotonicMillis, retryOnMonotonicClock } from "../time/monotonicClock.ts"
import { definedMembers } from "./calls.ts"

type Invocable<A, B, R> = Pick<ModelEndpoint<A, B, R>, "name" | "defaults" | "invoke">

const probe = <A, B, R>(
  endpoint: Invocable<A, B, R>,
  value: A | undefined,
  options: ModelEndpointOptions
): Effect.Effect<unknown, ModelEndpointError, SageMakerRuntime | R> =>
  value === undefined
    ? invokeEndpoint({
      ...definedMembers(endpoint.defaults),
      ...definedMembers(options),
      EndpointName: endpoint.name,
      Body: ""
    }).pipe(Effect.catchTag("ModelError", (error) => Effect.succeed(error)))
    : endpoint.invoke(value, options)

const retryWhileNotReady = <A, R, Out, R2>(
  attempt: Effect.Effect<A, ModelEndpointError, R>,
  schedule: Schedule.Schedule<Out, ModelNotReadyException, R2>
): Effect.Effect<A, ModelEndpointError, R | R2> =>
  retryOnMonotonicClock(attempt, (attempts) =>
    Effect.retry(attempts, {
      schedule: schedule as Schedule.Schedule<Out, ModelEndpointError, R2>,
      while: ({ _tag }) => _tag === "ModelNotReadyException"
    }))

export const warmUp = <A, B, R, Out, R2, R3>(
  endpoint: Invocable<A, B, R>,
  schedule: Schedule.Schedule<Out, ModelNotReadyException, R2>,
  given: WarmUpOptions<A, R3> = {}
): Effect.Effect<WarmUpProgress, ModelEndpointError, SageMakerRuntime | R | R2 | R3> =>
  Effect.gen(function*() {
    const { onProgress = () => Effect.void, value, ...options } =
      (yield* readOptions(given, "options")) as WarmUpOptions<A, R3>
    const begin = yield* currentMonotonicMillis
    let attempts = 0
    const progress = Effect.map(
      currentMonotonicMillis,
      (now): WarmUpProgress => ({ attempts, elapsed: Duration.millis(Math.round(now - begin)) })
    )
    const attempt = Effect.suspend(() => {
      attempts += 1
      return withoutColdModelRetries(probe(endpoint, value, options))
    })
    yield* retryWhileNotReady(
      Effect.tapErrorTag(attempt, "ModelNotReadyException", () =>
        Effect.flatMap(progress, onProgress)),
      schedule
    )
    return yield* progress
  })

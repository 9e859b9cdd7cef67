import { Cache, type Duration, Effect, Encoding, Layer, Option } from "effect"
import { InvokeEndpoint, type Operation, type SageMakerError, SageMakerRuntime } from "effect-sagemaker-runtime"

/** The key of a call that can be cached: a unary call without a session, whose body is in memory. */
const keyOf = (operation: string, input: unknown): string | undefined => {
  const { Body, ...members } = input as InvokeEndpoint.InvokeEndpointInput
  const isCacheable = operation === InvokeEndpoint.operation.name && members.SessionId === undefined &&
    (typeof Body === "string" || Body instanceof Uint8Array)
  return isCacheable ? JSON.stringify([members, Encoding.encodeBase64(Body)]) : undefined
}

export const withResponseCache =
  (options: { readonly capacity: number; readonly timeToLive: Duration.DurationInput }) =>
  <A, E, R>(client: Layer.Layer<A | SageMakerRuntime.SageMakerRuntime, E, R>) =>
    Layer.effect(
      SageMakerRuntime.SageMakerRuntime,
      Effect.gen(function*() {
        const { execute } = yield* SageMakerRuntime.SageMakerRuntime
        const cache = yield* Cache.make<string, unknown>({ ...options, lookup: () => Effect.never })
        return {
          execute: <I, O, E, R>(
            operation: Operation.Operation<I, O, E, R>,
            input: I
          ): Effect.Effect<O, E | SageMakerError.CommonError, R> => {
            const key = keyOf(operation.name, input)
            if (key === undefined) {
              return execute(operation, input)
            }
            return Effect.flatMap(cache.getOption(key), (cached) =>
              Option.isSome(cached)
                ? Effect.succeed(cached.value as O)
                : Effect.tap(execute(operation, input), (response) => cache.set(key, response)))
          }
        }
      })
    ).pipe(Layer.provide(client))

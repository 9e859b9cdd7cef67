/** The asynchronous endpoints of an emulator, with their objects and notifications. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberSet from "effect/FiberSet"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import type { ObjectStoreService } from "../../../ObjectStore.ts"
import type { EmulatorEndpoint, EmulatorNotification } from "../../Emulator.ts"
import { type AsyncConfiguration, asyncConfiguration } from "./configuration.ts"
import { type AsyncInferenceRequest, makeAsyncEndpoint } from "./endpoint.ts"
import { makeObjects } from "./objects.ts"
import { makeOutcomes } from "./outcomes.ts"

/** An endpoint that accepts asynchronous inference requests. */
export interface AsyncEndpoint {
  readonly config: AsyncConfiguration
  readonly submit: (request: AsyncInferenceRequest) => Effect.Effect<void>
}

/** How many notifications a new subscriber receives from before its subscription. */
const replayedNotifications = 1_000

/** Makes the endpoints. Their requests run until the scope closes. */
export const makeAsyncInference = <R>(
  endpoints: ReadonlyArray<EmulatorEndpoint<R>>,
  store: ObjectStoreService
) =>
  Effect.gen(function*() {
    const outcomes = makeOutcomes()
    const notifications = yield* Effect.acquireRelease(
      PubSub.unbounded<EmulatorNotification>({ replay: replayedNotifications }),
      PubSub.shutdown
    )
    const run = yield* FiberSet.makeRuntime<never, void, never>()
    const services = {
      store,
      outcomes,
      notifications,
      run: (effect: Effect.Effect<void>) => run(effect, { immediate: false }),
      clock: yield* Effect.clock
    }
    const byName = new Map(
      endpoints.map(({ name, options }) => [
        name,
        Either.map(asyncConfiguration(name, options), (config): AsyncEndpoint => ({
          config,
          submit: makeAsyncEndpoint(config, services)
        }))
      ])
    )
    return {
      /** The endpoint with this name, or what is invalid in its configuration. */
      endpoint: (name: string): Either.Either<AsyncEndpoint, string> =>
        byName.get(name) ?? Either.left(`Endpoint ${name} does not exist`),
      store,
      objects: makeObjects(store),
      outcome: outcomes.await,
      notifications: Stream.fromPubSub(notifications)
    }
  })

export type AsyncInference = Effect.Effect.Success<ReturnType<typeof makeAsyncInference>>

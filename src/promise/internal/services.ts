/** The services of a client: its layer is built once, and again after a failure. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Runtime from "effect/Runtime"

interface Build<R, E> {
  readonly managed: ManagedRuntime.ManagedRuntime<R, E>
  readonly fiber: Fiber.RuntimeFiber<Runtime.Runtime<R>, E>
}

export interface Services<R, E> {
  /** Runs an effect with the services. It does not run before the caller has received the fiber. */
  readonly fork: <A, E2>(effect: Effect.Effect<A, E2, R>) => Fiber.RuntimeFiber<A, E | E2>
  /** Releases the resources of the layer, and stops a build. */
  readonly dispose: Effect.Effect<void>
}

/** The fiber of a build starts later, so that it cannot end before it is stored. */
const later = { immediate: false } as const

export const makeServices = <R, E>(layer: Layer.Layer<R, E>): Services<R, E> => {
  let build: Build<R, E> | undefined
  let runtime: Runtime.Runtime<R> | undefined

  const startBuild = (): Build<R, E> => {
    const managed = ManagedRuntime.make(layer)
    const fiber = Effect.runFork(
      Effect.tapErrorCause(managed.runtimeEffect, () => managed.disposeEffect),
      later
    )
    fiber.addObserver((exit) => {
      if (Exit.isSuccess(exit)) {
        runtime = exit.value
      } else {
        build = undefined
      }
    })
    return { managed, fiber }
  }

  const built = Effect.suspend(() => {
    build ??= startBuild()
    return Effect.flatten(Fiber.await(build.fiber))
  })

  return {
    fork: (effect) =>
      runtime === undefined
        ? Effect.runFork(Effect.flatMap(built, (services) => Effect.provide(effect, services)), later)
        : Runtime.runFork(runtime)(effect, later),
    dispose: Effect.suspend(() =>
      build === undefined ? Effect.void : Effect.zipRight(build.managed.disposeEffect, Fiber.await(build.fiber))
    )
  }
}

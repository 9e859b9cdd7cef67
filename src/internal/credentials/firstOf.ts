/** The credentials of the first source that returns them. */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { AwsCredentials, Credentials } from "../../Credentials.ts"
import { CredentialsError } from "../../SageMakerError.ts"

type Source = Context.Tag.Service<Credentials>

type CredentialsTag = Context.Tag<Credentials, Source>

/** A source whose layer is built when it is first needed. A failed build is repeated. */
type LazySource = Effect.Effect<Source, CredentialsError>

/** The error of a layer can contain any text, so it is not kept. */
const buildError = (position: number, error: unknown): CredentialsError => {
  if (error instanceof CredentialsError) {
    return error
  }
  const source = `source ${position}`
  return new CredentialsError({ message: `The layer of ${source} could not be built`, sources: [source] })
}

const lazySource = <E, R>(
  tag: CredentialsTag,
  layer: Layer.Layer<Credentials, E, R>,
  position: number,
  scope: Scope.Scope,
  context: Context.Context<R>
): LazySource => {
  let built: Source | undefined
  const build = Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      Scope.fork(scope, ExecutionStrategy.sequential),
      (child) =>
        restore(Effect.flatMap(Layer.buildWithScope(layer, child), (services) => Effect.provide(tag, services)))
          .pipe(
            Effect.sandbox,
            Effect.tapErrorCause((cause) => Scope.close(child, Exit.failCause(cause))),
            Effect.unsandbox,
            Effect.catchAllDefect((defect) => Effect.fail(buildError(position, defect))),
            Effect.mapError((error) => buildError(position, error)),
            Effect.tap((source) => {
              built = source
            })
          )
    )
  )
  return Effect.suspend(() => built === undefined ? Effect.provide(build, context) : Effect.succeed(built))
}

const combined = (failures: ReadonlyArray<CredentialsError>): CredentialsError => {
  const last = failures.at(-1)
  return new CredentialsError({
    message: `No source returned credentials: ${failures.map(({ message }) => message).join("; ")}`,
    sources: failures.flatMap(({ sources }) => sources),
    status: last?.status,
    exitCode: last?.exitCode
  })
}

/** Asks the sources in order. */
const search = (
  sources: ReadonlyArray<LazySource>
): Effect.Effect<readonly [AwsCredentials, Source], CredentialsError> =>
  Effect.gen(function*() {
    const failures: Array<CredentialsError> = []
    for (const source of sources) {
      const found = Effect.flatMap(source, (built) => Effect.map(built.get, (value) => [value, built] as const))
      const result = yield* Effect.either(found)
      if (result._tag === "Right") {
        return result.right
      }
      failures.push(result.left)
    }
    return yield* combined(failures)
  })

/** Keeps the source that returned credentials, and searches again if it fails. */
export const firstOf = <E, R>(
  tag: CredentialsTag,
  layers: ReadonlyArray<Layer.Layer<Credentials, E, R>>
): Effect.Effect<Source, never, R | Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const context = yield* Effect.context<R>()
    const sources = layers.map((layer, index) => lazySource(tag, layer, index + 1, scope, context))
    const searching = yield* Effect.makeSemaphore(1)
    let current: Source | undefined
    const searchOnce = (failed: Source | undefined) =>
      searching.withPermits(1)(Effect.suspend(() =>
        current !== undefined && current !== failed
          ? current.get
          : Effect.map(search(sources), ([value, source]) => {
            current = source
            return value
          })
      ))
    return {
      get: Effect.suspend(() => {
        const source = current
        return source === undefined
          ? searchOnce(undefined)
          : Effect.catchAll(source.get, () => searchOnce(source))
      })
    }
  })

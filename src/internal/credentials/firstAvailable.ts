/** The first of several credential sources that returns credentials. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Scope from "effect/Scope"
import { CredentialsError } from "../../SageMakerError.ts"
import { cacheCredentials } from "./cache.ts"
import { boundedLoad, defaultRefreshTimeoutMillis, isBounded, type Load, withTimeLimit } from "./load.ts"
import { parseCredentials } from "./parse.ts"

interface CredentialsService {
  readonly get: Load
}

/** Builds a source of credentials, whose resources belong to the scope. */
export type BuildSource = (scope: Scope.Scope) => Effect.Effect<CredentialsService, unknown>

/** A source that is built when it is first asked for credentials. */
interface Source {
  readonly name: string
  readonly build: BuildSource
  service: CredentialsService | undefined
}

const failure = ({ name }: Source, message: string) => new CredentialsError({ message, sources: [name] })

/** The tag of an error names its class. No other part of it is used, because it may contain secrets. */
const classOf = (error: unknown): string | undefined => {
  try {
    const tag = Predicate.hasProperty(error, "_tag") ? error._tag : undefined
    return typeof tag === "string" && /^\w{1,64}$/.test(tag) ? tag : undefined
  } catch {
    return undefined
  }
}

const buildFailure = (source: Source, cause: Cause.Cause<unknown>): CredentialsError => {
  const error = Option.getOrUndefined(Cause.failureOption(cause))
  if (error instanceof CredentialsError) {
    return error
  }
  const name = classOf(error)
  return failure(source, name === undefined ? "Its layer could not be built" : `Its layer failed with ${name}`)
}

/** Builds the service of a source in its own scope, which closes with the given scope, or if building fails. */
const serviceOf = (source: Source, scope: Scope.Scope): Effect.Effect<CredentialsService, CredentialsError> =>
  Effect.suspend(() => {
    if (source.service !== undefined) {
      return Effect.succeed(source.service)
    }
    const build = Effect.acquireUseRelease(
      Scope.fork(scope, ExecutionStrategy.sequential),
      (child) =>
        Effect.map(source.build(child), (service) => {
          source.service = service
          return service
        }),
      (child, exit) => (Exit.isFailure(exit) ? Scope.close(child, exit) : Effect.void)
    )
    return build.pipe(
      withTimeLimit(
        defaultRefreshTimeoutMillis,
        () => failure(source, `Its layer was not built within ${defaultRefreshTimeoutMillis} ms`)
      ),
      Effect.catchAllCause((cause) => Effect.fail(buildFailure(source, cause)))
    )
  })

/** A source with its own time limit may need longer than the default limit. */
const loadFrom = (source: Source, scope: Scope.Scope): Load =>
  Effect.flatMap(serviceOf(source, scope), ({ get }) => {
    const load = Effect.flatMap(get, (credentials) => parseCredentials(source.name, credentials))
    return boundedLoad(load, () => source.name, isBounded(get) ? Infinity : defaultRefreshTimeoutMillis)
  })

/** The error of a search in which every source failed. Its status and exit code are those of the last failure with one. */
const allFailed = (
  sources: ReadonlyArray<Source>,
  failures: ReadonlyMap<Source, CredentialsError>
): CredentialsError => {
  const errors = sources.flatMap((source) => failures.get(source) ?? [])
  const details = errors.map(({ message }, index) => `Source ${index + 1}: ${message.replace(/\.$/, "")}.`)
  return new CredentialsError({
    message: errors.length === 0
      ? "Credentials.firstOf has no source of credentials"
      : `No source returned credentials. ${details.join(" ")}`,
    sources: errors.flatMap((error) => error.sources),
    status: errors.findLast(({ status }) => status !== undefined)?.status,
    exitCode: errors.findLast(({ exitCode }) => exitCode !== undefined)?.exitCode
  })
}

/**
 * Loads credentials from the first source that returns them. The next load begins with that source.
 *
 * Sources are built in a scope that closes after the cache, which may be loading from them.
 */
export const firstAvailable = (
  builds: ReadonlyArray<BuildSource>
): Effect.Effect<CredentialsService, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.sequential)
    const sources = builds.map((build, index): Source => ({ name: `source ${index + 1}`, build, service: undefined }))
    let selected: ReadonlyArray<Source> = []
    const load: Load = Effect.gen(function*() {
      const failures = new Map<Source, CredentialsError>()
      for (const source of new Set([...selected, ...sources])) {
        const result = yield* Effect.either(loadFrom(source, scope))
        if (Either.isRight(result)) {
          selected = [source]
          return result.right
        }
        failures.set(source, result.left)
      }
      return yield* allFailed(sources, failures)
    })
    return yield* cacheCredentials(load, { source: () => "Credentials.firstOf", refreshTimeout: Infinity })
  })

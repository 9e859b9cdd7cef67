/** A cache of credentials that refreshes them before they expire. */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { AwsCredentials } from "../../Credentials.ts"
import type { CredentialsError } from "../../SageMakerError.ts"

type Load = Effect.Effect<AwsCredentials, CredentialsError>

interface CacheState {
  current: AwsCredentials | undefined
  refresh: Deferred.Deferred<AwsCredentials, CredentialsError> | undefined
}

const refreshAheadMillis = 5 * 60_000

const expiresAt = (credentials: AwsCredentials): number => credentials.expiration?.getTime() ?? Infinity

/** Runs `load` in the scope, so that the interruption of one caller does not stop the refresh for other callers. */
const startRefresh = (load: Load, scope: Scope.Scope, state: CacheState) =>
  Effect.uninterruptible(Effect.gen(function*() {
    const refresh = yield* Deferred.make<AwsCredentials, CredentialsError>()
    state.refresh = refresh
    yield* load.pipe(
      Effect.map((loaded) => {
        state.current = loaded
        return loaded
      }),
      Effect.ensuring(Effect.sync(() => {
        state.refresh = undefined
      })),
      Effect.interruptible,
      Effect.intoDeferred(refresh),
      Effect.forkIn(scope)
    )
    return refresh
  }))

const unexpired = (state: CacheState, error: CredentialsError): Load =>
  Effect.flatMap(
    Clock.currentTimeMillis,
    (now) =>
      state.current !== undefined && expiresAt(state.current) > now ? Effect.succeed(state.current) : Effect.fail(error)
  )

/**
 * Caches the credentials of `load` until five minutes before they expire.
 *
 * At most one `load` runs at a time. If it fails, the cached credentials are used until they expire.
 */
export const cacheCredentials = (load: Load): Effect.Effect<{ readonly get: Load }, never, Scope.Scope> =>
  Effect.scopeWith((scope) =>
    Effect.sync(() => {
      const state: CacheState = { current: undefined, refresh: undefined }
      const start = startRefresh(load, scope, state)
      const refresh = Effect.suspend(() => state.refresh === undefined ? start : Effect.succeed(state.refresh))
      const refreshed = Effect.catchAll(
        Effect.flatMap(refresh, Deferred.await),
        (error) => unexpired(state, error)
      )
      return {
        get: Effect.clockWith((clock) =>
          state.current !== undefined && expiresAt(state.current) - refreshAheadMillis > clock.unsafeCurrentTimeMillis()
            ? Effect.succeed(state.current)
            : refreshed
        )
      }
    })
  )

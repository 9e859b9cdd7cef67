import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { AwsCredentials } from "../../Credentials.ts"
import type { CredentialsError } from "../../SageMakerError.ts"

const refreshAheadMillis = 5 * 60_000

const lastsUntil = (credentials: AwsCredentials): number => credentials.expiration?.getTime() ?? Infinity

/**
 * Keeps what `load` gives until five minutes before it expires.
 *
 * One `load` runs at a time, in the surrounding scope: a waiting call that is interrupted does not stop it. Where it
 * fails, credentials that have not expired yet are used.
 */
export const cacheCredentials = (
  load: Effect.Effect<AwsCredentials, CredentialsError>
): Effect.Effect<{ readonly get: Effect.Effect<AwsCredentials, CredentialsError> }, never, Scope.Scope> =>
  Effect.scopeWith((scope) =>
    Effect.sync(() => {
      let current: AwsCredentials | undefined
      let loading: Deferred.Deferred<AwsCredentials, CredentialsError> | undefined

      const keep = (loaded: AwsCredentials) =>
        Effect.sync(() => {
          current = loaded
        })

      const start = Effect.uninterruptible(Effect.gen(function*() {
        const result = yield* Deferred.make<AwsCredentials, CredentialsError>()
        loading = result
        yield* load.pipe(
          Effect.tap(keep),
          Effect.ensuring(Effect.sync(() => {
            loading = undefined
          })),
          Effect.interruptible,
          Effect.intoDeferred(result),
          Effect.forkIn(scope)
        )
        return result
      }))

      const refresh = Effect.suspend(() => (loading === undefined ? start : Effect.succeed(loading)))

      const unlessStillValid = (error: CredentialsError) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          current !== undefined && lastsUntil(current) > now ? Effect.succeed(current) : Effect.fail(error))

      const refreshed = Effect.suspend(() =>
        Effect.catchAll(Effect.flatMap(refresh, Deferred.await), unlessStillValid)
      )

      return {
        get: Effect.clockWith((clock) =>
          current !== undefined && lastsUntil(current) - refreshAheadMillis > clock.unsafeCurrentTimeMillis()
            ? Effect.succeed(current)
            : refreshed
        )
      }
    })
  )

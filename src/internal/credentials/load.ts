/** One load of credentials: bounded in time, with typed errors only. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { AwsCredentials } from "../../Credentials.ts"
import { CredentialsError } from "../../SageMakerError.ts"
import { globalState } from "../global/globalState.ts"

/** A value that expires, such as credentials or a token that was made from them. */
export type Expiring = Pick<AwsCredentials, "expiration">

/** An effect that returns credentials. */
export type Load<A extends Expiring = AwsCredentials> = Effect.Effect<A, CredentialsError>

/** The default time limit of a load in milliseconds. */
export const defaultRefreshTimeoutMillis = 10_000

/** The time of expiry in milliseconds since 1970. `Infinity` means that the credentials do not expire. */
export const expiresAt = ({ expiration }: Expiring): number => expiration?.getTime() ?? Infinity

const rejectExpired = (source: () => string) => <A extends Expiring>(credentials: A): Load<A> =>
  Effect.clockWith((clock) =>
    expiresAt(credentials) > clock.unsafeCurrentTimeMillis()
      ? Effect.succeed(credentials)
      : Effect.fail(
        new CredentialsError({
          message: `The credentials from ${source()} expired at ${credentials.expiration?.toISOString()}. ` +
            "Check the source and the system time.",
          sources: [source()]
        })
      )
  )

/** Continues when the time is over or the caller is interrupted, even if the effect cannot be interrupted. */
export const withTimeLimit =
  <E2>(millis: number, onTimeout: () => E2) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | E2, R> =>
    Effect.timeoutFail(Effect.disconnect(effect), { duration: millis, onTimeout })

/** Runs an effect in its own fiber. The runtime does not log its failure, whose cause may contain secrets. */
export const forkQuietly = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.withUnhandledErrorLogLevel(Effect.forkDaemon(effect), Option.none())

/** Limits a load to `millis` milliseconds. Expired credentials, defects and interruptions become `CredentialsError`. */
export const boundedLoad = <A extends Expiring>(load: Load<A>, source: () => string, millis: number): Load<A> =>
  load.pipe(
    withTimeLimit(millis, () =>
      new CredentialsError({
        message:
          `No credentials arrived from ${source()} within ${millis} ms: increase refreshTimeout if it needs longer`,
        sources: [source()]
      })),
    Effect.flatMap(rejectExpired(source)),
    Effect.catchAllCause((cause) =>
      Effect.fail(Option.getOrElse(Cause.failureOption(cause), () =>
        new CredentialsError({
          message: `Loading credentials from ${source()} failed unexpectedly`,
          sources: [source()]
        })))
    )
  )

const bounded = globalState("boundedLoads", () => new WeakSet<Load<Expiring>>())

/** Records that an effect ends within its own time limit. */
export const markBounded = <A extends Expiring>(load: Load<A>): Load<A> => {
  bounded.add(load)
  return load
}

/** Whether an effect has its result already, or ends within its own time limit. */
export const isBounded = (load: Load<Expiring>): boolean => bounded.has(load) || Exit.isExit(load)

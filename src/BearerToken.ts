/**
 * Bearer tokens, which authorize requests to SageMaker's OpenAI-compatible route in place of a signature.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Credentials, type CredentialsInput } from "./Credentials.ts"
import { ClockOffset } from "./internal/bearerToken/clockOffset.ts"
import { mint, type TokenScope } from "./internal/bearerToken/mint.ts"
import { readTokenOptions } from "./internal/bearerToken/options.ts"
import { ClientRegion } from "./internal/config/clientRegion.ts"
import { invalidSetting } from "./internal/config/invalidSetting.ts"
import { cache } from "./internal/credentials/cache.ts"
import { defaultRefreshTimeoutMillis, expiresAt, withTimeLimit } from "./internal/credentials/load.ts"
import { parseCredentials } from "./internal/credentials/parse.ts"
import { type ConfigurationError, CredentialsError } from "./SageMakerError.ts"

/**
 * Options of `layer`.
 *
 * @since 0.1.0
 * @category models
 */
export interface BearerTokenOptions {
  /**
   * The AWS region to call, such as `eu-west-1`. A token is valid in one region.
   *
   * Default: the region of the `NodeSageMaker.layer` that provides the credentials.
   */
  readonly region?: string | undefined
  /**
   * The lifetime of a token, from 1 second to 12 hours. Fractions of a second are ignored. Default: 12 hours.
   *
   * A token also expires with the credentials that it was made from.
   */
  readonly expiresIn?: Duration.DurationInput | undefined
}

/**
 * Options of `make`.
 *
 * @since 0.1.0
 * @category models
 */
export interface MakeOptions extends BearerTokenOptions {
  /** The AWS region to call, such as `eu-west-1`. A token is valid in one region. */
  readonly region: string
  /** The time from which the lifetime counts. Milliseconds are ignored. */
  readonly date: Date
}

/**
 * Provides the bearer tokens of requests.
 *
 * @since 0.1.0
 * @category tags
 */
export class BearerToken extends Context.Tag("effect-sagemaker-runtime/BearerToken")<BearerToken, {
  /** Returns the current token. It runs before every attempt. */
  readonly get: Effect.Effect<Redacted.Redacted, CredentialsError>
  /** Discards the current token, so that the next `get` makes another one. It runs after the statuses 401 and 403. */
  readonly invalidate: Effect.Effect<void>
}>() {}

const mintFailed = () =>
  new CredentialsError({ message: "Could not make a bearer token from the credentials", sources: ["Credentials"] })

/** The token of credentials from any source, made at `now`. Their values and the token are in no error. */
const tokenOf = (
  source: string,
  credentials: unknown,
  scope: TokenScope,
  now: number
): Effect.Effect<{ readonly token: Redacted.Redacted; readonly expiration: Date }, CredentialsError> =>
  Effect.flatMap(parseCredentials(source, credentials), (parsed) => {
    const from = Math.floor(now / 1_000)
    const expiration = new Date(Math.min((from + scope.expiresSeconds) * 1_000, expiresAt(parsed)))
    const toToken = (text: string) => ({ token: Redacted.make(text), expiration })
    try {
      const minted = mint(parsed, scope)
      return typeof minted === "string"
        ? Effect.succeed(toToken(minted))
        : Effect.map(Effect.tryPromise({ try: () => minted, catch: mintFailed }), toToken)
    } catch {
      return Effect.fail(mintFailed())
    }
  })

/** A copy of the date, because a `Date` can be changed; `undefined` if it cannot be the date of a signature. */
const signingDate = (date: unknown): Date | undefined => {
  const copy = date instanceof Date ? new Date(date.getTime()) : new Date(NaN)
  return /^\d{4}-/.test(Number.isNaN(copy.getTime()) ? "" : copy.toISOString()) ? copy : undefined
}

/**
 * Makes a token from credentials, without a request. It needs no service, not even a clock.
 *
 * Fails with `CredentialsError` if a credential is empty or has an invalid character, and with `ConfigurationError` if an
 * option is invalid. The effect is synchronous on Node, and asynchronous where SHA-256 is.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import { BearerToken } from "effect-sagemaker-runtime"
 *
 * const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: Redacted.make("…") }
 *
 * export const token = BearerToken.make(credentials, {
 *   region: "eu-west-1",
 *   date: new Date("2026-11-28T12:00:00Z"),
 *   expiresIn: "1 hour"
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  credentials: CredentialsInput,
  options: MakeOptions
): Effect.Effect<Redacted.Redacted, CredentialsError | ConfigurationError> =>
  Effect.gen(function*() {
    const { date: given, expiresSeconds, region } = yield* readTokenOptions(options)
    const date = signingDate(given)
    if (date === undefined) {
      return yield* invalidSetting("date", "a valid Date")
    }
    const { token } = yield* tokenOf("BearerToken.make", credentials, { region, date, expiresSeconds }, date.getTime())
    return token
  })

/** More steps than making a token takes if the credentials are available and hashing is synchronous. */
const mintSteps = 40

const noCredentials = () =>
  new CredentialsError({
    message: `No credentials for a bearer token arrived within ${defaultRefreshTimeoutMillis} ms`,
    sources: ["Credentials"]
  })

/**
 * Makes tokens from the credentials in the context and caches them.
 *
 * A token is made locally, without a request. It is used until five minutes before it expires, or until half its life if
 * it lives shorter than five minutes. Then the next call makes another one. If its credentials do not arrive immediately,
 * calls continue with the cached token until it expires. One token is made at a time. A failed refresh is repeated after
 * 1 second at first, and after 30 seconds at most.
 *
 * `ModelEndpoint.openAiChat` corrects the time of tokens if the system clock differs from the service's clock by more than
 * four minutes, as `correctClockSkew` of the client does for signatures.
 *
 * A cached token is not used after its credentials expired. `get` fails with `CredentialsError` if there are no valid
 * credentials, or if they do not arrive within 10 seconds. Building the layer fails with `ConfigurationError` if an option
 * is invalid.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { BearerToken } from "effect-sagemaker-runtime"
 * import { NodeSageMaker } from "effect-sagemaker-runtime/node"
 *
 * export const live = BearerToken.layer({ expiresIn: "1 hour" }).pipe(Layer.provideMerge(NodeSageMaker.layer()))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: BearerTokenOptions = {}
): Layer.Layer<BearerToken, ConfigurationError, Credentials> =>
  Layer.scoped(
    BearerToken,
    Effect.gen(function*() {
      const { expiresSeconds, region } = yield* readTokenOptions(options, yield* ClientRegion)
      const credentials = yield* Credentials
      const load = Effect.flatMap(
        withTimeLimit(defaultRefreshTimeoutMillis, noCredentials)(credentials.get),
        (found) =>
          Effect.flatMap(Effect.all([Clock.currentTimeMillis, ClockOffset]), ([now, offset]) =>
            tokenOf("Credentials", found, { region, date: new Date(now + offset), expiresSeconds }, now))
      )
      const { get, invalidate } = yield* cache(load, {
        source: () =>
          "Credentials",
        refreshTimeout: Infinity,
        untilRefreshed: Effect.repeatN(Effect.yieldNow(), mintSteps)
      })
      return {
        get: Effect.map(get, ({ token }) =>
          token),
        invalidate
      }
    })
  )

/**
 * Where a signer gets its keys.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { cacheCredentials } from "./internal/credentials/cache.ts"
import { numberAt } from "./internal/credentials/numberAt.ts"
import { parseCredentials } from "./internal/credentials/parse.ts"
import { CredentialsError } from "./SageMakerError.ts"

/**
 * Keys that sign a request; nothing that prints them shows their values.
 *
 * @since 0.1.0
 * @category models
 */
export interface AwsCredentials {
  readonly accessKeyId: Redacted.Redacted
  readonly secretAccessKey: Redacted.Redacted
  readonly sessionToken?: Redacted.Redacted | undefined
  readonly expiration?: Date | undefined
}

/**
 * Keys as they are given: plain or already redacted.
 *
 * @since 0.1.0
 * @category models
 */
export interface CredentialsInput {
  readonly accessKeyId: string | Redacted.Redacted
  readonly secretAccessKey: string | Redacted.Redacted
  readonly sessionToken?: string | Redacted.Redacted | undefined
  readonly expiration?: Date | undefined
}

/**
 * A credential provider as AWS SDK v3's packages make them.
 *
 * @since 0.1.0
 * @category models
 */
export type AwsCredentialProvider = () => Promise<CredentialsInput>

/**
 * The keys of the moment, asked for before every attempt.
 *
 * @since 0.1.0
 * @category tags
 */
export class Credentials extends Context.Tag("effect-sagemaker-runtime/Credentials")<Credentials, {
  readonly get: Effect.Effect<AwsCredentials, CredentialsError>
}>() {}

/**
 * Fixed keys; an empty one fails the call with `CredentialsError`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (credentials: CredentialsInput): Layer.Layer<Credentials> =>
  Layer.succeed(Credentials, { get: parseCredentials("the given credentials", credentials) })

/**
 * Keys from a configuration.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  config: Config.Config.Wrap<CredentialsInput>
): Layer.Layer<Credentials, ConfigError.ConfigError> =>
  Layer.effect(
    Credentials,
    Effect.map(Config.unwrap(config), (input) => ({ get: parseCredentials("the configuration", input) }))
  )

const environment = Config.all({
  accessKeyId: Config.redacted("AWS_ACCESS_KEY_ID"),
  secretAccessKey: Config.redacted("AWS_SECRET_ACCESS_KEY"),
  sessionToken: Config.option(Config.redacted("AWS_SESSION_TOKEN")),
  expiration: Config.option(Config.date("AWS_CREDENTIAL_EXPIRATION"))
})

/**
 * Keys from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` and `AWS_CREDENTIAL_EXPIRATION`, read
 * through the `ConfigProvider` the layer is built with, when first needed and again before they expire.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerEnv: Layer.Layer<Credentials> = Layer.scoped(
  Credentials,
  Effect.configProviderWith((provider) =>
    cacheCredentials(
      environment.pipe(
        Effect.withConfigProvider(provider),
        Effect.mapError(() =>
          new CredentialsError({
            message: "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, or the expiration is no date",
            sources: ["environment"]
          })
        ),
        Effect.flatMap(({ expiration, sessionToken, ...keys }) =>
          parseCredentials("environment", {
            ...keys,
            sessionToken: Option.getOrUndefined(sessionToken),
            expiration: Option.getOrUndefined(expiration)
          })
        )
      )
    )
  )
)

const providerFailed = (error: unknown): CredentialsError =>
  new CredentialsError({
    message: "The credential provider failed",
    sources: ["provider"],
    status: numberAt(error, "$metadata", "httpStatusCode") ?? numberAt(error, "statusCode"),
    exitCode: numberAt(error, "exitCode") ?? numberAt(error, "code")
  })

/**
 * Keys from any AWS SDK v3 provider.
 *
 * They are kept until five minutes before they expire, or for good where they do not. However many calls wait, the
 * provider is asked once; if a refresh fails, keys that are still valid are used.
 *
 * @example
 * ```ts
 * import { fromTemporaryCredentials } from "@aws-sdk/credential-providers"
 * import { Credentials } from "effect-sagemaker-runtime"
 *
 * export const credentials = Credentials.layerProvider(
 *   fromTemporaryCredentials({ params: { RoleArn: "arn:aws:iam::111122223333:role/inference" } })
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerProvider = (provider: AwsCredentialProvider): Layer.Layer<Credentials> =>
  Layer.scoped(
    Credentials,
    cacheCredentials(
      Effect.tryPromise({ try: () => provider(), catch: providerFailed }).pipe(
        Effect.flatMap((input) => parseCredentials("the provider", input)),
        Effect.catchAllDefect(() => Effect.fail(providerFailed(undefined)))
      )
    )
  )

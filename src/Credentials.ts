/**
 * AWS credentials for signing requests.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { cacheCredentials } from "./internal/credentials/cache.ts"
import { firstOf as firstSource } from "./internal/credentials/firstOf.ts"
import { numberAt } from "./internal/credentials/numberAt.ts"
import { parseCredentials } from "./internal/credentials/parse.ts"
import { CredentialsError } from "./SageMakerError.ts"

/**
 * AWS credentials. `Redacted` keeps their values out of logs and errors.
 *
 * @since 0.1.0
 * @category models
 */
export interface AwsCredentials {
  /** Access key ID. */
  readonly accessKeyId: Redacted.Redacted
  /** Secret access key. */
  readonly secretAccessKey: Redacted.Redacted
  /** Session token of temporary credentials. */
  readonly sessionToken?: Redacted.Redacted | undefined
  /** Expiry time of temporary credentials. Credentials without one do not expire. */
  readonly expiration?: Date | undefined
}

/**
 * AWS credentials as plain or redacted strings.
 *
 * Each string must be printable ASCII without spaces.
 *
 * @since 0.1.0
 * @category models
 */
export interface CredentialsInput {
  /** Access key ID. */
  readonly accessKeyId: string | Redacted.Redacted
  /** Secret access key. */
  readonly secretAccessKey: string | Redacted.Redacted
  /** Session token of temporary credentials. An empty string counts as absent. */
  readonly sessionToken?: string | Redacted.Redacted | undefined
  /** Expiry time of temporary credentials. */
  readonly expiration?: Date | undefined
}

/**
 * A credential provider of the AWS SDK for JavaScript v3.
 *
 * @since 0.1.0
 * @category models
 */
export type AwsCredentialProvider = () => Promise<CredentialsInput>

/**
 * Provides the AWS credentials that sign a client's requests.
 *
 * @since 0.1.0
 * @category tags
 */
export class Credentials extends Context.Tag("effect-sagemaker-runtime/Credentials")<Credentials, {
  /** Returns the current credentials. It runs before every attempt. */
  readonly get: Effect.Effect<AwsCredentials, CredentialsError>
}>() {}

/**
 * Uses fixed credentials.
 *
 * Calls fail with `CredentialsError` if the access key ID or the secret access key is empty, or if a character is
 * invalid.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (credentials: CredentialsInput): Layer.Layer<Credentials> =>
  Layer.succeed(Credentials, { get: parseCredentials("Credentials.layer", credentials) })

/**
 * Uses credentials from a `Config`.
 *
 * Building the layer fails with `ConfigError` if a value is missing. Calls fail with `CredentialsError` if a value is
 * empty or has an invalid character.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  config: Config.Config.Wrap<CredentialsInput>
): Layer.Layer<Credentials, ConfigError.ConfigError> =>
  Layer.effect(
    Credentials,
    Effect.map(Config.unwrap(config), (input) => ({ get: parseCredentials("Credentials.layerConfig", input) }))
  )

const environment = Config.all({
  accessKeyId: Config.redacted("AWS_ACCESS_KEY_ID"),
  secretAccessKey: Config.redacted("AWS_SECRET_ACCESS_KEY"),
  sessionToken: Config.option(Config.redacted("AWS_SESSION_TOKEN")),
  expiration: Config.option(Config.date("AWS_CREDENTIAL_EXPIRATION"))
})

/**
 * Uses credentials from environment variables.
 *
 * Reads `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` and `AWS_CREDENTIAL_EXPIRATION` from the
 * layer's `ConfigProvider`. They are read at the first call and again from five minutes before they expire. Calls fail with
 * `CredentialsError` if a value is missing or invalid.
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
            message:
              "AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set, or AWS_CREDENTIAL_EXPIRATION is not a date",
            sources: ["environment"]
          })
        ),
        Effect.flatMap(({ expiration, sessionToken, ...required }) =>
          parseCredentials("environment", {
            ...required,
            sessionToken: Option.getOrUndefined(sessionToken),
            expiration: Option.getOrUndefined(expiration)
          })
        )
      ),
      { source: () => "environment", refreshTimeout: undefined }
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
 * Options of the refresh of temporary credentials.
 *
 * @since 0.1.0
 * @category models
 */
export interface RefreshOptions {
  /**
   * Maximum duration of one request for credentials. Then it fails with `CredentialsError` and can be repeated.
   *
   * Default: 10 seconds. An invalid duration fails calls with `CredentialsError`.
   */
  readonly refreshTimeout?: Duration.DurationInput | undefined
}

/**
 * Uses credentials from a provider of the AWS SDK for JavaScript v3.
 *
 * Credentials are cached. They are refreshed in the background from five minutes before they expire, or from half their
 * life if they live less than five minutes. Until they expire, no call waits for a refresh. One provider call runs at a
 * time, and a failed refresh is repeated after 1 second, growing to 60 seconds. Without unexpired credentials, all calls
 * wait for one provider call and fail with its `CredentialsError`.
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
export const layerProvider = (
  provider: AwsCredentialProvider,
  { refreshTimeout }: RefreshOptions = {}
): Layer.Layer<Credentials> =>
  Layer.scoped(
    Credentials,
    cacheCredentials(
      Effect.tryPromise({ try: () => provider(), catch: providerFailed }).pipe(
        Effect.flatMap((input) => parseCredentials("the provider", input)),
        Effect.catchAllDefect(() => Effect.fail(providerFailed(undefined)))
      ),
      { source: () => "provider", refreshTimeout }
    )
  )

type SourceLayer<L extends Layer.Layer<Credentials, unknown, unknown>> = Layer.Layer<
  Credentials,
  unknown,
  Layer.Layer.Context<L>
>

/**
 * Uses the first source that returns credentials.
 *
 * The sources are asked in order when credentials are first needed; the layer of a source is built when it is asked. The
 * source that returned credentials is kept. If it fails later, all sources are asked again. If every source fails, calls
 * fail with a `CredentialsError` that contains the message of each source.
 *
 * @example
 * ```ts
 * import { Credentials } from "effect-sagemaker-runtime"
 * import { NodeCredentials } from "effect-sagemaker-runtime/node"
 *
 * export const credentials = Credentials.firstOf(
 *   Credentials.layerEnv,
 *   NodeCredentials.layerSso({ profile: "inference" }),
 *   NodeCredentials.layerContainer
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const firstOf = <
  Layers extends readonly [
    Layer.Layer<Credentials, unknown, unknown>,
    ...Array<Layer.Layer<Credentials, unknown, unknown>>
  ]
>(
  ...layers: Layers
): Layer.Layer<Credentials, never, Layer.Layer.Context<Layers[number]>> =>
  Layer.scoped(Credentials, firstSource(Credentials, layers as ReadonlyArray<SourceLayer<Layers[number]>>))

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
import { firstAvailable } from "./internal/credentials/firstAvailable.ts"
import { numberAt } from "./internal/credentials/numberAt.ts"
import { parseCredentials } from "./internal/credentials/parse.ts"
import { CurrentMonitor } from "./internal/telemetry/monitor.ts"
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
 * Options of `layerProvider`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ProviderOptions {
  /**
   * The maximum duration of one provider call. A call that takes longer is abandoned, and the provider is called again
   * later.
   *
   * A positive duration. `Infinity` disables the limit. Default: 10 seconds.
   */
  readonly refreshTimeout?: Duration.DurationInput | undefined
}

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
 * layer's `ConfigProvider`. They are read at the first call, and again in the background from five minutes before they
 * expire. Calls fail with `CredentialsError` if a value is missing or invalid, or if the credentials have expired.
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
 * Uses credentials from a provider of the AWS SDK for JavaScript v3.
 *
 * Credentials are cached. From five minutes before they expire, the next call starts a refresh in the background and
 * uses the cached credentials. Credentials that live shorter than five minutes are refreshed at half their life. Calls
 * wait for the provider only if no unexpired credentials are cached; all of them then share one provider call.
 *
 * If the provider fails, takes longer than `refreshTimeout`, or returns expired credentials, the cached credentials are
 * used until they expire; after that, calls fail with `CredentialsError`. A refresh that failed is repeated after 1
 * second at first, and after 30 seconds at most. Calls that wait when the layer's scope closes fail with
 * `CredentialsError`.
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
  options: ProviderOptions = {}
): Layer.Layer<Credentials> =>
  Layer.scoped(
    Credentials,
    cacheCredentials(
      Effect.tryPromise({ try: () => provider(), catch: providerFailed }).pipe(
        Effect.flatMap((input) => parseCredentials("the provider", input)),
        Effect.catchAllDefect(() => Effect.fail(providerFailed(undefined)))
      ),
      { refreshTimeout: options.refreshTimeout, continuesWithoutCallers: true }
    )
  )

/**
 * Uses the first source that returns credentials.
 *
 * The sources are tried in order when credentials are first needed. The layer of a source is built when the source is
 * first tried, and its resources are released when the scope of this layer closes. A source fails if its layer cannot
 * be built, if its credentials are invalid or expired, or if it takes longer than its `refreshTimeout` (10 seconds for a
 * source without this limit).
 *
 * The credentials are cached and refreshed as in `layerProvider`. A refresh first loads from the source that returned them. If that
 * source fails, all other sources are tried again in order. If every source fails, calls fail with `CredentialsError`,
 * whose message contains the failure of each source.
 *
 * @example
 * ```ts
 * import { Credentials } from "effect-sagemaker-runtime"
 * import { NodeCredentials, NodeSageMaker } from "effect-sagemaker-runtime/node"
 *
 * export const live = NodeSageMaker.layer({
 *   credentials: Credentials.firstOf(Credentials.layerEnv, NodeCredentials.layerProfile({ profile: "inference" }))
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const firstOf = <Layers extends ReadonlyArray<Layer.Layer<Credentials, unknown, unknown>>>(
  ...layers: Layers
): Layer.Layer<Credentials, never, Layer.Layer.Context<Layers[number]>> => {
  type Requirements = Layer.Layer.Context<Layers[number]>
  const sources: ReadonlyArray<Layer.Layer<Credentials, unknown, unknown>> = layers
  return Layer.scoped(
    Credentials,
    Effect.contextWithEffect((context: Context.Context<Requirements>) =>
      Effect.configProviderWith((configProvider) =>
        firstAvailable(
          sources.map((source) => (scope) =>
            Layer.buildWithScope(source as Layer.Layer<Credentials, unknown, Requirements>, scope).pipe(
              Effect.map((built) => Context.get(built, Credentials)),
              Effect.withConfigProvider(configProvider),
              // One load of this layer is one refresh, whatever its sources do.
              Effect.provide(Context.add(context, CurrentMonitor, undefined))
            )
          )
        )
      )
    )
  )
}

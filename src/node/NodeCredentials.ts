/**
 * Layers that load AWS credentials from profiles, SSO, roles, containers and EC2 instances.
 *
 * Each layer uses one of AWS's credential providers, which is imported when credentials are first needed. The profile
 * name (`AWS_PROFILE`) and the paths of the shared files (`AWS_CONFIG_FILE`, `AWS_SHARED_CREDENTIALS_FILE`) are read
 * through Effect's `ConfigProvider`. AWS's providers read all other variables from `process.env`. Requests to STS, SSO and sign-in use the `HttpClient` in the context, with a timeout of 20
 * seconds.
 *
 * Credentials are cached, and refreshed in the background as in `Credentials.layerProvider`. If no unexpired credentials
 * are cached, and a source fails or all sources together take longer than `refreshTimeout`, the call fails with
 * `CredentialsError`.
 *
 * @example
 * ```ts
 * import { NodeCredentials, NodeSageMaker } from "effect-sagemaker-runtime/node"
 *
 * export const live = NodeSageMaker.layer({ credentials: NodeCredentials.layerSso({ profile: "inference" }) })
 * ```
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Credentials } from "../Credentials.ts"
import { ClientRegion } from "../internal/config/clientRegion.ts"
import { cacheCredentials } from "../internal/credentials/cache.ts"
import { parseCredentials } from "../internal/credentials/parse.ts"
import { CredentialsError } from "../SageMakerError.ts"
import { locate } from "./internal/config/sharedConfig.ts"
import { type CredentialSource, resolveCredentials } from "./internal/credentials/providers.ts"
import * as sources from "./internal/credentials/sources.ts"

/**
 * Options of the credential layers.
 *
 * @since 0.1.0
 * @category models
 */
export interface NodeCredentialsOptions {
  /**
   * The profile of the shared config and credentials files.
   *
   * Default: `AWS_PROFILE`, then `default`.
   */
  readonly profile?: string | undefined
  /**
   * The region whose STS endpoint is called.
   *
   * Default: the region of the `NodeSageMaker` client, then `AWS_REGION`, then `AWS_DEFAULT_REGION`, then the profile's
   * `region`, then `us-east-1`.
   */
  readonly region?: string | undefined
  /**
   * The maximum duration of one load of credentials. A load that takes longer is interrupted, and credentials are loaded
   * again later. A `credential_process` that prompts its user needs a longer duration.
   *
   * Default: 10 seconds.
   */
  readonly refreshTimeout?: Duration.DurationInput | undefined
}

/**
 * Options of `layerWebIdentity`.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebIdentityOptions extends NodeCredentialsOptions {
  /**
   * The ARN of the role to assume.
   *
   * Default: `AWS_ROLE_ARN`.
   */
  readonly roleArn?: string | undefined
  /**
   * The path of the file that contains the web identity token (OIDC).
   *
   * Default: `AWS_WEB_IDENTITY_TOKEN_FILE`.
   */
  readonly webIdentityTokenFile?: string | undefined
  /**
   * The name of the role session, as it appears in CloudTrail.
   *
   * Default: `AWS_ROLE_SESSION_NAME`, then a generated name.
   */
  readonly roleSessionName?: string | undefined
}

/**
 * Options of `layerAssumeRole`.
 *
 * @since 0.1.0
 * @category models
 */
export interface AssumeRoleOptions {
  /** The ARN of the role to assume. */
  readonly roleArn: string
  /**
   * The name of the role session, as it appears in CloudTrail.
   *
   * Default: a generated name.
   */
  readonly roleSessionName?: string | undefined
  /** The external ID that the role's trust policy requires. Default: none. */
  readonly externalId?: string | undefined
  /**
   * The lifetime of the credentials in seconds: from 900 to the role's maximum session duration.
   *
   * Default: 3,600.
   */
  readonly durationSeconds?: number | undefined
  /**
   * The region whose STS endpoint is called.
   *
   * Default: the region of the `NodeSageMaker` client, then `AWS_REGION`, then `AWS_DEFAULT_REGION`, then the profile's
   * `region`, then `us-east-1`.
   */
  readonly region?: string | undefined
  /**
   * The maximum duration of one load of credentials. A load that takes longer is interrupted, and credentials are loaded
   * again later.
   *
   * Default: 10 seconds.
   */
  readonly refreshTimeout?: Duration.DurationInput | undefined
}

type CredentialsLayer = Layer.Layer<Credentials, never, HttpClient.HttpClient>

const layerFrom = (
  sourcesFor: (profile: string | undefined) => Effect.Effect<ReadonlyArray<CredentialSource>, CredentialsError>,
  options: NodeCredentialsOptions = {}
): CredentialsLayer =>
  Layer.scoped(
    Credentials,
    Effect.gen(function*() {
      const context = yield* Effect.context<HttpClient.HttpClient>()
      const configProvider = yield* Effect.configProviderWith(Effect.succeed)
      const region = options.region ?? (yield* ClientRegion)
      let source = "profile"
      const load = Effect.gen(function*() {
        const location = yield* Effect.mapError(
          locate(options.profile),
          ({ message }) => new CredentialsError({ message, sources: ["profile"] })
        )
        const input = yield* resolveCredentials(yield* sourcesFor(location.profile), {
          location,
          region,
          onSource: (name) => {
            source = name
          }
        })
        return yield* parseCredentials("the provider", input)
      })
      return yield* cacheCredentials(
        load.pipe(Effect.withConfigProvider(configProvider), Effect.provide(context)),
        { source: () => source, refreshTimeout: options.refreshTimeout }
      )
    })
  )

const layerOf = (source: CredentialSource, options?: NodeCredentialsOptions): CredentialsLayer =>
  layerFrom(() => Effect.succeed([source]), options)

/**
 * Loads credentials with AWS's default provider chain.
 *
 * The chain tries, in order:
 *
 * 1. Environment variables (`AWS_ACCESS_KEY_ID`), unless a profile is set in `options` or by `AWS_PROFILE`.
 * 2. The profile of the shared files: access keys, SSO, login session, process, role or web identity.
 * 3. The profile's `credential_process`.
 * 4. A web identity token (`AWS_WEB_IDENTITY_TOKEN_FILE`).
 * 5. The role of the ECS task or EKS pod, if `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or
 *    `AWS_CONTAINER_CREDENTIALS_FULL_URI` is set.
 * 6. The role of the EC2 instance, if neither variable is set. `AWS_EC2_METADATA_DISABLED=true` skips this step.
 *
 * If a configured source fails, the call fails with `CredentialsError`, and no further source is tried.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerDefault = (
  options: NodeCredentialsOptions = {}
): Layer.Layer<Credentials, never, HttpClient.HttpClient> =>
  layerFrom((profile) => Effect.sync(() => sources.defaultChain(profile)), options)

/**
 * Loads credentials from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN` in `process.env`.
 *
 * `Credentials.layerEnv` reads the same variables through Effect's `ConfigProvider`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerEnvironment: Layer.Layer<Credentials, never, HttpClient.HttpClient> = Layer.fresh(
  layerOf(sources.environment)
)

/**
 * Loads credentials from a profile of the shared config and credentials files.
 *
 * The profile can have access keys, SSO settings, a `login_session`, a `credential_process`, a `role_arn` with its
 * `source_profile` or `credential_source`, or a `web_identity_token_file`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerProfile = (
  options: NodeCredentialsOptions = {}
): Layer.Layer<Credentials, never, HttpClient.HttpClient> => layerOf(sources.profile, options)

/**
 * Loads credentials from IAM Identity Center (SSO), with the profile's session created by `aws sso login`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerSso = (
  options: NodeCredentialsOptions = {}
): Layer.Layer<Credentials, never, HttpClient.HttpClient> => layerOf(sources.sso, options)

/**
 * Loads credentials from the profile's login session, created by `aws login`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerLogin = (
  options: NodeCredentialsOptions = {}
): Layer.Layer<Credentials, never, HttpClient.HttpClient> => layerOf(sources.login, options)

/**
 * Loads credentials by running the profile's `credential_process`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerProcess = (
  options: NodeCredentialsOptions = {}
): Layer.Layer<Credentials, never, HttpClient.HttpClient> => layerOf(sources.credentialProcess, options)

/**
 * Loads credentials by assuming a role with a web identity token, as for Kubernetes service accounts and CI systems.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWebIdentity = (
  options: WebIdentityOptions = {}
): Layer.Layer<Credentials, never, HttpClient.HttpClient> => layerOf(sources.webIdentity(options), options)

/**
 * Loads the credentials of an ECS task role or an EKS Pod Identity.
 *
 * The URL comes from `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerContainer: Layer.Layer<Credentials, never, HttpClient.HttpClient> = Layer.fresh(
  layerOf(sources.container)
)

/**
 * Loads the credentials of an EC2 instance's role from the instance metadata service (IMDSv2).
 *
 * @since 0.1.0
 * @category layers
 */
export const layerInstanceMetadata: Layer.Layer<Credentials, never, HttpClient.HttpClient> = Layer.fresh(layerOf(
  sources.instanceMetadata
))

/**
 * Loads credentials by assuming a role (STS `AssumeRole`) with the `Credentials` in the context.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerAssumeRole = (
  options: AssumeRoleOptions
): Layer.Layer<Credentials, never, Credentials | HttpClient.HttpClient> =>
  Layer.unwrapEffect(Effect.map(
    Credentials,
    ({ get }) =>
      layerFrom(() => Effect.map(get, (credentials) => [sources.assumedRole(credentials, options)]), {
        region: options.region,
        refreshTimeout: options.refreshTimeout
      })
  ))

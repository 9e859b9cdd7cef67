/**
 * Keys from where AWS's own tools find them, by AWS's own provider packages, loaded when first needed.
 *
 * These providers read the environment of the process itself (`process.env`), not Effect's `ConfigProvider`; only the
 * profile and the places of the shared files are taken from it (SSO named by a profile looks in the process's). Keys
 * are kept until five minutes before they expire, and refreshed once however many calls wait. What STS, SSO and sign-in
 * are asked travels over the `HttpClient` in context.
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
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { type AwsCredentials, Credentials } from "../Credentials.ts"
import { cacheCredentials } from "../internal/credentials/cache.ts"
import { parseCredentials } from "../internal/credentials/parse.ts"
import { CredentialsError } from "../SageMakerError.ts"
import { ClientRegion } from "./internal/config/region.ts"
import { locate } from "./internal/config/sharedConfig.ts"
import { type CredentialSource, resolveCredentials } from "./internal/credentials/providers.ts"

/**
 * Which profile, and which region's STS.
 *
 * By default `AWS_PROFILE`, and the region of the `NodeSageMaker` the layer is given to, then `AWS_REGION`,
 * `AWS_DEFAULT_REGION` and the profile's.
 *
 * @since 0.1.0
 * @category models
 */
export interface NodeCredentialsOptions {
  readonly profile?: string | undefined
  readonly region?: string | undefined
}

/**
 * A role taken on with a token from a file; by default as `AWS_ROLE_ARN`, `AWS_WEB_IDENTITY_TOKEN_FILE` and
 * `AWS_ROLE_SESSION_NAME` say.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebIdentityOptions extends NodeCredentialsOptions {
  readonly roleArn?: string | undefined
  readonly webIdentityTokenFile?: string | undefined
  readonly roleSessionName?: string | undefined
}

/**
 * A role taken on with other keys; `durationSeconds` is at most the role's own maximum.
 *
 * @since 0.1.0
 * @category models
 */
export interface AssumeRoleOptions {
  readonly roleArn: string
  readonly roleSessionName?: string | undefined
  readonly externalId?: string | undefined
  readonly durationSeconds?: number | undefined
  readonly region?: string | undefined
}

const environment: CredentialSource = { name: "environment", provider: (aws, { logger }) => aws.fromEnv({ logger }) }

const profile: CredentialSource = { name: "profile", provider: (aws, init) => aws.fromIni(init) }

const sso: CredentialSource = { name: "SSO", provider: (aws, init) => aws.fromSSO(init) }

const login: CredentialSource = { name: "login session", provider: (aws, init) => aws.fromLoginCredentials(init) }

const credentialProcess: CredentialSource = {
  name: "credential_process",
  provider: (aws, init) => aws.fromProcess(init)
}

const webIdentity = (
  { roleArn, roleSessionName, webIdentityTokenFile }: WebIdentityOptions = {}
): CredentialSource => ({
  name: "web identity",
  provider: (aws, init) =>
    aws.fromTokenFile({
      ...init,
      ...(roleArn !== undefined && { roleArn }),
      ...(roleSessionName !== undefined && { roleSessionName }),
      ...(webIdentityTokenFile !== undefined && { webIdentityTokenFile })
    })
})

const container: CredentialSource = { name: "container", provider: (aws, { logger }) => aws.fromHttp({ logger }) }

const instanceMetadata: CredentialSource = {
  name: "instance metadata",
  provider: (aws, { logger, ...init }) => aws.fromInstanceMetadata({ logger, profile: init.profile })
}

const isSet = (variable: string): boolean => (process.env[variable] ?? "") !== ""

const machine = (): ReadonlyArray<CredentialSource> =>
  isSet("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") || isSet("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    ? [container]
    : !isSet("AWS_EC2_METADATA_DISABLED") || process.env["AWS_EC2_METADATA_DISABLED"] === "false"
    ? [instanceMetadata]
    : []

const layerFrom = (
  sources: (profile: string | undefined) => Effect.Effect<ReadonlyArray<CredentialSource>, CredentialsError>,
  options: NodeCredentialsOptions = {}
): Layer.Layer<Credentials, never, HttpClient.HttpClient> =>
  Layer.scoped(
    Credentials,
    Effect.gen(function*() {
      const context = yield* Effect.context<HttpClient.HttpClient>()
      const provider = yield* Effect.configProviderWith(Effect.succeed)
      const region = options.region ?? (yield* ClientRegion)
      const load = Effect.gen(function*() {
        const location = yield* Effect.mapError(
          locate(options.profile),
          ({ message }) => new CredentialsError({ message, sources: ["profile"] })
        )
        const chain = yield* sources(location.profile)
        const input = yield* resolveCredentials(chain, { location, region })
        return yield* parseCredentials("the provider", input)
      })
      return yield* cacheCredentials(load.pipe(Effect.withConfigProvider(provider), Effect.provide(context)))
    })
  )

const layerOf = (
  sources: (profile: string | undefined) => ReadonlyArray<CredentialSource>,
  options?: NodeCredentialsOptions
): Layer.Layer<Credentials, never, HttpClient.HttpClient> =>
  layerFrom((chosen) => Effect.sync(() => sources(chosen)), options)

/**
 * Keys as AWS's default chain finds them.
 *
 * Environment (unless a profile is chosen), the profile with all it can name (keys, SSO, login, process, role, web
 * identity), web identity from the environment, then the container's or the EC2 instance's role.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerDefault = (
  options: NodeCredentialsOptions = {}
): Layer.Layer<Credentials, never, HttpClient.HttpClient> =>
  layerOf(
    (
      chosen
    ) => [...(chosen === undefined ? [environment] : []), profile, credentialProcess, webIdentity(), ...machine()],
    options
  )

/**
 * Keys from `AWS_ACCESS_KEY_ID` and its like, as AWS's own provider reads them.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerEnvironment: Layer.Layer<Credentials, never, HttpClient.HttpClient> = layerOf(() => [environment])

/**
 * Keys from a profile of the shared config and credentials files, whatever it names: keys, SSO, a login session, a
 * process, a role with its source, web identity.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerProfile = (
  options: NodeCredentialsOptions = {}
): Layer.Layer<Credentials, never, HttpClient.HttpClient> => layerOf(() => [profile], options)

/**
 * Keys from IAM Identity Center, with the session `aws sso login` left.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerSso = (
  options: NodeCredentialsOptions = {}
): Layer.Layer<Credentials, never, HttpClient.HttpClient> => layerOf(() => [sso], options)

/**
 * Keys from the session `aws login` left.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerLogin = (
  options: NodeCredentialsOptions = {}
): Layer.Layer<Credentials, never, HttpClient.HttpClient> => layerOf(() => [login], options)

/**
 * Keys that the profile's `credential_process` prints.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerProcess = (
  options: NodeCredentialsOptions = {}
): Layer.Layer<Credentials, never, HttpClient.HttpClient> => layerOf(() => [credentialProcess], options)

/**
 * Keys of a role taken on with a token, as Kubernetes service accounts and CI systems do.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWebIdentity = (
  options: WebIdentityOptions = {}
): Layer.Layer<Credentials, never, HttpClient.HttpClient> => layerOf(() => [webIdentity(options)], options)

/**
 * Keys of the role of an ECS task or an EKS pod.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerContainer: Layer.Layer<Credentials, never, HttpClient.HttpClient> = layerOf(() => [container])

/**
 * Keys of an EC2 instance's role, from its metadata service (IMDSv2).
 *
 * @since 0.1.0
 * @category layers
 */
export const layerInstanceMetadata: Layer.Layer<Credentials, never, HttpClient.HttpClient> = layerOf(() => [
  instanceMetadata
])

/**
 * Keys of a role, taken on with the credentials in context.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerAssumeRole = (
  options: AssumeRoleOptions
): Layer.Layer<Credentials, never, Credentials | HttpClient.HttpClient> =>
  Layer.unwrapEffect(Effect.map(Credentials, ({ get }) => {
    const assumeRole = ({ accessKeyId, secretAccessKey, sessionToken }: AwsCredentials): CredentialSource => ({
      name: "assumed role",
      provider: (aws, { clientConfig, logger, parentClientConfig: { region } }) =>
        aws.fromTemporaryCredentials({
          logger,
          clientConfig: { ...clientConfig, region },
          masterCredentials: {
            accessKeyId: Redacted.value(accessKeyId),
            secretAccessKey: Redacted.value(secretAccessKey),
            ...(sessionToken && { sessionToken: Redacted.value(sessionToken) })
          },
          params: {
            RoleArn: options.roleArn,
            ...(options.roleSessionName !== undefined && { RoleSessionName: options.roleSessionName }),
            ...(options.externalId !== undefined && { ExternalId: options.externalId }),
            ...(options.durationSeconds !== undefined && { DurationSeconds: options.durationSeconds })
          }
        })
    })
    return layerFrom(() => Effect.map(get, (keys) => [assumeRole(keys)]), { region: options.region })
  }))

/** Resolves credentials with AWS's credential providers, tried in order. */
import type { FromIniInit } from "@aws-sdk/credential-provider-ini"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as AwsConfig from "@smithy/core/config"
import * as Effect from "effect/Effect"
import type { AwsCredentialProvider, CredentialsInput } from "../../../Credentials.ts"
import type { CredentialsError } from "../../../SageMakerError.ts"
import { type SharedConfigLocation, toProviderInit } from "../config/sharedConfig.ts"
import type { RunProvider } from "./providerScope.ts"
import { type SmithyRequestHandler, smithyRequestHandler } from "./smithyRequestHandler.ts"
import { type SourceFailure, toCredentialsError, toSourceFailure } from "./sourceFailure.ts"

/** The shared configuration files and the region that the providers use. */
export interface ProviderSettings {
  readonly location: SharedConfigLocation
  readonly region: string | undefined
  /** Receives the name of each source before it is tried. */
  readonly onSource: (name: string) => void
}

const ignore = () => {}

/** Without a logger AWS's providers write warnings to the console. */
const logger = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore }

/** A source of credentials. */
export interface CredentialSource {
  /** The name in error messages. */
  readonly name: string
  /** What to do if the source fails for an unknown reason. */
  readonly advice: string
  /** Imports AWS's provider, in a separate chunk, and makes it. */
  readonly provider: (init: ProviderInit) => Promise<AwsCredentialProvider>
}

type RoleAssumer = NonNullable<FromIniInit["roleAssumer"]>

/** The options of AWS's providers. */
export interface ProviderInit extends ReturnType<typeof toProviderInit> {
  readonly logger: typeof logger
  readonly clientConfig: { readonly requestHandler: never }
  readonly parentClientConfig: { readonly requestHandler: never; readonly region: ReturnType<typeof stsRegion> }
  readonly roleAssumer?: RoleAssumer
}

/** The region of STS; the default is explicit because AWS's own lookup writes a warning to the console. */
const stsRegion = (
  { loadConfig, NODE_REGION_CONFIG_FILE_OPTIONS, NODE_REGION_CONFIG_OPTIONS }: typeof AwsConfig,
  { location, region }: ProviderSettings
): string | (() => Promise<string>) =>
  region ?? loadConfig(
    {
      ...NODE_REGION_CONFIG_OPTIONS,
      environmentVariableSelector: (env) => env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"],
      default: () => Promise.resolve("us-east-1")
    },
    { ...NODE_REGION_CONFIG_FILE_OPTIONS, ...toProviderInit(location) }
  )

/** A region in code or in the environment takes precedence over the profile's region, which AWS's provider prefers. */
const explicitRegion = ({ region }: ProviderSettings): string | undefined =>
  region ?? (process.env["AWS_REGION"] || process.env["AWS_DEFAULT_REGION"] || undefined)

/** Calls AssumeRole. The client of STS is imported by the first call. */
export const roleAssumer = (
  region: ReturnType<typeof stsRegion>,
  requestHandler: object
): RoleAssumer =>
async (credentials, params) => {
  const { getDefaultRoleAssumer } = await import("./aws/sts.ts")
  return getDefaultRoleAssumer({ region, requestHandler: requestHandler as never, logger })(credentials, params)
}

const makeInit = (
  settings: ProviderSettings,
  region: ReturnType<typeof stsRegion>,
  requestHandler: object
): ProviderInit => {
  const stsRegionOfCode = explicitRegion(settings)
  return {
    ...toProviderInit(settings.location),
    logger,
    clientConfig: { requestHandler: requestHandler as never },
    parentClientConfig: { requestHandler: requestHandler as never, region },
    ...(stsRegionOfCode !== undefined && { roleAssumer: roleAssumer(stsRegionOfCode, requestHandler) })
  }
}

const loadFrom = (
  source: CredentialSource,
  init: ProviderInit,
  profile: string | undefined,
  requestHandler: SmithyRequestHandler,
  runProvider: RunProvider
): Effect.Effect<CredentialsInput, SourceFailure> =>
  Effect.tryPromise({
    try: (signal) => runProvider(signal, async () => (await source.provider(init))()),
    catch: (error) => toSourceFailure(source, error, profile, requestHandler.errorStatus())
  })

/** Tries the sources in order. The search ends at a failure that AWS's provider does not mark as skippable. */
export const resolveCredentials = (
  sources: ReadonlyArray<CredentialSource>,
  settings: ProviderSettings
): Effect.Effect<CredentialsInput, CredentialsError, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const http = yield* HttpClient.HttpClient
    const runtime = yield* Effect.runtime()
    const region = stsRegion(yield* Effect.promise(() => import("@smithy/core/config")), settings)
    const protocols = yield* Effect.promise(() => import("@smithy/core/protocols"))
    const { runProvider } = yield* Effect.promise(() => import("./providerScope.ts"))
    const failures: Array<SourceFailure> = []
    for (const source of sources) {
      settings.onSource(source.name)
      const requestHandler = smithyRequestHandler(protocols, http, runtime)
      const init = makeInit(settings, region, requestHandler)
      const result = yield* Effect.either(
        loadFrom(source, init, settings.location.profile, requestHandler, runProvider)
      )
      if (result._tag === "Right") {
        return result.right
      }
      failures.push(result.left)
      if (!result.left.tryNextSource) {
        break
      }
    }
    return yield* toCredentialsError(failures)
  })

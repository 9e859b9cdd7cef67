/** AWS's credential providers as effects. */
import type * as AwsProviders from "@aws-sdk/credential-providers"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as AwsConfig from "@smithy/core/config"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { AwsCredentialProvider, CredentialsInput } from "../../../Credentials.ts"
import { CredentialsError } from "../../../SageMakerError.ts"
import { asInit, type Location } from "../config/sharedConfig.ts"

/** What every provider is started with. */
export interface Settings {
  readonly location: Location
  readonly region: string | undefined
}

const silent = () => {}

/** AWS's providers warn on the console without a logger. */
const logger = { trace: silent, debug: silent, info: silent, warn: silent, error: silent }

/** A source of keys: how messages name it, and AWS's provider for it. */
export interface CredentialSource {
  readonly name: string
  readonly provider: (aws: typeof AwsProviders, init: ReturnType<typeof initOf>) => AwsCredentialProvider
}

/** The region whose STS to ask: where nothing names one, AWS's own look-up warns on the console. */
const regionOf = (
  { loadConfig, NODE_REGION_CONFIG_FILE_OPTIONS, NODE_REGION_CONFIG_OPTIONS }: typeof AwsConfig,
  { location, region }: Settings
): string | (() => Promise<string>) =>
  region ?? loadConfig(
    {
      ...NODE_REGION_CONFIG_OPTIONS,
      environmentVariableSelector: (env) => env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"],
      default: () => Promise.resolve("us-east-1")
    },
    { ...NODE_REGION_CONFIG_FILE_OPTIONS, ...asInit(location) }
  )

const initOf = (location: Location, region: ReturnType<typeof regionOf>, requestHandler: object) => ({
  ...asInit(location),
  logger,
  clientConfig: { requestHandler: requestHandler as never },
  parentClientConfig: { requestHandler: requestHandler as never, region }
})

/** What a provider's own words mean, said without repeating them. */
const meanings: ReadonlyArray<readonly [words: RegExp, meaning: string]> = [
  [
    /sso session|sso token|aws sso login|UnauthorizedException/i,
    "the SSO session is missing or has expired: run aws sso login"
  ],
  [/aws login|re-?authenticate|load token from/i, "the login session is missing or has expired: run aws login"],
  [/multi-factor/i, "the profile wants a multi-factor code, which nobody can type here"],
  [/cycle attempting/i, "the profile's source_profile goes round in a circle"],
  [/returned expired credentials/i, "credential_process returned expired keys"],
  [/returned invalid (JSON|credentials)|did not return Version 1/i, "credential_process did not return keys"],
  [/Command failed/, "credential_process failed"],
  [/ENOENT|EACCES/, "a file it names cannot be read"],
  [/AccessDenied/, "access was denied"],
  [/metadata service|TimeoutError|timed? ?out/i, "it did not answer"]
]

const textOf = (error: unknown): string =>
  Predicate.hasProperty(error, "message")
    ? `${String(Predicate.hasProperty(error, "name") ? error.name : "")} ${String(error.message)}`
    : ""

const meaningOf = (error: unknown): string | undefined => {
  const words = textOf(error)
  return meanings.find(([pattern]) => pattern.test(words))?.[1]
}

const numberIn = (error: unknown, ...path: ReadonlyArray<string>): number | undefined => {
  const value = path.reduce<unknown>((at, key) => (Predicate.hasProperty(at, key) ? at[key] : undefined), error)
  return typeof value === "number" ? value : undefined
}

const statusIn = (error: unknown): number | undefined => {
  const said = /responded with status: ([1-5][0-9]{2})\b/.exec(textOf(error))
  return numberIn(error, "$metadata", "httpStatusCode") ?? numberIn(error, "statusCode") ??
    (said === null ? undefined : Number(said[1]))
}

/** A source that had no keys. */
class Failed {
  readonly name: string
  readonly mayTryNext: boolean
  readonly meaning: string | undefined
  readonly status: number | undefined

  constructor(name: string, error: unknown, refusedWith: number | undefined) {
    this.name = name
    this.mayTryNext = Predicate.hasProperty(error, "tryNextLink") && error.tryNextLink === true
    this.meaning = meaningOf(error)
    this.status = statusIn(error) ?? refusedWith
  }
}

/** How long a source may take, someone typing at a credential_process included. */
const patience = "2 minutes"

const attempt = (
  aws: typeof AwsProviders,
  source: CredentialSource,
  init: ReturnType<typeof initOf>,
  handler: { readonly status: () => number | undefined }
): Effect.Effect<CredentialsInput, Failed> =>
  Effect.tryPromise({
    try: async () => source.provider(aws, init)(),
    catch: (error) => new Failed(source.name, error, handler.status())
  }).pipe(
    Effect.timeoutFail({
      duration: patience,
      onTimeout: () => new Failed(source.name, new Error("timed out"), undefined)
    })
  )

const named = ({ meaning, name }: Failed): string => (meaning === undefined ? name : `${name} (${meaning})`)

const failed = (tried: ReadonlyArray<Failed>): CredentialsError => {
  const last = tried.at(-1)
  const message = last?.mayTryNext === false || tried.length === 1
    ? `The source "${last?.name}" gave no credentials${last?.meaning === undefined ? "" : `: ${last.meaning}`}`
    : `No credentials were found in ${tried.map(named).join(", ")}`
  const status = last?.status
  return new CredentialsError({
    message,
    sources: tried.map(({ name }) => name),
    ...(status !== undefined && { status })
  })
}

/** Asks the sources in turn; which failures end the search is AWS's providers' to say. */
export const resolveCredentials = (
  sources: ReadonlyArray<CredentialSource>,
  settings: Settings
): Effect.Effect<CredentialsInput, CredentialsError, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const http = yield* HttpClient.HttpClient
    const runtime = yield* Effect.runtime()
    const aws = yield* Effect.promise(() => import("@aws-sdk/credential-providers"))
    const region = regionOf(yield* Effect.promise(() => import("@smithy/core/config")), settings)
    const { smithyRequestHandler: requestHandler } = yield* Effect.promise(() => import("./smithyRequestHandler.ts"))
    const tried: Array<Failed> = []
    for (const source of sources) {
      const handler = requestHandler(http, runtime)
      const init = initOf(settings.location, region, handler)
      const result = yield* Effect.either(attempt(aws, source, init, handler))
      if (result._tag === "Right") {
        return result.right
      }
      tried.push(result.left)
      if (!result.left.mayTryNext) {
        break
      }
    }
    return yield* failed(tried)
  })

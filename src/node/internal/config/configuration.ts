/** A client's settings, each from the first place that has it: code, environment, profile. */
import * as Effect from "effect/Effect"
import { ConfigurationError } from "../../../SageMakerError.ts"
import type * as SageMakerRuntime from "../../../SageMakerRuntime.ts"
import type { SharedConfig } from "./sharedConfig.ts"
import {
  anyText,
  boolean,
  type ConfigFormat,
  type ConfigValue,
  firstOf,
  fromEnvironment,
  fromSection,
  oneOf,
  positiveInteger
} from "./sources.ts"

/** What code says. */
export interface ConfigurationOptions extends Omit<SageMakerRuntime.SageMakerRuntimeOptions, "region"> {
  readonly region?: string | undefined
  readonly ignoreConfiguredEndpointUrls?: boolean | undefined
  readonly allowInsecureEndpoint?: boolean | undefined
}

/** How often a call may try, and in which of AWS's modes. */
interface Retry {
  readonly maxAttempts: number | undefined
  readonly mode: "standard" | "adaptive" | "legacy" | undefined
}

/** What holds. */
export interface Configuration {
  readonly options: SageMakerRuntime.SageMakerRuntimeOptions
  /** To be read only where no policy is given: a wrong value is no matter then. */
  readonly retry: Effect.Effect<Retry, ConfigurationError>
  readonly caBundle: ConfigValue<string> | undefined
  /** Names an option as its source does. */
  readonly rename: (error: ConfigurationError) => ConfigurationError
}

const loopback = /^(localhost|.*\.localhost|127(\.[0-9]{1,3}){3}|\[::1\])$/

const isInsecure = (endpoint: string): boolean => {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  return url?.protocol === "http:" && !loopback.test(url.hostname)
}

const instanceRegion = Effect.gen(function*() {
  const { NODE_REGION_CONFIG_OPTIONS } = yield* Effect.promise(() => import("@smithy/core/config"))
  const ask = NODE_REGION_CONFIG_OPTIONS.default
  return yield* Effect.tryPromise(() => Promise.resolve(typeof ask === "function" ? ask() : ask))
})

const regionOfInstance: Effect.Effect<ConfigValue<string> | undefined, ConfigurationError> = Effect.gen(function*() {
  const disabled = yield* fromEnvironment("AWS_EC2_METADATA_DISABLED", anyText)
  if (disabled !== undefined && disabled.value.toLowerCase() !== "false") {
    return undefined
  }
  const region = yield* Effect.orElseSucceed(instanceRegion, () => "")
  return region === "" ? undefined : { value: region, setting: "region", source: "instance metadata" }
})

/** A region that asks for FIPS by its name, as old configurations have it. */
const isFips = (region: unknown): boolean =>
  typeof region === "string" && (region.startsWith("fips-") || region.endsWith("-fips"))

const withoutFips = (region: string): string => region.replace(/^fips-|-fips$/, "")

type Lookup<A> = Effect.Effect<ConfigValue<A> | undefined, ConfigurationError>

/** A place to look where code leaves the option open. */
const unlessGiven = <A>(given: unknown, place: Lookup<A>): Lookup<A> =>
  given === undefined ? place : Effect.succeed(undefined)

/** A setting of the environment or the profile. */
const settingsOf = (shared: SharedConfig) => <A>(variable: string, key: string, format: ConfigFormat<A>): Lookup<A> =>
  firstOf(fromEnvironment(variable, format), fromSection(shared.profile, key, shared.source, format))

const regionOf = (shared: SharedConfig): Lookup<string> =>
  firstOf(
    fromEnvironment("AWS_REGION", anyText),
    fromEnvironment("AWS_DEFAULT_REGION", anyText),
    fromSection(shared.region, "region", shared.source, anyText),
    regionOfInstance
  )

const endpointOf = (code: ConfigurationOptions, shared: SharedConfig): Lookup<string> =>
  Effect.gen(function*() {
    const ignored = code.ignoreConfiguredEndpointUrls ?? (yield* settingsOf(shared)(
      "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
      "ignore_configured_endpoint_urls",
      boolean
    ))?.value
    const endpoint = ignored === true ? undefined : yield* firstOf(
      fromEnvironment("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", anyText),
      fromEnvironment("AWS_ENDPOINT_URL", anyText),
      fromSection(shared.service, "endpoint_url", `services of ${shared.source}`, anyText),
      fromSection(shared.profile, "endpoint_url", shared.source, anyText)
    )
    if (endpoint !== undefined && code.allowInsecureEndpoint !== true && isInsecure(endpoint.value)) {
      return yield* new ConfigurationError({
        setting: endpoint.setting,
        source: endpoint.source,
        problem: "is plain http beyond this machine: use https, or set allowInsecureEndpoint in code"
      })
    }
    return endpoint
  })

/** Looks up what code leaves open. */
export const resolve = (
  code: ConfigurationOptions,
  shared: SharedConfig
): Effect.Effect<Configuration, ConfigurationError> =>
  Effect.gen(function*() {
    const setting = settingsOf(shared)
    const region = yield* unlessGiven(code.region, regionOf(shared))
    const named = code.region ?? region?.value
    if (named === undefined) {
      return yield* new ConfigurationError({
        setting: "region",
        problem: "is missing: give it in code, as AWS_REGION or in the profile"
      })
    }
    const found = {
      region,
      endpoint: yield* unlessGiven(code.endpoint, endpointOf(code, shared)),
      useFipsEndpoint: yield* unlessGiven(
        code.useFipsEndpoint,
        setting("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", boolean)
      ),
      useDualstackEndpoint: yield* unlessGiven(
        code.useDualstackEndpoint,
        setting("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", boolean)
      ),
      appId: yield* unlessGiven(code.appId, setting("AWS_SDK_UA_APP_ID", "sdk_ua_app_id", anyText)),
      correctClockSkew: yield* unlessGiven(
        code.correctClockSkew,
        setting("AWS_DISABLE_CLOCK_SKEW_CORRECTION", "disable_clock_skew_correction", boolean)
      )
    }
    const { ignoreConfiguredEndpointUrls: _, allowInsecureEndpoint: __, ...options } = code
    const sources: { readonly [option: string]: ConfigValue<unknown> | undefined } = found
    return {
      options: {
        ...options,
        region: typeof named === "string" ? withoutFips(named) : named,
        endpoint: code.endpoint ?? found.endpoint?.value,
        useFipsEndpoint: code.useFipsEndpoint ?? (isFips(named) || found.useFipsEndpoint?.value),
        useDualstackEndpoint: code.useDualstackEndpoint ?? found.useDualstackEndpoint?.value,
        appId: code.appId ?? found.appId?.value,
        correctClockSkew: code.correctClockSkew ?? found.correctClockSkew?.value !== true
      },
      retry: Effect.zipWith(
        setting("AWS_MAX_ATTEMPTS", "max_attempts", positiveInteger),
        setting("AWS_RETRY_MODE", "retry_mode", oneOf("standard", "adaptive", "legacy")),
        (maxAttempts, mode) => ({ maxAttempts: maxAttempts?.value, mode: mode?.value })
      ),
      caBundle: yield* setting("AWS_CA_BUNDLE", "ca_bundle", anyText),
      rename: (error) => {
        const origin = sources[error.setting]
        return origin === undefined
          ? error
          : new ConfigurationError({ setting: origin.setting, source: origin.source, problem: error.problem })
      }
    }
  })

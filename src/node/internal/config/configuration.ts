/** Resolves a client's settings in order: options in code, environment variables, the AWS profile. */
import * as Effect from "effect/Effect"
import { ConfigurationError } from "../../../SageMakerError.ts"
import type * as SageMakerRuntime from "../../../SageMakerRuntime.ts"
import { isLoopback } from "./loopback.ts"
import type { SharedConfig } from "./sharedConfig.ts"
import {
  boolean,
  type ConfigFormat,
  type ConfigLookup,
  type ConfigValue,
  firstDefined,
  fromEnvironment,
  fromSection,
  literal,
  positiveInteger,
  string
} from "./sources.ts"

/** The options in code that have counterparts in the environment or the profile. */
export interface ConfigurationOptions extends Omit<SageMakerRuntime.SageMakerRuntimeOptions, "region"> {
  /**
   * The AWS region to call and to sign for.
   *
   * Default: `AWS_REGION`, then `AWS_DEFAULT_REGION`, then the profile's `region`, then the region of the EC2 instance.
   * Without a region the layer fails with `ConfigurationError`. A region such as `fips-us-east-1` enables FIPS.
   */
  readonly region?: string | undefined
  /**
   * The base URL to call instead of AWS's URL for the region. Its path is kept.
   *
   * Default: `AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME`, then `AWS_ENDPOINT_URL`, then `endpoint_url` of `sagemaker_runtime`
   * in the profile's `services` section, then the profile's `endpoint_url`. An endpoint cannot be combined with
   * `useFipsEndpoint` or `useDualstackEndpoint`.
   */
  readonly endpoint?: SageMakerRuntime.SageMakerRuntimeOptions["endpoint"]
  /**
   * The base URL of `invokeEndpointWithBidirectionalStream`, which is sent over HTTP/2. Its path is kept.
   *
   * Default: the `endpoint` option, then `AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME_HTTP2`, then the environment variables of
   * `endpoint`, then `endpoint_url` of `sagemaker_runtime_http2` in the profile's `services` section, then the settings of
   * `endpoint` in the profile. It cannot be combined with `useFipsEndpoint` or `useDualstackEndpoint`.
   */
  readonly http2Endpoint?: SageMakerRuntime.SageMakerRuntimeOptions["http2Endpoint"]
  /**
   * Whether to call the region's FIPS endpoint.
   *
   * Default: `AWS_USE_FIPS_ENDPOINT`, then the profile's `use_fips_endpoint`, then `false`.
   */
  readonly useFipsEndpoint?: boolean | undefined
  /**
   * Whether to call the region's dual-stack (IPv4 and IPv6) endpoint.
   *
   * Default: `AWS_USE_DUALSTACK_ENDPOINT`, then the profile's `use_dualstack_endpoint`, then `false`.
   */
  readonly useDualstackEndpoint?: boolean | undefined
  /**
   * Whether to sign with the service's time if the local clock differs by four minutes or more.
   *
   * Default: `true`, unless `AWS_DISABLE_CLOCK_SKEW_CORRECTION` or the profile's `disable_clock_skew_correction` is
   * `true`.
   */
  readonly correctClockSkew?: boolean | undefined
  /**
   * The application name in the `User-Agent` header.
   *
   * Default: `AWS_SDK_UA_APP_ID`, then the profile's `sdk_ua_app_id`, then none. An empty string sends no name.
   */
  readonly appId?: string | undefined
  /**
   * Whether to ignore the endpoint URLs of the environment and the profile. The `endpoint` option still applies.
   *
   * Default: `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`, then the profile's `ignore_configured_endpoint_urls`, then `false`.
   */
  readonly ignoreConfiguredEndpointUrls?: boolean | undefined
  /**
   * Whether the environment or the profile can set an `http` endpoint URL whose host is not a loopback address.
   *
   * Default: `false`. Such a URL then fails the layer with `ConfigurationError`, because requests would be sent
   * unencrypted. The `endpoint` option can always be an `http` URL.
   */
  readonly allowInsecureEndpoint?: boolean | undefined
}

/** AWS's retry settings. */
interface RetryConfiguration {
  readonly maxAttempts: number | undefined
  readonly mode: "standard" | "adaptive" | "legacy" | undefined
}

/** The resolved settings of a client. */
export interface Configuration {
  readonly options: SageMakerRuntime.SageMakerRuntimeOptions
  /** An effect, because an invalid value is an error only if no retry policy is set in code. */
  readonly retry: Effect.Effect<RetryConfiguration, ConfigurationError>
  readonly caBundle: ConfigValue<string> | undefined
  /** Replaces the option's name in an error with the setting and the source of its value. */
  readonly rename: (error: ConfigurationError) => ConfigurationError
}

const isInsecure = (endpoint: string): boolean => {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  return url?.protocol === "http:" && !isLoopback(url.hostname)
}

/** A metadata service that responds byte by byte would otherwise delay the layer without end. */
const instanceRegionTimeout = "5 seconds"

const fetchInstanceRegion = Effect.tryPromise(async (signal) => {
  const { NODE_REGION_CONFIG_OPTIONS: { default: fetchRegion } } = await import("@smithy/core/config")
  const { runProvider } = await import("../credentials/providerScope.ts")
  return runProvider(signal, async () => (typeof fetchRegion === "function" ? fetchRegion() : fetchRegion))
}).pipe(Effect.timeout(instanceRegionTimeout))

const lookupInstanceRegion: ConfigLookup<string> = Effect.gen(function*() {
  const disabled = yield* fromEnvironment("AWS_EC2_METADATA_DISABLED", string)
  if (disabled !== undefined && disabled.value.toLowerCase() !== "false") {
    return undefined
  }
  const region = yield* Effect.orElseSucceed(fetchInstanceRegion, () => "")
  return region === "" ? undefined : { value: region, setting: "region", source: "instance metadata" }
})

/** AWS's SDKs accept pseudo-regions such as `fips-us-east-1` and `us-east-1-fips`. */
const isFipsRegion = (region: unknown): boolean =>
  typeof region === "string" && (region.startsWith("fips-") || region.endsWith("-fips"))

const withoutFips = (region: string): string => region.replace(/^fips-|-fips$/, "")

/** Skips the lookup if the option is set in code, so that an invalid configured value cannot fail the layer. */
const lookupUnlessSet = <A>(option: unknown, lookup: ConfigLookup<A>): ConfigLookup<A> =>
  option === undefined ? lookup : Effect.succeed(undefined)

const fromEnvironmentOrProfile =
  (shared: SharedConfig) => <A>(variable: string, key: string, format: ConfigFormat<A>): ConfigLookup<A> =>
    firstDefined(fromEnvironment(variable, format), fromSection(shared.profile, key, shared.source, format))

const lookupRegion = (shared: SharedConfig): ConfigLookup<string> =>
  firstDefined(
    fromEnvironment("AWS_REGION", string),
    fromEnvironment("AWS_DEFAULT_REGION", string),
    fromSection(shared.region, "region", shared.source, string),
    lookupInstanceRegion
  )

/** The places of an endpoint URL, in their order of precedence. */
interface EndpointPlaces {
  readonly environment: ReadonlyArray<ConfigLookup<string>>
  readonly profile: ReadonlyArray<ConfigLookup<string>>
}

const servicesEndpoint = (shared: SharedConfig, section: SharedConfig["service"]) =>
  fromSection(section, "endpoint_url", `services of ${shared.source}`, string)

const endpointPlaces = (shared: SharedConfig): EndpointPlaces => ({
  environment: [
    fromEnvironment("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", string),
    fromEnvironment("AWS_ENDPOINT_URL", string)
  ],
  profile: [
    servicesEndpoint(shared, shared.service),
    fromSection(shared.profile, "endpoint_url", shared.source, string)
  ]
})

/** The settings of HTTP/2 alone precede those of both protocols in each source. */
const http2EndpointPlaces = (shared: SharedConfig): EndpointPlaces => {
  const { environment, profile } = endpointPlaces(shared)
  return {
    environment: [fromEnvironment("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME_HTTP2", string), ...environment],
    profile: [servicesEndpoint(shared, shared.http2Service), ...profile]
  }
}

const lookupEndpoint = (
  options: ConfigurationOptions,
  shared: SharedConfig,
  { environment, profile }: EndpointPlaces
): ConfigLookup<string> =>
  Effect.gen(function*() {
    const ignored = options.ignoreConfiguredEndpointUrls ?? (yield* fromEnvironmentOrProfile(shared)(
      "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
      "ignore_configured_endpoint_urls",
      boolean
    ))?.value
    if (ignored === true) {
      return undefined
    }
    const endpoint = yield* firstDefined(...environment, ...profile)
    if (endpoint !== undefined && options.allowInsecureEndpoint !== true && isInsecure(endpoint.value)) {
      return yield* new ConfigurationError({
        setting: endpoint.setting,
        source: endpoint.source,
        problem: "must be an https URL, because its host is not a loopback address: use https, or set " +
          "allowInsecureEndpoint in code"
      })
    }
    return endpoint
  })

/** Looks up the client options that are not set in code. */
const lookupOptions = (options: ConfigurationOptions, shared: SharedConfig) => {
  const setting = fromEnvironmentOrProfile(shared)
  return Effect.all({
    endpoint: lookupUnlessSet(options.endpoint, lookupEndpoint(options, shared, endpointPlaces(shared))),
    http2Endpoint: lookupUnlessSet(
      options.http2Endpoint ?? options.endpoint,
      lookupEndpoint(options, shared, http2EndpointPlaces(shared))
    ),
    useFipsEndpoint: lookupUnlessSet(
      options.useFipsEndpoint,
      setting("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", boolean)
    ),
    useDualstackEndpoint: lookupUnlessSet(
      options.useDualstackEndpoint,
      setting("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", boolean)
    ),
    appId: lookupUnlessSet(options.appId, setting("AWS_SDK_UA_APP_ID", "sdk_ua_app_id", string)),
    correctClockSkew: lookupUnlessSet(
      options.correctClockSkew,
      setting("AWS_DISABLE_CLOCK_SKEW_CORRECTION", "disable_clock_skew_correction", boolean)
    )
  })
}

const mergeOptions = (
  code: ConfigurationOptions,
  region: string,
  found: Effect.Effect.Success<ReturnType<typeof lookupOptions>>
): SageMakerRuntime.SageMakerRuntimeOptions => {
  const { allowInsecureEndpoint: _, ignoreConfiguredEndpointUrls: __, ...options } = code
  return {
    ...options,
    region: typeof region === "string" ? withoutFips(region) : region,
    endpoint: options.endpoint ?? found.endpoint?.value,
    http2Endpoint: options.http2Endpoint ?? found.http2Endpoint?.value,
    useFipsEndpoint: options.useFipsEndpoint ?? (isFipsRegion(region) || found.useFipsEndpoint?.value),
    useDualstackEndpoint: options.useDualstackEndpoint ?? found.useDualstackEndpoint?.value,
    appId: options.appId ?? found.appId?.value,
    correctClockSkew: options.correctClockSkew ?? found.correctClockSkew?.value !== true
  }
}

const lookupRetry = (shared: SharedConfig): Effect.Effect<RetryConfiguration, ConfigurationError> => {
  const setting = fromEnvironmentOrProfile(shared)
  return Effect.zipWith(
    setting("AWS_MAX_ATTEMPTS", "max_attempts", positiveInteger),
    setting("AWS_RETRY_MODE", "retry_mode", literal("standard", "adaptive", "legacy")),
    (maxAttempts, mode) => ({ maxAttempts: maxAttempts?.value, mode: mode?.value })
  )
}

const renameBySource =
  (sources: { readonly [option: string]: ConfigValue<unknown> | undefined }) =>
  (error: ConfigurationError): ConfigurationError => {
    const origin = sources[error.setting]
    return origin === undefined
      ? error
      : new ConfigurationError({ setting: origin.setting, source: origin.source, problem: error.problem })
  }

/** Resolves the client's settings from code, the environment and the profile. */
export const resolve = (
  options: ConfigurationOptions,
  shared: SharedConfig
): Effect.Effect<Configuration, ConfigurationError> =>
  Effect.gen(function*() {
    const foundRegion = yield* lookupUnlessSet(options.region, lookupRegion(shared))
    const region = options.region ?? foundRegion?.value
    if (region === undefined) {
      return yield* new ConfigurationError({
        setting: "region",
        problem: "is missing: set the region option, AWS_REGION, or region in the AWS profile"
      })
    }
    const found = yield* lookupOptions(options, shared)
    return {
      options: mergeOptions(options, region, found),
      retry: lookupRetry(shared),
      caBundle: yield* fromEnvironmentOrProfile(shared)("AWS_CA_BUNDLE", "ca_bundle", string),
      rename: renameBySource({ region: foundRegion, ...found })
    }
  })

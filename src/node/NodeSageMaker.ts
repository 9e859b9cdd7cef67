/**
 * The SageMaker Runtime client for Node in one layer, with HTTP, credentials and AWS configuration.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Credentials from "../Credentials.ts"
import { DuplexTransport } from "../DuplexTransport.ts"
import { PlatformHeaders } from "../internal/client/call.ts"
import { ClientProfile, ClientRegion } from "../internal/config/clientRegion.ts"
import * as RetryPolicy from "../RetryPolicy.ts"
import { ConfigurationError } from "../SageMakerError.ts"
import * as SageMakerRuntime from "../SageMakerRuntime.ts"
import * as Signer from "../Signer.ts"
import * as Timeouts from "../Timeouts.ts"
import { type Configuration, type ConfigurationOptions, resolve } from "./internal/config/configuration.ts"
import { load } from "./internal/config/sharedConfig.ts"
import { openHttpClient } from "./internal/http/openHttpClient.ts"
import { lazyDuplexClient } from "./internal/http2/openDuplexClient.ts"
import { xrayTraceHeaders } from "./internal/lambda/xrayTrace.ts"
import * as NodeCredentials from "./NodeCredentials.ts"
import type * as NodeHttpClient from "./NodeHttpClient.ts"

/**
 * Options of the client. An option that is not set is read from the environment, then from the AWS profile.
 *
 * @since 0.1.0
 * @category models
 */
export interface NodeSageMakerOptions<E = never, R = HttpClient.HttpClient, HttpE = never, HttpR = never>
  extends ConfigurationOptions
{
  /**
   * The profile of the shared config and credentials files. A profile that does not exist fails the layer with
   * `ConfigurationError`.
   *
   * Default: `AWS_PROFILE`, then `default`.
   */
  readonly profile?: string | undefined
  /**
   * The AWS credentials: fixed values, a credential provider of AWS SDK v3, or a layer.
   *
   * A layer may use the client's `HttpClient`. Default: `NodeCredentials.layerDefault`.
   */
  readonly credentials?:
    | Credentials.CredentialsInput
    | Credentials.AwsCredentialProvider
    | Layer.Layer<Credentials.Credentials, E, R>
    | undefined
  /**
   * Options of the HTTP client, or a layer that provides another `HttpClient`.
   *
   * The options also apply to the `DuplexTransport` of bidirectional streams. With a layer or a `dispatcher`, that
   * transport uses its default options. To set other options, provide `NodeDuplexTransport.layer` to the call.
   *
   * Default: `NodeHttpClient.layer()`, with the CA certificates of `AWS_CA_BUNDLE` or the profile's `ca_bundle`.
   */
  readonly http?: NodeHttpClient.NodeHttpClientOptions | Layer.Layer<HttpClient.HttpClient, HttpE, HttpR> | undefined
  /**
   * The retry policy.
   *
   * Default: the `RetryPolicy` in the context, then `AWS_RETRY_MODE` (`retry_mode`) and `AWS_MAX_ATTEMPTS`
   * (`max_attempts`), then AWS's standard mode with 3 attempts.
   */
  readonly retry?: RetryPolicy.Policy | undefined
  /**
   * The timeouts of a call. A timeout that is not set keeps the value of the `Timeouts` in the context.
   *
   * Default: 70 seconds for `firstByte`, 120 seconds for `idle`, no limit for `attempt` and `total`.
   */
  readonly timeouts?: Timeouts.Deadlines | undefined
}

const httpOf = <E, R>(
  http: NodeSageMakerOptions<never, never, E, R>["http"],
  { caBundle }: Configuration
): Layer.Layer<HttpClient.HttpClient, E | ConfigurationError, R> =>
  Layer.isLayer(http)
    ? http as Layer.Layer<HttpClient.HttpClient, E, R>
    : Layer.scoped(
      HttpClient.HttpClient,
      openHttpClient(http as NodeHttpClient.NodeHttpClientOptions ?? {}, caBundle)
    )

/** The HTTP/2 client opens for its first request, because most programs send none. */
const duplexOf = <E, R>(
  http: NodeSageMakerOptions<never, never, E, R>["http"],
  { caBundle }: Configuration
): Layer.Layer<DuplexTransport> => {
  const { dispatcher, ...options } = Layer.isLayer(http) ? {} : http as NodeHttpClient.NodeHttpClientOptions ?? {}
  return Layer.scoped(DuplexTransport, lazyDuplexClient(dispatcher === undefined ? options : {}, caBundle))
}

const credentialsOf = <E, R>(
  { credentials, profile }: Pick<NodeSageMakerOptions<E, R>, "credentials" | "profile">
): Layer.Layer<Credentials.Credentials, E, R | HttpClient.HttpClient> => {
  if (credentials === undefined) {
    return NodeCredentials.layerDefault({ profile })
  }
  if (Layer.isLayer(credentials)) {
    return credentials as Layer.Layer<Credentials.Credentials, E, R>
  }
  return typeof credentials === "function"
    ? Credentials.layerProvider(credentials)
    : Credentials.layer(credentials as Credentials.CredentialsInput)
}

const configuredPolicy = (
  { retry }: Configuration
): Effect.Effect<RetryPolicy.Policy | undefined, ConfigurationError> =>
  Effect.map(retry, ({ maxAttempts, mode }) => {
    if (mode === "adaptive") {
      return RetryPolicy.adaptive({ maxAttempts })
    }
    return maxAttempts === undefined ? undefined : RetryPolicy.standard({ maxAttempts })
  })

/** A policy in the context takes precedence over the environment and the profile. */
const policyOf = (
  policy: RetryPolicy.Policy | undefined,
  configuration: Configuration
): Effect.Effect<RetryPolicy.Policy | undefined, ConfigurationError> =>
  Effect.contextWithEffect((context: Context.Context<never>) =>
    policy !== undefined || context.unsafeMap.has(RetryPolicy.RetryPolicy.key)
      ? Effect.succeed(policy)
      : configuredPolicy(configuration)
  )

/**
 * Provides the client with its HTTP client, credentials and signer, configured from the same sources as AWS's SDKs.
 *
 * Environment variables are read through Effect's `ConfigProvider`; AWS's credential providers read `process.env`. An
 * invalid value fails the layer with `ConfigurationError`, which names the setting and its source.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { invokeEndpoint } from "effect-sagemaker-runtime"
 * import { NodeSageMaker } from "effect-sagemaker-runtime/node"
 *
 * export const response = invokeEndpoint({ EndpointName: "anomaly-v2", Body: "{}" }).pipe(
 *   Effect.provide(NodeSageMaker.layer())
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <E = never, R = never, HttpE = never, HttpR = never>(
  options: NodeSageMakerOptions<E, R, HttpE, HttpR> = {}
): Layer.Layer<
  | SageMakerRuntime.SageMakerRuntime
  | Signer.Signer
  | Credentials.Credentials
  | HttpClient.HttpClient
  | DuplexTransport,
  E | HttpE | ConfigurationError,
  Exclude<R, HttpClient.HttpClient> | HttpR
> =>
  Layer.unwrapEffect(Effect.gen(function*() {
    const { credentials, http, profile, retry, timeouts, ...clientOptions } = options
    if (retry !== undefined && typeof retry?.around !== "function") {
      return yield* new ConfigurationError({
        setting: "retry",
        problem: "must be a policy of RetryPolicy, such as RetryPolicy.standard()"
      })
    }
    if (typeof (http ?? {}) !== "object") {
      return yield* new ConfigurationError({ setting: "http", problem: "must be an object of options or a layer" })
    }
    const configuration = yield* resolve(clientOptions, yield* load(profile))
    const policy = yield* policyOf(retry, configuration)
    const client = SageMakerRuntime.make(configuration.options).pipe(
      Effect.provideService(PlatformHeaders, yield* xrayTraceHeaders),
      Effect.mapError(configuration.rename)
    )
    const settings = Layer.merge(
      Layer.succeed(ClientRegion, configuration.options.region),
      Layer.succeed(ClientProfile, profile)
    )
    return Layer.effect(SageMakerRuntime.SageMakerRuntime, client).pipe(
      Layer.provide([
        policy === undefined ? Layer.empty : RetryPolicy.layer(policy),
        timeouts === undefined ? Layer.empty : Timeouts.layer(timeouts)
      ]),
      Layer.provideMerge(Signer.layer),
      Layer.provideMerge(credentialsOf({ credentials, profile })),
      Layer.provideMerge(settings),
      Layer.provideMerge(httpOf(http, configuration)),
      Layer.merge(duplexOf(http, configuration))
    )
  }))

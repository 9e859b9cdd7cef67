/**
 * A working client in one layer, set up as AWS's own SDKs would be where it runs.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Credentials from "../Credentials.ts"
import { PlatformHeaders } from "../internal/client/call.ts"
import * as RetryPolicy from "../RetryPolicy.ts"
import { ConfigurationError } from "../SageMakerError.ts"
import * as SageMakerRuntime from "../SageMakerRuntime.ts"
import * as Signer from "../Signer.ts"
import * as Timeouts from "../Timeouts.ts"
import { type Configuration, type ConfigurationOptions, resolve } from "./internal/config/configuration.ts"
import { ClientRegion } from "./internal/config/region.ts"
import { load } from "./internal/config/sharedConfig.ts"
import { open } from "./internal/http/connectionPools.ts"
import { makeHttpClient } from "./internal/http/httpClient.ts"
import { xrayTraceHeaders } from "./internal/lambda/xrayTrace.ts"
import * as NodeCredentials from "./NodeCredentials.ts"
import type * as NodeHttpClient from "./NodeHttpClient.ts"

/**
 * Settings of a client; what is left out comes from the environment, then from the profile.
 *
 * - `profile`: of the shared config and credentials files (`AWS_PROFILE`, then `default`).
 * - `credentials`: keys, an AWS SDK v3 provider or a layer, over this client's HTTP; AWS's default chain without it.
 * - `http`: settings of the pooled client, or another `HttpClient` as a layer.
 * - `retry`: a policy; without it the one in context, then `AWS_RETRY_MODE` and `AWS_MAX_ATTEMPTS`.
 * - `timeouts`: deadlines, over those in context.
 * - `allowInsecureEndpoint`: take an endpoint of plain `http` beyond this machine from the environment or the profile.
 * - `ignoreConfiguredEndpointUrls`: take no endpoint from there at all.
 *
 * @since 0.1.0
 * @category models
 */
export interface NodeSageMakerOptions<E = never, R = HttpClient.HttpClient, HttpE = never, HttpR = never>
  extends ConfigurationOptions
{
  readonly profile?: string | undefined
  readonly credentials?:
    | Credentials.CredentialsInput
    | Credentials.AwsCredentialProvider
    | Layer.Layer<Credentials.Credentials, E, R>
    | undefined
  readonly http?: NodeHttpClient.NodeHttpClientOptions | Layer.Layer<HttpClient.HttpClient, HttpE, HttpR> | undefined
  readonly retry?: RetryPolicy.Policy | undefined
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
      Effect.map(open(http as NodeHttpClient.NodeHttpClientOptions ?? {}, caBundle), makeHttpClient)
    )

const credentialsOf = <E, R>(
  { credentials, profile }: Pick<NodeSageMakerOptions<E, R>, "credentials" | "profile">
): Layer.Layer<Credentials.Credentials, E, R | HttpClient.HttpClient> =>
  credentials === undefined
    ? NodeCredentials.layerDefault({ profile })
    : Layer.isLayer(credentials)
    ? credentials as Layer.Layer<Credentials.Credentials, E, R>
    : typeof credentials === "function"
    ? Credentials.layerProvider(credentials)
    : Credentials.layer(credentials as Credentials.CredentialsInput)

/** The policy to build the client with, unless the context has one already. */
const policyOf = (
  given: RetryPolicy.Policy | undefined,
  { retry }: Configuration
): Effect.Effect<RetryPolicy.Policy | undefined, ConfigurationError> =>
  Effect.contextWithEffect((context: Context.Context<never>) =>
    given !== undefined || context.unsafeMap.has(RetryPolicy.RetryPolicy.key)
      ? Effect.succeed(given)
      : Effect.map(retry, ({ maxAttempts, mode }) =>
        mode === "adaptive"
          ? RetryPolicy.adaptive({ maxAttempts })
          : maxAttempts === undefined
          ? undefined
          : RetryPolicy.standard({ maxAttempts }))
  )

/**
 * A client with everything it needs: HTTP, credentials, region, endpoint and retry mode are found as AWS's SDKs find them.
 *
 * The environment is read through Effect's `ConfigProvider`; AWS's credential providers read the process's own. A wrong
 * value is a `ConfigurationError` that names its key and where it stands.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { invokeEndpoint } from "effect-sagemaker-runtime"
 * import { NodeSageMaker } from "effect-sagemaker-runtime/node"
 *
 * export const answer = invokeEndpoint({ EndpointName: "anomaly-v2", Body: "{}" }).pipe(
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
  SageMakerRuntime.SageMakerRuntime | Signer.Signer | Credentials.Credentials | HttpClient.HttpClient,
  E | HttpE | ConfigurationError,
  Exclude<R, HttpClient.HttpClient> | HttpR
> =>
  Layer.unwrapEffect(Effect.gen(function*() {
    const { credentials, http, profile, retry, timeouts, ...given } = options
    if (retry !== undefined && typeof retry?.around !== "function") {
      return yield* new ConfigurationError({ setting: "retry", problem: "is no policy" })
    }
    if (typeof (http ?? {}) !== "object") {
      return yield* new ConfigurationError({ setting: "http", problem: "is neither settings nor a layer" })
    }
    const configuration = yield* resolve(given, yield* load(profile))
    const policy = yield* policyOf(retry, configuration)
    const client = SageMakerRuntime.make(configuration.options).pipe(
      Effect.provideService(PlatformHeaders, yield* xrayTraceHeaders),
      Effect.mapError(configuration.rename)
    )
    return Layer.effect(SageMakerRuntime.SageMakerRuntime, client).pipe(
      Layer.provide([
        policy === undefined ? Layer.empty : RetryPolicy.layer(policy),
        timeouts === undefined ? Layer.empty : Timeouts.layer(timeouts)
      ]),
      Layer.provideMerge(Signer.layer),
      Layer.provideMerge(Layer.provide(
        credentialsOf({ credentials, profile }),
        Layer.succeed(ClientRegion, configuration.options.region)
      )),
      Layer.provideMerge(httpOf(http, configuration))
    )
  }))

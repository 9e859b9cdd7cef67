/**
 * The client for Amazon SageMaker Runtime: it runs operations over an HTTP client and a signer.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { makeAttempt } from "./internal/client/attempt.ts"
import * as pipeline from "./internal/client/pipeline.ts"
import { readSettings, settings } from "./internal/client/settings.ts"
import { serverAttributes } from "./internal/telemetry/serverAttributes.ts"
import { fromHttpClient } from "./internal/transport/fromHttpClient.ts"
import { transportOf } from "./internal/transport/transport.ts"
import type { Operation, Validation } from "./Operation.ts"
import { http2Url, type ServiceUrl, serviceUrl } from "./protocol/endpoint/serviceUrl.ts"
import { type CommonError, ConfigurationError } from "./SageMakerError.ts"
import { Signer } from "./Signer.ts"

/**
 * The API version of Amazon SageMaker Runtime.
 *
 * @since 0.1.0
 * @category constants
 */
export const apiVersion = "2017-05-13"

/**
 * The SageMaker Runtime client.
 *
 * @since 0.1.0
 * @category tags
 */
export class SageMakerRuntime extends Context.Tag("effect-sagemaker-runtime/SageMakerRuntime")<SageMakerRuntime, {
  /** Runs an operation: one of AWS's or a custom one. */
  readonly execute: <I, O, E, R>(operation: Operation<I, O, E, R>, input: I) => Effect.Effect<O, E | CommonError, R>
}>() {}

/**
 * Options of a client.
 *
 * @since 0.1.0
 * @category options
 */
export interface SageMakerRuntimeOptions {
  /** The AWS region to call and to sign for, such as `eu-west-1`. */
  readonly region: string
  /**
   * The base URL to call instead of AWS's endpoint for the region. Its path is kept. Default: AWS's endpoint.
   *
   * It cannot be combined with `useFipsEndpoint` or `useDualstackEndpoint`.
   */
  readonly endpoint?: string | { readonly href: string } | undefined
  /**
   * The base URL of operations over HTTP/2 (`invokeEndpointWithBidirectionalStream`). Its path is kept.
   *
   * It cannot be combined with `useFipsEndpoint` or `useDualstackEndpoint`. Default: `endpoint`, then AWS's HTTP/2 endpoint
   * for the region.
   */
  readonly http2Endpoint?: string | { readonly href: string } | undefined
  /** Whether to call AWS's FIPS endpoint. Default: `false`. */
  readonly useFipsEndpoint?: boolean | undefined
  /** Whether to call AWS's dual-stack endpoint, which is reachable by IPv4 and IPv6. Default: `false`. */
  readonly useDualstackEndpoint?: boolean | undefined
  /** Default members of every operation's input. A member of the input overrides them. Default: none. */
  readonly params?: { readonly [member: string]: unknown } | undefined
  /**
   * Which of AWS's constraints are checked before a request is sent. Default: all.
   *
   * `false` disables all checks. An object enables or disables each kind.
   */
  readonly validation?: boolean | Partial<Validation> | undefined
  /**
   * The largest request body in bytes. Default: 26,214,400 (25 MiB). `false` disables the check.
   *
   * A larger body fails with `PayloadTooLargeError` before it is sent. The check does not apply to bidirectional streams.
   */
  readonly maxBodyBytes?: number | false | undefined
  /**
   * The largest response body that is read as a whole, in bytes after content decoding. Default: 67,108,864 (64 MiB).
   *
   * A larger body fails with `PayloadTooLargeError` as soon as the limit is passed. `false` allows as many bytes as one
   * `Uint8Array` can hold. Streams have no limit.
   */
  readonly maxResponseBytes?: number | false | undefined
  /**
   * Whether to sign with the service's time if this machine's clock differs by four minutes or more. Default: `true`.
   *
   * The client learns the difference from the `Date` header of responses.
   */
  readonly correctClockSkew?: boolean | undefined
  /** Milliseconds that are added to this machine's time when a request is signed. Default: 0. */
  readonly clockOffset?: number | undefined
  /**
   * The name of the application, which is sent in the `user-agent` header as `app/<name>`. Invalid characters are
   * replaced with `-`. Default: none.
   */
  readonly appId?: string | undefined
}

const validUrl = (resolved: ServiceUrl): Effect.Effect<string, ConfigurationError> =>
  resolved._tag === "Url"
    ? Effect.succeed(resolved.url)
    : Effect.fail(new ConfigurationError({ setting: resolved.setting, problem: resolved.problem }))

/**
 * Makes a client with the `HttpClient` and the `Signer` in context.
 *
 * Fails with `ConfigurationError` if an option is invalid. The `RetryPolicy` and the `Timeouts` in context apply to all
 * calls of the client that do not set their own.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  given: SageMakerRuntimeOptions
): Effect.Effect<Context.Tag.Service<SageMakerRuntime>, ConfigurationError, HttpClient.HttpClient | Signer> =>
  Effect.gen(function*() {
    const options = yield* readSettings<SageMakerRuntimeOptions>(given, "options")
    const url = yield* validUrl(serviceUrl(options))
    const duplexUrl = yield* validUrl(http2Url(options))
    const http = yield* HttpClient.HttpClient
    const { maxResponseBytes, operation } = yield* settings(options)
    return yield* pipeline.make({
      settings: operation,
      params: yield* readSettings(options.params, "params"),
      attributes: serverAttributes(url, options.region),
      framesAttributes: serverAttributes(duplexUrl, options.region),
      attempt: makeAttempt({
        ...options,
        appId: options.appId ?? undefined,
        maxResponseBytes,
        transport: fromHttpClient(http),
        systemTransport: transportOf(http),
        signer: yield* Signer,
        serviceUrl: url,
        http2Url: duplexUrl
      })
    })
  })

/**
 * Makes a layer of a client.
 *
 * @example
 * ```ts
 * import { FetchHttpClient } from "@effect/platform"
 * import { Credentials, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
 * import { Layer } from "effect"
 *
 * export const live = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
 *   Layer.provide([Signer.layer, FetchHttpClient.layer]),
 *   Layer.provide(Credentials.layerEnv)
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: SageMakerRuntimeOptions
): Layer.Layer<SageMakerRuntime, ConfigurationError, HttpClient.HttpClient | Signer> =>
  Layer.effect(SageMakerRuntime, make(options))

/**
 * Makes a layer of a client whose options are read from a `Config`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  config: Config.Config.Wrap<SageMakerRuntimeOptions>
): Layer.Layer<SageMakerRuntime, ConfigError.ConfigError | ConfigurationError, HttpClient.HttpClient | Signer> =>
  Layer.effect(SageMakerRuntime, Effect.flatMap(Config.unwrap(config), make))

/**
 * Runs an operation with the client in context.
 *
 * @example
 * ```ts
 * import { InvokeEndpoint, SageMakerRuntime } from "effect-sagemaker-runtime"
 *
 * export const response = SageMakerRuntime.execute(InvokeEndpoint.operation, {
 *   EndpointName: "anomaly-v2",
 *   Body: "{\"cpu\":0.2}"
 * })
 * ```
 *
 * @since 0.1.0
 * @category running operations
 */
export const execute = <I, O, E, R>(
  operation: Operation<I, O, E, R>,
  input: I
): Effect.Effect<O, E | CommonError, R | SageMakerRuntime> =>
  Effect.withFiberRuntime(({ currentContext }) =>
    Context.unsafeGet(currentContext, SageMakerRuntime).execute(operation, input)
  )

/**
 * The client: it interprets operations over an HTTP client and a signer.
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
import { settings } from "./internal/client/settings.ts"
import { over } from "./internal/transport/fromHttpClient.ts"
import { sendOf } from "./internal/transport/transport.ts"
import type { Operation, Validation } from "./Operation.ts"
import { serviceUrl } from "./protocol/endpoint/serviceUrl.ts"
import { type CommonError, ConfigurationError } from "./SageMakerError.ts"
import { Signer } from "./Signer.ts"

/**
 * The version of AWS's API this client speaks.
 *
 * @since 0.1.0
 * @category constants
 */
export const apiVersion = "2017-05-13"

/**
 * Runs operations: AWS's, and any you define yourself.
 *
 * @since 0.1.0
 * @category tags
 */
export class SageMakerRuntime extends Context.Tag("effect-sagemaker-runtime/SageMakerRuntime")<SageMakerRuntime, {
  readonly execute: <I, O, E, R>(operation: Operation<I, O, E, R>, input: I) => Effect.Effect<O, E | CommonError, R>
}>() {}

/**
 * Settings of a client.
 *
 * - `region`: the region to call and to sign for.
 * - `endpoint`: another base URL, whose path is kept; not with `useFipsEndpoint` or `useDualstackEndpoint`.
 * - `params`: members bound to every request that leaves them open.
 * - `validation`: which constraints are checked before sending; all by default.
 * - `maxBodyBytes`: the largest request body (25 MiB by default); `false` leaves it to the service.
 * - `correctClockSkew`: learn the service's time where this machine's is off (on by default).
 * - `clockOffset`: milliseconds to add to this machine's time from the start.
 * - `appId`: the application's name in the user agent.
 *
 * @since 0.1.0
 * @category models
 */
export interface SageMakerRuntimeOptions {
  readonly region: string
  readonly endpoint?: string | { readonly href: string } | undefined
  readonly useFipsEndpoint?: boolean | undefined
  readonly useDualstackEndpoint?: boolean | undefined
  readonly params?: { readonly [member: string]: unknown } | undefined
  readonly validation?: boolean | Partial<Validation> | undefined
  readonly maxBodyBytes?: number | false | undefined
  readonly correctClockSkew?: boolean | undefined
  readonly clockOffset?: number | undefined
  readonly appId?: string | undefined
}

/**
 * Makes a client over the HTTP client and the signer in the context.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: SageMakerRuntimeOptions
): Effect.Effect<Context.Tag.Service<SageMakerRuntime>, ConfigurationError, HttpClient.HttpClient | Signer> =>
  Effect.gen(function*() {
    const resolved = serviceUrl(options)
    if (resolved._tag === "Invalid") {
      return yield* new ConfigurationError({ setting: resolved.setting, problem: resolved.problem })
    }
    const http = yield* HttpClient.HttpClient
    const execute = yield* pipeline.make({
      settings: yield* settings(options),
      params: options.params ?? {},
      attempt: makeAttempt({
        ...options,
        send: over(http),
        sendLive: sendOf(http),
        signer: yield* Signer,
        serviceUrl: resolved.url
      })
    })
    return { execute }
  })

/**
 * A client as a layer.
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
 * A client as a layer, its options from a configuration.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  config: Config.Config.Wrap<SageMakerRuntimeOptions>
): Layer.Layer<SageMakerRuntime, ConfigError.ConfigError | ConfigurationError, HttpClient.HttpClient | Signer> =>
  Layer.effect(SageMakerRuntime, Effect.flatMap(Config.unwrap(config), make))

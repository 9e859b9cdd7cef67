/**
 * An HTTP client for Node over undici: connections kept alive in a pool per origin, directly or through a proxy.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { Dispatcher } from "undici"
import type { ConfigurationError } from "../SageMakerError.ts"
import { open } from "./internal/http/connectionPools.ts"
import { makeHttpClient } from "./internal/http/httpClient.ts"

/**
 * A proxy for every request but those to the hosts of `except` (names, with their subdomains; `host:port`; `*`).
 *
 * @since 0.1.0
 * @category models
 */
export interface ProxyOptions {
  readonly url: string
  readonly username?: string | undefined
  readonly password?: string | Redacted.Redacted | undefined
  readonly except?: ReadonlyArray<string> | undefined
}

/**
 * Settings of the client.
 *
 * - `connectTimeout`: to a connection, TLS included (5 seconds by default).
 * - `connections`: at most so many per origin (1,024 by default); further requests wait.
 * - `keepAliveTimeout`: how long an unused connection is kept (15 seconds by default, less where the server says so).
 * - `proxy`: a URL or more; `false` for none; by default `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in either case.
 * - `ca`: trusted certificates in PEM, in place of Node's; by default those of the file `AWS_CA_BUNDLE` names.
 * - `cert`, `key`, `passphrase`: a client certificate in PEM.
 * - `dispatcher`: an undici dispatcher to use as it is; it is not closed, and excludes all other settings.
 *
 * @since 0.1.0
 * @category models
 */
export interface NodeHttpClientOptions {
  readonly connectTimeout?: Duration.DurationInput | undefined
  readonly connections?: number | undefined
  readonly keepAliveTimeout?: Duration.DurationInput | undefined
  readonly proxy?: string | ProxyOptions | false | undefined
  readonly ca?: string | Uint8Array | ReadonlyArray<string | Uint8Array> | undefined
  readonly cert?: string | Uint8Array | undefined
  readonly key?: string | Uint8Array | Redacted.Redacted<string | Uint8Array> | undefined
  readonly passphrase?: string | Redacted.Redacted | undefined
  readonly dispatcher?: Pick<Dispatcher, "dispatch"> | undefined
}

/**
 * Makes a client whose connections close with the scope.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: NodeHttpClientOptions = {}
): Effect.Effect<HttpClient.HttpClient, ConfigurationError, Scope.Scope> => Effect.map(open(options), makeHttpClient)

/**
 * A client as a layer; variables of the environment are read through the `ConfigProvider`.
 *
 * @example
 * ```ts
 * import { NodeHttpClient, NodeSageMaker } from "effect-sagemaker-runtime/node"
 *
 * export const live = NodeSageMaker.layer({
 *   http: NodeHttpClient.layer({ connections: 64, proxy: "http://proxy:3128" })
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: NodeHttpClientOptions = {}): Layer.Layer<HttpClient.HttpClient, ConfigurationError> =>
  Layer.scoped(HttpClient.HttpClient, make(options))

/**
 * An `HttpClient` for Node, implemented with undici: a pool of keep-alive connections per origin, with proxy and TLS
 * options. Bodies with the content encodings `gzip`, `deflate` and `br` are decoded.
 *
 * On Bun, and on other runtimes where undici is missing or replaced, the client uses `fetch`.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { ConfigurationError } from "../SageMakerError.ts"
import { openHttpClient } from "./internal/http/openHttpClient.ts"

/**
 * An HTTP proxy.
 *
 * @since 0.1.0
 * @category models
 */
export interface ProxyOptions {
  /** The proxy's URL, `http` or `https`. */
  readonly url: string
  /** The user name for the proxy. It overrides the one in `url`. Default: the one in `url`, if any. */
  readonly username?: string | undefined
  /** The password for the proxy. It overrides the one in `url`. Default: the one in `url`, if any. */
  readonly password?: string | Redacted.Redacted | undefined
  /**
   * The hosts of requests that bypass the proxy, as in `NO_PROXY`.
   *
   * An entry is a host name, which includes its subdomains, a `host:port`, an IP address, an IP range such as
   * `10.0.0.0/8`, or `*` for all hosts. Default: none.
   */
  readonly except?: ReadonlyArray<string> | undefined
}

/**
 * A dispatcher of undici 7 or later, such as its `Agent`. A program that makes one installs undici itself.
 *
 * @since 0.1.0
 * @category models
 */
export interface UndiciDispatcher {
  /** Sends a request. undici documents the options and the methods of the handler. */
  dispatch(options: object, handler: object): boolean
}

/**
 * Options of the HTTP client.
 *
 * An invalid value fails with `ConfigurationError` when the client is built. So does an option that the runtime does not
 * support: where the client uses `fetch`, Bun supports `proxy`, `ca`, `cert`, `key` and `passphrase`, and other runtimes
 * support none of these options.
 *
 * @since 0.1.0
 * @category models
 */
export interface NodeHttpClientOptions {
  /**
   * The maximum time to open a connection, including the TLS handshake.
   *
   * Default: 5 seconds. Range: from 1 millisecond to 24 days.
   */
  readonly connectTimeout?: Duration.DurationInput | undefined
  /**
   * The maximum number of connections per origin. When all are in use, further requests wait in a queue.
   *
   * Default: 1,024.
   */
  readonly connections?: number | undefined
  /**
   * How long an idle connection is kept open. A shorter timeout in the server's `Keep-Alive` header takes precedence.
   *
   * Default: 15 seconds. Range: from 1 millisecond to 24 days.
   */
  readonly keepAliveTimeout?: Duration.DurationInput | undefined
  /**
   * The proxy for all requests: a URL, or options with credentials and exceptions. `false` disables proxies.
   *
   * Default: the environment variables `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in lowercase or uppercase.
   */
  readonly proxy?: string | ProxyOptions | false | undefined
  /**
   * The trusted CA certificates in PEM format. They replace Node's certificates.
   *
   * Default: the file named by `AWS_CA_BUNDLE`, then Node's certificates.
   */
  readonly ca?: string | Uint8Array | ReadonlyArray<string | Uint8Array> | undefined
  /** The client certificate for mutual TLS, in PEM format. Its private key is `key`. Default: none. */
  readonly cert?: string | Uint8Array | undefined
  /** The private key of `cert`, in PEM format. Default: none. */
  readonly key?: string | Uint8Array | Redacted.Redacted<string | Uint8Array> | undefined
  /** The passphrase of an encrypted `key`. Default: none. */
  readonly passphrase?: string | Redacted.Redacted | undefined
  /**
   * An undici dispatcher to send all requests with. The client does not close it.
   *
   * A response with status 100 fails the call with `ProtocolError`, because undici does not accept it.
   *
   * It cannot be combined with another option. Default: a connection pool of the client.
   */
  readonly dispatcher?: UndiciDispatcher | undefined
}

/**
 * Creates an `HttpClient` whose connections are closed when the scope closes. Connections of `fetch` stay open.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: NodeHttpClientOptions = {}
): Effect.Effect<HttpClient.HttpClient, ConfigurationError, Scope.Scope> => openHttpClient(options)

/**
 * Provides an `HttpClient`. Environment variables are read through Effect's `ConfigProvider`.
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

/**
 * The transport of bidirectional streams for Node.js, Bun and Deno: shared HTTP/2 connections, with proxy and TLS options.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { DuplexTransport } from "../DuplexTransport.ts"
import type { ConfigurationError } from "../SageMakerError.ts"
import { openDuplexClient } from "./internal/http2/openDuplexClient.ts"
import type { NodeHttpClientOptions } from "./NodeHttpClient.ts"

/**
 * Options of the transport.
 *
 * `connections` is the maximum number of HTTP/2 connections per origin. Requests share a connection until it reaches the
 * server's limit of concurrent streams. Then another connection opens. An invalid option fails with `ConfigurationError`
 * when the transport is built.
 *
 * @since 0.1.0
 * @category models
 */
export interface NodeDuplexTransportOptions extends Omit<NodeHttpClientOptions, "dispatcher"> {
  /**
   * The time between PING frames on a connection with open streams. If the server does not acknowledge a PING within this
   * time, the connection is closed, and its streams fail with `TransportError`.
   *
   * Default: 15 seconds. Range: from 1 millisecond to 24 days.
   */
  readonly pingInterval?: Duration.DurationInput | undefined
}

/**
 * Creates an HTTP/2 client whose connections are closed when the scope closes.
 *
 * URLs with `https` use TLS and require that the server accepts HTTP/2 (ALPN `h2`). URLs with `http` use HTTP/2 without
 * TLS (h2c with prior knowledge). Node's HTTP/2 module is loaded when the first connection opens.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: NodeDuplexTransportOptions = {}
): Effect.Effect<HttpClient.HttpClient, ConfigurationError, Scope.Scope> => openDuplexClient(options)

/**
 * Provides `DuplexTransport`. Environment variables are read through Effect's `ConfigProvider`.
 *
 * Fails with `ConfigurationError` if an option is invalid. `NodeSageMaker.layer` also provides `DuplexTransport`, with the
 * options of its `http`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: NodeDuplexTransportOptions = {}
): Layer.Layer<DuplexTransport, ConfigurationError> => Layer.scoped(DuplexTransport, make(options))

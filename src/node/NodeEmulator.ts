/**
 * Runs the emulated service on a TCP port, for tests with any HTTP client, including AWS's SDKs.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Server } from "node:http"
import { positiveDurationMillis } from "../internal/config/duration.ts"
import { ConfigurationError } from "../SageMakerError.ts"
import type * as Emulator from "../testing/Emulator.ts"
import { isLoopback } from "./internal/config/loopback.ts"
import type { EmulatorServer } from "./internal/emulator/server.ts"

/**
 * Options of the emulator and of its HTTP server.
 *
 * @since 0.1.0
 * @category models
 */
export interface NodeEmulatorOptions<R = never> extends Emulator.EmulatorOptions<R> {
  /** The address or host name to listen on. Default: `127.0.0.1`. */
  readonly host?: string | undefined
  /** The TCP port to listen on. Default: 0, which selects a free port. */
  readonly port?: number | undefined
  /**
   * The maximum time in which a client must send a whole request, except a bidirectional stream. Default: 60 seconds.
   *
   * A slower request gets status 408, and its connection is closed; with HTTP/2, its stream is closed. An HTTP/2
   * connection without streams is closed after this time.
   */
  readonly requestTimeout?: Duration.DurationInput | undefined
  /**
   * Serves a page for browsers at `/`: it lists the endpoints and the last 200 requests, and sends requests without a
   * signature.
   *
   * The page is available at IP addresses, at `localhost`, at `host` and at the given host names. Pages of other origins
   * cannot use it. Everyone who can connect to the server can. It records payloads only while that is switched on in the
   * page: the first 32 KiB of each.
   *
   * Default: `true` if `host` is a loopback address, otherwise `false`.
   */
  readonly page?: Emulator.EmulatorOptions["page"]
}

/**
 * The running emulator.
 *
 * @since 0.1.0
 * @category tags
 */
export class NodeEmulator extends Context.Tag("effect-sagemaker-runtime/node/NodeEmulator")<NodeEmulator, {
  /** The base URL, for the `endpoint` option of a client. Example: `http://127.0.0.1:49152`. */
  readonly url: string
  /** Whether a browser shows a page at `url`. */
  readonly hasPage: boolean
}>() {}

const defaultRequestTimeout = "60 seconds"

/** The longest delay of a timer in Node. */
const maxTimeoutMillis = 2 ** 31 - 1

/** The emulator is a third of the modules of this entry point, and only tests need it. */
const loadEmulator = Effect.promise(() =>
  Promise.all([import("../testing/Emulator.ts"), import("./internal/emulator/server.ts")])
)

const defaultHost = "127.0.0.1"

/** An address as the host of a URL. */
const inUrl = (host: string): string => host.includes(":") ? `[${host}]` : host

const listen = (
  server: Server,
  options: { readonly host?: string | undefined; readonly port?: number | undefined }
): Effect.Effect<string, ConfigurationError> =>
  Effect.async((resume) => {
    const host = options.host ?? defaultHost
    const fail = () =>
      resume(Effect.fail(
        new ConfigurationError({
          setting: "host or port",
          problem: "is not available: use an address of this machine and a free port"
        })
      ))
    server.once("error", fail)
    const onListening = () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : options.port
      resume(Effect.succeed(`http://${inUrl(host)}:${port}`))
    }
    try {
      server.listen(options.port ?? 0, host, onListening)
    } catch {
      fail()
    }
  })

/** Other machines can use the page only if it is switched on. It is also available at the name of `host`. */
const pageOf = (
  { host = defaultHost, page = isLoopback(inUrl(host)) }: Pick<NodeEmulatorOptions, "host" | "page">
): Emulator.EmulatorOptions["page"] => {
  if (page === false) {
    return false
  }
  return { hosts: [...(page === true ? undefined : page.hosts) ?? [], host] }
}

const close = ({ closeAllConnections, server }: EmulatorServer): Effect.Effect<void> =>
  Effect.async((resume) => {
    server.close(() => resume(Effect.void))
    closeAllConnections()
  })

/**
 * Provides the emulated service on a TCP port, with HTTP/1.1 and with HTTP/2 without TLS.
 *
 * The server stops and closes its connections when the scope closes.
 *
 * Fails with `ConfigurationError` if the server cannot listen on the address or port.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { NodeEmulator } from "effect-sagemaker-runtime/node"
 * import { Emulator } from "effect-sagemaker-runtime/testing"
 *
 * const emulator = NodeEmulator.layer({
 *   endpoints: [Emulator.endpoint("echo", ({ Body }) => Effect.succeed(Body))]
 * })
 *
 * export const program = Effect.provide(NodeEmulator.NodeEmulator, emulator)
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <Endpoint extends Emulator.EmulatorEndpoint<unknown> = never>(
  options: NodeEmulatorOptions<unknown> & { readonly endpoints: ReadonlyArray<Endpoint> }
): Layer.Layer<NodeEmulator | Emulator.Emulator, ConfigurationError, Emulator.EmulatorServices<Endpoint>> =>
  Layer.unwrapEffect(Effect.map(loadEmulator, ([emulator, { makeServer }]) => {
    const page = pageOf(options)
    return Layer.provideMerge(
      Layer.scoped(
        NodeEmulator,
        Effect.gen(function*() {
          const requestTimeout = yield* positiveDurationMillis(
            "requestTimeout",
            options.requestTimeout ?? defaultRequestTimeout,
            undefined,
            maxTimeoutMillis
          )
          const { server } = yield* Effect.acquireRelease(makeServer(Math.ceil(requestTimeout)), close)
          return { url: yield* listen(server, options), hasPage: page !== false }
        })
      ),
      emulator.layer({ ...options, page })
    )
  }))

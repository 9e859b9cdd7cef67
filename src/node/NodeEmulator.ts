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
}>() {}

const defaultRequestTimeout = "60 seconds"

/** The longest delay of a timer in Node. */
const maxTimeoutMillis = 2 ** 31 - 1

/** The emulator is a third of the modules of this entry point, and only tests need it. */
const loadEmulator = Effect.promise(() =>
  Promise.all([import("../testing/Emulator.ts"), import("./internal/emulator/server.ts")])
)

const listen = (
  server: Server,
  options: { readonly host?: string | undefined; readonly port?: number | undefined }
): Effect.Effect<string, ConfigurationError> =>
  Effect.async((resume) => {
    const host = options.host ?? "127.0.0.1"
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
      resume(Effect.succeed(`http://${host.includes(":") ? `[${host}]` : host}:${port}`))
    }
    try {
      server.listen(options.port ?? 0, host, onListening)
    } catch {
      fail()
    }
  })

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
export const layer = <R = never>(
  options: NodeEmulatorOptions<R>
): Layer.Layer<NodeEmulator | Emulator.Emulator, ConfigurationError, R> =>
  Layer.unwrapEffect(Effect.map(loadEmulator, ([emulator, { makeServer }]) =>
    Layer.provideMerge(
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
          return { url: yield* listen(server, options) }
        })
      ),
      emulator.layer(options)
    )))

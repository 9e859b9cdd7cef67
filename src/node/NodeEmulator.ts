/**
 * Runs the emulated service on a TCP port, for tests with any HTTP client, including AWS's SDKs.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { ConfigurationError } from "../SageMakerError.ts"
import * as Emulator from "../testing/Emulator.ts"
import type { HttpResponseMessage } from "../testing/internal/emulator/httpMessage.ts"

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

const readBody = (message: IncomingMessage): Effect.Effect<Uint8Array> =>
  Effect.async((resume) => {
    const chunks: Array<Uint8Array> = []
    message.on("data", (chunk: Uint8Array) => chunks.push(chunk))
    message.on("end", () => resume(Effect.succeed(Buffer.concat(chunks))))
    message.on("error", () => resume(Effect.interrupt))
  })

const toHeaders = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(",") : value ?? ""])
  )

const writeChunk = (response: ServerResponse, chunk: Uint8Array): Effect.Effect<void> =>
  Effect.async((resume) => {
    if (response.write(chunk)) {
      resume(Effect.void)
    } else {
      response.once("drain", () => resume(Effect.void))
    }
  })

const send = (response: ServerResponse, { body, headers, status }: HttpResponseMessage): Effect.Effect<void> =>
  Effect.suspend(() => {
    response.writeHead(status, headers)
    if (body instanceof Uint8Array) {
      response.end(body)
      return Effect.void
    }
    response.flushHeaders()
    return Stream.runForEach(body, (chunk) => writeChunk(response, chunk)).pipe(
      Effect.matchCause({ onSuccess: () => response.end(), onFailure: () => response.destroy() })
    )
  })

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

const close = (server: Server): Effect.Effect<void> =>
  Effect.async((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

const makeServer = Effect.gen(function*() {
  const { handle } = yield* Emulator.Emulator
  const run = Runtime.runFork(yield* Effect.runtime())
  return createServer((message, response) => {
    const fiber = run(
      readBody(message).pipe(
        Effect.flatMap((body) =>
          handle({ method: message.method ?? "", target: message.url ?? "", headers: toHeaders(message), body })
        ),
        Effect.flatMap((emulated) => send(response, emulated)),
        Effect.catchAllCause(() => Effect.sync(() => response.destroy())),
        Effect.interruptible
      )
    )
    response.once("close", () => run(Fiber.interrupt(fiber)))
  })
})

/**
 * Provides the emulated service on a TCP port. The server stops and closes its connections when the scope closes.
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
  Layer.provideMerge(
    Layer.scoped(
      NodeEmulator,
      Effect.gen(function*() {
        const server = yield* Effect.acquireRelease(makeServer, close)
        return { url: yield* listen(server, options) }
      })
    ),
    Emulator.layer(options)
  )

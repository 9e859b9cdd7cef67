/**
 * The emulated service on a port, for any client that speaks HTTP, AWS's own SDKs among them.
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
import type { WireResponse } from "../testing/internal/emulator/wire.ts"

/**
 * Settings of the emulator and where it listens: `127.0.0.1` and a free port by default.
 *
 * @since 0.1.0
 * @category models
 */
export interface NodeEmulatorOptions<R = never> extends Emulator.EmulatorOptions<R> {
  readonly host?: string | undefined
  readonly port?: number | undefined
}

/**
 * Where the emulator listens; `url` is the `endpoint` for a client.
 *
 * @since 0.1.0
 * @category tags
 */
export class NodeEmulator extends Context.Tag("effect-sagemaker-runtime/node/NodeEmulator")<NodeEmulator, {
  readonly url: string
}>() {}

const bodyOf = (message: IncomingMessage): Effect.Effect<Uint8Array> =>
  Effect.async((resume) => {
    const chunks: Array<Uint8Array> = []
    message.on("data", (chunk: Uint8Array) => chunks.push(chunk))
    message.on("end", () => resume(Effect.succeed(Buffer.concat(chunks))))
    message.on("error", () => resume(Effect.interrupt))
  })

const headersOf = ({ headers }: IncomingMessage): Record<string, string> =>
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

const send = (response: ServerResponse, { body, headers, status }: WireResponse): Effect.Effect<void> =>
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
    const refuse = () =>
      resume(Effect.fail(new ConfigurationError({ setting: "host or port", problem: "cannot be listened on" })))
    server.once("error", refuse)
    const listening = () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : options.port
      resume(Effect.succeed(`http://${host.includes(":") ? `[${host}]` : host}:${port}`))
    }
    try {
      server.listen(options.port ?? 0, host, listening)
    } catch {
      refuse()
    }
  })

const close = (server: Server): Effect.Effect<void> =>
  Effect.async((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

const serve = Effect.gen(function*() {
  const { handle } = yield* Emulator.Emulator
  const run = Runtime.runFork(yield* Effect.runtime())
  return createServer((message, response) => {
    const fiber = run(
      bodyOf(message).pipe(
        Effect.flatMap((body) =>
          handle({ method: message.method ?? "", target: message.url ?? "", headers: headersOf(message), body })
        ),
        Effect.flatMap((answered) => send(response, answered)),
        Effect.catchAllCause(() => Effect.sync(() => response.destroy())),
        Effect.interruptible
      )
    )
    response.once("close", () => run(Fiber.interrupt(fiber)))
  })
})

/**
 * The emulated service, listening; it stops with its scope.
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
        const server = yield* Effect.acquireRelease(serve, close)
        return { url: yield* listen(server, options) }
      })
    ),
    Emulator.layer(options)
  )

/** The HTTP server of the emulator. It reads a limited number of bytes of each request. */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import * as Emulator from "../../../testing/Emulator.ts"
import type { HttpRequestHead, HttpResponseMessage } from "../../../testing/internal/emulator/httpMessage.ts"
import { isS3Request } from "../../../testing/internal/s3/route.ts"
import { routeConnections } from "./protocolSwitch.ts"
import { readBody, streamBody, toHeaders } from "./requestMessage.ts"

/** How often Node looks for requests that exceed their timeout, unless the timeout is shorter. */
const maxCheckingIntervalMillis = 1_000

/** How long a connection stays open for the client to read a response that was sent before the end of its request. */
const lingerMillis = 1_000

/** The most requests of one connection that are in progress at the same time. */
const maxPipelinedRequests = 16

const ignoreErrors = (emitter: IncomingMessage | ServerResponse) => emitter.on("error", () => undefined)

/** The declared length of the body; 0 if there is none. Node rejects a request whose header is not a number. */
const contentLength = ({ headers }: IncomingMessage): number => Number(headers["content-length"] ?? 0)

const hasBody = (message: IncomingMessage): boolean =>
  contentLength(message) > 0 || message.headers["transfer-encoding"] !== undefined

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

/**
 * Sends a response before the end of the request, and closes the connection.
 *
 * Closing it immediately would reset it, and the client could lose the response. The whole response is written but not
 * ended, because Node closes the connection at its end.
 */
const sendEarly = (response: ServerResponse, { body, headers, status }: HttpResponseMessage): Effect.Effect<void> =>
  Effect.sync(() => {
    const bytes = body instanceof Uint8Array ? body : new Uint8Array()
    response.writeHead(status, { ...headers, "content-length": bytes.byteLength })
    response.write(bytes)
    const timer = setTimeout(() => response.destroy(), lingerMillis)
    response.once("close", () => clearTimeout(timer))
  })

/** Counts the requests in progress of each connection. */
const makeRequestCounter = () => {
  const counts = new WeakMap<object, number>()
  return (message: IncomingMessage, response: ServerResponse): number => {
    const { socket } = message
    const count = (counts.get(socket) ?? 0) + 1
    counts.set(socket, count)
    response.once("close", () => counts.set(socket, (counts.get(socket) ?? 1) - 1))
    return count
  }
}

const headOf = (message: IncomingMessage): HttpRequestHead => ({
  method: message.method ?? "",
  target: message.url ?? "",
  headers: toHeaders(message.rawHeaders)
})

/** Sends the response of the emulated S3, which can be complete before the body has arrived. */
const sendS3 = (message: IncomingMessage, response: ServerResponse, emulated: HttpResponseMessage) => {
  if (message.complete || !hasBody(message)) {
    return send(response, emulated)
  }
  const closing = { ...emulated, headers: { ...emulated.headers, connection: "close" } }
  if (!(emulated.body instanceof Uint8Array)) {
    return send(response, closing)
  }
  // A client can wait until its whole body is sent before it reads the response.
  message.once("end", () => response.end())
  return Effect.zipRight(sendEarly(response, closing), Effect.sync(() => message.resume()))
}

const respondS3 = (
  { handleS3 }: Context.Tag.Service<Emulator.Emulator>,
  head: HttpRequestHead,
  message: IncomingMessage,
  response: ServerResponse,
  start: () => void
): Effect.Effect<void> =>
  Effect.flatMap(
    handleS3({ ...head, body: streamBody(message, start) }),
    (emulated) => sendS3(message, response, emulated)
  )

const respond = (
  { handle, maxBodyBytes, tooLarge }: Context.Tag.Service<Emulator.Emulator>,
  head: HttpRequestHead,
  message: IncomingMessage,
  response: ServerResponse
): Effect.Effect<void> =>
  Effect.flatMap(readBody(message, contentLength(message), maxBodyBytes), (body) =>
    body === undefined
      ? Effect.flatMap(tooLarge, (emulated) => sendEarly(response, emulated))
      : Effect.flatMap(handle({ ...head, body }), (emulated) => send(response, emulated)))

const once = (run: () => void) => {
  let isDone = false
  return () => {
    if (!isDone) {
      isDone = true
      run()
    }
  }
}

const makeListener = (emulator: Context.Tag.Service<Emulator.Emulator>) =>
  Effect.map(Effect.runtime(), (runtime) => {
    const run = Runtime.runFork(runtime)
    const countRequests = makeRequestCounter()
    return (message: IncomingMessage, response: ServerResponse, sendContinue: () => void = () => undefined): void => {
      ignoreErrors(message)
      ignoreErrors(response)
      if (countRequests(message, response) > maxPipelinedRequests) {
        message.socket.destroy()
        return
      }
      const head = headOf(message)
      if (!isS3Request(head) && contentLength(message) <= emulator.maxBodyBytes) {
        sendContinue()
      }
      const responded = isS3Request(head)
        ? respondS3(emulator, head, message, response, once(sendContinue))
        : respond(emulator, head, message, response)
      const fiber = run(
        responded.pipe(
          Effect.catchAllCause(() => Effect.sync(() => response.destroy())),
          Effect.interruptible
        )
      )
      response.once("close", () => run(Fiber.interrupt(fiber)))
    }
  })

/** A server of HTTP/1.1 and HTTP/2, which does not listen yet. */
export interface EmulatorServer {
  readonly server: Server
  readonly closeAllConnections: () => void
}

/** Makes a server. The timeout limits the time to receive a whole request, except that of a bidirectional stream. */
export const makeServer = (requestTimeout: number): Effect.Effect<EmulatorServer, never, Emulator.Emulator> =>
  Effect.gen(function*() {
    const emulator = yield* Emulator.Emulator
    const listener = yield* makeListener(emulator)
    // Programs that use the entry point without the emulator do not load node:http2.
    const { makeHttp2Server } = yield* Effect.promise(() => import("./http2Server.ts"))
    const http2 = yield* makeHttp2Server(emulator, requestTimeout)
    const server = createServer({
      requestTimeout,
      headersTimeout: requestTimeout,
      connectionsCheckingInterval: Math.min(requestTimeout, maxCheckingIntervalMillis)
    }, listener)
    server.on("checkContinue", (message: IncomingMessage, response: ServerResponse) => {
      listener(message, response, () => response.writeContinue())
    })
    const connections = routeConnections(server, http2, requestTimeout)
    return {
      server,
      closeAllConnections: () => {
        server.closeAllConnections()
        connections.forEach((socket) => socket.destroy())
      }
    }
  })

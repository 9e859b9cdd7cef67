import { Effect } from "effect"
import { createServer, type IncomingMessage, type RequestListener } from "node:http"
import { createServer as createTlsServer } from "node:https"
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net"
import { certificates } from "./certificates.ts"

/** A listening server with its connections. */
export interface Listening {
  readonly port: number
  /** The connections that are open. */
  readonly sockets: ReadonlySet<Socket>
  /** The number of connections so far. */
  readonly connections: () => number
  /** The highest number of connections that were open at the same time. */
  readonly mostConnections: () => number
  readonly close: () => void
}

/** Large enough that no connection overflows the queue of a busy process. */
const backlog = 4_096

/** Listens on a free port of 127.0.0.1, or the given one; the end of the scope closes the server and its connections. */
export const listen = (server: Server, port = 0) =>
  Effect.acquireRelease(
    Effect.async<Listening>((resume) => {
      const sockets = new Set<Socket>()
      let [connections, most] = [0, 0]
      server.on("connection", (socket: Socket) => {
        sockets.add(socket)
        connections += 1
        most = Math.max(most, sockets.size)
        socket.on("error", () => undefined)
        socket.once("close", () => sockets.delete(socket))
      })
      server.listen({ port, host: "127.0.0.1", backlog }, () =>
        resume(Effect.succeed({
          port: (server.address() as AddressInfo).port,
          sockets,
          connections: () => connections,
          mostConnections: () => most,
          close: () => {
            server.close()
            sockets.forEach((socket) => socket.destroy())
          }
        })))
    }),
    ({ close }) => Effect.sync(close)
  )

/** An HTTP server that records the requests it receives. */
export const serve = (handler: RequestListener, port?: number) =>
  Effect.suspend(() => {
    const seen: Array<IncomingMessage> = []
    const server = createServer((request, response) => {
      seen.push(request)
      handler(request, response)
    })
    return Effect.map(listen(server, port), (listening) => ({
      ...listening,
      url: `http://127.0.0.1:${listening.port}`,
      seen: (): ReadonlyArray<IncomingMessage> => seen
    }))
  })

/** An HTTPS server with a certificate of the test's authority; it can require a client certificate. */
export const serveTls = (handler: RequestListener, clientCertificate = false) =>
  Effect.flatMap(certificates, ({ ca, server: identity }) => {
    const options = { ...identity, ca, requestCert: clientCertificate, rejectUnauthorized: clientCertificate }
    return Effect.map(listen(createTlsServer(options, handler)), (listening) => ({
      ...listening,
      host: `127.0.0.1:${listening.port}`,
      url: `https://127.0.0.1:${listening.port}`
    }))
  })

/** A TCP server; `handle` gets each connection with its number, from 1. */
export const serveTcp = (handle: (socket: Socket, count: number) => void) =>
  Effect.suspend(() => {
    let count = 0
    return listen(createTcpServer((socket) => handle(socket, ++count)))
  })

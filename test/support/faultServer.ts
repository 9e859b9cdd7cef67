import { Effect } from "effect"
import { connect, createServer, type Socket } from "node:net"
import { createServer as createTlsServer } from "node:tls"
import { certificates } from "./certificates.ts"
import { listen, serveTcp } from "./server.ts"

/** A complete request; the model processes it even if the response fails. */
export interface Exchange {
  readonly socket: Socket
  /** The number of the request, from 1. */
  readonly nth: number
  readonly request: string
  /** Writes a part of the response. */
  readonly write: (text: string | Uint8Array) => void
  /** Writes the rest of the response. */
  readonly end: (text: string | Uint8Array) => void
}

/** The behaviour of a server. */
export interface Fault {
  /** Runs when a connection opens. */
  readonly connected?: (socket: Socket) => void
  /** Runs when the request headers have arrived; `true` ends the request. */
  readonly headers?: (socket: Socket, headers: string) => boolean
  /** Runs when the complete request has arrived. */
  readonly respond?: (exchange: Exchange) => void
}

/** A running server with a fault. */
export interface FaultServer {
  readonly url: string
  readonly executions: () => number
  /** The open connections, and those with a pending response. */
  readonly sockets: ReadonlySet<Socket>
  readonly pending: ReadonlySet<Socket>
}

/** An HTTP response as text, with its content length. */
export const response = (status: number, headers: Record<string, string>, body: string): string =>
  [
    `HTTP/1.1 ${status} Status`,
    ...Object.entries({ "content-length": `${Buffer.byteLength(body)}`, ...headers }).map(([name, value]) =>
      `${name}: ${value}`
    ),
    "",
    body
  ].join("\r\n")

const endOfHeaders = "\r\n\r\n"

const handling = (fault: Fault) => {
  const sockets = new Set<Socket>()
  const pending = new Set<Socket>()
  let executions = 0
  const onConnection = (socket: Socket) => {
    let received = Buffer.alloc(0)
    let ended = false
    let headersReported = false
    sockets.add(socket)
    socket.on("error", () => {})
    socket.once("close", () => {
      sockets.delete(socket)
      pending.delete(socket)
    })
    const readRequest = () => {
      const headersLength = received.indexOf(endOfHeaders)
      if (ended || headersLength < 0) {
        return
      }
      const headers = received.subarray(0, headersLength).toString("latin1")
      if (!headersReported) {
        headersReported = true
        ended = fault.headers?.(socket, headers) === true
      }
      const length = headersLength + endOfHeaders.length + Number(/content-length: (\d+)/i.exec(headers)?.[1] ?? 0)
      if (ended || received.length < length) {
        return
      }
      const request = received.subarray(0, Math.min(length, 64 * 1024)).toString("utf8")
      received = received.subarray(length)
      headersReported = false
      executions += 1
      pending.add(socket)
      fault.respond?.({
        socket,
        nth: executions,
        request,
        write: (text) => void socket.write(text),
        end: (text) => {
          pending.delete(socket)
          socket.write(text)
        }
      })
      readRequest()
    }
    fault.connected?.(socket)
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      readRequest()
    })
  }
  return { sockets, pending, onConnection, executions: () => executions }
}

/** A server with a fault on a free port of 127.0.0.1. */
export const faultServer = (fault: Fault) =>
  Effect.suspend(() => {
    const { executions, onConnection, pending, sockets } = handling(fault)
    return Effect.map(
      listen(createServer(onConnection)),
      ({ port }): FaultServer => ({ url: `http://127.0.0.1:${port}`, executions, sockets, pending })
    )
  })

/** A TLS server with a fault; every packet of the client is delayed by `delay` milliseconds. */
export const slowTlsServer = (fault: Fault, delay: number) =>
  Effect.gen(function*() {
    const { server: identity } = yield* certificates
    const { executions, onConnection, pending, sockets } = handling(fault)
    const target = yield* listen(createTlsServer(identity, onConnection))
    const { port } = yield* serveTcp((from) => {
      const to = connect(target.port, "127.0.0.1")
      to.on("error", () => undefined)
      from.once("close", () => to.destroy())
      to.once("close", () => from.destroy())
      from.on("data", (chunk) => setTimeout(() => to.write(chunk), delay))
      to.pipe(from)
    })
    return { url: `https://127.0.0.1:${port}`, executions, sockets, pending }
  })

/** An address without a server. */
export const unreachableServer = Effect.scoped(
  Effect.map(faultServer({}), ({ url }): FaultServer => ({
    url,
    executions: () => 0,
    sockets: new Set(),
    pending: new Set()
  }))
)

/** Serves HTTP/1.1 and HTTP/2 on one port: the first bytes of a connection select the protocol. */
import type { Server } from "node:http"
import type { Http2Server } from "node:http2"
import type { Socket } from "node:net"

/** The first bytes of a client that uses HTTP/2 without TLS ("prior knowledge"). */
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

/** How long the client can read the response to a request that was too slow. */
const lingerMillis = 1_000

const timeoutResponse = "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n"

const reject = (socket: Socket) => {
  socket.end(timeoutResponse)
  setTimeout(() => socket.destroy(), lingerMillis).unref()
}

/** Whether the connection uses HTTP/2; `undefined` if more bytes are needed. */
const isHttp2 = (received: Buffer): boolean | undefined => {
  const length = Math.min(received.length, preface.length)
  if (!received.subarray(0, length).equals(preface.subarray(0, length))) {
    return false
  }
  return length === preface.length ? true : undefined
}

/** Reads the first bytes, and puts them back for the server of the protocol. */
const detect = (socket: Socket, timeout: number, onDetected: (http2: boolean) => void) => {
  let received = Buffer.alloc(0)
  const stop = () => {
    clearTimeout(timer)
    socket.off("readable", read)
    socket.off("end", onEnd)
    socket.off("close", stop)
  }
  const timer = setTimeout(() => {
    stop()
    reject(socket)
  }, timeout)
  const read = () => {
    const chunk: unknown = socket.read()
    if (!(chunk instanceof Buffer)) {
      return
    }
    received = Buffer.concat([received, chunk])
    const http2 = isHttp2(received)
    if (http2 !== undefined) {
      stop()
      socket.unshift(received)
      // The socket leaves the mode of its listener in the next tick. A server cannot pause a socket in that mode.
      process.nextTick(onDetected, http2)
    }
  }
  const onEnd = () => socket.destroy()
  socket.on("readable", read)
  socket.on("end", onEnd)
  socket.on("close", stop)
}

/**
 * Gives each connection of the HTTP/1.1 server to the server of its protocol. Returns the open connections.
 *
 * A runtime whose server does not report its connections serves HTTP/1.1 only.
 */
export const routeConnections = (server: Server, http2Server: Http2Server, timeout: number): ReadonlySet<Socket> => {
  const connections = new Set<Socket>()
  const [serveHttp1] = server.listeners("connection")
  if (serveHttp1 === undefined) {
    return connections
  }
  server.removeAllListeners("connection")
  server.on("connection", (socket: Socket) => {
    connections.add(socket)
    socket.on("error", () => undefined)
    socket.once("close", () => connections.delete(socket))
    detect(socket, timeout, (http2) => {
      if (http2) {
        // Otherwise the streams of a client that has closed its side stay open until something is sent.
        socket.once("end", () => socket.destroy())
        http2Server.emit("connection", socket)
      } else {
        serveHttp1.call(server, socket)
      }
    })
  })
  return connections
}

/** Opens the tunnel of a proxy. */
import type { Socket } from "node:net"
import { noop } from "../../../internal/time/timer.ts"
import { authorization } from "../proxy/tunnel.ts"
import { codedError } from "./http2Error.ts"
import type { SocketOptions } from "./socket.ts"

const authorityOf = ({ hostname, port, protocol }: URL): string =>
  `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`

/** Requests a tunnel to an origin. The proxy's response has no body. */
export const openTunnel = async (
  origin: URL,
  proxy: string,
  { signal, tls }: SocketOptions
): Promise<Socket> => {
  const url = new URL(proxy)
  const authority = authorityOf(origin)
  const { request } = url.protocol === "https:" ? await import("node:https") : await import("node:http")
  return new Promise<Socket>((resolve, reject) => {
    const fail = (cause: unknown) => reject(new Error("The proxy did not open a tunnel", { cause }))
    const connect = request({
      ...tls.proxy,
      host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: url.port,
      method: "CONNECT",
      path: authority,
      headers: { ...authorization(url), host: authority, "proxy-connection": "keep-alive" },
      agent: false,
      signal
    })
    connect.on("error", (cause) => (signal.aborted ? reject(signal.reason as Error) : fail(cause)))
    connect.once("response", ({ socket, statusCode }) => {
      socket.destroy()
      fail(codedError("The proxy rejected the tunnel", `PROXY_${statusCode}`))
    })
    connect.once("connect", ({ statusCode }, socket: Socket, head) => {
      socket.on("error", noop)
      if (statusCode === 200) {
        socket.unshift(head)
        resolve(socket)
        return
      }
      socket.destroy()
      fail(codedError("The proxy rejected the tunnel", `PROXY_${statusCode}`))
    })
    connect.end()
  })
}

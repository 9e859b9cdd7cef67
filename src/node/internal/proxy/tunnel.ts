/** Connections through the tunnel of a proxy. */
import type { Socket } from "node:net"
import type { buildConnector, Dispatcher, Pool } from "undici"
import { noop } from "../../../internal/time/timer.ts"
import { guard } from "../../../protocol/function/guard.ts"
import type { Tls } from "../http/tls.ts"
import type * as Undici from "../http/undici.ts"

type Connector = buildConnector.connector

/** A proxy, with the timeout in milliseconds of each step: to connect to it, its tunnel, and TLS through the tunnel. */
interface ProxyOptions {
  readonly url: string
  readonly timeout: number
  readonly tls: Tls
}

export const authorization = ({ password, username }: URL): { readonly [name: string]: string } => {
  if (username === "" || password === "") {
    return {}
  }
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` }
}

const socketOf = ({ socket, statusCode }: Dispatcher.ConnectData): Socket => {
  if (statusCode === 200) {
    return socket as Socket
  }
  socket.on("error", noop).destroy()
  throw Object.assign(new Error("The proxy rejected the tunnel"), { code: `PROXY_${statusCode}` })
}

const authorityOf = ({ host, port, protocol }: buildConnector.Options): string =>
  port === "" ? `${host}:${protocol === "https:" ? 443 : 80}` : host ?? ""

/**
 * Makes the function that opens tunnels.
 *
 * undici retries without limit if a proxy closes the connection, because the error has the code of a lost idle
 * connection. The error of this function does not have that code.
 */
const tunnelOpener = ({ openTunnel }: typeof Undici, proxy: Pool, url: URL) => {
  const fixed = { ...authorization(url), "proxy-connection": "keep-alive" }
  return (options: buildConnector.Options): Promise<Socket> => {
    const headers = { ...fixed, host: options.host ?? "" }
    // The server name is that of the proxy. undici's default is the host header, which names the service.
    const request = { path: authorityOf(options), headers, servername: url.hostname }
    return openTunnel(proxy, request).then(socketOf).catch((cause: unknown) => {
      throw new Error("The proxy did not open a tunnel", { cause })
    })
  }
}

/** A connector through a proxy, and how to close its connections to the proxy. */
export interface Tunnels {
  readonly connect: Connector
  readonly destroy: () => Promise<void>
}

/** Makes the connector through a proxy. */
export const makeTunnels = (
  undici: typeof Undici,
  { timeout, tls, url }: ProxyOptions
): Tunnels => {
  const proxyUrl = new URL(url)
  // undici waits up to 300 seconds for a tunnel without a timeout.
  const proxy = new undici.Pool(proxyUrl.origin, { connect: { timeout, ...tls.proxy }, headersTimeout: timeout })
  const open = tunnelOpener(undici, proxy, proxyUrl)
  const connectTls = undici.buildConnector({ timeout, ...tls.service })
  const connect: Connector = (options, callback) => {
    const fail = (error: Error) => guard(() => callback(error, null), noop)
    const succeed = (socket: Socket) =>
      guard(() => {
        if (options.protocol === "https:") {
          connectTls({ ...options, httpSocket: socket }, callback)
        } else {
          callback(null, socket)
        }
      }, (cause) => {
        socket.destroy()
        fail(new Error("The tunnel failed", { cause }))
      })
    void open(options).then(succeed, fail)
  }
  return { connect, destroy: () => proxy.destroy().catch(noop) }
}

/** Opens the socket of an HTTP/2 connection: TCP or TLS with ALPN, directly or through the tunnel of a proxy. */
import { connect as connectTcp, isIP, type Socket } from "node:net"
import { connect as connectTls, type TLSSocket } from "node:tls"
import type { Tls } from "../http/tls.ts"
import { codedError, codeOf, unsupported } from "./http2Error.ts"
import { openTunnel } from "./tunnel.ts"

export interface SocketOptions {
  /** Closes the socket unless it has been opened. Its reason is the error. */
  readonly signal: AbortSignal
  readonly tls: Tls
}

/** In milliseconds. The operating system finds a lost peer of an idle connection. */
const tcpKeepAlive = 60_000

const opened = <S extends Socket>(socket: S, event: "connect" | "secureConnect", signal: AbortSignal): Promise<S> =>
  new Promise((resolve, reject) => {
    const abort = () => {
      socket.destroy()
      reject(signal.reason as Error)
    }
    const settled = <A>(settle: (value: A) => void) => (value: A) => {
      signal.removeEventListener("abort", abort)
      settle(value)
    }
    signal.addEventListener("abort", abort)
    // The listener stays, because a socket can report an error after the promise has settled.
    socket.on("error", settled(reject))
    socket.once("close", settled(() => reject(codedError("The connection was closed", "ECONNRESET"))))
    socket.once(event, () => settled(resolve)(socket))
    if (signal.aborted) {
      abort()
    }
  })

const noCommonProtocol = "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL"

const openTls = async (
  address: { readonly host: string; readonly port: number },
  tunnel: Socket | undefined,
  { signal, tls }: SocketOptions
): Promise<TLSSocket> => {
  const { host } = address
  const socket = connectTls({
    ...address,
    ...(tunnel && { socket: tunnel }),
    ...tls.service,
    servername: isIP(host) === 0 ? host : "",
    ALPNProtocols: ["h2"]
  })
  try {
    await opened(socket, "secureConnect", signal)
  } catch (cause) {
    socket.destroy()
    throw codeOf(cause) === noCommonProtocol ? unsupported(cause) : cause
  }
  if (socket.alpnProtocol !== "h2") {
    socket.destroy()
    throw unsupported()
  }
  return socket
}

/** Opens a socket to an origin. */
export const openSocket = async (
  origin: URL,
  proxy: string | undefined,
  options: SocketOptions
): Promise<Socket> => {
  const isSecure = origin.protocol === "https:"
  const address = {
    host: origin.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(origin.port) || (isSecure ? 443 : 80)
  }
  const tunnel = proxy === undefined ? undefined : await openTunnel(origin, proxy, options)
  const socket = isSecure
    ? await openTls(address, tunnel, options)
    : tunnel ?? await opened(connectTcp(address), "connect", options.signal)
  return socket.setNoDelay(true).setKeepAlive(true, tcpKeepAlive)
}

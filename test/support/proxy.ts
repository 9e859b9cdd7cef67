import { Effect } from "effect"
import { createServer } from "node:http"
import { connect, type Socket } from "node:net"
import { listen } from "./server.ts"

/** A tunnel that a client requested. */
interface Tunnel {
  readonly target: string
  readonly authorization: string | undefined
}

/** The response of a proxy to `CONNECT`: a tunnel, an error status, a closed connection, or no response. */
export type ConnectBehavior = "tunnel" | "hangUp" | "silent" | number

const openTunnel = (target: string, client: Socket, head: Buffer) => {
  const { hostname, port } = new URL(`http://${target}`)
  const service = connect(Number(port), hostname, () => {
    client.write("HTTP/1.1 200 Connection Established\r\n\r\n")
    service.write(head)
    service.pipe(client).pipe(service)
  })
  service.on("error", () => undefined)
  client.once("close", () => service.destroy())
  service.once("close", () => client.destroy())
}

/** A forward proxy that records the tunnels and the requests it receives. */
export const forwardProxy = (behavior: ConnectBehavior = "tunnel") =>
  Effect.suspend(() => {
    const tunnels: Array<Tunnel> = []
    const forwarded: Array<string> = []
    const server = createServer((request, response) => {
      forwarded.push(`${request.method} ${request.url}`)
      response.writeHead(501).end()
    })
    server.on("connect", (request, client: Socket, head) => {
      const target = request.url ?? ""
      tunnels.push({ target, authorization: request.headers["proxy-authorization"] })
      if (behavior === "hangUp") {
        client.destroy()
      } else if (typeof behavior === "number") {
        client.end(`HTTP/1.1 ${behavior} Refused\r\ncontent-length: 0\r\n\r\n`)
      } else if (behavior === "tunnel") {
        openTunnel(target, client, head)
      }
    })
    return Effect.map(listen(server), (listening) => ({
      ...listening,
      url: `http://127.0.0.1:${listening.port}`,
      tunnels: tunnels as ReadonlyArray<Tunnel>,
      forwarded: forwarded as ReadonlyArray<string>
    }))
  })

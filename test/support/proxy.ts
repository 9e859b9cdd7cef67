import { Effect } from "effect"
import { createServer, type ServerResponse } from "node:http"
import { type AddressInfo, connect, type Socket } from "node:net"

/** A tunnel that was asked for. */
export interface Tunnel {
  readonly target: string
  readonly authorization: string | undefined
}

/** How a proxy answers: with a tunnel, with a status, by hanging up, or not at all. */
export type Manner = "tunnel" | "hangUp" | "silent" | number

/** A forward proxy on a free port of this machine that remembers what it was asked for; gone with the scope. */
export const forwardProxy = (manner: Manner = "tunnel") =>
  Effect.acquireRelease(
    Effect.async<{
      readonly url: string
      readonly tunnels: ReadonlyArray<Tunnel>
      readonly forwarded: ReadonlyArray<string>
      readonly sockets: ReadonlySet<Socket>
      readonly close: () => void
    }>((resume) => {
      const tunnels: Array<Tunnel> = []
      const forwarded: Array<string> = []
      const sockets = new Set<Socket>()
      const track = (socket: Socket) => {
        sockets.add(socket)
        socket.on("error", () => undefined)
        socket.once("close", () => sockets.delete(socket))
      }
      const server = createServer((request, response: ServerResponse) => {
        forwarded.push(`${request.method} ${request.url}`)
        response.writeHead(501).end()
      })
      server.on("connection", track)
      server.on("connect", (request, client: Socket, head) => {
        const target = request.url ?? ""
        tunnels.push({ target, authorization: request.headers["proxy-authorization"] })
        if (manner === "hangUp") {
          client.destroy()
        } else if (typeof manner === "number") {
          client.end(`HTTP/1.1 ${manner} Refused\r\ncontent-length: 0\r\n\r\n`)
        } else if (manner === "tunnel") {
          const { hostname, port } = new URL(`http://${target}`)
          const service = connect(Number(port), hostname, () => {
            client.write("HTTP/1.1 200 Connection Established\r\n\r\n")
            service.write(head)
            service.pipe(client).pipe(service)
          })
          track(service)
          client.once("close", () => service.destroy())
          service.once("close", () => client.destroy())
        }
      })
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        const close = () => {
          server.close()
          for (const socket of sockets) {
            socket.destroy()
          }
        }
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, tunnels, forwarded, sockets, close }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

import { Effect } from "effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** A real server on a free port of this machine, gone with the scope. */
export const serve = (handler: (request: IncomingMessage, response: ServerResponse) => void) =>
  Effect.acquireRelease(
    Effect.async<
      & {
        readonly url: string
        readonly seen: () => ReadonlyArray<IncomingMessage>
        readonly connections: () => number
      }
      & {
        readonly close: () => void
      }
    >((resume) => {
      const seen: Array<IncomingMessage> = []
      let connections = 0
      const server = createServer((request, response) => {
        seen.push(request)
        handler(request, response)
      })
      server.on("connection", () => {
        connections += 1
      })
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        resume(Effect.succeed({
          url: `http://127.0.0.1:${port}`,
          seen: () => seen,
          connections: () => connections,
          close: () => {
            server.close()
            server.closeAllConnections()
          }
        }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

import { FetchHttpClient } from "@effect/platform"
import { Effect, Layer } from "effect"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import type { Socket } from "node:net"
import { TLSSocket } from "node:tls"
import { Agent } from "undici"
import { certificates } from "./certificates.ts"
import { serveTcp } from "./server.ts"

/** What happens to a connection after its response: it stays open, or it ends by FIN or by RST. */
export type End = "open" | "fin" | "rst"

/** The response to each request: packets, sent 10 ms apart, and the end of the connection. */
export interface Script {
  readonly packets: ReadonlyArray<string | Uint8Array>
  readonly end?: End | undefined
}

/** Sends a script. The TLS connection of a script ends without a close alert, as after a truncation attack. */
const play = ({ end = "open", packets }: Script, socket: Socket, tcp: Socket) => {
  const [packet, ...rest] = packets
  if (socket.destroyed) {
    return
  }
  if (packet !== undefined) {
    socket.write(
      typeof packet === "string" ? Buffer.from(packet, "latin1") : packet,
      () => setTimeout(() => play({ packets: rest, end }, socket, tcp), 10)
    )
  } else if (end === "fin") {
    tcp.end()
  } else if (end === "rst") {
    tcp.resetAndDestroy()
  }
}

/** A server that reads complete requests and plays a script for each of them; `secure` uses TLS. */
export const wireServer = (script: Script | ((nth: number) => Script), secure = false) =>
  Effect.gen(function*() {
    const { server: identity } = yield* certificates
    let executions = 0
    const listening = yield* serveTcp((tcp) => {
      const socket = secure ? new TLSSocket(tcp, { isServer: true, ...identity }) : tcp
      socket.on("error", () => undefined)
      let received = ""
      socket.on("data", (data: Buffer) => {
        received += data.toString("latin1")
        const end = received.indexOf("\r\n\r\n")
        const length = end + 4 + Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0)
        if (end >= 0 && received.length >= length) {
          received = received.slice(length)
          executions += 1
          play(typeof script === "function" ? script(executions) : script, socket, tcp)
        }
      })
    })
    return {
      ...listening,
      url: `${secure ? "https" : "http"}://127.0.0.1:${listening.port}`,
      executions: () => executions
    }
  })

/** `fetch` that trusts the test's authority. */
const fetchLayer = Layer.unwrapScoped(
  Effect.gen(function*() {
    const { ca } = yield* certificates
    const dispatcher = yield* Effect.acquireRelease(
      Effect.sync(() => new Agent({ connect: { ca } })),
      (agent) => Effect.promise(() => agent.destroy())
    )
    return FetchHttpClient.layer.pipe(
      Layer.provide(Layer.succeed(FetchHttpClient.RequestInit, { dispatcher } as RequestInit))
    )
  })
)

const nodeLayer = Layer.unwrapEffect(Effect.map(certificates, ({ ca }) => NodeHttpClient.layer({ proxy: false, ca })))

/** Both HTTP clients, which trust the test's authority. */
export const httpClients = { "the Node client": nodeLayer, fetch: fetchLayer } as const

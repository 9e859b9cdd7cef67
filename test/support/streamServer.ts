import { FetchHttpClient } from "@effect/platform"
import { Effect, Layer } from "effect"
import { SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { encode } from "../../src/protocol/eventStream/frame.ts"

/** A frame that carries a payload part. */
export const part = (payload: Uint8Array): Uint8Array =>
  encode({ ":message-type": "event", ":event-type": "PayloadPart" }, payload)

/** Writes one frame again and again, as the reader takes it, `count` times at most; an endless stream takes its time. */
const pour = (response: ServerResponse, frame: Uint8Array, count: number) => {
  let left = count
  const more = () => {
    if (response.destroyed) {
      return
    }
    while (left > 0) {
      left--
      if (!response.write(frame)) {
        response.once("drain", more)
        return
      }
      if (count === Infinity) {
        setTimeout(more, 1)
        return
      }
    }
    response.end()
  }
  more()
}

/** What a test sees of the server: its open sockets, and the streams it is still sending. */
export interface StreamServer {
  readonly url: string
  readonly sockets: ReadonlySet<Socket>
  readonly streams: ReadonlySet<ServerResponse>
  readonly close: () => void
}

/** A server on a real socket that streams `count` frames to every request, and knows its open sockets. */
export const streamServer = (frame: Uint8Array, count = Infinity) =>
  Effect.acquireRelease(
    Effect.async<StreamServer>((resume) => {
      const sockets = new Set<Socket>()
      const streams = new Set<ServerResponse>()
      const server = createServer((request, response) => {
        request.resume()
        streams.add(response)
        response.once("close", () => streams.delete(response))
        response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream" })
        pour(response, frame, count)
      })
      server.on("connection", (socket) => {
        sockets.add(socket)
        socket.once("close", () => sockets.delete(socket))
      })
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        const close = () => {
          server.close()
          server.closeAllConnections()
        }
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, sockets, streams, close }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

/** A client of such a server, over `fetch`. */
export const clientOf = ({ url }: { readonly url: string }) =>
  SageMakerRuntime.layer({ region: "eu-west-1", endpoint: url }).pipe(
    Layer.provide([Signer.layerAnonymous, FetchHttpClient.layer])
  )

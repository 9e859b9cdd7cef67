import { Effect } from "effect"
import type { ServerResponse } from "node:http"
import { encode } from "../../src/protocol/eventStream/frame.ts"
import { serve } from "./server.ts"

/** An event-stream frame with a payload part. */
export const part = (payload: Uint8Array): Uint8Array =>
  encode({ ":message-type": "event", ":event-type": "PayloadPart" }, payload)

/** Writes one frame `count` times with backpressure. An endless stream pauses for 1 ms after each frame. */
const writeFrames = (response: ServerResponse, frame: Uint8Array, count: number) => {
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

/** A server that streams `count` frames in response to every request, with the responses that are still being sent. */
export const streamServer = (frame: Uint8Array, count = Infinity) =>
  Effect.suspend(() => {
    const streams = new Set<ServerResponse>()
    const server = serve((request, response) => {
      request.resume()
      streams.add(response)
      response.once("close", () => streams.delete(response))
      response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream" })
      writeFrames(response, frame, count)
    })
    return Effect.map(server, (listening) => ({ ...listening, streams: streams as ReadonlySet<ServerResponse> }))
  })

/** Reads the headers and the body of a request. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Readable } from "node:stream"
import { addPiece, concat, type Pieces, piecesInOrder } from "../../../protocol/bytes/bytes.ts"

/** The body, or `undefined` if it is larger than the limit. The rest of a larger body is not read. */
export const readBody = (
  message: Readable,
  contentLength: number,
  limit: number
): Effect.Effect<Uint8Array | undefined> =>
  Effect.async((resume) => {
    if (contentLength > limit) {
      resume(Effect.succeed(undefined))
      return
    }
    let pieces: Pieces | undefined
    let size = 0
    const onData = (chunk: Uint8Array) => {
      size += chunk.byteLength
      if (size > limit) {
        message.off("data", onData)
        message.pause()
        pieces = undefined
        resume(Effect.succeed(undefined))
      } else {
        pieces = addPiece(pieces, chunk)
      }
    }
    const onEnd = () => resume(Effect.sync(() => concat(piecesInOrder(pieces))))
    message.on("data", onData)
    message.once("end", onEnd)
    message.once("close", () => resume(Effect.interrupt))
    // An empty body of HTTP/2 ends without a reader.
    if (message.readableEnded) {
      onEnd()
    } else if (message.destroyed) {
      resume(Effect.interrupt)
    }
  })

/**
 * The body, as it arrives. `start` is called when its first bytes are needed.
 *
 * The stream fails if the client closes the connection, or if `isAborted` returns `true` at the end of the body. The rest
 * of the body is not read if the stream is interrupted.
 */
export const streamBody = (
  message: Readable,
  start: () => void,
  isAborted: () => boolean = () => false
): Stream.Stream<Uint8Array, Error> => {
  const pull = Effect.async<Uint8Array, Option.Option<Error>>((resume) => {
    start()
    const events = ["readable", "end", "close"] as const
    const stop = () => events.forEach((event) => message.off(event, read))
    const read = () => {
      const chunk: unknown = message.read()
      if (chunk instanceof Uint8Array) {
        stop()
        resume(Effect.succeed(chunk))
      } else if (message.readableEnded && !isAborted()) {
        stop()
        resume(Effect.fail(Option.none()))
      } else if (message.destroyed || message.readableEnded) {
        stop()
        resume(Effect.fail(Option.some(new Error("The connection was closed"))))
      }
    }
    events.forEach((event) => message.on(event, read))
    read()
    return Effect.sync(stop)
  })
  return Stream.repeatEffectOption(pull)
}

/** Repeated headers are joined. The object has no prototype, because a client can send a header named `__proto__`. */
export const toHeaders = (rawHeaders: ReadonlyArray<string>): Record<string, string> => {
  const headers: Record<string, string> = Object.create(null)
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase()
    const value = rawHeaders[at + 1]!
    headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`
  }
  return headers
}

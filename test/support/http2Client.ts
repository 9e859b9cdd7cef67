import { Cause, Effect, Stream } from "effect"
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type Http2Session,
  type IncomingHttpHeaders
} from "node:http2"
import { createConnection, type Socket } from "node:net"

/** The sockets of sessions, to close them without the protocol. */
export const sockets = new WeakMap<Http2Session, Socket>()

/** An HTTP/2 session without TLS; the end of the scope closes it. */
export const connectHttp2 = (url: string) =>
  Effect.acquireRelease(
    Effect.async<ClientHttp2Session, Error>((resume) => {
      const socket = createConnection(Number(new URL(url).port), new URL(url).hostname)
      const session = connect(url, { createConnection: () => socket }, () => {
        sockets.set(session, socket)
        resume(Effect.succeed(session))
      })
      session.on("error", (error) => resume(Effect.fail(error)))
    }),
    (session) => Effect.sync(() => session.destroy())
  )

/** The response headers of a stream; fails if it closes before them. */
export const responseHeaders = (stream: ClientHttp2Stream) =>
  Effect.async<{ readonly status: number; readonly headers: IncomingHttpHeaders }, Error>((resume) => {
    stream.once("response", (headers) => resume(Effect.succeed({ status: Number(headers[":status"]), headers })))
    stream.once("error", (error) => resume(Effect.fail(error)))
    stream.once("close", () => resume(Effect.fail(new Cause.RuntimeException(`closed with code ${stream.rstCode}`))))
  })

/** The response body; fails if the stream closes before its end. */
export const responseBytes = (stream: ClientHttp2Stream) =>
  Stream.async<Uint8Array, Error>((emit) => {
    stream.on("data", (chunk: Uint8Array) => void emit.single(chunk))
    stream.once("end", () => void emit.end())
    stream.once("error", (error) => void emit.fail(error))
    stream.once("close", () => void emit.fail(new Cause.RuntimeException(`closed with code ${stream.rstCode}`)))
  })

/** The code with which a stream is closed. */
export const closeCode = (stream: ClientHttp2Stream) =>
  Effect.async<number>((resume) => {
    stream.on("error", () => undefined)
    if (stream.destroyed) {
      resume(Effect.succeed(stream.rstCode))
    } else {
      stream.once("close", () => resume(Effect.succeed(stream.rstCode)))
    }
  })

import { Effect, Stream } from "effect"
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions
} from "node:http2"
import { certificates } from "./certificates.ts"
import { listen } from "./server.ts"

/** The behaviour of a server for one stream. */
export type StreamHandler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void

const observe = (server: Http2Server, handler: StreamHandler) => {
  const sessions: Array<ServerHttp2Session> = []
  const streams: Array<ServerHttp2Stream> = []
  server.on("session", (session: ServerHttp2Session) => {
    sessions.push(session)
    session.on("error", () => undefined)
  })
  server.on("stream", (stream, headers) => {
    streams.push(stream)
    stream.on("error", () => undefined)
    handler(stream, headers)
  })
  return {
    sessions: sessions as ReadonlyArray<ServerHttp2Session>,
    streams: streams as ReadonlyArray<ServerHttp2Stream>
  }
}

/** An HTTP/2 server without TLS that records its sessions and streams. */
export const serveHttp2 = (handler: StreamHandler, options: ServerOptions = {}) =>
  Effect.suspend(() => {
    const server = createServer(options)
    const observed = observe(server, handler)
    return Effect.map(listen(server), (listening) => ({
      ...listening,
      ...observed,
      url: `http://127.0.0.1:${listening.port}`
    }))
  })

/** An HTTPS server that accepts HTTP/2, with a certificate of the test's authority. */
export const serveHttp2Tls = (handler: StreamHandler, clientCertificate = false) =>
  Effect.flatMap(certificates, ({ ca, server: identity }) => {
    const server = createSecureServer({
      ...identity,
      ca,
      requestCert: clientCertificate,
      rejectUnauthorized: clientCertificate
    })
    const observed = observe(server, handler)
    return Effect.map(listen(server), (listening) => ({
      ...listening,
      ...observed,
      url: `https://127.0.0.1:${listening.port}`
    }))
  })

/** Sends each chunk back as it arrives. */
export const echo: StreamHandler = (stream) => {
  stream.respond({ ":status": 200 })
  stream.pipe(stream)
}

export const text = (chunks: ReadonlyArray<string>): Stream.Stream<Uint8Array> =>
  Stream.encodeText(Stream.fromIterable(chunks)).pipe(Stream.rechunk(1))

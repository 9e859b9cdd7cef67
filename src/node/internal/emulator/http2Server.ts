/** The HTTP/2 server of the emulator. Bidirectional streams and all other operations can share a connection. */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import { constants, createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2"
import { concat } from "../../../protocol/bytes/bytes.ts"
import type * as Emulator from "../../../testing/Emulator.ts"
import { isBidirectional } from "../../../testing/internal/bidirectional/invokeEndpointWithBidirectionalStream.ts"
import {
  headerOf,
  type HttpRequestHead,
  type HttpResponseMessage,
  statusesWithoutBody
} from "../../../testing/internal/emulator/httpMessage.ts"
import { isS3Request } from "../../../testing/internal/s3/route.ts"
import { readBody, streamBody, toHeaders } from "./requestMessage.ts"

type Service = Context.Tag.Service<Emulator.Emulator>

/** The most streams of one connection that are open at the same time. */
const maxConcurrentStreams = 128

/**
 * The memory of one connection, in megabytes. Node rejects new streams while more is in use, such as a response that a
 * slow client does not read.
 */
const maxSessionMemory = 1_024

/** Headers of HTTP/1.1 connections, which HTTP/2 does not allow. */
const connectionHeaders = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade"])

/** A client can sign `:authority` or `host`. */
const headOf = (rawHeaders: ReadonlyArray<string>): HttpRequestHead => {
  const headers = toHeaders(rawHeaders)
  const authority = headers[":authority"]
  if (authority !== undefined) {
    headers["host"] = authority
  }
  return { method: headers[":method"] ?? "", target: headers[":path"] ?? "", headers }
}

const responseHeaders = ({ headers, status }: HttpResponseMessage) => ({
  ":status": status,
  ...Object.fromEntries(Object.entries(headers).filter(([name]) => !connectionHeaders.has(name)))
})

/** Writes a chunk. The effect waits until the client has read enough. */
const writeChunk = (stream: ServerHttp2Stream, chunk: Uint8Array): Effect.Effect<void> =>
  Effect.async((resume) => {
    if (stream.write(chunk)) {
      resume(Effect.void)
    } else {
      stream.once("drain", () => resume(Effect.void))
    }
  })

/** Waits until everything that was written is sent, so that a reset does not discard it. */
const flush = (stream: ServerHttp2Stream): Effect.Effect<void> =>
  Effect.async((resume) => {
    if (stream.writableLength === 0) {
      resume(Effect.void)
    } else {
      stream.write(new Uint8Array(), () => resume(Effect.void))
    }
  })

/** How long a client can take to end its request after the end of the response. */
const lingerMillis = 100

/** How many bytes of the request are read after the end of the response. */
const maxIgnoredBytes = 64 * 1024

/** Waits for the end of the request after the response has ended. Then the stream is closed without an error. */
const awaitRequestEnd = (stream: ServerHttp2Stream) => {
  let ignored = 0
  stream.on("data", (chunk: Uint8Array) => {
    ignored += chunk.length
    if (ignored > maxIgnoredBytes) {
      stream.pause()
    }
  })
  const timer = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), lingerMillis)
  stream.once("close", () => clearTimeout(timer))
}

/**
 * Ends the response.
 *
 * The reset of a request that has not ended follows the end of the response: before it, the response would be incomplete.
 */
const end = (stream: ServerHttp2Stream, lastChunk: Uint8Array = new Uint8Array()) => {
  stream.once("wantTrailers", () => {
    stream.sendTrailers({})
    if (!stream.readableEnded) {
      awaitRequestEnd(stream)
    }
  })
  stream.end(lastChunk)
}

const reset = (stream: ServerHttp2Stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR)

/**
 * Sends a response. A body that fails resets the stream.
 *
 * The end of the stream is sent as trailers, because `close` would send a regular end of the stream before the reset.
 */
const send = (stream: ServerHttp2Stream, response: HttpResponseMessage): Effect.Effect<void> =>
  Effect.suspend(() => {
    const { body, status } = response
    if (stream.destroyed || stream.closed) {
      return Effect.void
    }
    if (statusesWithoutBody.has(status)) {
      stream.respond(responseHeaders(response), { endStream: true })
      return Effect.void
    }
    stream.respond(responseHeaders(response), { waitForTrailers: true })
    if (body instanceof Uint8Array) {
      end(stream, body)
      return Effect.void
    }
    return Stream.runForEachChunk(body, (chunk) => writeChunk(stream, concat([...chunk]))).pipe(
      Effect.matchCauseEffect({
        onSuccess: () => Effect.sync(() => end(stream)),
        onFailure: () => Effect.zipRight(flush(stream), Effect.sync(() => reset(stream)))
      })
    )
  })

const requestTimeoutResponse: HttpResponseMessage = { status: 408, headers: {}, body: new Uint8Array() }

/** Fails after the timeout. It does not use the clock of the program, which a test can stop. */
const timeoutAfter = (millis: number): Effect.Effect<never, HttpResponseMessage> =>
  Effect.async((resume) => {
    const timer = setTimeout(() => resume(Effect.fail(requestTimeoutResponse)), millis)
    return Effect.sync(() => clearTimeout(timer))
  })

const respondWhole = (
  { handle, maxBodyBytes, tooLarge }: Service,
  head: HttpRequestHead,
  stream: ServerHttp2Stream,
  requestTimeout: number
): Effect.Effect<HttpResponseMessage, HttpResponseMessage> =>
  readBody(stream, Number(headerOf(head, "content-length") ?? 0), maxBodyBytes).pipe(
    Effect.raceFirst(timeoutAfter(requestTimeout)),
    Effect.flatMap((body) => (body === undefined ? tooLarge : handle({ ...head, body })))
  )

const respond = (service: Service, head: HttpRequestHead, stream: ServerHttp2Stream, requestTimeout: number) => {
  const body = streamBody(stream, () => undefined, () => stream.aborted)
  if (isBidirectional(head)) {
    return service.handleBidirectional({ ...head, body })
  }
  return isS3Request(head)
    ? service.handleS3({ ...head, body })
    : Effect.merge(respondWhole(service, head, stream, requestTimeout))
}

/** Closes a connection that has had no open stream for this time. */
const closeIdle = (session: ServerHttp2Session, timeout: number) => {
  const start = () => setTimeout(() => session.destroy(), timeout)
  let open = 0
  let timer = start()
  session.on("stream", (stream) => {
    open += 1
    clearTimeout(timer)
    stream.once("close", () => {
      open -= 1
      timer = open === 0 && !session.destroyed ? start() : timer
    })
  })
  session.once("close", () => clearTimeout(timer))
}

/** Makes a server that does not listen: `routeConnections` gives it connections. */
export const makeHttp2Server = (service: Service, requestTimeout: number): Effect.Effect<Http2Server> =>
  Effect.map(Effect.runtime(), (runtime) => {
    const run = Runtime.runFork(runtime)
    const server = createServer({ maxSessionMemory, settings: { maxConcurrentStreams } })
    server.on("sessionError", () => undefined)
    server.on("session", (session) => closeIdle(session, requestTimeout))
    const onStream = (
      stream: ServerHttp2Stream,
      _headers: unknown,
      _flags: number,
      rawHeaders: ReadonlyArray<string>
    ) => {
      stream.on("error", () => undefined)
      const fiber = run(
        respond(service, headOf(rawHeaders), stream, requestTimeout).pipe(
          Effect.flatMap((response) => send(stream, response)),
          Effect.scoped,
          Effect.catchAllCause(() => Effect.sync(() => reset(stream))),
          Effect.interruptible
        )
      )
      stream.once("close", () => run(Fiber.interrupt(fiber)))
    }
    return server.on("stream", onStream)
  })

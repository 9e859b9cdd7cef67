/** One HTTP/2 connection: its streams, their limit, keep-alive pings and the end of the connection. */
import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from "node:http2"
import type { Socket } from "node:net"
import { codedError, codeOf, type SessionEnd, unsupported } from "./http2Error.ts"

/** The durations of a connection, in milliseconds. */
export interface SessionTimes {
  readonly pingInterval: number
  readonly keepAliveTimeout: number
}

/** Receives changes of a connection. */
export interface SessionListener {
  /** A stream ended, the limit of streams changed, or no more streams can be opened. */
  readonly onChange: () => void
  readonly onClose: () => void
}

/** The most bytes of one response that are buffered before the reader requests them. */
const streamWindow = 256 * 1024

/** The most bytes in transit on one connection, for all of its streams. */
const sessionWindow = 16 * 1024 * 1024

/** Settings of the client. A server cannot push responses, and response headers are limited as on HTTP/1.1. */
const settings = { enablePush: false, initialWindowSize: streamWindow, maxHeaderListSize: 16 * 1024 }

/**
 * The memory of one connection, in megabytes. Node resets a stream if its response headers arrive while more is in use.
 * That includes what streams have written and the server has not taken yet, which is limited per stream.
 */
const maxSessionMemory = 1_024

/** A connection that has received the server's settings. */
export class Session implements SessionEnd {
  readonly #session: ClientHttp2Session
  readonly #socket: Socket
  readonly #times: SessionTimes
  #listener: SessionListener = { onChange: () => {}, onClose: () => {} }
  #active = 0
  #isDraining = false
  #isPingPending = false
  #pings: NodeJS.Timeout | undefined
  #idle: NodeJS.Timeout | undefined
  goaway: SessionEnd["goaway"]
  error: Error | undefined
  isClosed = false
  #isReported = false

  constructor(session: ClientHttp2Session, socket: Socket, times: SessionTimes) {
    this.#session = session
    this.#socket = socket
    this.#times = times
    session.on("goaway", (code, lastStreamId) => {
      this.goaway = { code, lastStreamId }
      this.#drain()
    })
    session.on("error", (error) => {
      this.error ??= error
    })
    session.on("remoteSettings", () => this.#listener.onChange())
    session.once("close", () => this.#closed())
    socket.once("close", () => this.#closed())
    socket.once("end", () => this.#drain())
  }

  listen(listener: SessionListener): void {
    this.#listener = listener
    this.#wait()
  }

  /** The number of streams that can be opened now. */
  get free(): number {
    return this.#isDraining || this.isClosed || this.#session.closed || this.#session.destroyed
      ? 0
      : (this.#session.remoteSettings.maxConcurrentStreams ?? Infinity) - this.#active
  }

  /** Opens a stream. It throws if the connection or the headers do not allow it. */
  open(headers: OutgoingHttpHeaders, hasBody: boolean): ClientHttp2Stream {
    // Without `waitForTrailers`, Node ends the request body before it resets an interrupted request.
    const stream = this.#session.request(headers, { endStream: !hasBody, waitForTrailers: hasBody })
    stream.once("close", () => this.#streamClosed())
    this.#active += 1
    if (this.#active === 1) {
      clearTimeout(this.#idle)
      this.#session.ref()
      this.#pings = setInterval(() => this.#ping(), this.#times.pingInterval).unref()
    }
    return stream
  }

  /** Closes the connection and its streams. */
  destroy(error?: Error): void {
    this.error ??= error
    this.isClosed = true
    this.#session.destroy()
    this.#socket.destroy()
  }

  /** Ends a connection on which the server accepts no more streams. */
  #drain(): void {
    this.#isDraining = true
    if (this.#active === 0) {
      this.destroy()
    }
    this.#listener.onChange()
  }

  #streamClosed(): void {
    this.#active -= 1
    if (this.#active === 0) {
      clearInterval(this.#pings)
      this.#isPingPending = false
      this.#wait()
    }
    this.#listener.onChange()
  }

  /** Waits for the next stream. An idle connection does not keep the process running. */
  #wait(): void {
    if (this.#isDraining) {
      this.destroy()
    } else if (!this.isClosed) {
      this.#session.unref()
      this.#idle = setTimeout(() => this.destroy(), this.#times.keepAliveTimeout).unref()
    }
  }

  /** Checks that the server responds. The connection is lost if a ping is not acknowledged before the next one. */
  #ping(): void {
    if (this.#isPingPending) {
      this.destroy(codedError("The server did not acknowledge a ping", "ETIMEDOUT"))
      return
    }
    this.#isPingPending = true
    this.#session.ping((error) => {
      this.#isPingPending = error !== null && this.#isPingPending
    })
  }

  #closed(): void {
    if (!this.#isReported) {
      this.#isReported = true
      clearTimeout(this.#idle)
      clearInterval(this.#pings)
      this.destroy()
      this.#listener.onClose()
    }
  }
}

/** Begins HTTP/2 on a socket. It resolves when the server has sent its settings and accepts streams. */
export const openSession = async (
  origin: URL,
  socket: Socket,
  times: SessionTimes,
  signal: AbortSignal
): Promise<Session> => {
  const { connect } = await import("node:http2")
  return new Promise((resolve, reject) => {
    const client = connect(origin, { createConnection: () => socket, maxSessionMemory, settings })
    const session = new Session(client, socket, times)
    const fail = (cause: unknown) => {
      reject(codeOf(cause) === "ERR_HTTP2_ERROR" ? unsupported(cause) : cause)
      session.destroy()
    }
    const abort = () => fail(signal.reason)
    client.once("connect", () => client.setLocalWindowSize(sessionWindow))
    client.on("remoteSettings", () => {
      if (session.free > 0) {
        signal.removeEventListener("abort", abort)
        resolve(session)
      }
    })
    client.once("error", fail)
    client.once("close", () => fail(codedError("The connection was closed", "ECONNRESET")))
    signal.addEventListener("abort", abort)
    if (signal.aborted) {
      abort()
    }
  })
}

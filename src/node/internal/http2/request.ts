/** One request over an HTTP/2 stream, with callbacks. */
import type { ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader } from "node:http2"
import { noop } from "../../../internal/time/timer.ts"
import { guard } from "../../../protocol/function/guard.ts"
import type { RawHeaders } from "../http/dispatch.ts"
import { UndiciSource } from "../http/undiciSource.ts"
import { codedError, codeOf, streamError } from "./http2Error.ts"
import type { Session } from "./session.ts"
import type { Sessions } from "./sessions.ts"

export interface Http2Request {
  readonly url: URL
  readonly method: string
  readonly headers: { readonly [name: string]: string }
  readonly hasBody: boolean
}

/** Callbacks of a request. An exception of a callback fails the request. */
export interface Http2Callbacks {
  /** The stream is open. Nothing of the request body has been sent. */
  readonly onOpen: (stream: ClientHttp2Stream) => unknown
  /** The response headers have arrived. */
  readonly onResponse: (status: number, headers: RawHeaders, body: UndiciSource) => void
  /** The request failed before its response headers arrived. */
  readonly onError: (cause: unknown) => void
  /** The request has ended, with its response body or a failure. */
  readonly onEnd: () => void
}

/** Headers of HTTP/1.1 connections. HTTP/2 sends the host as `:authority`. */
const connectionHeaders = new Set([
  "connection",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade"
])

const headersOf = ({ headers, method, url }: Http2Request): { readonly [name: string]: string } => ({
  ":method": method,
  ":scheme": url.protocol.slice(0, -1),
  ":authority": url.host,
  ":path": url.pathname + url.search,
  ...Object.fromEntries(Object.entries(headers).filter(([name]) => !connectionHeaders.has(name.toLowerCase())))
})

const responseHeaders = (headers: IncomingHttpHeaders): RawHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(":")))

/** The error code CANCEL. */
const cancel = 8

const interrupted = codedError("The request was interrupted", "UND_ERR_ABORTED")

/** Marks the cause of a failed request that was not sent. */
const unsentCause = (cause: unknown): unknown => ({ requestSent: false, code: codeOf(cause), cause })

/** What a stream has received of a response body. */
interface ReceivedBody {
  /** Whether the last frame has arrived. */
  readonly isComplete: () => boolean
  readonly delivered: (byteLength: number) => void
  /** The chunks that the stream buffers, because its reader is slow. */
  readonly buffered: () => ReadonlyArray<Buffer>
}

/**
 * Observes what a stream receives, because Node does not report it in two cases.
 *
 * Node ends the readable side of a stream that the server resets without an error, as if the body were complete. If the
 * stream or the connection closes, it drops what a slow reader has not read.
 */
const observeBody = (stream: ClientHttp2Stream): ReceivedBody => {
  const push = stream.push.bind(stream)
  let isComplete: boolean | undefined
  const waiting: Array<Buffer> = []
  let deliveredBytes = 0
  stream.push = (chunk: Buffer | null, encoding) => {
    if (chunk === null) {
      isComplete ??= !stream.closed
    } else {
      waiting.push(chunk)
    }
    return push(chunk, encoding)
  }
  return {
    isComplete: () => isComplete === true,
    delivered: (byteLength) => {
      deliveredBytes += byteLength
      while (waiting[0] !== undefined && deliveredBytes >= waiting[0].byteLength) {
        deliveredBytes -= waiting[0].byteLength
        waiting.shift()
      }
    },
    buffered: () => waiting.map((chunk, index) => index === 0 ? chunk.subarray(deliveredBytes) : chunk)
  }
}

/** A request that runs or waits for a connection. None of its methods throws. */
export class RunningRequest {
  readonly #request: Http2Request
  readonly #callbacks: Http2Callbacks
  #release: () => void = noop
  #session: Session | undefined
  #stream: ClientHttp2Stream | undefined
  #body: UndiciSource | undefined
  #isEnded = false

  constructor(sessions: Sessions, request: Http2Request, callbacks: Http2Callbacks) {
    this.#request = request
    this.#callbacks = callbacks
    this.#release = sessions.acquire(request.url.origin, {
      start: (session) => this.#start(session),
      fail: (cause) => this.#fail(unsentCause(cause))
    })
  }

  /** Whether any byte may have been written. */
  isStarted(): boolean {
    return this.#stream !== undefined
  }

  /** Ends the request and resets its stream, unless it has ended. */
  abort(cause: unknown = interrupted): void {
    if (!this.#isEnded) {
      this.#release()
      this.#reset()
      this.#fail(cause)
    }
  }

  #start(session: Session): void {
    if (this.#isEnded) {
      return
    }
    try {
      this.#session = session
      const stream = session.open(headersOf(this.#request), this.#request.hasBody)
      this.#stream = stream
      this.#listen(stream)
      this.#callbacks.onOpen(stream)
    } catch (cause) {
      this.#reset()
      this.#fail(this.#stream === undefined ? unsentCause(cause) : cause)
    }
  }

  #listen(stream: ClientHttp2Stream): void {
    const received = observeBody(stream)
    let error: Error | undefined
    stream.on("error", (cause: Error) => {
      error ??= cause
    })
    stream.on("wantTrailers", () => guard(() => stream.sendTrailers({}), noop))
    stream.once("response", (headers) => this.#guarded(() => this.#respond(stream, headers)))
    stream.on("data", (chunk: Buffer) => {
      received.delivered(chunk.byteLength)
      this.#guarded(() => this.#body?.push(chunk))
    })
    const complete = () => {
      if (received.isComplete() && this.#body !== undefined) {
        this.#complete(this.#body)
      }
    }
    stream.once("end", complete)
    stream.once("close", () => {
      if (!this.#isEnded) {
        this.#guarded(() => received.buffered().forEach((chunk) => this.#body?.push(chunk)))
      }
      complete()
      if (this.#session !== undefined) {
        this.#fail(streamError(stream, error, this.#session))
      }
    })
  }

  #respond(stream: ClientHttp2Stream, headers: IncomingHttpHeaders & IncomingHttpStatusHeader): void {
    const source = new UndiciSource({
      get paused() {
        return stream.isPaused()
      },
      pause: () => void stream.pause(),
      resume: () => void stream.resume(),
      abort: (cause) => this.abort(cause)
    })
    this.#callbacks.onResponse(headers[":status"] ?? 0, responseHeaders(headers), source)
    this.#body = source
  }

  /** The response is complete. A server that has responded does not need the rest of the request. */
  #complete(body: UndiciSource): void {
    this.#guarded(() => body.end())
    this.#end()
    if (this.#stream?.writableEnded === false) {
      this.#reset()
    }
  }

  #guarded(run: () => void): void {
    guard(run, (cause) => this.abort(cause))
  }

  /**
   * Sends RST_STREAM unless the stream has ended. While Node 24 reads from the connection, it would send a regular end of
   * the request in its place, so that it is sent in the next turn of the event loop.
   */
  #reset(): void {
    const stream = this.#stream
    if (stream !== undefined) {
      setImmediate(() =>
        guard(() => {
          stream.close(cancel)
          stream.destroy()
        }, noop)
      )
    }
  }

  #fail(cause: unknown): void {
    if (this.#isEnded) {
      return
    }
    guard(() => {
      if (this.#body === undefined) {
        this.#callbacks.onError(cause)
      } else {
        this.#body.end(cause instanceof Error ? cause : new Error("The response failed"))
      }
    }, noop)
    this.#end()
  }

  #end(): void {
    if (!this.#isEnded) {
      this.#isEnded = true
      guard(() => this.#callbacks.onEnd(), noop)
    }
  }
}

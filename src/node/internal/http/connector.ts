/** Connections for undici's pools. They accept informational responses and report resets. undici does not replace them. */
import type { Socket } from "node:net"
import type { buildConnector } from "undici"
import type { Monitor } from "../../../internal/telemetry/monitor.ts"
import { guard } from "../../../protocol/function/guard.ts"

type Connector = buildConnector.connector

const isRequestHead = (chunk: unknown): boolean => typeof chunk === "string" && chunk.includes(" HTTP/1.1\r\n")

/** undici's limit of response headers in bytes. */
const maxHeadBytes = 16 * 1024

/** The start of a response with a status from 100 to 199, except 101. */
const informational = /^HTTP\/1\.[01] 1(?!01)\d\d[ \r]/

/** The longest text that `informational` matches. */
const statusLength = 13

const isStartOfInformational = (start: string): boolean =>
  "HTTP/1.1 1".startsWith(start.slice(0, 10).replace("1.0", "1.1"))

/** Whether the status is certain to be 200 or higher: a fast check for almost all responses. */
const isFinalResponse = (bytes: Buffer): boolean => bytes.length > 9 && bytes[9] !== 0x31

/**
 * Removes informational responses (status 100 to 199, except 101) that precede a response.
 *
 * undici closes a connection that receives `100 Continue`, although a server may send it at any time.
 */
class InformationalFilter {
  #isExpected = false
  #held: Buffer | undefined

  /** A request was written: the next bytes are the start of a response. */
  expectResponse(): void {
    this.#isExpected = true
  }

  /** The bytes without informational responses. The start of a response is held until its status is known. */
  read(chunk: Buffer): Buffer {
    if (!this.#isExpected) {
      return chunk
    }
    return this.#held === undefined && isFinalResponse(chunk) ? this.#end(chunk) : this.#filter(chunk)
  }

  #filter(chunk: Buffer): Buffer {
    let bytes = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk])
    this.#held = undefined
    while (bytes.length > 0) {
      const start = bytes.toString("latin1", 0, statusLength)
      if (!informational.test(start)) {
        return start.length < statusLength && isStartOfInformational(start) ? this.#hold(bytes) : this.#end(bytes)
      }
      const end = bytes.indexOf("\r\n\r\n")
      if (end < 0) {
        return bytes.length < maxHeadBytes ? this.#hold(bytes) : this.#end(bytes)
      }
      bytes = bytes.subarray(end + 4)
    }
    return bytes
  }

  #hold(bytes: Buffer): Buffer {
    this.#held = bytes
    return bytes.subarray(0, 0)
  }

  #end(bytes: Buffer): Buffer {
    this.#isExpected = false
    return bytes
  }
}

interface ErrorLike {
  readonly code?: unknown
  readonly message?: unknown
}

/**
 * The error to close a connection with.
 *
 * undici takes `ECONNRESET` for the end of a body without a length, so its code is moved to the cause. undici opens a new
 * connection in place of one that it closed for an aborted request, unless the error is not its own.
 */
const closingError = (error: Error | undefined): Error | undefined => {
  const { code, message }: ErrorLike = error ?? {}
  if (code === "ECONNRESET") {
    return new Error("The connection was reset", { cause: error })
  }
  return code === "UND_ERR_INFO" && message === "aborted" ? new Error("The request was aborted") : error
}

/** Changes the methods of a socket that undici calls. A stream around the socket would slow every call down. */
const adapt = (socket: Socket): void => {
  const destroy = socket.destroy.bind(socket)
  const read: (size?: number) => unknown = socket.read.bind(socket)
  const write = socket.write.bind(socket) as (...chunk: ReadonlyArray<unknown>) => boolean
  const filter = new InformationalFilter()
  socket.destroy = (error) => destroy(closingError(error))
  socket.write = (...chunk: ReadonlyArray<unknown>): boolean => {
    if (isRequestHead(chunk[0])) {
      filter.expectResponse()
    }
    return write(...chunk)
  }
  socket.read = (size?: number): unknown => {
    const chunk = read(size)
    let filtered = chunk
    if (chunk instanceof Buffer) {
      guard(
        () => (filtered = filter.read(chunk)),
        (cause) => socket.destroy(new Error("The response headers cannot be read", { cause }))
      )
    }
    return filtered
  }
}

/** Makes a connector whose connections are adapted, and reported when they open and close. */
export const adaptConnections = (connect: Connector, monitor: Monitor | undefined): Connector => (options, callback) =>
  connect(options, (...result) => {
    if (result[0] === null) {
      adapt(result[1])
      if (monitor !== undefined) {
        monitor.connections(1)
        result[1].once("close", () => monitor.connections(-1))
      }
    }
    callback(...result)
  })

import { Effect, type Scope } from "effect"
import { encode } from "../../src/protocol/eventStream/frame.ts"
import {
  type Exchange,
  type Fault,
  type FaultServer,
  faultServer,
  response,
  slowTlsServer,
  unreachableServer
} from "./faultServer.ts"

/** A fault, and the expected result of a call with timeouts of 300 ms. */
export interface Case {
  readonly name: string
  readonly server: Effect.Effect<FaultServer, never, Scope.Scope>
  readonly kind?: "stream" | "upload" | "connect"
  /** Successful calls before the measured one. */
  readonly before?: number
  readonly attempts: number
  readonly executions: number
  readonly result: string
}

const ok = response(200, { "content-type": "text/plain" }, "ok")
const responding = (answer: (exchange: Exchange) => void) => faultServer({ respond: answer })
const reset = ({ socket }: Pick<Exchange, "socket">) => void socket.resetAndDestroy()

/** Writes a text and runs `next` after the bytes were sent, because a reset discards buffered bytes. */
const writeThen = ({ socket }: Exchange, text: string | Uint8Array, next: () => void) =>
  void socket.write(text, () => setTimeout(next, 20))

const chunkedHeaders = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n"

const byteByByte = ({ end, socket, write }: Exchange, text: string) => {
  const bytes = [...Buffer.from(text)]
  const timer = setInterval(() => {
    const byte = bytes.shift()
    if (byte === undefined || socket.destroyed) {
      clearInterval(timer)
      end("")
    } else {
      write(new Uint8Array([byte]))
    }
  }, 1)
}

const failing = (status: number, headers: Record<string, string> = {}) =>
  responding(({ end, request }) => end(response(status, headers, JSON.stringify({ message: request }))))

const streamHeaders =
  "HTTP/1.1 200 OK\r\ncontent-type: application/vnd.amazon.eventstream\r\ntransfer-encoding: chunked\r\n\r\n"

const chunk = (bytes: Uint8Array) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")])

const part = encode({ ":message-type": "event", ":event-type": "PayloadPart" }, new Uint8Array(64))
const damaged = part.map((byte, index) => (index === part.length - 10 ? byte ^ 1 : byte))
const modelFailed = encode(
  { ":message-type": "exception", ":exception-type": "ModelStreamError", ":content-type": "application/json" },
  Buffer.from(`{"ErrorCode":"StreamBroken","Message":"gone"}`)
)

const streaming = (then: (exchange: Exchange) => void, bytes: Uint8Array = part) =>
  responding((exchange) =>
    writeThen(exchange, Buffer.concat([Buffer.from(streamHeaders), chunk(bytes)]), () => then(exchange))
  )

/** Responds to the first request of each connection and resets the connection at the second request. */
const stale = (): Fault => {
  const used = new Set<unknown>()
  return {
    headers: (socket) => {
      const isStale = used.has(socket)
      used.add(socket)
      if (isStale) {
        reset({ socket })
      }
      return isStale
    },
    respond: ({ end }) => end(ok)
  }
}

/** Accepts connections but never completes the TLS handshake. */
const silentTls = Effect.map(faultServer({}), (server) => ({ ...server, url: server.url.replace("http:", "https:") }))

export const faults: ReadonlyArray<Case> = [
  {
    name: "connection refused",
    server: unreachableServer,
    attempts: 3,
    executions: 0,
    result: "TransportError (connect)"
  },
  {
    name: "TLS handshake never completes",
    kind: "connect",
    server: silentTls,
    attempts: 3,
    executions: 0,
    result: "TimeoutError (connect)"
  },
  {
    name: "slow TLS handshake",
    server: slowTlsServer({ respond: ({ end }) => end(ok) }, 30),
    attempts: 1,
    executions: 1,
    result: "success"
  },
  {
    name: "connection reset while the request arrives",
    server: faultServer({
      headers: (socket) => {
        reset({ socket })
        return true
      }
    }),
    attempts: 3,
    executions: 0,
    result: "TransportError (reset)"
  },
  {
    name: "connection reset before the response headers",
    server: responding(reset),
    attempts: 3,
    executions: 3,
    result: "TransportError (reset)"
  },
  {
    name: "connection reset after the response headers",
    server: responding((exchange) => writeThen(exchange, ok.slice(0, -2), () => reset(exchange))),
    attempts: 3,
    executions: 3,
    result: "TransportError (reset)"
  },
  {
    name: "connection closed during the response body",
    server: responding((exchange) => writeThen(exchange, `${chunkedHeaders}5\r\nhal`, () => exchange.socket.end())),
    attempts: 3,
    executions: 3,
    result: "TransportError (reset)"
  },
  {
    name: "no response headers",
    server: responding(() => {}),
    attempts: 1,
    executions: 1,
    result: "TimeoutError (firstByte)"
  },
  {
    name: "incomplete response headers",
    server: responding(({ write }) => write("HTTP/1.1 200 OK\r\ncontent-ty")),
    attempts: 1,
    executions: 1,
    result: "TimeoutError (firstByte)"
  },
  {
    name: "incomplete response body, connection open",
    server: responding(({ write }) => write(`${chunkedHeaders}5\r\nhal`)),
    attempts: 1,
    executions: 1,
    result: "TimeoutError (idle)"
  },
  {
    name: "response sent one byte at a time",
    server: responding((exchange) => byteByByte(exchange, ok)),
    attempts: 1,
    executions: 1,
    result: "success"
  },
  {
    name: "body shorter than `content-length`",
    server: responding((exchange) =>
      writeThen(exchange, response(200, { "content-length": "9" }, "ok"), () => exchange.socket.end())
    ),
    attempts: 3,
    executions: 3,
    result: "TransportError (reset)"
  },
  {
    name: "body cut, `connection: close`",
    server: responding((exchange) =>
      writeThen(
        exchange,
        `${chunkedHeaders.replace("transfer", "connection: close\r\ntransfer")}2\r\nok\r\n`,
        () => exchange.socket.end()
      )
    ),
    attempts: 3,
    executions: 3,
    result: "TransportError (reset)"
  },
  {
    name: "body without length, connection reset",
    server: responding((exchange) => writeThen(exchange, "HTTP/1.1 200 OK\r\n\r\nok", () => reset(exchange))),
    attempts: 3,
    executions: 3,
    result: "TransportError (reset)"
  },
  {
    name: "body longer than `content-length`",
    server: responding(({ end }) => end(response(200, { "content-length": "2" }, "okay then"))),
    attempts: 1,
    executions: 1,
    result: "success"
  },
  {
    name: "response is not HTTP",
    server: responding(({ request, write }) => write(`\u0000\u0001 ${request}`)),
    attempts: 1,
    executions: 1,
    result: "ProtocolError"
  },
  {
    name: "status 100 and 103 before the response",
    server: responding(({ end }) =>
      end(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${ok}`)
    ),
    attempts: 1,
    executions: 1,
    result: "success"
  },
  {
    name: "status 204 with a body",
    server: responding(({ end }) => end("HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\nok")),
    attempts: 1,
    executions: 1,
    result: "success"
  },
  {
    name: "status 101",
    server: responding(({ end }) => end("HTTP/1.1 101 Switching Protocols\r\n\r\n")),
    attempts: 1,
    executions: 1,
    result: "ProtocolError"
  },
  {
    name: "`content-length` with chunks",
    server: responding(({ end }) =>
      end(`${chunkedHeaders.replace("transfer", "content-length: 2\r\ntransfer")}2\r\nok\r\n0\r\n\r\n`)
    ),
    attempts: 1,
    executions: 1,
    result: "ProtocolError"
  },
  {
    name: "response headers of 20,000 bytes",
    server: responding(({ end }) => end(response(200, { "x-long": "a".repeat(20_000) }, "ok"))),
    attempts: 1,
    executions: 1,
    result: "ProtocolError"
  },
  { name: "status 500", server: failing(500), attempts: 3, executions: 3, result: "UnknownServiceError (500)" },
  {
    name: "status 500, once",
    server: responding(({ end, nth }) => end(nth === 1 ? response(500, {}, "{}") : ok)),
    attempts: 2,
    executions: 2,
    result: "success"
  },
  {
    name: "status 502 with an HTML body",
    server: responding(({ end, request }) =>
      end(response(502, { "content-type": "text/html" }, `<html><pre>${request}</pre></html>`))
    ),
    attempts: 3,
    executions: 3,
    result: "UnknownServiceError (502)"
  },
  {
    name: "throttled, no retry hint",
    server: failing(400, { "x-amzn-errortype": "ThrottlingException" }),
    attempts: 3,
    executions: 3,
    result: "ThrottlingError (400)"
  },
  {
    name: "throttled, `x-amz-retry-after: 1500`",
    server: failing(429, { "x-amz-retry-after": "1500" }),
    attempts: 3,
    executions: 3,
    result: "ThrottlingError (429)"
  },
  {
    name: "throttled, `retry-after: 1`, once",
    server: responding(({ end, nth }) => end(nth === 1 ? response(429, { "retry-after": "1" }, "{}") : ok)),
    attempts: 2,
    executions: 2,
    result: "success"
  },
  {
    name: "stale keep-alive connection, once",
    server: faultServer(stale()),
    before: 1,
    attempts: 2,
    executions: 1,
    result: "success"
  },
  {
    name: "8 MiB request, connection reset while sending",
    kind: "upload",
    server: faultServer({
      headers: (socket) => {
        reset({ socket })
        return true
      }
    }),
    attempts: 3,
    executions: 0,
    result: "TransportError (reset)"
  },
  {
    name: "8 MiB request, status 413 before the body is read",
    kind: "upload",
    server: faultServer({
      headers: (socket) => {
        socket.write(response(413, { connection: "close" }, "too large"))
        return true
      }
    }),
    attempts: 1,
    executions: 0,
    result: "PayloadTooLargeError (413)"
  },
  {
    name: "stream: connection reset after a part",
    kind: "stream",
    server: streaming(reset),
    attempts: 1,
    executions: 1,
    result: "TransportError (reset)"
  },
  {
    name: "stream: connection closed between parts",
    kind: "stream",
    server: streaming(({ socket }) => void socket.end()),
    attempts: 1,
    executions: 1,
    result: "TransportError (reset)"
  },
  {
    name: "stream: connection closed inside a part",
    kind: "stream",
    server: streaming(({ socket }) => void socket.end("0\r\n\r\n"), part.subarray(0, 40)),
    attempts: 1,
    executions: 1,
    result: "ProtocolError"
  },
  {
    name: "stream: no data after a part, connection open",
    kind: "stream",
    server: streaming(() => {}),
    attempts: 1,
    executions: 1,
    result: "TimeoutError (idle)"
  },
  {
    name: "stream: wrong checksum",
    kind: "stream",
    server: streaming(() => {}, damaged),
    attempts: 1,
    executions: 1,
    result: "ProtocolError"
  },
  {
    name: "stream: `ModelStreamError` event",
    kind: "stream",
    server: streaming(({ end }) => end("0\r\n\r\n"), modelFailed),
    attempts: 1,
    executions: 1,
    result: "ModelStreamError (200)"
  }
]

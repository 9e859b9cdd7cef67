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

/** A fault with the expected result of a call that has timeouts of 300 ms. */
export interface Case {
  readonly name: string
  readonly server: Effect.Effect<FaultServer, never, Scope.Scope>
  readonly kind?: "stream" | "upload" | "connect"
  /** The number of successful calls before the tested one. */
  readonly before?: number
  readonly attempts: number
  readonly executions: number
  readonly ends: string
}

const ok = response(200, { "content-type": "text/plain" }, "ok")
const responding = (respond: (exchange: Exchange) => void) => faultServer({ respond })
const reset = ({ socket }: Pick<Exchange, "socket">) => void socket.resetAndDestroy()

/** Writes a text and continues after it was sent. */
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

const respondingWithError = (status: number, headers: Record<string, string> = {}) =>
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

/** The first request of a connection succeeds; the second one finds the connection closed. */
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

/** Accepts TLS connections without a handshake. */
const silentTls = Effect.map(faultServer({}), (server) => ({ ...server, url: server.url.replace("http:", "https:") }))

export const faults: ReadonlyArray<Case> = [
  {
    name: "the connection is refused",
    server: unreachableServer,
    attempts: 3,
    executions: 0,
    ends: "TransportError (connect)"
  },
  {
    name: "the TLS handshake never completes",
    kind: "connect",
    server: silentTls,
    attempts: 3,
    executions: 0,
    ends: "TimeoutError (connect)"
  },
  {
    name: "the TLS handshake is slow",
    server: slowTlsServer({ respond: ({ end }) => end(ok) }, 30),
    attempts: 1,
    executions: 1,
    ends: "success"
  },
  {
    name: "reset while the request arrives",
    server: faultServer({
      headers: (socket) => {
        reset({ socket })
        return true
      }
    }),
    attempts: 3,
    executions: 0,
    ends: "TransportError (reset)"
  },
  {
    name: "reset before the headers",
    server: responding(reset),
    attempts: 3,
    executions: 3,
    ends: "TransportError (reset)"
  },
  {
    name: "reset after the headers",
    server: responding((exchange) => writeThen(exchange, ok.slice(0, -2), () => reset(exchange))),
    attempts: 3,
    executions: 3,
    ends: "TransportError (reset)"
  },
  {
    name: "closed in the middle of the body",
    server: responding((exchange) => writeThen(exchange, `${chunkedHeaders}5\r\nhal`, () => exchange.socket.end())),
    attempts: 3,
    executions: 3,
    ends: "TransportError (reset)"
  },
  {
    name: "silent before the headers",
    server: responding(() => {}),
    attempts: 1,
    executions: 1,
    ends: "TimeoutError (firstByte)"
  },
  {
    name: "silent during the headers",
    server: responding(({ write }) => write("HTTP/1.1 200 OK\r\ncontent-ty")),
    attempts: 1,
    executions: 1,
    ends: "TimeoutError (firstByte)"
  },
  {
    name: "silent during the body",
    server: responding(({ write }) => write(`${chunkedHeaders}5\r\nhal`)),
    attempts: 1,
    executions: 1,
    ends: "TimeoutError (idle)"
  },
  {
    name: "one byte at a time",
    server: responding((exchange) => byteByByte(exchange, ok)),
    attempts: 1,
    executions: 1,
    ends: "success"
  },
  {
    name: "fewer bytes than content-length",
    server: responding((exchange) =>
      writeThen(exchange, response(200, { "content-length": "9" }, "ok"), () => exchange.socket.end())
    ),
    attempts: 3,
    executions: 3,
    ends: "TransportError (reset)"
  },
  {
    name: "more bytes than content-length",
    server: responding(({ end }) => end(response(200, { "content-length": "2" }, "okay then"))),
    attempts: 1,
    executions: 1,
    ends: "success"
  },
  {
    name: "a response that is not HTTP",
    server: responding(({ request, write }) => write(`\u0000\u0001 ${request}`)),
    attempts: 1,
    executions: 1,
    ends: "ProtocolError"
  },
  {
    name: "always 500",
    server: respondingWithError(500),
    attempts: 3,
    executions: 3,
    ends: "UnknownServiceError (500)"
  },
  {
    name: "500 once",
    server: responding(({ end, nth }) => end(nth === 1 ? response(500, {}, "{}") : ok)),
    attempts: 2,
    executions: 2,
    ends: "success"
  },
  {
    name: "an HTML 502 of a gateway",
    server: responding(({ end, request }) =>
      end(response(502, { "content-type": "text/html" }, `<html><pre>${request}</pre></html>`))
    ),
    attempts: 3,
    executions: 3,
    ends: "UnknownServiceError (502)"
  },
  {
    name: "throttled, without a retry delay",
    server: respondingWithError(400, { "x-amzn-errortype": "ThrottlingException" }),
    attempts: 3,
    executions: 3,
    ends: "ThrottlingError (400)"
  },
  {
    name: "throttled, `x-amz-retry-after: 1500`",
    server: respondingWithError(429, { "x-amz-retry-after": "1500" }),
    attempts: 3,
    executions: 3,
    ends: "ThrottlingError (429)"
  },
  {
    name: "throttled once, `retry-after: 1`",
    server: responding(({ end, nth }) => end(nth === 1 ? response(429, { "retry-after": "1" }, "{}") : ok)),
    attempts: 2,
    executions: 2,
    ends: "success"
  },
  {
    name: "the pooled connection is stale",
    server: faultServer(stale()),
    before: 1,
    attempts: 2,
    executions: 1,
    ends: "success"
  },
  {
    name: "8 MiB body: reset while it is sent",
    kind: "upload",
    server: faultServer({
      headers: (socket) => {
        reset({ socket })
        return true
      }
    }),
    attempts: 3,
    executions: 0,
    ends: "TransportError (reset)"
  },
  {
    name: "8 MiB body: 413 before it is read",
    kind: "upload",
    server: faultServer({
      headers: (socket) => {
        socket.write(response(413, { connection: "close" }, "too large"))
        return true
      }
    }),
    attempts: 1,
    executions: 0,
    ends: "PayloadTooLargeError (413)"
  },
  {
    name: "stream: reset after a part",
    kind: "stream",
    server: streaming(reset),
    attempts: 1,
    executions: 1,
    ends: "TransportError (reset)"
  },
  {
    name: "stream: closed during a part",
    kind: "stream",
    server: streaming(({ socket }) => void socket.end("0\r\n\r\n"), part.subarray(0, 40)),
    attempts: 1,
    executions: 1,
    ends: "ProtocolError"
  },
  {
    name: "stream: silent after a part",
    kind: "stream",
    server: streaming(() => {}),
    attempts: 1,
    executions: 1,
    ends: "TimeoutError (idle)"
  },
  {
    name: "stream: a damaged part",
    kind: "stream",
    server: streaming(() => {}, damaged),
    attempts: 1,
    executions: 1,
    ends: "ProtocolError"
  },
  {
    name: "stream: the model fails",
    kind: "stream",
    server: streaming(({ end }) => end("0\r\n\r\n"), modelFailed),
    attempts: 1,
    executions: 1,
    ends: "ModelStreamError (200)"
  }
]

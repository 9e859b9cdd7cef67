/** Random scripts of a hostile HTTP server. */
import { FastCheck as fc } from "effect"
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib"
import { encode } from "../../src/protocol/eventStream/frame.ts"
import { canaries } from "./canaries.ts"

type Action =
  | readonly ["write", Uint8Array]
  | readonly ["wait", number]
  | readonly ["end"]
  | readonly ["reset"]

export interface Script {
  readonly waitForRequest: boolean
  /** Whether the status permits no body. Node's `fetch` keeps the connection if the server sends one. */
  readonly hasBodilessStatus: boolean
  readonly actions: ReadonlyArray<Action>
}

const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"))

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const join = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => new Uint8Array(Buffer.concat(parts))

/** About 300 MiB of zeros in 300 kB. */
const bomb = new Uint8Array(gzipSync(Buffer.alloc(300 * 1024 * 1024), { level: 9 }))

const statusLine = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(200, 202, 204, 304, 307, 400, 403, 413, 424, 429, 500, 503, 530) },
  { weight: 1, arbitrary: fc.integer({ min: 100, max: 999 }) }
).map((status) => `HTTP/1.1 ${status} Reason`)

const anyStatusLine = fc.oneof(
  { weight: 20, arbitrary: statusLine },
  {
    weight: 2,
    arbitrary: fc.constantFrom("HTTP/1.0 200 OK", "HTTP/2 200", "HTTP/1.1 200", "ICY 200 OK", "", "HTTP/1.1 99 Low")
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 40 }) }
)

const informational = fc.array(
  fc.constantFrom("HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"),
  { maxLength: 2 }
).map((all) => all.join(""))

const oddText = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.constantFrom("a\u001b[31m", "__proto__", "constructor", " ", "\u0000", "-1", "NaN", "9".repeat(40), canaries.body),
  fc.constant("x".repeat(20_000))
)

const header = fc.oneof(
  fc.tuple(
    fc.constantFrom(
      "x-amzn-requestid",
      "x-amzn-errortype",
      "x-amzn-invoked-production-variant",
      "x-amzn-sagemaker-custom-attributes",
      "x-amzn-sagemaker-new-session-id",
      "x-amzn-sagemaker-closed-session-id",
      "x-amzn-sagemaker-content-type",
      "x-amzn-sagemaker-outputlocation",
      "retry-after",
      "x-amz-retry-after",
      "date",
      "age",
      "location",
      "__proto__",
      "constructor",
      "connection"
    ),
    oddText
  ),
  fc.tuple(
    fc.constant("content-type"),
    fc.constantFrom(
      "application/json",
      "text/csv",
      "application/x-npy",
      "application/vnd.amazon.eventstream",
      "text/event-stream",
      "application/jsonlines",
      "text/html; charset=utf-16",
      ";;;"
    )
  ),
  fc.tuple(
    fc.constant("content-encoding"),
    fc.constantFrom("gzip", "deflate", "br", "gzip, gzip", "zstd", "identity", "x")
  ),
  fc.constantFrom(
    ["x-amzn-errortype", "ValidationError"] as const,
    ["x-amzn-errortype", "ModelError"] as const,
    ["x-amzn-errortype", "ThrottlingException"] as const,
    ["x-amzn-sagemaker-new-session-id", "the-session; Expires=2099-01-01T00:00:00Z"] as const,
    ["connection", "close"] as const
  )
)

const errorBody = fc.record({
  __type: fc.constantFrom("ValidationError", "ModelError", "com.amazon#Unknown", canaries.body, "__proto__"),
  Message: fc.constantFrom(
    `cannot read ${canaries.body}`,
    `with message "${canaries.attributes}`,
    Buffer.from(canaries.body).toString("base64"),
    encodeURIComponent(canaries.body),
    canaries.token,
    "no"
  ),
  OriginalMessage: fc.constantFrom(canaries.body, null, 5),
  code: fc.constantFrom(canaries.body, 7, null)
}).map((members) => utf8(JSON.stringify(members)))

const frame = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.uint8Array({ maxLength: 300 }).map((payload) =>
      encode({ ":message-type": "event", ":event-type": "PayloadPart" }, payload)
    )
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom("ModelStreamError", "InternalStreamFailure", "Other").map((type) =>
      encode(
        { ":message-type": "exception", ":exception-type": type },
        utf8(JSON.stringify({ Message: canaries.body, ErrorCode: canaries.body }))
      )
    )
  },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 12, maxLength: 64 }) },
  { weight: 1, arbitrary: fc.constant(new Uint8Array([0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0, 1, 2, 3, 4])) }
)

const tokens = fc.array(
  fc.constantFrom(
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n",
    "data: {\"token\":{\"text\":\"b\"}}\n\n",
    `data: {"error":{"message":"${canaries.body}","type":"${canaries.body}"}}\n\n`,
    "data: [DONE]\n\n",
    "data: {\n\n",
    ": comment\n\n",
    "\n".repeat(2_000),
    "{\"token\":{\"text\":\"c\"}}\n"
  ),
  { maxLength: 12 }
).map((events) => utf8(events.join("")))

const nested = fc.integer({ min: 1, max: 20_000 }).map((depth) => utf8("[".repeat(depth) + "]".repeat(depth)))

const body = fc.oneof(
  fc.uint8Array({ maxLength: 2_000 }),
  errorBody,
  fc.array(frame, { maxLength: 8 }).map((frames) => join(...frames)),
  tokens.map((text) => encode({ ":message-type": "event", ":event-type": "PayloadPart" }, text)),
  tokens,
  nested,
  fc.json().map(utf8),
  fc.constantFrom("1,2\r\n3,4", "\"open", "a\r\nb", "\n".repeat(5_000)).map(utf8),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => join(latin1("\u0093NUMPY\u0001\u0000"), bytes)),
  fc.constant(new Uint8Array())
)

const encoded = fc.oneof(
  { weight: 8, arbitrary: body },
  { weight: 1, arbitrary: body.map((bytes) => new Uint8Array(gzipSync(bytes))) },
  { weight: 1, arbitrary: body.map((bytes) => new Uint8Array(deflateSync(bytes))) },
  { weight: 1, arbitrary: body.map((bytes) => new Uint8Array(brotliCompressSync(bytes))) },
  { weight: 1, arbitrary: fc.constant(bomb) }
)

const chunkedBody = (bytes: Uint8Array, size: number): Uint8Array => {
  const chunks: Array<Uint8Array> = []
  for (let at = 0; at < bytes.length; at += size) {
    const chunk = bytes.subarray(at, at + size)
    chunks.push(latin1(`${chunk.length.toString(16)}\r\n`), chunk, latin1("\r\n"))
  }
  return join(...chunks, latin1("0\r\n\r\n"))
}

/** How the length of a body is given: correctly or not. */
const framing = fc.oneof(
  { weight: 5, arbitrary: fc.constant("length") },
  { weight: 4, arbitrary: fc.constant("chunked") },
  { weight: 1, arbitrary: fc.constantFrom("none", "short", "long", "negative", "huge", "both", "bad chunk") }
)

const framed = (bytes: Uint8Array, kind: string, size: number): readonly [head: string, body: Uint8Array] => {
  switch (kind) {
    case "length":
      return [`content-length: ${bytes.length}\r\n`, bytes]
    case "chunked":
      return ["transfer-encoding: chunked\r\n", chunkedBody(bytes, size)]
    case "short":
      return [`content-length: ${Math.max(0, bytes.length - 3)}\r\n`, bytes]
    case "long":
      return [`content-length: ${bytes.length + 9}\r\n`, bytes]
    case "negative":
      return ["content-length: -5\r\n", bytes]
    case "huge":
      return ["content-length: 99999999999999\r\n", bytes]
    case "both":
      return [`content-length: ${bytes.length}\r\ntransfer-encoding: chunked\r\n`, chunkedBody(bytes, size)]
    case "bad chunk":
      return ["transfer-encoding: chunked\r\n", join(latin1("zz\r\n"), bytes)]
    default:
      return ["connection: close\r\n", bytes]
  }
}

const ending = fc.oneof(
  { weight: 5, arbitrary: fc.constant<ReadonlyArray<Action>>([]) },
  { weight: 2, arbitrary: fc.constant<ReadonlyArray<Action>>([["end"]]) },
  { weight: 2, arbitrary: fc.constant<ReadonlyArray<Action>>([["reset"]]) },
  { weight: 1, arbitrary: fc.constant<ReadonlyArray<Action>>([["write", latin1("HTTP/1.1 200 OK\r\n\r\nextra")]]) }
)

/** Cuts bytes into writes, with pauses, and drops the end of some. */
const written = (
  bytes: Uint8Array,
  cuts: ReadonlyArray<number>,
  pause: number,
  kept: number
): ReadonlyArray<Action> => {
  const end = Math.ceil(bytes.length * kept)
  const points = [...new Set(cuts.map((cut) => Math.floor(cut * end)))].toSorted((a, b) => a - b)
  return [0, ...points].flatMap((start, index): ReadonlyArray<Action> => {
    const piece = bytes.slice(start, points[index] ?? end)
    const write: Action = ["write", piece]
    return pause === 0 || index === 0 ? [write] : [["wait", pause], write]
  })
}

export const script: fc.Arbitrary<Script> = fc.record({
  before: informational,
  status: anyStatusLine,
  headers: fc.array(header, { maxLength: 6 }),
  lineEnd: fc.oneof({ weight: 20, arbitrary: fc.constant("\r\n") }, { weight: 1, arbitrary: fc.constant("\n") }),
  body: encoded,
  kind: framing,
  size: fc.constantFrom(1, 7, 1_000, 65_536),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
  pause: fc.constantFrom(0, 0, 0, 5, 30),
  kept: fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, fc.double({ min: 0, max: 1, noNaN: true })),
  ending,
  waitForRequest: fc.oneof({ weight: 15, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) })
}).map(
  ({ before, body: bytes, cuts, ending: last, headers, kept, kind, lineEnd, pause, size, status, waitForRequest }) => {
    const [lengthHeader, content] = framed(bytes, kind, bytes.length > 10_000 ? 65_536 : size)
    const lines = headers.map(([name, value]) => `${name}: ${value}${lineEnd}`).join("")
    const head = latin1(`${before}${status}${lineEnd}${lines}${lengthHeader}${lineEnd}`)
    return {
      waitForRequest,
      hasBodilessStatus: /\b(204|205|304)\b/.test(status),
      actions: [...written(join(head, content), cuts, pause, kept), ...last]
    }
  }
)

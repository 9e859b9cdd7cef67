import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Stream } from "effect"
import { NodeDuplexTransport } from "effect-sagemaker-runtime/node"
import { certificates } from "../support/certificates.ts"
import { attemptWith, failureOf, post } from "../support/duplexCall.ts"
import { eventually } from "../support/eventually.ts"
import {
  flags,
  frame,
  type FrameConnection,
  frameTypes,
  header,
  serveFrames,
  setting,
  status200,
  uint32
} from "../support/http2Frames.ts"
import { serve, serveTcp, serveTls } from "../support/server.ts"

/** The server responds with these frames when the request headers arrive. */
const responding = (frames: (stream: number) => ReadonlyArray<Uint8Array>) =>
  serveFrames({
    received: ({ stream, type }, { write }) => {
      if (type === frameTypes.headers) {
        write(...frames(stream))
      }
    }
  })

const headers = (stream: number, flag = flags.endHeaders) => frame("headers", flag, stream, status200)

const data = (stream: number, text: string, flag = 0) => frame("data", flag, stream, Buffer.from(text))

const reset = (stream: number, code: number) => frame("resetStream", 0, stream, uint32(code))

const goaway = (lastStream: number, code: number) => frame("goaway", 0, 0, uint32(lastStream, code))

const lost = { reason: "reset", requestSent: true, retry: "transient" }
const invalid = { reason: "protocol", requestSent: true, retry: "never" }
const refused = { reason: "reset", requestSent: false, retry: "transient" }

const nodeVersion = Number(process.versions.node.split(".")[0])

/** Node 20 sends GOAWAY, but reports nothing and reads no more. The next ping finds it. Node 24 reports the error. */
const foundByPing = nodeVersion < 24 ? { ...lost, code: "ETIMEDOUT" } : invalid

type Failure = Readonly<Record<string, unknown>>

const afterHeaders: ReadonlyArray<
  readonly [name: string, frames: (stream: number) => ReadonlyArray<Uint8Array>, failure: Failure]
> = [
  ["REFUSED_STREAM", (id) => [reset(id, 7)], { ...refused, code: "HTTP2_REFUSED_STREAM" }],
  ["INTERNAL_ERROR", (id) => [reset(id, 2)], { ...lost, code: "HTTP2_INTERNAL_ERROR" }],
  ["CANCEL", (id) => [reset(id, 8)], { ...lost, code: "HTTP2_CANCEL" }],
  ["NO_ERROR without a response", (id) => [reset(id, 0)], { ...lost, code: "HTTP2_NO_ERROR" }],
  ["an unknown error code", (id) => [reset(id, 999)], { reason: "reset", requestSent: true }],
  [
    "HTTP_1_1_REQUIRED",
    (id) => [reset(id, 13)],
    { reason: "connect", requestSent: false, retry: "never", code: "HTTP2_HTTP_1_1_REQUIRED" }
  ],
  ["NO_ERROR in the body", (id) => [headers(id), data(id, "a"), reset(id, 0)], { ...lost, code: "HTTP2_NO_ERROR" }],
  ["CANCEL in the body", (id) => [headers(id), data(id, "a"), reset(id, 8)], { ...lost, code: "HTTP2_CANCEL" }],
  ["GOAWAY that excludes the stream", () => [goaway(0, 0)], { ...refused, code: "HTTP2_REFUSED_STREAM" }],
  [
    "GOAWAY with an error that excludes the stream",
    () => [goaway(0, 11)],
    { ...refused, code: "HTTP2_REFUSED_STREAM" }
  ],
  ["GOAWAY with an error", (id) => [goaway(id, 2)], { ...lost, code: "HTTP2_INTERNAL_ERROR" }],
  ["a response without a status", (id) => [frame("headers", flags.endHeaders, id, header("a", "b"))], {
    reason: "reset",
    requestSent: true
  }],
  ["headers in upper case", (id) => [frame("headers", flags.endHeaders, id, header("A", "b"))], {
    reason: "reset",
    requestSent: true
  }],
  ["data before headers", (id) => [data(id, "a")], { requestSent: true }],
  [
    "headers that cannot be decompressed",
    (id) => [frame("headers", flags.endHeaders, id, Buffer.of(0xff, 0xff))],
    foundByPing
  ],
  ["a frame on stream 0 that needs a stream", () => [data(0, "a")], foundByPing],
  ["a frame that is too large", (id) => [headers(id), data(id, "a".repeat(20_000))], foundByPing],
  [
    "a pushed response",
    (id) => [frame("pushPromise", flags.endHeaders, id, Buffer.concat([uint32(2), status200]))],
    invalid
  ],
  ["a window of more than 2^31 - 1 bytes", () => [frame("windowUpdate", 0, 0, uint32(2 ** 31 - 1))], invalid],
  ["headers that are too large", (id) => [
    frame("headers", 0, id, status200),
    ...Array.from({ length: 20 }, () => frame("continuation", 0, id, header("a", "b".repeat(10_000)))),
    frame("continuation", flags.endHeaders, id)
  ], { requestSent: true }],
  ["too many headers", (id) => [
    frame(
      "headers",
      flags.endHeaders,
      id,
      Buffer.concat([status200, ...Array.from({ length: 1_000 }, () => header("a", "b"))])
    )
  ], { requestSent: true }]
]

describe("A server that responds with", () => {
  for (const [name, frames, failure] of afterHeaders) {
    it.scopedLive(`${name} fails the request, and nothing is left open`, () =>
      Effect.gen(function*() {
        const server = yield* responding(frames)
        const actual = yield* failureOf(server.url, { pingInterval: "200 millis" })
        assert.deepInclude(actual, failure)
        yield* eventually(() => server.sockets.size === 0)
      }))
  }

  it.scopedLive("informational responses and trailers is accepted", () =>
    Effect.gen(function*() {
      const informational = header(":status", "103")
      const server = yield* responding((id) => [
        frame("headers", flags.endHeaders, id, informational),
        frame("headers", flags.endHeaders, id, informational),
        headers(id),
        data(id, "body"),
        frame("headers", flags.endHeaders + flags.endStream, id, header("checksum", "1"))
      ])
      const client = yield* NodeDuplexTransport.make()
      assert.deepStrictEqual(yield* attemptWith(client, post(server.url)), { status: 200, text: "body" })
    }))

  it.scopedLive("a complete response and NO_ERROR completes the response", () =>
    Effect.gen(function*() {
      const server = yield* responding((id) => [headers(id), data(id, "body", flags.endStream), reset(id, 0)])
      const client = yield* NodeDuplexTransport.make()
      assert.deepStrictEqual(yield* attemptWith(client, post(server.url)), { status: 200, text: "body" })
    }))

  const closings: ReadonlyArray<
    readonly [name: string, close: (stream: number, connection: FrameConnection) => void]
  > = [
    ["CANCEL", (id, { write }) => write(reset(id, 8))],
    ["the end of the connection", (_, { socket }) => socket.end()],
    ["GOAWAY and the end of the connection", (id, { socket, write }) => {
      write(goaway(id, 0))
      socket.end()
    }]
  ]
  for (const [name, close] of closings) {
    it.scopedLive.each([{ body: Stream.never, which: "open" }, { body: Stream.empty, which: "complete" }])(
      `a complete response and ${name} completes the response of a slow reader, if the request is $which`,
      ({ body }) =>
        Effect.gen(function*() {
          const chunk = "x".repeat(16_000)
          const server = yield* serveFrames({
            received: ({ stream, type }, connection) => {
              if (type === frameTypes.headers) {
                connection.write(headers(stream), ...Array.from({ length: 12 }, () => data(stream, chunk)))
                connection.write(data(stream, "", flags.endStream))
                close(stream, connection)
              }
            }
          })
          const client = yield* NodeDuplexTransport.make({ proxy: false })
          const response = yield* client.execute(post(server.url, body))
          yield* Effect.sleep("100 millis")
          const read = Stream.tap(response.stream, () => Effect.sleep("5 millis"))
          assert.strictEqual(yield* Stream.runFold(read, 0, (sum, { length }) => sum + length), 12 * chunk.length)
        })
    )
  }

  it.scopedLive("a part of a response and CANCEL fails a slow reader after that part", () =>
    Effect.gen(function*() {
      const chunk = "x".repeat(16_000)
      const server = yield* responding((id) => [
        headers(id),
        ...Array.from({ length: 12 }, () => data(id, chunk)),
        reset(id, 8)
      ])
      const client = yield* NodeDuplexTransport.make({ proxy: false })
      const response = yield* client.execute(post(server.url))
      yield* Effect.sleep("100 millis")
      let size = 0
      const exit = yield* Effect.exit(Stream.runForEach(response.stream, ({ length }) =>
        Effect.delay(
          Effect.sync(() => {
            size += length
          }),
          "5 millis"
        )))
      assert.isTrue(Exit.isFailure(exit))
      assert.strictEqual(size, 12 * chunk.length)
    }))

  it.scopedLive("data after the end of the response completes the response", () =>
    Effect.gen(function*() {
      const server = yield* responding((id) => [headers(id), data(id, "body", flags.endStream), data(id, "more")])
      const client = yield* NodeDuplexTransport.make()
      const exit = yield* Effect.either(attemptWith(client, post(server.url)))
      if (exit._tag === "Right") {
        assert.strictEqual(exit.right.text, "body")
      } else {
        assert.deepInclude(exit.left, { requestSent: true })
      }
    }))

  it.scopedLive("the end of a response while the request is sent resets the stream", () =>
    Effect.gen(function*() {
      const server = yield* responding((id) => [headers(id), data(id, "body", flags.endStream)])
      const client = yield* NodeDuplexTransport.make()
      assert.strictEqual((yield* attemptWith(client, post(server.url))).text, "body")
      yield* eventually(() => server.frames("resetStream").length === 1)
      assert.isTrue(server.frames("data").every(({ flags }) => flags === 0))
    }))
})

describe("A server", () => {
  it.scopedLive("that floods the client with settings or pings loses its connection", () =>
    Effect.gen(function*() {
      const flood = (one: Uint8Array) =>
        serveFrames({
          received: ({ type }, { socket, write }: FrameConnection) => {
            if (type === frameTypes.headers) {
              socket.pause()
              setTimeout(() => socket.resume(), 300)
              write(Buffer.concat(Array.from({ length: 200_000 }, () => one)))
            }
          }
        })
      for (const one of [frame("settings", 0, 0, setting(4, 65_535)), frame("ping", 0, 0, Buffer.alloc(8))]) {
        const server = yield* flood(one)
        assert.propertyVal(yield* failureOf(server.url), "requestSent", true)
        yield* eventually(() => server.sockets.size === 0)
      }
    }))

  it.scopedLive("whose window stays empty stops the source; firstByte and idle end the request", () =>
    Effect.gen(function*() {
      const connected = ({ write }: FrameConnection) => write(frame("settings", 0, 0, setting(4, 0)))
      const server = yield* serveFrames({ connected })
      assert.deepInclude(yield* failureOf(server.url, {}, { firstByte: 100 }), {
        reason: "firstByte",
        requestSent: true
      })
      assert.strictEqual(server.frames("data").length, 0)
      const silent = yield* serveFrames({
        connected,
        received: ({ stream, type }, { write }) => type === frameTypes.headers && write(headers(stream))
      })
      assert.deepInclude(yield* failureOf(silent.url, {}, { idle: 100 }), { reason: "idle" })
      yield* eventually(() => server.sockets.size + silent.sockets.size === 0)
    }))

  it.scopedLive("that sends no settings is not connected after connectTimeout", () =>
    Effect.gen(function*() {
      const silent = yield* serveTcp((socket) => socket.resume())
      assert.deepInclude(yield* failureOf(`http://127.0.0.1:${silent.port}`, { connectTimeout: "50 millis" }), {
        reason: "timeout",
        requestSent: false,
        retry: "transient"
      })
      const closed = yield* serveFrames({ connected: ({ write }) => write(frame("settings", 0, 0, setting(3, 0))) })
      assert.deepInclude(yield* failureOf(closed.url, { connectTimeout: "50 millis" }), { reason: "timeout" })
      yield* eventually(() => silent.sockets.size + closed.sockets.size === 0)
    }))

  it.scopedLive("that hangs up before its settings is not connected", () =>
    Effect.gen(function*() {
      const server = yield* serveTcp((socket) => socket.destroy())
      assert.deepInclude(yield* failureOf(`http://127.0.0.1:${server.port}`), {
        reason: "connect",
        requestSent: false,
        retry: "transient"
      })
    }))

  it.scopedLive("that speaks only HTTP/1.1 is reported, with and without TLS", () =>
    Effect.gen(function*() {
      const { ca } = yield* certificates
      const unsupported = { reason: "connect", code: "HTTP2_UNSUPPORTED", requestSent: false, retry: "never" } as const
      const secure = yield* serveTls((_, response) => response.end())
      assert.deepInclude(yield* failureOf(secure.url, { ca }), unsupported)
      const plain = yield* serve((_, response) => response.end())
      assert.deepInclude(yield* failureOf(plain.url), unsupported)
      yield* eventually(() => secure.sockets.size + plain.sockets.size === 0)
    }))
})

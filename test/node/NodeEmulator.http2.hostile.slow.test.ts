import { HttpServerResponse } from "@effect/platform"
import { assert, it } from "@effect/vitest"
import { Effect, FastCheck, Stream } from "effect"
import { SageMakerError } from "effect-sagemaker-runtime"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { constants } from "node:http2"
import { connect, type Socket } from "node:net"
import { describe } from "vitest"
import { textFrame } from "../support/bidirectionalFrames.ts"
import { eventually } from "../support/eventually.ts"
import { closeCode, connectHttp2, responseHeaders } from "../support/http2Client.ts"
import {
  flags,
  frame,
  headerBlock,
  parseFrames,
  preface,
  requestHeaders,
  settings,
  types
} from "../support/http2ClientFrames.ts"

const path = "/endpoints/echo/invocations-bidirectional-stream"

const emulator = (options: Partial<NodeEmulator.NodeEmulatorOptions> = {}) =>
  NodeEmulator.layer({
    endpoints: [
      Emulator.endpoint("echo", ({ Body }) => Effect.succeed(Body)),
      Emulator.bidirectional("echo", (parts) => Stream.map(parts, ({ Bytes }) => Bytes))
    ],
    credentials: "anonymous",
    ...options
  })

const urlOf = Effect.map(NodeEmulator.NodeEmulator, ({ url }) => url)

/** Sends raw bytes and returns what the server sends until it closes the connection, or until the time has passed. */
const exchange = (bytes: Uint8Array, millis = 1_000, more?: (socket: Socket) => void) =>
  Effect.flatMap(urlOf, (url) =>
    Effect.async<{ readonly received: Buffer; readonly isClosed: boolean }>((resume) => {
      const chunks: Array<Uint8Array> = []
      const socket = connect(Number(new URL(url).port), "127.0.0.1")
      const finish = (isClosed: boolean) => {
        clearTimeout(timer)
        resume(Effect.succeed({ received: Buffer.concat(chunks), isClosed }))
        socket.destroy()
      }
      const timer = setTimeout(finish, millis, false)
      socket.on("data", (chunk: Uint8Array) => chunks.push(chunk))
      socket.on("error", () => undefined)
      socket.once("close", () => finish(true))
      socket.write(bytes)
      more?.(socket)
    }))

/** The emulator still responds, over both protocols. */
const responds = Effect.gen(function*() {
  const url = yield* urlOf
  const response = yield* Effect.promise(() =>
    fetch(`${url}/endpoints/echo/invocations`, { method: "POST", body: "a" })
  )
  assert.strictEqual(response.status, 200)
  const stream = (yield* connectHttp2(url)).request({ ":method": "POST", ":path": path })
  stream.end(textFrame("a"))
  assert.strictEqual((yield* responseHeaders(stream)).status, 200)
}).pipe(Effect.scoped)

describe("The emulator closes a connection that is too slow", () => {
  const slow: ReadonlyArray<readonly [what: string, bytes: Uint8Array]> = [
    ["sends nothing", new Uint8Array()],
    ["sends a part of the first bytes of HTTP/2", preface.subarray(0, 10)]
  ]
  for (const [what, bytes] of slow) {
    it.live(`because it ${what}`, () =>
      Effect.gen(function*() {
        const { isClosed, received } = yield* exchange(bytes, 3_000)
        assert.match(received.toString(), /^HTTP\/1\.1 408 /)
        assert.isTrue(isClosed)
      }).pipe(Effect.provide(emulator({ requestTimeout: "200 millis" }))))
  }

  it.live("because its HTTP/2 session has no stream", () =>
    Effect.gen(function*() {
      const { isClosed } = yield* exchange(Buffer.concat([preface, settings]), 3_000)
      assert.isTrue(isClosed)
    }).pipe(Effect.provide(emulator({ requestTimeout: "200 millis" }))))
})

it.live("The emulator keeps a silent bidirectional stream open", () =>
  Effect.gen(function*() {
    const session = yield* connectHttp2(yield* urlOf)
    const stream = session.request({ ":method": "POST", ":path": path })
    yield* responseHeaders(stream)
    yield* Effect.sleep("800 millis")
    assert.isFalse(stream.closed)
    stream.end()
    assert.strictEqual(yield* closeCode(stream.resume()), constants.NGHTTP2_NO_ERROR)
    yield* eventually(() => session.destroyed)
  }).pipe(Effect.scoped, Effect.provide(emulator({ requestTimeout: "200 millis" }))))

it.live("A request over HTTP/2 whose body is incomplete after requestTimeout is ended with 408", () =>
  Effect.gen(function*() {
    const session = yield* connectHttp2(yield* urlOf)
    const stream = session.request({ ":method": "POST", ":path": "/endpoints/echo/invocations" })
    stream.write("a")
    assert.strictEqual((yield* responseHeaders(stream)).status, 408)
    assert.strictEqual(yield* closeCode(stream.resume()), constants.NGHTTP2_NO_ERROR)
  }).pipe(Effect.scoped, Effect.provide(emulator({ requestTimeout: "200 millis" }))))

describe("The emulator stops reading a body over HTTP/2 at maxBodyBytes and sends 413", () => {
  for (const length of [undefined, 1_000_000_000]) {
    it.live(length === undefined ? "without a content length" : "with a content length", () =>
      Effect.gen(function*() {
        const session = yield* connectHttp2(yield* urlOf)
        const stream = session.request({
          ":method": "POST",
          ":path": "/endpoints/echo/invocations",
          ...(length === undefined ? {} : { "content-length": length })
        })
        stream.on("error", () => undefined)
        let written = 0
        const write = () => {
          while (!stream.destroyed && stream.write(Buffer.alloc(100_000))) {
            written += 100_000
          }
        }
        stream.on("drain", write)
        write()
        assert.strictEqual((yield* responseHeaders(stream)).status, 413)
        yield* Effect.async<void>((resume) => {
          stream.resume().once("end", () => resume(Effect.void))
        })
        assert.isBelow(written, 10_000_000)
      }).pipe(Effect.scoped, Effect.provide(emulator({ maxBodyBytes: 100_000 }))))
  }
})

const open = Buffer.concat([preface, settings])
const openStream = frame(types.headers, flags.endHeaders, 1, requestHeaders(path))
const repeat = (count: number, bytes: (at: number) => Uint8Array): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, at) => bytes(at)))

const violations: ReadonlyArray<readonly [what: string, bytes: Uint8Array]> = [
  ["text after the first bytes", Buffer.concat([preface, Buffer.from("GET / HTTP/1.1\r\n\r\n")])],
  ["no settings", Buffer.concat([preface, frame(types.ping, 0, 0, Buffer.alloc(8))])],
  ["a frame of an invalid size", Buffer.concat([open, frame(types.ping, 0, 0, Buffer.alloc(3))])],
  ["data for a stream that is not open", Buffer.concat([open, frame(types.data, 0, 1, Buffer.alloc(3))])],
  ["a stream with an even number", Buffer.concat([open, frame(types.headers, 4, 2, requestHeaders(path))])],
  ["a header block that is not HPACK", Buffer.concat([open, frame(types.headers, 4, 1, Buffer.alloc(20, 0xff))])],
  [
    "a header block that never ends",
    Buffer.concat([
      open,
      frame(types.headers, 0, 1, requestHeaders(path)),
      repeat(2_000, (at) => frame(types.continuation, 0, 1, headerBlock({ [`x-${at}`]: "a".repeat(1_000) })))
    ])
  ],
  [
    "a window that overflows",
    Buffer.concat([
      open,
      openStream,
      repeat(3, () => frame(types.windowUpdate, 0, 0, Buffer.from([0x7f, 0xff, 0xff, 0xff])))
    ])
  ],
  [
    "data after the end of a stream",
    Buffer.concat([
      open,
      frame(types.headers, flags.endHeaders + flags.endStream, 1, requestHeaders(path)),
      repeat(50, () => frame(types.data, 0, 1, textFrame("a")))
    ])
  ]
]

describe("The emulator survives HTTP/2 with", () => {
  for (const [what, bytes] of violations) {
    it.live(what, () =>
      Effect.gen(function*() {
        yield* exchange(bytes, 300)
        yield* responds
      }).pipe(Effect.provide(emulator())))
  }

  const floods: ReadonlyArray<readonly [what: string, bytes: Uint8Array]> = [
    ["SETTINGS", repeat(20_000, () => settings)],
    ["PING", repeat(20_000, () => frame(types.ping, 0, 0, Buffer.alloc(8)))],
    [
      "streams that are reset",
      repeat(5_000, (at) =>
        Buffer.concat([
          frame(types.headers, flags.endHeaders, at * 2 + 1, requestHeaders(path)),
          frame(types.reset, 0, at * 2 + 1, Buffer.from([0, 0, 0, 8]))
        ]))
    ],
    ["open streams", repeat(2_000, (at) => frame(types.headers, flags.endHeaders, at * 2 + 1, requestHeaders(path)))],
    ["empty data", Buffer.concat([openStream, repeat(20_000, () => frame(types.data, 0, 1))])]
  ]
  for (const [what, bytes] of floods) {
    it.live(`a flood of ${what}`, () =>
      Effect.gen(function*() {
        yield* exchange(Buffer.concat([open, bytes]), 500, (socket) => socket.pause())
        yield* responds
      }).pipe(Effect.provide(emulator())))
  }

  it.live("more streams than the limit, of which it refuses the rest", () =>
    Effect.gen(function*() {
      const isAccepted = ({ type }: { readonly type: number }) => type === types.headers
      const isRefused = ({ type }: { readonly type: number }) => type === types.reset || type === types.goAway
      const opened = repeat(200, (at) => frame(types.headers, flags.endHeaders, at * 2 + 1, requestHeaders(path)))
      const { received } = yield* exchange(Buffer.concat([open, opened]), 10_000, (socket) => {
        let bytes = Buffer.alloc(0)
        socket.on("data", (chunk: Buffer) => {
          bytes = Buffer.concat([bytes, chunk])
          const frames = parseFrames(bytes)
          if (frames.filter(isAccepted).length >= 128 && frames.some(isRefused)) {
            socket.destroy()
          }
        })
      })
      const frames = parseFrames(received)
      assert.strictEqual(frames.filter(isAccepted).length, 128)
      assert.isAbove(frames.filter(isRefused).length, 0)
    }).pipe(Effect.provide(emulator())))

  const pseudoHeaders: ReadonlyArray<Readonly<Record<string, string>>> = [
    {},
    { ":method": "POST" },
    { ":method": "POST", ":path": path },
    { ":method": "POST", ":scheme": "http", ":path": "" },
    { ":method": "POST", ":scheme": "http", ":path": "*" },
    { ":method": "POST", ":scheme": "http", ":path": "http://[/" },
    { ":method": "CONNECT", ":authority": "localhost" },
    { ":method": "POST", ":scheme": "http", ":path": "/endpoints/%zz/invocations" },
    { ":method": "POST", ":scheme": "http", ":path": path, "__proto__x": "a", constructor: "b" },
    { ":method": "POST", ":scheme": "http", ":path": path, "content-length": "-1" },
    { ":method": "POST", ":scheme": "http", ":path": "/endpoints/echo/invocations", "content-length": "1e9" }
  ]
  it.live("headers that are missing or invalid", () =>
    Effect.gen(function*() {
      for (const headers of pseudoHeaders) {
        yield* exchange(Buffer.concat([open, frame(types.headers, 5, 1, headerBlock(headers))]), 100)
      }
      yield* responds
    }).pipe(Effect.provide(emulator())))

  it.live("random bytes", () =>
    Effect.gen(function*() {
      const inputs = FastCheck.sample(
        FastCheck.tuple(FastCheck.uint8Array({ maxLength: 200 }), FastCheck.integer({ min: 0, max: 10 })),
        60
      )
      yield* Effect.forEach(
        inputs,
        ([bytes, type]) =>
          exchange(Buffer.concat([open, openStream, frame(type, bytes[0] ?? 0, 1, bytes), bytes]), 100),
        { concurrency: 10 }
      )
      yield* responds
    }).pipe(Effect.provide(emulator())))
})

describe("A response ends before its request", () => {
  const ending = (failure: Stream.Stream<never, SageMakerError.TransportError>) =>
    emulator({ endpoints: [Emulator.bidirectional("echo", () => Stream.concat(Stream.make("a"), failure))] })

  /** The frames of the stream, in which DATA with END_STREAM is `end`. */
  const sent = Effect.map(
    exchange(Buffer.concat([open, openStream]), 2_000),
    ({ received }) =>
      parseFrames(received).filter(({ stream }) => stream === 1).map((frame) => {
        if (frame.type === types.data) {
          return frame.flags === flags.endStream ? "end" : "data"
        }
        return frame.type === types.reset ? "reset" : "headers"
      })
  )

  it.live("with the end of the stream, and is reset without an error later", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* sent, ["headers", "data", "end", "reset"])
    }).pipe(Effect.provide(ending(Stream.empty))))

  it.live("with a reset only, if the handler fails with TransportError", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* sent, ["headers", "data", "reset"])
    }).pipe(Effect.provide(ending(Stream.fail(new SageMakerError.TransportError({ reason: "reset" }))))))
})

it.live("A response that HTTP/2 does not allow resets its stream only", () =>
  Effect.gen(function*() {
    const session = yield* connectHttp2(yield* urlOf)
    for (const name of ["status", "header", "empty"]) {
      const stream = session.request({ ":method": "POST", ":path": `/endpoints/${name}/invocations` })
      stream.on("error", () => undefined)
      stream.end()
      yield* closeCode(stream.resume())
    }
    assert.isFalse(session.destroyed)
    yield* responds
  }).pipe(
    Effect.scoped,
    Effect.provide(emulator({
      endpoints: [
        Emulator.endpoint("echo", ({ Body }) => Effect.succeed(Body)),
        Emulator.bidirectional("echo", (parts) => Stream.map(parts, ({ Bytes }) => Bytes)),
        Emulator.endpoint("status", () => Effect.succeed(HttpServerResponse.empty({ status: 304 }))),
        Emulator.endpoint("empty", () => Effect.succeed(HttpServerResponse.empty({ status: 204 }))),
        Emulator.endpoint("header", () =>
          Effect.succeed(HttpServerResponse.text("a", { headers: { connection: "close", "x-a": "é" } })))
      ]
    }))
  ))

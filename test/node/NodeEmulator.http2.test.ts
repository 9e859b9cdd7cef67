import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Layer, Queue, Scope, Stream } from "effect"
import { SageMakerError } from "effect-sagemaker-runtime"
import { InvokeEndpointWithBidirectionalStream as Bidirectional } from "effect-sagemaker-runtime"
import { NodeEmulator, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { type ClientHttp2Session, type ClientHttp2Stream, constants } from "node:http2"
import { connect } from "node:net"
import { describe } from "vitest"
import {
  emulatorKeys,
  receivedFrames,
  signAll,
  signedRequest,
  type SignedRequestOptions,
  textFrame
} from "../support/bidirectionalFrames.ts"
import { eventually } from "../support/eventually.ts"
import { closeCode, connectHttp2, responseBytes, responseHeaders, sockets } from "../support/http2Client.ts"

const endpoints = [
  Emulator.endpoint("echo", ({ Body }) => Effect.succeed(Body)),
  Emulator.bidirectional("echo", (parts) => Stream.map(parts, ({ Bytes }) => Bytes))
]

const emulator = (options: Partial<NodeEmulator.NodeEmulatorOptions> = {}) =>
  NodeEmulator.layer({ endpoints, ...options })

const anonymous = (...more: ReadonlyArray<Emulator.EmulatorEndpoint>) =>
  emulator({ endpoints: [...endpoints, ...more], credentials: "anonymous" })

const urlOf = Effect.map(NodeEmulator.NodeEmulator, ({ url }) => url)

const session = Effect.flatMap(urlOf, connectHttp2)

/** Opens a stream. With `waitForTrailers`, `close` does not send an end of the stream before the reset. */
const open = (session: ClientHttp2Session, endpoint = "echo") =>
  session.request({
    ":method": "POST",
    ":path": `/endpoints/${endpoint}/invocations-bidirectional-stream`,
    "content-type": "application/vnd.amazon.eventstream"
  }, { waitForTrailers: true })

const bodies = (stream: ClientHttp2Stream) =>
  Effect.map(
    Stream.runCollect(receivedFrames(responseBytes(stream))),
    (frames) => Array.from(frames, ({ body }) => body)
  )

/** Sends signed texts over a new session. */
const exchange = (texts: ReadonlyArray<string>, options: SignedRequestOptions = {}) =>
  Effect.gen(function*() {
    const request = yield* signedRequest(new URL(yield* urlOf).host, options)
    const stream = (yield* session).request({ ":method": "POST", ":path": request.path, ...request.headers })
    for (const frame of yield* signAll(texts.map(textFrame), request.signFrame)) {
      stream.write(frame)
    }
    stream.end()
    const { headers, status } = yield* responseHeaders(stream)
    return { status, headers, received: status === 200 ? yield* bodies(stream) : [] }
  }).pipe(Effect.scoped)

describe("The emulator serves HTTP/2", () => {
  it.live("with bidirectional streams, whose signatures it verifies", () =>
    Effect.gen(function*() {
      const { headers, received } = yield* exchange(["a", "b"])
      assert.deepStrictEqual(received, ["a", "b"])
      assert.strictEqual(headers["content-type"], "application/vnd.amazon.eventstream")
      assert.isString(headers["x-amzn-requestid"])
      const { status } = yield* exchange([], { credentials: { ...emulatorKeys, secretAccessKey: "other" } })
      assert.strictEqual(status, 403)
    }).pipe(Effect.provide(emulator())))

  it.live("and HTTP/1.1 on the same port", () =>
    Effect.gen(function*() {
      const url = yield* urlOf
      const statusOf = (operation: string) =>
        Effect.promise(async () => (await fetch(`${url}/endpoints/echo/${operation}`, { method: "POST" })).status)
      assert.strictEqual(yield* statusOf("invocations"), 200)
      assert.strictEqual(yield* statusOf("invocations-bidirectional-stream"), 404)
      assert.deepStrictEqual((yield* exchange(["a"])).received, ["a"])
    }).pipe(Effect.provide(anonymous())))

  it.live("with requests that sign :authority, as AWS SDK for JavaScript does", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* exchange(["a"], { authority: true })).received, ["a"])
    }).pipe(Effect.provide(emulator())))

  it.live("with the other operations", () =>
    Effect.gen(function*() {
      const connection = yield* session
      const invoke = (endpoint: string, body: string) =>
        Effect.gen(function*() {
          const stream = connection.request({ ":method": "POST", ":path": `/endpoints/${endpoint}/invocations` })
          stream.end(body)
          const { headers, status } = yield* responseHeaders(stream)
          const received = Buffer.concat(Array.from(yield* Stream.runCollect(responseBytes(stream))))
          return { status, code: headers["x-amzn-errortype"], body: received.toString() }
        })
      assert.deepInclude(yield* invoke("echo", "héllo"), { status: 200, body: "héllo" })
      assert.deepInclude(yield* invoke("echo", ""), { status: 200, body: "" })
      assert.deepInclude(yield* invoke("absent", ""), { status: 400, code: "ValidationError" })
      assert.deepInclude(yield* invoke("echo", "a".repeat(2_000)), { status: 413 })
    }).pipe(Effect.scoped, Effect.provide(emulator({ credentials: "anonymous", maxBodyBytes: 1_000 }))))

  it.live("with the emulated Amazon S3", () =>
    Effect.gen(function*() {
      const connection = yield* session
      const put = connection.request({ ":method": "PUT", ":path": "/bucket/key", "content-length": 5 })
      put.end("value")
      assert.strictEqual((yield* responseHeaders(put)).status, 200)
      const get = connection.request({ ":method": "GET", ":path": "/bucket/key" })
      assert.strictEqual((yield* responseHeaders(get)).status, 200)
      const chunks = yield* Stream.runCollect(responseBytes(get))
      assert.strictEqual(Buffer.concat(Array.from(chunks)).toString(), "value")
    }).pipe(Effect.scoped, Effect.provide(anonymous())))

  it.live("with 100 streams at the same time on one connection", () =>
    Effect.gen(function*() {
      const connection = yield* session
      const streams = Array.from({ length: 100 }, () => open(connection))
      const received = yield* Effect.forEach(streams, (stream) =>
        Effect.gen(function*() {
          yield* responseHeaders(stream)
          stream.end(textFrame("a"))
          return yield* bodies(stream)
        }), { concurrency: "unbounded" })
      assert.deepStrictEqual(received.flat(), streams.map(() => "a"))
    }).pipe(Effect.scoped, Effect.provide(anonymous())))

  it.live("for each split of the first bytes", () =>
    Effect.gen(function*() {
      const { port } = new URL(yield* urlOf)
      const received = yield* Effect.async<string>((resume) => {
        const socket = connect(Number(port), "127.0.0.1")
        socket.setNoDelay(true)
        const bytes = Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Buffer.alloc(9).fill(4, 3, 4)])
        const write = (at: number) => {
          if (at < bytes.length) {
            socket.write(bytes.subarray(at, at + 1), () => setTimeout(write, 1, at + 1))
          }
        }
        write(0)
        socket.once("data", (data) => resume(Effect.succeed(data.toString("hex"))))
      })
      // The type of the first frame is SETTINGS.
      assert.strictEqual(received.slice(6, 8), "04")
    }).pipe(Effect.provide(emulator())))
})

describe("A stream of the emulator", () => {
  it.live("receives and sends parts at the same time", () =>
    Effect.gen(function*() {
      const stream = open(yield* session)
      yield* responseHeaders(stream)
      const received = yield* Stream.toQueueOfElements(receivedFrames(responseBytes(stream)))
      for (const text of ["one", "two"]) {
        stream.write(textFrame(text))
        const next = yield* Queue.take(received)
        assert.strictEqual(Exit.isSuccess(next) ? next.value.body : undefined, text)
      }
    }).pipe(Effect.scoped, Effect.provide(anonymous())))

  it.live("ends without an error if the handler ends before the request", () =>
    Effect.gen(function*() {
      const connection = yield* session
      const stream = open(connection, "short")
      stream.write(textFrame("a"))
      assert.deepStrictEqual(yield* bodies(stream), ["first"])
      assert.strictEqual(yield* closeCode(stream), constants.NGHTTP2_NO_ERROR)
      assert.isFalse(connection.destroyed)
    }).pipe(
      Effect.scoped,
      Effect.provide(anonymous(Emulator.bidirectional("short", () => Stream.make("first"))))
    ))

  it.live("is reset, after its last part and without an end, if the handler fails with TransportError", () =>
    Effect.gen(function*() {
      const connection = yield* session
      const stream = open(connection, "lost")
      let hasEnded = false
      stream.once("end", () => {
        hasEnded = true
      })
      const received = yield* Effect.either(bodies(stream))
      assert.strictEqual(received._tag, "Left")
      assert.strictEqual(yield* closeCode(stream), constants.NGHTTP2_INTERNAL_ERROR)
      assert.isFalse(hasEnded)
      assert.isFalse(connection.destroyed)
    }).pipe(
      Effect.scoped,
      Effect.provide(anonymous(
        Emulator.bidirectional(
          "lost",
          () => Stream.concat(Stream.make("a"), Stream.fail(new SageMakerError.TransportError({ reason: "reset" })))
        )
      ))
    ))

  const leaving: ReadonlyArray<readonly [what: string, leave: (stream: ClientHttp2Stream) => void]> = [
    ["resets the stream with CANCEL", (stream) => stream.close(constants.NGHTTP2_CANCEL)],
    ["resets the stream without an error code", (stream) => stream.close(constants.NGHTTP2_NO_ERROR)],
    ["closes the session", (stream) => stream.session?.destroy()],
    ["closes the connection", (stream) => sockets.get(stream.session!)!.destroy()]
  ]
  for (const [what, leave] of leaving) {
    it.live(`interrupts the handler if the client ${what}`, () =>
      Effect.gen(function*() {
        const reading = yield* Deferred.make<void>()
        const outcome = yield* Deferred.make<string>()
        const handler = Emulator.bidirectional("waiting", (parts) =>
          Stream.concat(
            Stream.drain(Stream.tap(parts, () => Deferred.succeed(reading, undefined))),
            Stream.fromEffect(Deferred.succeed(outcome, "the parts ended")).pipe(Stream.drain)
          ).pipe(
            Stream.ensuringWith((exit) => Deferred.succeed(outcome, Exit.isInterrupted(exit) ? "interrupted" : "ended"))
          ))
        yield* Effect.gen(function*() {
          const stream = open(yield* session, "waiting")
          stream.on("error", () => undefined)
          stream.write(textFrame("a"))
          yield* Deferred.await(reading)
          leave(stream)
          assert.strictEqual(yield* Deferred.await(outcome), "interrupted")
        }).pipe(Effect.scoped, Effect.provide(anonymous(handler)))
      }))
  }

  it.live("does not read more than the handler", () =>
    Effect.gen(function*() {
      const stream = open(yield* session, "slow")
      yield* responseHeaders(stream)
      const frame = textFrame("a".repeat(16_000))
      let written = 0
      while (stream.write(frame) && written < 1_000) {
        written += 1
        yield* Effect.sleep(1)
      }
      assert.isBelow(written * frame.length, 1_000_000)
    }).pipe(
      Effect.scoped,
      Effect.provide(anonymous(
        Emulator.bidirectional("slow", (parts) => Stream.concat(Stream.drain(Stream.take(parts, 1)), Stream.never))
      ))
    ))

  it.live("does not run the handler further than the client reads", () =>
    Effect.gen(function*() {
      let produced = 0
      const fast = Emulator.bidirectional("fast", () =>
        Stream.repeatEffect(Effect.sync(() => {
          produced += 1
          return new Uint8Array(16_000)
        })))
      yield* Effect.gen(function*() {
        const stream = open(yield* session, "fast")
        stream.pause()
        yield* responseHeaders(stream)
        yield* eventually(() => produced > 3)
        yield* Effect.sleep(200)
        const before = produced
        assert.isBelow(before, 200)
        yield* Effect.sleep(200)
        assert.strictEqual(produced, before)
      }).pipe(Effect.scoped, Effect.provide(anonymous(fast)))
    }))
})

it.live("The end of the scope closes HTTP/2 connections and interrupts their handlers", () =>
  Effect.gen(function*() {
    const reading = yield* Deferred.make<void>()
    const interrupted = yield* Deferred.make<void>()
    const waiting = Emulator.bidirectional("waiting", (parts) =>
      Stream.ensuring(
        Stream.drain(Stream.tap(parts, () => Deferred.succeed(reading, undefined))),
        Deferred.succeed(interrupted, undefined)
      ))
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(anonymous(waiting), scope)
    const connection = yield* Effect.provide(session, context)
    const stream = open(connection, "waiting")
    stream.on("error", () => undefined)
    stream.write(textFrame("a"))
    yield* Deferred.await(reading)
    yield* Scope.close(scope, Exit.void)
    yield* Deferred.await(interrupted)
    yield* closeCode(stream)
    yield* eventually(() => connection.destroyed)
  }).pipe(Effect.scoped))

it.live("The emulator ends its response before it resets a request that has not ended", () =>
  Effect.gen(function*() {
    const { url } = yield* NodeEmulator.NodeEmulator
    const client = NodeSageMaker.layer({ region: "eu-west-1", endpoint: url, credentials: Emulator.credentials })
    const received = yield* Stream.concat(Stream.make("a"), Stream.never).pipe(
      Bidirectional.messages(),
      Stream.pipeThroughChannel(Bidirectional.channel({ EndpointName: "first" })),
      Bidirectional.texts,
      Stream.runCollect,
      Effect.replicateEffect(20),
      Effect.provide(client)
    )
    assert.deepStrictEqual(received.map((texts) => Array.from(texts)), Array.from({ length: 20 }, () => ["a"]))
  }).pipe(
    Effect.provide(NodeEmulator.layer({
      endpoints: [Emulator.bidirectional("first", (parts) =>
        Stream.map(Stream.take(parts, 1), ({ Bytes, DataType }) => ({ Bytes, DataType })))]
    }))
  ))

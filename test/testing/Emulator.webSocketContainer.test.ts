import { Socket } from "@effect/platform"
import { NodeSocket, NodeSocketServer } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Layer, Option, Stream } from "effect"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { WebSocket } from "undici"
import { describe } from "vitest"
import type { RequestPart } from "../../src/InvokeEndpointWithBidirectionalStream.ts"
import { exchange, execute, host, send } from "../support/bidirectionalEmulator.ts"
import {
  partFrame,
  receivedFrames,
  signAll,
  signedRequest,
  text,
  textFrame,
  utf8
} from "../support/bidirectionalFrames.ts"

type Message = string | Uint8Array

/** Sends a message or closes the connection. */
type Send = (message: Message | Socket.CloseEvent) => Effect.Effect<void>

/** A container with a WebSocket route; returns its URL and what it has received. */
const container = (onMessage: (message: Message, send: Send) => Effect.Effect<void>) =>
  Effect.gen(function*() {
    const server = yield* NodeSocketServer.makeWebSocket({ port: 0, host: "127.0.0.1" })
    const routes: Array<string> = []
    const messages: Array<Message> = []
    const closed = yield* Deferred.make<string>()
    yield* Effect.forkScoped(server.run((socket) =>
      Effect.gen(function*() {
        const request = yield* Effect.serviceOption(NodeSocketServer.IncomingMessage)
        routes.push(Option.getOrThrow(request).url ?? "")
        const write = yield* socket.writer
        yield* socket.runRaw((message) => {
          messages.push(message)
          return onMessage(message, (reply) => Effect.orDie(write(reply)))
        })
        yield* Deferred.succeed(closed, "normal")
      }).pipe(
        Effect.catchAll((error) => Deferred.succeed(closed, error.message)),
        Effect.scoped
      )
    ))
    const { address } = server
    const port = address._tag === "TcpAddress" ? address.port : 0
    return { url: `ws://127.0.0.1:${port}`, routes, messages, closed: Deferred.await(closed) }
  })

const constructors = {
  ws: NodeSocket.layerWebSocketConstructor,
  "the WebSocket of undici, which Node 22 has": Layer.succeed(
    Socket.WebSocketConstructor,
    (url, protocols) => new WebSocket(url, protocols) as unknown as globalThis.WebSocket
  )
}

const emulator = (
  url: string,
  constructor: Layer.Layer<Socket.WebSocketConstructor> = constructors.ws,
  options: Emulator.WebSocketContainerOptions = { closeAfter: "100 millis" }
) =>
  Emulator.layerDuplexTransport({
    endpoints: [
      Emulator.endpoint("echo", ({ Body }) => Effect.succeed(Body)),
      Emulator.webSocketContainer("voice", url, options)
    ]
  }).pipe(Layer.provide(constructor))

const endpoint = { endpoint: "voice" }

for (const [name, constructor] of Object.entries(constructors)) {
  describe(`A container with a WebSocket route, by ${name}`, () => {
    it.live("receives text and bytes, and its messages are the parts of the response", () =>
      Effect.gen(function*() {
        const echo = yield* container((message, send) => send(message))
        const request = yield* signedRequest(host, endpoint)
        const parts: ReadonlyArray<RequestPart> = [
          { Bytes: utf8("héllo"), DataType: "UTF8" },
          { Bytes: new Uint8Array([0, 255]), DataType: "BINARY" },
          { Bytes: new Uint8Array([1]) },
          { Bytes: new Uint8Array(), DataType: "UTF8", CompletionState: "COMPLETE" }
        ]
        const signed = yield* signAll(parts.map((part) => partFrame(part)), request.signFrame)
        const frames = yield* Effect.scoped(Effect.flatMap(
          execute(Stream.fromIterable(signed), request),
          ({ stream }) => Stream.runCollect(receivedFrames(stream))
        )).pipe(Effect.provide(emulator(echo.url, constructor)))
        assert.deepStrictEqual(
          Array.from(frames, ({ body, headers }) => [headers["DataType"], headers["CompletionState"], body]),
          [
            ["UTF8", "COMPLETE", "héllo"],
            ["BINARY", "COMPLETE", text(new Uint8Array([0, 255]))],
            ["BINARY", "COMPLETE", "\u0001"],
            ["UTF8", "COMPLETE", ""]
          ]
        )
        assert.deepStrictEqual(echo.routes, ["/invocations-bidirectional-stream"])
        // The emulator closes the connection after the end of the request.
        assert.strictEqual(yield* echo.closed, "normal")
      }).pipe(Effect.scoped))

    it.live("can end the stream normally, or with a status that is ModelStreamError", () =>
      Effect.gen(function*() {
        const closing = yield* container((message, send) =>
          send(message === "end" ? new Socket.CloseEvent(1000) : new Socket.CloseEvent(4000, "no more memory"))
        )
        const layer = emulator(closing.url, constructor, { closeAfter: "1 minute" })
        const outcome = (value: string) =>
          Effect.gen(function*() {
            const request = yield* signedRequest(host, endpoint)
            const frame = yield* request.signFrame(textFrame(value))
            return yield* send(Stream.concat(Stream.make(frame), Stream.never), request)
          }).pipe(Effect.provide(layer))
        assert.deepStrictEqual((yield* outcome("end")).received, [])
        assert.deepStrictEqual((yield* outcome("fail")).received, [
          "ModelStreamError: The container closed the WebSocket connection with status 4000: no more memory"
        ])
      }).pipe(Effect.scoped))

    it.live("that cannot be reached is ModelError", () =>
      Effect.gen(function*() {
        for (const url of ["ws://127.0.0.1:1", "not a URL", "ftp://127.0.0.1"]) {
          const { code, error, status } = yield* exchange([], endpoint).pipe(Effect.provide(emulator(url, constructor)))
          assert.strictEqual(status, 424)
          assert.strictEqual(code, "ModelError")
          assert.deepInclude(error, { OriginalStatusCode: 0 })
        }
      }))

    it.live("is left when the client leaves the stream", () =>
      Effect.gen(function*() {
        const silent = yield* container(() => Effect.void)
        const request = yield* signedRequest(host, endpoint)
        yield* Effect.scoped(Effect.asVoid(execute(Stream.never, request))).pipe(
          Effect.provide(emulator(silent.url, constructor))
        )
        yield* silent.closed
      }).pipe(Effect.scoped))
  })
}

describe("The WebSocket connection to a container", () => {
  it.live("has the path and the query of the request", () =>
    Effect.gen(function*() {
      const echo = yield* container((message, send) => send(message))
      yield* exchange([textFrame("a")], {
        ...endpoint,
        headers: {
          "x-amzn-sagemaker-model-invocation-path": "v1/realtime",
          "x-amzn-sagemaker-model-query-string": "language=en&x=%20"
        }
      }).pipe(Effect.provide(emulator(`${echo.url}/base/`)))
      assert.deepStrictEqual(echo.routes, ["/base/v1/realtime?language=en&x=%20"])
    }).pipe(Effect.scoped))

  it.live("joins the parts of a message", () =>
    Effect.gen(function*() {
      const echo = yield* container((message, send) => send(message))
      const [first, second] = [utf8("é").subarray(0, 1), utf8("é").subarray(1)]
      const { received } = yield* exchange([
        partFrame({ Bytes: first, DataType: "UTF8", CompletionState: "PARTIAL" }),
        partFrame({ Bytes: second, CompletionState: "PARTIAL" }),
        partFrame({ Bytes: new Uint8Array(), DataType: "BINARY", CompletionState: "COMPLETE" }),
        partFrame({ Bytes: utf8("b"), DataType: "UTF8", CompletionState: "PARTIAL" })
      ], endpoint).pipe(Effect.provide(emulator(echo.url)))
      // The last message is incomplete, so it is not sent.
      assert.deepStrictEqual(received, ["é"])
    }).pipe(Effect.scoped))

  it.live("fails for text that is not UTF-8", () =>
    Effect.gen(function*() {
      const echo = yield* container((message, send) => send(message))
      const { received } = yield* exchange([partFrame({ Bytes: new Uint8Array([255]), DataType: "UTF8" })], endpoint)
        .pipe(
          Effect.provide(emulator(echo.url))
        )
      assert.match(received[0]!, /^ModelStreamError: The container closed the WebSocket connection with status 1007/)
    }).pipe(Effect.scoped))

  it.live("stays open while the container sends messages after the end of the request", () =>
    Effect.gen(function*() {
      const slow = yield* container((_, send) =>
        Effect.forEach(["one", "two", "three"], (word) => Effect.zipRight(Effect.sleep("60 millis"), send(word)), {
          discard: true
        })
      )
      const { received } = yield* exchange([textFrame("a")], endpoint).pipe(Effect.provide(emulator(slow.url)))
      assert.deepStrictEqual(received, ["one", "two", "three"])
    }).pipe(Effect.scoped))

  it.live("accepts the URL of a container with http", () =>
    Effect.gen(function*() {
      const echo = yield* container((message, send) => send(message))
      const { received } = yield* exchange([textFrame("a")], endpoint).pipe(
        Effect.provide(emulator(echo.url.replace("ws:", "http:")))
      )
      assert.deepStrictEqual(received, ["a"])
    }).pipe(Effect.scoped))
})

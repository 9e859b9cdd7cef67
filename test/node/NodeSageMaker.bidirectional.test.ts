import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Queue, Stream } from "effect"
import {
  DuplexTransport,
  InvokeEndpointWithBidirectionalStream as Bidirectional,
  invokeEndpointWithBidirectionalStream,
  RetryPolicy
} from "effect-sagemaker-runtime"
import { NodeEmulator, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { certificates } from "../support/certificates.ts"
import { attemptWith, post } from "../support/duplexCall.ts"
import { eventually } from "../support/eventually.ts"
import { serveFrames } from "../support/http2Frames.ts"
import { echo as echoBytes, serveHttp2Tls, text } from "../support/http2Server.ts"

const echo = Emulator.bidirectional("echo", (parts) => Stream.map(parts, ({ Bytes }) => Bytes))

const clientOf = (endpoint: string) =>
  NodeSageMaker.layer({
    region: "eu-west-1",
    endpoint,
    credentials: Emulator.credentials,
    retry: RetryPolicy.none,
    http: { proxy: false }
  })

const emulated = Layer.unwrapEffect(Effect.map(NodeEmulator.NodeEmulator, ({ url }) => clientOf(url))).pipe(
  Layer.provide(NodeEmulator.layer({ endpoints: [echo] }))
)

describe("NodeSageMaker.layer", () => {
  it.scopedLive("opens bidirectional streams over HTTP/2", () =>
    Effect.gen(function*() {
      const words = yield* Queue.unbounded<string>()
      const { Body } = yield* invokeEndpointWithBidirectionalStream({
        EndpointName: "echo",
        Body: Stream.fromQueue(words).pipe(Bidirectional.messages())
      })
      yield* Queue.offer(words, "one")
      const texts: Array<string> = []
      yield* Body.pipe(
        Stream.runForEach(({ Bytes }) => {
          const text = new TextDecoder().decode(Bytes)
          texts.push(text)
          return text === "one" ? Queue.offer(words, "two") : Queue.shutdown(words)
        })
      )
      assert.deepStrictEqual(texts.filter((text) => text !== ""), ["one", "two"])
    }).pipe(Effect.provide(emulated)))

  it.scopedLive("gives a DuplexTransport with the certificates of its http options, opened for the first request", () =>
    Effect.gen(function*() {
      const { ca } = yield* certificates
      const server = yield* serveHttp2Tls(echoBytes)
      const layer = NodeSageMaker.layer({
        region: "eu-west-1",
        credentials: Emulator.credentials,
        http: { ca, proxy: false }
      })
      const response = yield* DuplexTransport.DuplexTransport.pipe(
        Effect.tap(() => assert.strictEqual(server.connections(), 0)),
        Effect.flatMap((client) => attemptWith(client, post(server.url, text(["a", "b"])))),
        Effect.provide(layer)
      )
      assert.deepStrictEqual(response, { status: 200, text: "ab" })
      yield* eventually(() => server.sockets.size === 0)
    }))

  it.scopedLive("reports a lost connection of a bidirectional stream, and interrupts its source", () =>
    Effect.gen(function*() {
      let isInterrupted = false
      const server = yield* serveFrames({})
      const call = invokeEndpointWithBidirectionalStream({
        EndpointName: "echo",
        Body: Stream.concat(Stream.make("a"), Stream.never).pipe(
          Bidirectional.messages(),
          Stream.ensuring(Effect.sync(() => {
            isInterrupted = true
          }))
        )
      })
      const fiber = yield* Effect.fork(Effect.flip(call).pipe(Effect.provide(clientOf(server.url))))
      yield* eventually(() => server.frames("data").length > 0)
      server.sockets.forEach((socket) => socket.destroy())
      assert.deepInclude(yield* Fiber.join(fiber), { _tag: "TransportError", reason: "reset", requestSent: true })
      assert.isTrue(isInterrupted)
    }))
})

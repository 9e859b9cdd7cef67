import { assert, describe, it } from "@effect/vitest"
import { Chunk, Deferred, Effect, Fiber, Queue, Stream } from "effect"
import { NodeDuplexTransport } from "effect-sagemaker-runtime/node"
import { certificates } from "../support/certificates.ts"
import { attemptWith, post } from "../support/duplexCall.ts"
import { eventually } from "../support/eventually.ts"
import { serveFrames } from "../support/http2Frames.ts"
import { echo, serveHttp2, serveHttp2Tls, text } from "../support/http2Server.ts"

const bytes = (value: string) => new TextEncoder().encode(value)

describe("A request", () => {
  it.scopedLive("sends its body and receives the response without TLS", () =>
    Effect.gen(function*() {
      const { url } = yield* serveHttp2(echo)
      const client = yield* NodeDuplexTransport.make()
      const response = yield* client.execute(post(url, text(["a", "b", "c"])))
      assert.strictEqual(response.status, 200)
      assert.strictEqual(yield* response.text, "abc")
    }))

  it.scopedLive("sends its body and receives the response over TLS", () =>
    Effect.gen(function*() {
      const { url } = yield* serveHttp2Tls(echo)
      const { ca } = yield* certificates
      const client = yield* NodeDuplexTransport.make({ ca })
      const response = yield* client.execute(post(url, text(["a", "b", "c"])))
      assert.strictEqual(yield* response.text, "abc")
    }))

  it.scopedLive("receives each chunk while its body is still being sent", () =>
    Effect.gen(function*() {
      const { streams, url } = yield* serveHttp2(echo)
      const client = yield* NodeDuplexTransport.make()
      const parts = yield* Queue.unbounded<Uint8Array>()
      const response = yield* client.execute(post(url, Stream.fromQueue(parts)))
      const pull = yield* Stream.toPull(response.stream)
      for (const part of ["one", "two", "three"]) {
        yield* Queue.offer(parts, bytes(part))
        assert.deepStrictEqual(Chunk.toReadonlyArray(yield* pull).map(String), [String(bytes(part))])
      }
      yield* Queue.shutdown(parts)
      yield* eventually(() => streams[0]?.destroyed === true)
    }))
})

describe("An interrupted request", () => {
  it.scopedLive("resets the stream with CANCEL, without END_STREAM, and interrupts its body", () =>
    Effect.gen(function*() {
      const { frames, url } = yield* serveFrames({})
      const client = yield* NodeDuplexTransport.make()
      const interrupted = yield* Deferred.make<void>()
      const body = Stream.concat(text(["a"]), Stream.never).pipe(
        Stream.ensuring(Deferred.succeed(interrupted, undefined))
      )
      const fiber = yield* Effect.fork(client.execute(post(url, body)))
      yield* eventually(() => frames("data").length === 1)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(interrupted)
      yield* eventually(() => frames("resetStream").length === 1)
      assert.deepStrictEqual(frames("resetStream").map(({ payload }) => payload.readUInt32BE(0)), [8])
      assert.deepStrictEqual(frames("data").map(({ flags }) => flags), [0])
    }))
})

describe("A source that fails", () => {
  it.scopedLive("resets the stream, before and after the response headers", () =>
    Effect.gen(function*() {
      const failing = Stream.concat(text(["a"]), Stream.fromEffect(Effect.delay(Effect.fail("broken"), "20 millis")))
      const silent = yield* serveFrames({})
      const client = yield* NodeDuplexTransport.make()
      const error = yield* Effect.flip(client.execute(post(silent.url, failing)))
      assert.deepInclude(error, { _tag: "RequestError", reason: "Encode" })
      yield* eventually(() => silent.frames("resetStream").length === 1)
      assert.isTrue(silent.frames("data").every(({ flags }) => flags === 0))
      const server = yield* serveHttp2(echo)
      const fail = yield* Deferred.make<void, string>()
      const later = Stream.concat(text(["a"]), Stream.drain(Stream.fromEffect(Deferred.await(fail))))
      const response = yield* client.execute(post(server.url, later))
      yield* Deferred.fail(fail, "broken")
      assert.propertyVal(yield* Effect.flip(response.text), "_tag", "ResponseError")
      yield* eventually(() => server.streams[0]?.destroyed === true)
    }))
})

describe("A chunk of 24 MiB", () => {
  it.scopedLive("is sent while response headers arrive, and while the window of the server is small", () =>
    Effect.gen(function*() {
      const size = 24 * 1024 * 1024
      const server = yield* serveHttp2((stream) => {
        let received = 0
        setTimeout(() => stream.respond({ ":status": 200 }), 100)
        setTimeout(() => stream.on("data", (chunk: Buffer) => (received += chunk.length)), 200)
        stream.once("end", () => stream.end(String(received)))
      })
      const client = yield* NodeDuplexTransport.make({ proxy: false })
      const body = Stream.make(new Uint8Array(size))
      assert.deepStrictEqual(yield* attemptWith(client, post(server.url, body)), { status: 200, text: String(size) })
    }))
})

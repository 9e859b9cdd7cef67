import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Fiber, Stream } from "effect"
import { invokeEndpoint, streamEndpoint, Timeouts } from "effect-sagemaker-runtime"
import type { ServerResponse } from "node:http"
import { monitorEventLoopDelay } from "node:perf_hooks"
import * as zlib from "node:zlib"
import { anonymousClient } from "../support/anonymousClient.ts"
import { input, withFixedRandom } from "../support/call.ts"
import { eventually } from "../support/eventually.ts"
import { serve } from "../support/server.ts"
import { part } from "../support/streamServer.ts"
import { httpClients } from "../support/wireServer.ts"

const node = httpClients["the Node client"]

const body = `{"message":"${"ä reading ".repeat(5_000)}"}`

type Encode = (bytes: Uint8Array) => Uint8Array

const encodings: ReadonlyArray<readonly [header: string | Array<string>, encode: Encode]> = [
  ["gzip", zlib.gzipSync],
  ["x-gzip", zlib.gzipSync],
  ["GZip", zlib.gzipSync],
  ["deflate", zlib.deflateSync],
  ["deflate", zlib.deflateRawSync],
  ["br", zlib.brotliCompressSync],
  ["deflate, gzip", (bytes) => zlib.gzipSync(zlib.deflateSync(bytes))],
  ["deflate,BR", (bytes) => zlib.brotliCompressSync(zlib.deflateRawSync(bytes))],
  [["br", "gzip"], (bytes) => zlib.gzipSync(zlib.brotliCompressSync(bytes))],
  ["gzip, gzip, gzip, gzip, gzip", (bytes) => Array(5).fill(0).reduce<Uint8Array>((all) => zlib.gzipSync(all), bytes)],
  ["gzip", (bytes) => Buffer.concat([zlib.gzipSync(bytes.subarray(0, 9)), zlib.gzipSync(bytes.subarray(9))])],
  ["identity", (bytes) => bytes],
  ["x-unknown", (bytes) => bytes],
  ["gzip, x-unknown", (bytes) => bytes],
  ["constructor", (bytes) => bytes],
  ["", (bytes) => bytes]
]

const reply =
  (encoded: Uint8Array, encoding: string | Array<string>, status = 200) => (_: unknown, response: ServerResponse) => {
    response.setHeader("content-encoding", encoding)
    response.writeHead(status, { "content-length": encoded.byteLength }).end(encoded)
  }

const text = ({ Body }: { readonly Body: Uint8Array }) => new TextDecoder().decode(Body)

const callTo = (url: string, http = node) =>
  invokeEndpoint(input).pipe(withFixedRandom(0), Effect.provide(anonymousClient(url, http)))

/** Writes chunks with backpressure until the connection closes. */
const writeForever = (response: ServerResponse, chunk: Uint8Array) => {
  const write = () => {
    while (!response.destroyed && response.write(chunk)) {
      // The loop ends when the socket's buffer is full.
    }
    response.once("drain", write)
  }
  write()
}

for (const [client, http] of Object.entries(httpClients)) {
  describe(`A content encoding, with ${client},`, () => {
    it.scopedLive.each(encodings)(
      "is decoded in the body of a response: %j",
      ([encoding, encode]) =>
        Effect.gen(function*() {
          const server = yield* serve(reply(encode(Buffer.from(body)), encoding))
          assert.strictEqual(text(yield* callTo(server.url, http)), body)
        })
    )

    it.scopedLive.each(encodings)(
      "is decoded in the body of an error: %j",
      ([encoding, encode]) =>
        Effect.gen(function*() {
          const error = JSON.stringify({ __type: "ModelNotReadyException", message: "x".repeat(1_000) })
          const server = yield* serve(reply(encode(Buffer.from(error)), encoding, 429))
          assert.deepInclude(yield* Effect.flip(callTo(server.url, http)), { _tag: "ModelNotReadyException" })
        })
    )

    it.scopedLive.each(encodings)(
      "is decoded in a response stream: %j",
      ([encoding, encode]) =>
        Effect.gen(function*() {
          const server = yield* serve(
            reply(encode(Buffer.concat(Array<Uint8Array>(9).fill(part(new Uint8Array(5_000))))), encoding)
          )
          const parts = yield* Stream.runCollect(streamEndpoint(input)).pipe(
            Effect.provide(anonymousClient(server.url, http))
          )
          assert.deepStrictEqual(
            Chunk.toReadonlyArray(parts).map(({ byteLength }) => byteLength),
            Array<number>(9).fill(5_000)
          )
        })
    )

    it.scopedLive.each(encodings)(
      "is decoded in the HttpClient, and its headers stay: %j",
      ([encoding, encode]) =>
        Effect.gen(function*() {
          const encoded = encode(Buffer.from(body))
          const server = yield* serve(reply(encoded, encoding))
          const response = yield* HttpClient.get(server.url)
          assert.strictEqual(yield* response.text, body)
          assert.strictEqual(response.headers["content-encoding"], [encoding].flat().join(", "))
          assert.strictEqual(response.headers["content-length"], `${encoded.byteLength}`)
        }).pipe(Effect.provide(http))
    )

    it.scopedLive.each(["gzip", "deflate", "br", "gzip, br"])(
      "of an empty body is ignored: %s",
      (encoding) =>
        Effect.gen(function*() {
          const server = yield* serve(({ method, url }, response) => {
            response.writeHead(Number(url?.slice(1)) || 200, {
              "content-encoding": encoding,
              ...(method === "HEAD" && { "content-length": 99 })
            }).end()
          })
          for (const path of ["200", "204", "304"]) {
            assert.strictEqual(yield* Effect.flatMap(HttpClient.get(`${server.url}/${path}`), ({ text }) => text), "")
          }
          assert.strictEqual(yield* Effect.flatMap(HttpClient.head(server.url), ({ text }) => text), "")
        }).pipe(Effect.provide(http))
    )

    it.scopedLive.each(
      [
        ["gzip", Buffer.from("not compressed")],
        ["deflate", Buffer.from("not compressed")],
        ["br", Buffer.from("not compressed")],
        ["gzip", zlib.gzipSync(Buffer.alloc(100_000)).map((byte, index) => (index > 20 ? byte ^ 255 : byte))],
        ["gzip, br", zlib.gzipSync(Buffer.from(body))]
      ] as const
    )("that is invalid fails the call once: %s", ([encoding, encoded]) =>
      Effect.gen(function*() {
        const server = yield* serve(reply(encoded, encoding))
        const error = yield* Effect.flip(callTo(server.url, http))
        assert.deepInclude(error, { _tag: "ProtocolError", retry: "never", attempts: 1 })
        assert.include(error.message, "its content encoding is invalid or incomplete")
        assert.strictEqual(server.seen().length, 1)
      }))

    it.scopedLive("whose connection is cut is a lost connection", () =>
      Effect.gen(function*() {
        const encoded = zlib.gzipSync(Buffer.from(body))
        const server = yield* serve((_, response) => {
          response.writeHead(200, { "content-encoding": "gzip", "content-length": encoded.byteLength })
          response.write(encoded.subarray(0, -20), () => setTimeout(() => response.destroy(), 10))
        })
        assert.deepInclude(yield* Effect.flip(callTo(server.url, http)), {
          _tag: "TransportError",
          reason: "reset",
          attempts: 3
        })
      }))

    it.scopedLive.each([["gzip", zlib.createGzip], ["br", zlib.createBrotliCompress]] as const)(
      "of a response stream is decoded as it arrives: %s",
      ([encoding, create]) =>
        Effect.gen(function*() {
          const server = yield* serve((_, response) => {
            response.writeHead(200, { "content-encoding": encoding })
            const encoder = create()
            encoder.pipe(response)
            encoder.write(part(new Uint8Array(9)), () => encoder.flush())
          })
          yield* streamEndpoint(input).pipe(
            Stream.take(1),
            Stream.runDrain,
            Effect.timeout("3 seconds"),
            Effect.provide(anonymousClient(server.url, http))
          )
          yield* eventually(() => server.sockets.size === 0)
        })
    )
  })
}

describe("A content encoding, with the Node client,", () => {
  it.scopedLive.each(["gzip", "deflate", "br"] as const)(
    "that is incomplete fails the call once: %s",
    (encoding) =>
      Effect.gen(function*() {
        const encode = { gzip: zlib.gzipSync, deflate: zlib.deflateSync, br: zlib.brotliCompressSync }[encoding]
        const encoded = encode(Buffer.from(body))
        for (const length of [1, 5, encoded.byteLength - 1]) {
          const server = yield* serve(reply(encoded.subarray(0, length), encoding))
          assert.deepInclude(yield* Effect.flip(callTo(server.url)), { _tag: "ProtocolError", attempts: 1 })
          assert.strictEqual(server.seen().length, 1)
        }
      })
  )

  it.scopedLive("of more than five layers is refused", () =>
    Effect.gen(function*() {
      const server = yield* serve(reply(Buffer.from(body), Array<string>(6).fill("gzip").join()))
      assert.deepInclude(yield* Effect.flip(callTo(server.url)), { _tag: "ProtocolError", attempts: 1 })
      yield* eventually(() => server.sockets.size === 0)
    }))

  it.scopedLive.each(["gzip", "gzip, gzip"])(
    "of 4 GiB in a few MB or less stops at maxResponseBytes, with bounded memory: %s",
    (encoding) =>
      Effect.gen(function*() {
        const member = zlib.gzipSync(Buffer.alloc(64 * 1024 * 1024))
        const members = Buffer.concat(Array<Buffer>(64).fill(member))
        const server = yield* serve(reply(encoding === "gzip" ? members : zlib.gzipSync(members), encoding))
        const before = process.memoryUsage().rss
        let most = 0
        const timer = setInterval(() => (most = Math.max(most, process.memoryUsage().rss - before)), 5)
        const delay = monitorEventLoopDelay({ resolution: 5 })
        delay.enable()
        const error = yield* Effect.flip(callTo(server.url))
        delay.disable()
        clearInterval(timer)
        assert.deepInclude(error, {
          _tag: "PayloadTooLargeError",
          direction: "response",
          limit: 67_108_864,
          attempts: 1
        })
        assert.isBelow(most, 400 * 1024 * 1024)
        assert.isBelow(delay.percentile(95) / 1e6, 50)
        yield* eventually(() => server.sockets.size === 0)
      })
  )

  it.scopedLive("of a response without end is read with backpressure", () =>
    Effect.gen(function*() {
      const server = yield* serve((_, response) => {
        response.writeHead(200, { "content-encoding": "gzip" })
        writeForever(response, zlib.gzipSync(Buffer.alloc(64 * 1024, "abcdefghij")))
      })
      const { stream } = yield* HttpClient.get(server.url)
      let read = 0
      yield* stream.pipe(
        Stream.mapEffect((chunk) => Effect.delay(Effect.sync(() => (read += chunk.byteLength)), "5 millis")),
        Stream.take(20),
        Stream.runDrain
      )
      assert.isBelow(read, 20 * 256 * 1024)
      yield* eventually(() => server.sockets.size === 0)
    }).pipe(Effect.provide(node)))

  it.scopedLive("with data after its end is read to the end of the body", () =>
    Effect.gen(function*() {
      const encoded = Buffer.concat([zlib.deflateSync(Buffer.from(body)), Buffer.alloc(200_000, 1)])
      const server = yield* serve(reply(encoded, "deflate"))
      const client = anonymousClient(server.url, node)
      const bodies = yield* Effect.replicateEffect(Effect.delay(invokeEndpoint(input), "20 millis"), 2).pipe(
        Effect.provide(client)
      )
      assert.deepStrictEqual(bodies.map(text), [body, body])
      assert.strictEqual(server.connections(), 1)
    }))

  it.scopedLive("that stalls ends by the idle timeout", () =>
    Effect.gen(function*() {
      const server = yield* serve((_, response) => {
        response.writeHead(200, { "content-encoding": "gzip" })
        response.write(zlib.gzipSync(Buffer.from(body)).subarray(0, 50))
      })
      const error = yield* callTo(server.url).pipe(Timeouts.use({ idle: "100 millis" }), Effect.flip)
      assert.deepInclude(error, { _tag: "TimeoutError", phase: "idle" })
      yield* eventually(() => server.sockets.size === 0)
    }))

  it.scopedLive("closes its connection if the call is interrupted", () =>
    Effect.gen(function*() {
      const server = yield* serve((_, response) => {
        response.writeHead(200, { "content-encoding": "gzip" })
        writeForever(response, zlib.gzipSync(Buffer.alloc(1024 * 1024)))
      })
      const fiber = yield* Effect.fork(callTo(server.url))
      yield* eventually(() => server.seen().length === 1)
      yield* Effect.sleep("20 millis")
      yield* Fiber.interrupt(fiber)
      yield* eventually(() => server.sockets.size === 0)
    }))
})

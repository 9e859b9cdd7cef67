import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Scope, Stream } from "effect"
import { NodeDuplexTransport } from "effect-sagemaker-runtime/node"
import { certificates } from "../support/certificates.ts"
import { attemptWith, failureOf, post } from "../support/duplexCall.ts"
import { eventually } from "../support/eventually.ts"
import { flags, frame, frameTypes, serveFrames, status200, uint32 } from "../support/http2Frames.ts"
import { echo, serveHttp2, serveHttp2Tls, text } from "../support/http2Server.ts"
import { forwardProxy } from "../support/proxy.ts"

/** Requests whose bodies end together. */
const concurrently = (client: Parameters<typeof attemptWith>[0], url: string, count: number) =>
  Effect.gen(function*() {
    const end = yield* Deferred.make<void>()
    const body = Stream.concat(text(["a"]), Stream.drain(Stream.fromEffect(Deferred.await(end))))
    const fiber = yield* Effect.fork(
      Effect.replicateEffect(attemptWith(client, post(url, body), { firstByte: 10_000, idle: 10_000 }), count, {
        concurrency: "unbounded"
      })
    )
    return { finish: Effect.zipRight(Deferred.succeed(end, undefined), Fiber.join(fiber)) }
  })

describe("Connections", () => {
  it.scopedLive("carry 100 concurrent streams each", () =>
    Effect.gen(function*() {
      const server = yield* serveHttp2(echo)
      const client = yield* NodeDuplexTransport.make()
      const { finish } = yield* concurrently(client, server.url, 100)
      yield* eventually(() => server.streams.length === 100)
      assert.strictEqual(server.connections(), 1)
      assert.deepStrictEqual(new Set((yield* finish).map(({ text }) => text)), new Set(["a"]))
    }))

  it.scopedLive("are added when the server's limit of streams is reached, up to the limit of connections", () =>
    Effect.gen(function*() {
      const server = yield* serveHttp2(echo, { settings: { maxConcurrentStreams: 2 } })
      const client = yield* NodeDuplexTransport.make({ connections: 3 })
      const { finish } = yield* concurrently(client, server.url, 10)
      yield* eventually(() => server.streams.length === 6)
      yield* Effect.sleep("50 millis")
      assert.deepStrictEqual([server.streams.length, server.connections()], [6, 3])
      assert.strictEqual((yield* finish).length, 10)
      assert.deepStrictEqual([server.streams.length, server.connections()], [10, 3])
    }))

  it.scopedLive("are not opened for waiting requests that are interrupted", () =>
    Effect.gen(function*() {
      const server = yield* serveHttp2((stream) => void stream.resume(), { settings: { maxConcurrentStreams: 1 } })
      const client = yield* NodeDuplexTransport.make({ connections: 1 })
      const fibers = yield* Effect.replicateEffect(Effect.fork(client.execute(post(server.url))), 20)
      yield* eventually(() => server.streams.length === 1)
      yield* Fiber.interruptAll(fibers.slice(1))
      yield* Effect.sleep("50 millis")
      yield* Fiber.interruptAll(fibers)
      yield* Effect.sleep("50 millis")
      assert.deepStrictEqual([server.streams.length, server.connections()], [1, 1])
    }))

  it.scopedLive("are closed after keepAliveTimeout, and with the scope, together with their timers", () =>
    Effect.gen(function*() {
      const server = yield* serveHttp2(echo)
      const resources = () =>
        process.getActiveResourcesInfo().filter((name) => /^(TCPSocketWrap|TLSWrap|TCPConnectWrap|Timeout)$/.test(name))
      const before = resources().length
      const idle = yield* NodeDuplexTransport.make({ keepAliveTimeout: "50 millis" })
      yield* attemptWith(idle, post(server.url, text(["a"])))
      yield* eventually(() => server.sockets.size === 0)
      const scope = yield* Scope.make()
      const client = yield* Scope.extend(NodeDuplexTransport.make(), scope)
      const { finish } = yield* concurrently(client, server.url, 3)
      yield* eventually(() => server.streams.length === 4)
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(finish)))
      yield* eventually(() => server.sockets.size === 0 && resources().length <= before)
      assert.deepInclude(yield* Effect.flip(attemptWith(client, post(server.url))), {
        reason: "aborted",
        requestSent: false
      })
    }))

  it.scopedLive("are replaced after GOAWAY, while their streams complete", () =>
    Effect.gen(function*() {
      const server = yield* serveHttp2(echo)
      const client = yield* NodeDuplexTransport.make()
      const first = yield* concurrently(client, server.url, 2)
      yield* eventually(() => server.streams.length === 2)
      server.sessions[0]?.goaway(0)
      yield* Effect.sleep("50 millis")
      assert.strictEqual((yield* attemptWith(client, post(server.url, text(["b"])))).text, "b")
      assert.strictEqual(server.connections(), 2)
      assert.deepStrictEqual((yield* first.finish).map(({ text }) => text), ["a", "a"])
      yield* eventually(() => server.sockets.size === 1)
    }))

  it.scopedLive("are lost with all streams, and replaced for the next request", () =>
    Effect.gen(function*() {
      const server = yield* serveHttp2(echo)
      const client = yield* NodeDuplexTransport.make()
      const fiber = yield* Effect.fork(Effect.flip(attemptWith(client, post(server.url))))
      yield* eventually(() => server.streams.length === 1)
      server.sockets.forEach((socket) => socket.destroy())
      assert.deepInclude(yield* Fiber.join(fiber), { reason: "reset", code: "ECONNRESET", requestSent: true })
      assert.strictEqual((yield* attemptWith(client, post(server.url, text(["b"])))).text, "b")
    }))

  it.scopedLive("are lost if the server does not acknowledge pings", () =>
    Effect.gen(function*() {
      const server = yield* serveFrames({})
      const failure = yield* failureOf(server.url, { pingInterval: "50 millis" }, { firstByte: 5_000 })
      assert.deepInclude(failure, { reason: "reset", code: "ETIMEDOUT", requestSent: true, retry: "transient" })
      const alive = yield* serveFrames({
        received: ({ flags: flag, payload, type }, { write }) =>
          type === frameTypes.ping && flag === 0 && write(frame("ping", flags.ack, 0, payload))
      })
      assert.deepInclude(yield* failureOf(alive.url, { pingInterval: "30 millis" }, { firstByte: 300 }), {
        reason: "firstByte"
      })
      assert.isAbove(alive.frames("ping").length, 3)
    }))

  it.scopedLive("use a stream that the server refused on another attempt", () =>
    Effect.gen(function*() {
      const server = yield* serveFrames({
        received: ({ stream, type }, { write }) => {
          if (type === frameTypes.headers) {
            write(
              ...stream === 1
                ? [frame("resetStream", 0, stream, uint32(7))]
                : [frame("headers", flags.endHeaders | flags.endStream, stream, status200)]
            )
          }
        }
      })
      const client = yield* NodeDuplexTransport.make()
      assert.propertyVal(yield* Effect.flip(attemptWith(client, post(server.url))), "requestSent", false)
      assert.strictEqual((yield* attemptWith(client, post(server.url))).status, 200)
      assert.strictEqual(server.connections(), 1)
    }))
})

describe("A proxy", () => {
  it.scopedLive("opens a tunnel, with and without TLS", () =>
    Effect.gen(function*() {
      const proxy = yield* forwardProxy()
      const { ca } = yield* certificates
      const secure = yield* serveHttp2Tls(echo)
      const plain = yield* serveHttp2(echo)
      const client = yield* NodeDuplexTransport.make({
        ca,
        proxy: { url: proxy.url, username: "user", password: "secret" }
      })
      for (const { port, url } of [secure, plain]) {
        assert.strictEqual((yield* attemptWith(client, post(url, text(["a"])))).text, "a")
        assert.deepInclude(proxy.tunnels.at(-1), {
          target: `127.0.0.1:${port}`,
          authorization: `Basic ${Buffer.from("user:secret").toString("base64")}`
        })
      }
    }))

  it.scopedLive("that rejects the tunnel, hangs up or is silent fails the request, and nothing is left open", () =>
    Effect.gen(function*() {
      const server = yield* serveHttp2(echo)
      const expected = [
        [407, { reason: "connect", code: "PROXY_407", retry: "never" }],
        [502, { reason: "connect", code: "PROXY_502", retry: "transient" }],
        ["hangUp", { reason: "connect", retry: "transient" }],
        ["silent", { reason: "timeout", retry: "transient" }]
      ] as const
      for (const [behavior, failure] of expected) {
        const proxy = yield* forwardProxy(behavior)
        const options = { proxy: proxy.url, connectTimeout: "100 millis" } as const
        assert.deepInclude(yield* failureOf(server.url, options), { requestSent: false, ...failure })
        // The proxy does not read a connection that it ignores.
        yield* eventually(() => behavior === "silent" || proxy.sockets.size === 0)
      }
    }))
})

describe("Certificates", () => {
  it.scopedLive("are checked, and a client certificate is sent", () =>
    Effect.gen(function*() {
      const { ca, client: identity } = yield* certificates
      const server = yield* serveHttp2Tls(echo, true)
      assert.deepInclude(yield* failureOf(server.url), { reason: "tls", requestSent: false, retry: "never" })
      const client = yield* NodeDuplexTransport.make({ ca, ...identity })
      assert.strictEqual((yield* attemptWith(client, post(server.url, text(["a"])))).text, "a")
    }))

  it.effect("that are invalid fail with ConfigurationError", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.scoped(NodeDuplexTransport.make({ ca: "none" })))
      assert.deepInclude(error, { _tag: "ConfigurationError", setting: "http.ca" })
    }))
})

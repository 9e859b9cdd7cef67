import { HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Chunk, Deferred, Effect, Fiber, Stream } from "effect"
import { RetryPolicy, streamEndpoint } from "effect-sagemaker-runtime"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import type { IncomingMessage, ServerResponse } from "node:http"
import { anonymousNodeClient } from "../support/anonymousClient.ts"
import { call } from "../support/call.ts"
import { eventually } from "../support/eventually.ts"
import { serve, serveTcp } from "../support/server.ts"
import { part, streamServer } from "../support/streamServer.ts"

const ok = (_: IncomingMessage, response: ServerResponse) => {
  response.end("ok")
}

const text = ({ Body }: { readonly Body: Uint8Array }) => new TextDecoder().decode(Body)

describe("Connections", () => {
  it.scopedLive("are reused by sequential calls", () =>
    Effect.gen(function*() {
      const server = yield* serve(ok)
      yield* Effect.replicateEffect(call, 50, { discard: true }).pipe(Effect.provide(anonymousNodeClient(server.url)))
      assert.strictEqual(server.seen().length, 50)
      assert.isAtMost(server.connections(), 2)
    }))

  it.scopedLive("are reused by sequential calls with a limit of one connection", () =>
    Effect.gen(function*() {
      const server = yield* serve(ok)
      yield* Effect.replicateEffect(call, 50, { discard: true }).pipe(
        Effect.provide(anonymousNodeClient(server.url, { connections: 1 }))
      )
      assert.deepStrictEqual([server.seen().length, server.connections()], [50, 1])
    }))

  it.scopedLive("are not opened for queued requests that are interrupted", () =>
    Effect.gen(function*() {
      const held: Array<ServerResponse> = []
      const server = yield* serve((_, response) => {
        if (held.length === 0) {
          held.push(response)
        } else {
          response.end("next")
        }
      })
      const client = yield* NodeHttpClient.make({ connections: 1, proxy: false })
      const reply = Effect.flatMap(client.get(server.url), ({ text }) => text)
      const first = yield* Effect.fork(reply)
      yield* eventually(() => server.seen().length === 1)
      const waiting = yield* Effect.replicateEffect(Effect.fork(reply), 50)
      yield* Effect.sleep("50 millis")
      yield* Fiber.interruptAll(waiting)
      yield* Effect.sleep("50 millis")
      assert.deepStrictEqual([server.seen().length, server.connections()], [1, 1])
      held[0]?.end("first")
      assert.strictEqual(yield* Fiber.join(first), "first")
      assert.strictEqual(yield* Effect.timeout(reply, "3 seconds"), "next")
      assert.deepStrictEqual([server.seen().length, server.connections()], [2, 1])
    }))

  it.scopedLive("are closed after keepAliveTimeout", () =>
    Effect.gen(function*() {
      const server = yield* serve(ok)
      const client = yield* NodeHttpClient.make({ keepAliveTimeout: "50 millis" })
      yield* Effect.flatMap(client.get(server.url), ({ text }) => text)
      assert.strictEqual(server.sockets.size, 1)
      yield* eventually(() => server.sockets.size === 0)
    }))

  it.scopedLive("are closed with the scope, together with their timers", () =>
    Effect.gen(function*() {
      const server = yield* serve(ok)
      const resources = () =>
        process.getActiveResourcesInfo().filter((name) => /^(TCPSocketWrap|TLSWrap|TCPConnectWrap|Timeout)$/.test(name))
      const before = resources().length
      yield* Effect.replicateEffect(call, 20, { concurrency: "unbounded", discard: true }).pipe(
        Effect.provide(anonymousNodeClient(server.url))
      )
      yield* eventually(() => server.sockets.size === 0)
      yield* eventually(() => resources().length <= before)
    }))

  it.scopedLive("that are in use are closed with the scope", () =>
    Effect.gen(function*() {
      const server = yield* serve(() => undefined)
      const error = yield* Effect.scoped(Effect.gen(function*() {
        const client = yield* NodeHttpClient.make({ connections: 1 })
        const fibers = yield* Effect.forEach([1, 2, 3], () => Effect.forkDaemon(Effect.flip(client.get(server.url))))
        yield* eventually(() => server.seen().length === 1)
        return Effect.forEach(fibers, Fiber.join)
      }))
      assert.deepStrictEqual((yield* error).map(({ _tag }) => _tag), ["RequestError", "RequestError", "RequestError"])
      yield* eventually(() => server.sockets.size === 0)
    }))

  it.scopedLive("are closed with the scope if an interrupted request had others in its queue", () =>
    Effect.gen(function*() {
      const server = yield* serve(() => undefined)
      yield* Effect.scoped(Effect.gen(function*() {
        const client = yield* NodeHttpClient.make({ connections: 1 })
        const first = yield* Effect.fork(client.get(server.url))
        yield* eventually(() => server.seen().length === 1)
        yield* Effect.forkDaemon(Effect.exit(client.get(server.url)))
        yield* Fiber.interrupt(first)
        yield* eventually(() => server.seen().length === 2)
      }))
      yield* eventually(() => server.sockets.size === 0)
    }))
})

describe("A connection that cannot be established", () => {
  it.scopedLive("because it closes during the TLS handshake is retried, and requestSent is false", () =>
    Effect.gen(function*() {
      const server = yield* serveTcp((socket) => socket.destroy())
      const error = yield* call.pipe(
        Effect.provide(anonymousNodeClient(`https://127.0.0.1:${server.port}`)),
        Effect.flip
      )
      assert.deepInclude(error, { _tag: "TransportError", reason: "connect", requestSent: false, attempts: 3 })
      assert.strictEqual(server.connections(), 3)
    }))

  it.live("because nothing listens is retried, and requestSent is false", () =>
    Effect.gen(function*() {
      const error = yield* call.pipe(Effect.provide(anonymousNodeClient("http://127.0.0.1:1")), Effect.flip)
      assert.deepInclude(error, { reason: "connect", requestSent: false, attempts: 3, code: "ECONNREFUSED" })
    }))
})

it.scopedLive("does not count against the connection limit once the server is back", () =>
  Effect.gen(function*() {
    const first = yield* serveTcp(() => undefined)
    first.close()
    const client = yield* NodeHttpClient.make({ connections: 2 })
    const url = `http://127.0.0.1:${first.port}`
    const errors = yield* Effect.replicateEffect(Effect.flip(client.get(url)), 20, { concurrency: "unbounded" })
    assert.deepStrictEqual(errors.map(({ _tag }) => _tag), Array.from({ length: 20 }, () => "RequestError"))
    const server = yield* serve(ok, first.port)
    yield* Effect.replicateEffect(client.get(url), 20, { concurrency: "unbounded" })
    yield* eventually(() => server.seen().length === 20)
    assert.strictEqual(server.mostConnections(), 2)
  }))

describe("A lost connection", () => {
  it.scopedLive("before the response is retried, and requestSent is true", () =>
    Effect.gen(function*() {
      const server = yield* serve((request) => request.socket.destroy())
      const error = yield* call.pipe(Effect.provide(anonymousNodeClient(server.url)), Effect.flip)
      assert.deepInclude(error, { _tag: "TransportError", reason: "reset", requestSent: true, attempts: 3 })
      assert.strictEqual(server.seen().length, 3)
    }))

  it.scopedLive("during the response is a TransportError, and requestSent is true", () =>
    Effect.gen(function*() {
      const server = yield* serve((request, response) => {
        response.writeHead(200, { "content-length": "10" })
        response.write("half")
        setTimeout(() => request.socket.destroy(), 10)
      })
      const client = yield* NodeHttpClient.make()
      const response = yield* client.get(server.url)
      const platform = yield* Effect.flip(response.text)
      assert.deepInclude(platform, { _tag: "ResponseError", reason: "Decode" })
      const error = yield* call.pipe(
        RetryPolicy.use(RetryPolicy.none),
        Effect.provide(anonymousNodeClient(server.url)),
        Effect.flip
      )
      assert.deepInclude(error, { _tag: "TransportError", reason: "reset", requestSent: true })
    }))

  it.scopedLive("that closes while a request is written is replaced by a new one", () =>
    Effect.gen(function*() {
      const reply = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
      const server = yield* serveTcp((socket, count) => {
        let requests = 0
        socket.on("data", (data) => {
          if (!data.includes("POST ")) {
            return
          }
          requests += 1
          if (count === 1 && requests === 2) {
            socket.destroy()
          } else {
            socket.write(reply)
          }
        })
      })
      const results = yield* Effect.replicateEffect(Effect.delay(call, "20 millis"), 2).pipe(
        Effect.provide(anonymousNodeClient(`http://127.0.0.1:${server.port}`))
      )
      assert.deepStrictEqual(results.map(text), ["ok", "ok"])
      assert.deepStrictEqual(results.map(({ $metadata }) => $metadata.attempts), [1, 2])
      assert.strictEqual(server.connections(), 2)
    }))
})

describe("An interrupted request", () => {
  it.scopedLive("that waits for the response closes its connection", () =>
    Effect.gen(function*() {
      const server = yield* serve(() => undefined)
      const client = yield* NodeHttpClient.make()
      const fiber = yield* Effect.fork(client.get(server.url))
      yield* eventually(() => server.seen().length === 1)
      yield* Fiber.interrupt(fiber)
      yield* eventually(() => server.sockets.size === 0)
    }))

  it.scopedLive("that reads the response closes its connection", () =>
    Effect.gen(function*() {
      const server = yield* serve((_, response) => response.writeHead(200).write("half"))
      const client = yield* NodeHttpClient.make()
      const fiber = yield* Effect.fork(Effect.flatMap(client.get(server.url), ({ text }) => text))
      yield* eventually(() => server.seen().length === 1)
      yield* Effect.sleep("20 millis")
      yield* Fiber.interrupt(fiber)
      yield* eventually(() => server.sockets.size === 0)
    }))

  it.scopedLive("in the queue is never sent", () =>
    Effect.gen(function*() {
      const reply = yield* Deferred.make<ServerResponse>()
      const seen: Array<string | undefined> = []
      const server = yield* serve(({ url }, response) => {
        seen.push(url)
        if (seen.length === 1) {
          Deferred.unsafeDone(reply, Effect.succeed(response))
        } else {
          response.end("ok")
        }
      })
      const client = yield* NodeHttpClient.make({ connections: 1 })
      const get = (path: string) => Effect.flatMap(client.get(`${server.url}${path}`), ({ text }) => text)
      const first = yield* Effect.fork(get("/first"))
      const response = yield* Deferred.await(reply)
      const queued = yield* Effect.fork(get("/queued"))
      const last = yield* Effect.fork(get("/last"))
      yield* Effect.sleep("20 millis")
      yield* Fiber.interrupt(queued)
      response.end("ok")
      assert.deepStrictEqual([yield* Fiber.join(first), yield* Fiber.join(last)], ["ok", "ok"])
      assert.deepStrictEqual(seen, ["/first", "/last"])
    }))

  it.scopedLive("that sends a stream ends the stream", () =>
    Effect.gen(function*() {
      const server = yield* serve(() => undefined)
      const client = yield* NodeHttpClient.make()
      const ended = yield* Deferred.make<void>()
      const body = Stream.repeatEffect(Effect.delay(Effect.succeed(new Uint8Array(10)), "2 millis")).pipe(
        Stream.ensuring(Deferred.succeed(ended, undefined))
      )
      const request = HttpClientRequest.bodyStream(body)(HttpClientRequest.post(server.url))
      const fiber = yield* Effect.fork(client.execute(request))
      yield* eventually(() => server.seen().length === 1)
      yield* Fiber.interrupt(fiber)
      yield* Effect.timeout(Deferred.await(ended), "2 seconds")
      yield* eventually(() => server.sockets.size === 0)
    }))
})

describe("A response stream", () => {
  const input = { EndpointName: "story", Body: "once" }

  it.scopedLive("that is abandoned closes its connection", () =>
    Effect.gen(function*() {
      const server = yield* streamServer(part(new Uint8Array(64)))
      const read = yield* streamEndpoint(input).pipe(Stream.take(3), Stream.runCollect).pipe(
        Effect.zipLeft(eventually(() => server.sockets.size === 0)),
        Effect.provide(anonymousNodeClient(server.url))
      )
      assert.strictEqual(Chunk.size(read), 3)
    }))

  it.scopedLive("whose reader dies closes its connection", () =>
    Effect.gen(function*() {
      const server = yield* streamServer(new Uint8Array(64))
      const client = yield* NodeHttpClient.make()
      const { stream } = yield* client.get(server.url)
      const exit = yield* Effect.sandbox(Stream.runForEach(stream, () => Effect.die("enough"))).pipe(Effect.flip)
      assert.isTrue(Cause.isDie(exit))
      yield* eventually(() => server.sockets.size === 0)
    }))
})

describe("Abandoned requests", () => {
  const frame = part(new Uint8Array(64))

  const writeFrame = (_: unknown, response: ServerResponse) => {
    response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream" }).write(frame)
  }

  it.scopedLive("open one connection each before the response headers", () =>
    Effect.gen(function*() {
      const server = yield* serve(() => undefined)
      const client = yield* NodeHttpClient.make({ proxy: false })
      for (let sent = 1; sent <= 10; sent++) {
        const fiber = yield* Effect.fork(client.get(server.url))
        yield* eventually(() => server.seen().length === sent)
        yield* Fiber.interrupt(fiber)
      }
      yield* eventually(() => server.sockets.size === 0)
      assert.strictEqual(server.connections(), 10)
    }))

  it.scopedLive("do not fail the requests that wait for a connection", () =>
    Effect.gen(function*() {
      const server = yield* serve((request, response) => {
        if (request.url === "/ok") {
          response.end("ok")
        }
      })
      const client = yield* NodeHttpClient.make({ proxy: false, connections: 2 })
      const abandoned = yield* Effect.replicateEffect(Effect.fork(client.get(`${server.url}/never`)), 2)
      const waiting = yield* Effect.replicateEffect(
        Effect.fork(Effect.flatMap(client.get(`${server.url}/ok`), ({ text }) => text)),
        20
      )
      yield* eventually(() => server.seen().length === 2)
      yield* Fiber.interruptAll(abandoned)
      assert.deepStrictEqual([...yield* Fiber.join(Fiber.all(waiting))], Array.from({ length: 20 }, () => "ok"))
      assert.isAtMost(server.connections(), 4)
    }))

  it.scopedLive("of many origins leave no connection", () =>
    Effect.gen(function*() {
      const servers = yield* Effect.replicateEffect(serve(writeFrame), 30)
      const client = yield* NodeHttpClient.make({ proxy: false, keepAliveTimeout: "50 millis" })
      for (const { url } of servers) {
        yield* Stream.runDrain(Stream.take(Stream.unwrap(Effect.map(client.get(url), ({ stream }) => stream)), 1))
      }
      yield* eventually(() => servers.every(({ sockets }) => sockets.size === 0))
      assert.deepStrictEqual(servers.map(({ connections }) => connections()), Array.from(servers, () => 1))
    }))
})

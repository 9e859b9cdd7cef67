import type { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer, Stream } from "effect"
import { invokeEndpoint, type SageMakerError, streamEndpoint } from "effect-sagemaker-runtime"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import { Agent } from "undici"
import { anonymousClient } from "../support/anonymousClient.ts"
import { input, withFixedRandom } from "../support/call.ts"
import { certificates } from "../support/certificates.ts"
import { eventually } from "../support/eventually.ts"
import { forwardProxy } from "../support/proxy.ts"
import { part } from "../support/streamServer.ts"
import { type End, httpClients, type Script, wireServer } from "../support/wireServer.ts"

type Http = Layer.Layer<HttpClient.HttpClient, SageMakerError.ConfigurationError>

/** The result of a buffered call: its body, or its error and the number of attempts. */
const resultOf = (url: string, http: Http) =>
  invokeEndpoint(input).pipe(
    withFixedRandom(0),
    Effect.map(({ Body }) => ({ body: new TextDecoder().decode(Body) })),
    Effect.catchAll((error) => Effect.succeed(error)),
    Effect.timeout("5 seconds"),
    Effect.provide(anonymousClient(url, http))
  )

const streamResultOf = (url: string, http: Http) =>
  Effect.gen(function*() {
    let parts = 0
    const error = yield* streamEndpoint(input).pipe(
      Stream.runForEach(() => Effect.sync(() => (parts += 1))),
      Effect.flip,
      Effect.option
    )
    return [parts, error] as const
  }).pipe(Effect.timeout("5 seconds"), Effect.provide(anonymousClient(url, http)))

const head = (...headers: ReadonlyArray<string>) => ["HTTP/1.1 200 OK", ...headers, "", ""].join("\r\n")

const chunkOf = (bytes: Uint8Array) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")])

const connections = ["close", "keep-alive"] as const
const ends = ["fin", "rst"] as const
const frame = part(new Uint8Array(64))
const eventStream = "content-type: application/vnd.amazon.eventstream"

/** Cut bodies, and the number of complete frames in them. */
const cuts: ReadonlyArray<readonly [name: string, header: string, body: Uint8Array, frames: number]> = [
  ["with content-length", "content-length: 999", frame, 1],
  ["in chunks", "transfer-encoding: chunked", chunkOf(frame), 1],
  ["inside a chunk", "transfer-encoding: chunked", chunkOf(frame).subarray(0, -40), 0],
  ["inside a frame, between chunks", "transfer-encoding: chunked", chunkOf(frame.subarray(0, 40)), 0]
]

for (const [client, http] of Object.entries(httpClients)) {
  for (const secure of [false, true]) {
    describe.concurrent(`A cut ${secure ? "https" : "http"} response, with ${client},`, () => {
      for (const [name, header, body, frames] of cuts) {
        for (const connection of connections) {
          for (const end of ends) {
            const script: Script = {
              packets: [head(eventStream, header, `connection: ${connection}`), body],
              end
            }
            it.scopedLive(`${name}, connection: ${connection}, by ${end}, is a lost connection and is retried`, () =>
              Effect.gen(function*() {
                const server = yield* wireServer(script, secure)
                const error = yield* resultOf(server.url, http)
                assert.deepInclude(error, {
                  _tag: "TransportError",
                  reason: "reset",
                  requestSent: true,
                  retry: "transient",
                  attempts: 3
                })
                assert.strictEqual(server.executions(), 3)
                yield* eventually(() => server.sockets.size === 0)
              }))

            it.scopedLive(`${name}, connection: ${connection}, by ${end}, fails a response stream`, () =>
              Effect.gen(function*() {
                const server = yield* wireServer(script, secure)
                const [parts, error] = yield* streamResultOf(server.url, http)
                assert.deepInclude(error, { _tag: "Some" })
                assert.deepInclude(error._tag === "Some" ? error.value : undefined, {
                  _tag: "TransportError",
                  reason: "reset",
                  attempts: 1
                })
                assert.strictEqual(server.executions(), 1)
                if (secure && end === "rst") {
                  // A reset can discard data that TLS has not decrypted.
                  assert.isAtMost(parts, frames)
                } else {
                  assert.strictEqual(parts, frames)
                }
                yield* eventually(() => server.sockets.size === 0)
              }))
          }
        }
      }

      it.scopedLive("is retried once and succeeds", () =>
        Effect.gen(function*() {
          const server = yield* wireServer((nth) =>
            nth === 1
              ? { packets: [head("content-length: 9", "connection: close"), "ok"], end: "fin" }
              : { packets: [`${head("content-length: 2")}ok`] }, secure)
          assert.deepStrictEqual(yield* resultOf(server.url, http), { body: "ok" })
          assert.strictEqual(server.executions(), 2)
        }))
    })

    describe.concurrent(`A response that ends with its connection, over ${secure ? "https" : "http"} with ${client},`, () => {
      it.scopedLive.each(["HTTP/1.0 200 OK\r\n\r\n", head(), head("connection: close")])(
        "is complete: %j",
        (start) =>
          Effect.gen(function*() {
            const server = yield* wireServer({ packets: [start, "o", "k"], end: "fin" }, secure)
            assert.deepStrictEqual(yield* resultOf(server.url, http), { body: "ok" })
          })
      )

      it.scopedLive("is complete as a response stream, between frames only", () =>
        Effect.gen(function*() {
          const complete = yield* wireServer({ packets: [head(eventStream), frame, frame], end: "fin" }, secure)
          assert.deepStrictEqual((yield* streamResultOf(complete.url, http))[0], 2)
          const cut = yield* wireServer({ packets: [head(eventStream), frame, frame.subarray(9)], end: "fin" }, secure)
          const [, error] = yield* streamResultOf(cut.url, http)
          assert.deepInclude(error._tag === "Some" ? error.value : undefined, { _tag: "ProtocolError" })
        }))
    })
  }
}

describe("A response without length, with the Node client,", () => {
  it.scopedLive.each([false, true])(
    "that a reset ends is a lost connection (TLS: %s)",
    (secure) =>
      Effect.gen(function*() {
        const server = yield* wireServer({ packets: [head(), "cut"], end: "rst" }, secure)
        const error = yield* resultOf(server.url, httpClients["the Node client"])
        assert.deepInclude(error, { _tag: "TransportError", reason: "reset", code: "ECONNRESET", attempts: 3 })
        assert.strictEqual(server.executions(), 3)
      })
  )
})

const ok = `${head("content-length: 2")}ok`
const continues = "HTTP/1.1 100 Continue\r\n\r\n"
const hints = "HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n"
const processing = "HTTP/1.1 102 Processing\r\n\r\n"

/** Informational responses before a response, in packets. */
const informational: ReadonlyArray<readonly [name: string, packets: ReadonlyArray<string>]> = [
  ["100 in the same packet", [continues + ok]],
  ["100 in its own packet", [continues, ok]],
  ["100 with headers", ["HTTP/1.1 100 Continue\r\ncontent-length: 5\r\nx-a: b\r\n\r\n", ok]],
  ["100 without a reason", ["HTTP/1.1 100\r\n\r\n", ok]],
  ["100 of HTTP/1.0", ["HTTP/1.0 100 Continue\r\n\r\n", ok]],
  ["many 100", [continues.repeat(50), continues.repeat(50) + ok]],
  ["102 and 103", [processing + hints, ok]],
  ["100, 103 and 100", [continues, hints + continues, ok]],
  ["100 in packets of one byte", (continues + ok).split("")],
  ["100 that starts with another packet", ["HTTP/1.1 1", "00 Continue\r\n\r", `\n${ok}`]]
]

describe.concurrent("Informational responses, with the Node client,", () => {
  it.scopedLive.each(informational)("precede a response: %s", ([, packets]) =>
    Effect.gen(function*() {
      const server = yield* wireServer({ packets })
      const http = httpClients["the Node client"]
      const twice = yield* Effect.replicateEffect(
        Effect.map(invokeEndpoint(input), ({ Body }) => new TextDecoder().decode(Body)).pipe(Effect.delay("20 millis")),
        2
      ).pipe(Effect.provide(anonymousClient(server.url, http)))
      assert.deepStrictEqual(twice, ["ok", "ok"])
      assert.deepStrictEqual([server.executions(), server.connections()], [2, 1])
    }))

  it.scopedLive("do not change a body that looks like them", () =>
    Effect.gen(function*() {
      const body = `x${continues}${hints}`
      const server = yield* wireServer({
        packets: [continues, head(`content-length: ${body.length}`), ...body.split("")]
      })
      assert.deepStrictEqual(yield* resultOf(server.url, httpClients["the Node client"]), { body })
    }))

  it.scopedLive("without a response end with their connection", () =>
    Effect.gen(function*() {
      const server = yield* wireServer({ packets: [continues], end: "fin" })
      const error = yield* resultOf(server.url, httpClients["the Node client"])
      assert.deepInclude(error, { _tag: "TransportError", reason: "reset", attempts: 3 })
    }))

  it.scopedLive("of unlimited length are not buffered", () =>
    Effect.gen(function*() {
      const server = yield* wireServer({ packets: [`HTTP/1.1 100 Continue\r\nx: ${"a".repeat(100_000)}`] })
      const error = yield* resultOf(server.url, httpClients["the Node client"])
      assert.deepInclude(error, { _tag: "ProtocolError", attempts: 1 })
      assert.strictEqual(server.executions(), 1)
      yield* eventually(() => server.sockets.size === 0)
    }))

  it.scopedLive("are removed over TLS", () =>
    Effect.gen(function*() {
      const server = yield* wireServer({ packets: [continues, hints, ok] }, true)
      assert.deepStrictEqual(yield* resultOf(server.url, httpClients["the Node client"]), { body: "ok" })
    }))
})

describe("Informational responses, through a proxy,", () => {
  it.scopedLive.each([false, true])("are removed (TLS: %s)", (secure) =>
    Effect.gen(function*() {
      const { ca } = yield* certificates
      const proxy = yield* forwardProxy()
      const server = yield* wireServer({ packets: [continues, hints, ok] }, secure)
      assert.deepStrictEqual(yield* resultOf(server.url, NodeHttpClient.layer({ ca, proxy: proxy.url })), {
        body: "ok"
      })
      assert.strictEqual(proxy.tunnels.length, 1)
    }))
})

it.scopedLive("An informational response 100, with a custom dispatcher, fails the call once", () =>
  Effect.gen(function*() {
    const server = yield* wireServer({ packets: [continues, ok] })
    const dispatcher = yield* Effect.acquireRelease(
      Effect.sync(() => new Agent()),
      (agent) => Effect.promise(() => agent.destroy())
    )
    const error = yield* resultOf(server.url, NodeHttpClient.layer({ dispatcher }))
    assert.deepInclude(error, { _tag: "ProtocolError", attempts: 1 })
    assert.strictEqual(server.executions(), 1)
  }))

it.scopedLive("An informational response 100, with fetch, fails the call once", () =>
  Effect.gen(function*() {
    const server = yield* wireServer({ packets: [continues, ok] })
    const error = yield* resultOf(server.url, httpClients.fetch)
    assert.deepInclude(error, {
      _tag: "ProtocolError",
      message: "The response is not valid HTTP (UND_ERR_SOCKET): the HTTP client does not accept status 100 here",
      attempts: 1
    })
    assert.strictEqual(server.executions(), 1)
  }))

/** Responses that are accepted, and their bodies. */
const accepted: ReadonlyArray<readonly [name: string, response: string, body: string, end?: End]> = [
  ["HTTP/1.0", "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", "ok"],
  ["no reason", "HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok", "ok"],
  ["empty lines before the status", `\r\n\r\n${ok}`, "ok"],
  ["chunk extensions", `${head("transfer-encoding: chunked")}2;a=b\r\nok\r\n0\r\n\r\n`, "ok"],
  ["trailers", `${head("transfer-encoding: chunked")}2\r\nok\r\n0\r\nx-a: b\r\n\r\n`, "ok"],
  ["headers of Object.prototype", `${head("__proto__: a", "constructor: b", "content-length: 2")}ok`, "ok"],
  ["repeated headers of Object.prototype", `${head(...Array(3).fill("__proto__: a"), "content-length: 2")}ok`, "ok"],
  ["keep-alive of a long time", `${head("keep-alive: timeout=9999999999999", "content-length: 2")}ok`, "ok"],
  ["204 with a body", "HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\nok", ""],
  [
    "204 with a body in chunks",
    "HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    ""
  ],
  ["204 with a body without length", "HTTP/1.1 204 No Content\r\n\r\nok", "", "fin"]
]

/** Responses that are not valid, and the tag of the error. */
const refused: ReadonlyArray<readonly [name: string, response: string]> = [
  ["content-length and chunks", `${head("content-length: 2", "transfer-encoding: chunked")}2\r\nok\r\n0\r\n\r\n`],
  ["chunks and content-length", `${head("transfer-encoding: chunked", "content-length: 2")}2\r\nok\r\n0\r\n\r\n`],
  ["two equal lengths", `${head("content-length: 2", "content-length: 2")}ok`],
  ["two lengths", `${head("content-length: 2", "content-length: 3")}ok`],
  ["two lengths in one header", `${head("content-length: 2, 2")}ok`],
  ["a negative length", `${head("content-length: -1")}ok`],
  ["a length of 30 digits", `${head(`content-length: ${"9".repeat(30)}`)}ok`],
  ["a folded header", `${head("x-a: b\r\n c", "content-length: 2")}ok`],
  ["line feeds only", "HTTP/1.1 200 OK\ncontent-length: 2\n\nok"],
  ["a space before a colon", `${head("x : y", "content-length: 2")}ok`],
  ["a null byte in a header", `${head("x: a\0b", "content-length: 2")}ok`],
  ["headers of 20,000 bytes", `${head(`x: ${"a".repeat(20_000)}`, "content-length: 2")}ok`],
  ["3,000 headers", `${head(...Array.from({ length: 3_000 }, (_, i) => `x${i}: a`), "content-length: 2")}ok`],
  ["status 99", "HTTP/1.1 99 OK\r\ncontent-length: 2\r\n\r\nok"],
  ["a chunk size that is no number", `${head("transfer-encoding: chunked")}zz\r\nok\r\n0\r\n\r\n`],
  ["a chunk size of 20 digits", `${head("transfer-encoding: chunked")}${"f".repeat(20)}\r\nok\r\n0\r\n\r\n`],
  ["a chunk longer than its size", `${head("transfer-encoding: chunked")}1\r\nok\r\n0\r\n\r\n`],
  ["status 101", "HTTP/1.1 101 Switching Protocols\r\n\r\n"],
  ["status 101 with upgrade", "HTTP/1.1 101 Switching Protocols\r\nupgrade: a\r\nconnection: upgrade\r\n\r\n"],
  ["status 101 before a response", `HTTP/1.1 101 Switching Protocols\r\n\r\n${ok}`],
  ["no HTTP", "\0\x01 hello"]
]

for (const [client, http] of Object.entries(httpClients)) {
  describe.concurrent(`A response, with ${client},`, () => {
    it.scopedLive.each(accepted)("is accepted with %s", ([, response, body, end]) =>
      Effect.gen(function*() {
        const server = yield* wireServer({ packets: [response], end })
        assert.deepStrictEqual(yield* resultOf(server.url, http), { body })
        assert.strictEqual(server.executions(), 1)
      }))

    it.scopedLive.each(refused)("fails the call once with %s", ([, response]) =>
      Effect.gen(function*() {
        const server = yield* wireServer({ packets: [response] })
        const error = yield* resultOf(server.url, http)
        assert.deepInclude(error, { _tag: "ProtocolError", retry: "never", attempts: 1 })
        assert.strictEqual(server.executions(), 1)
        yield* eventually(() => server.sockets.size === 0)
      }))

    it.scopedLive("is an error of the service with status 304 and a body", () =>
      Effect.gen(function*() {
        const server = yield* wireServer({ packets: ["HTTP/1.1 304 Not Modified\r\ncontent-length: 2\r\n\r\nok"] })
        assert.deepInclude(yield* resultOf(server.url, http), { _tag: "UnknownServiceError", status: 304, attempts: 1 })
        assert.strictEqual(server.executions(), 1)
      }))
  })
}

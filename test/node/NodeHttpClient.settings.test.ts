import { HttpClientError, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import { Agent } from "undici"
import type { TransportFailure } from "../../src/protocol/error/codeMeaning.ts"
import { transportFailure } from "../../src/protocol/error/transportFailure.ts"
import { certificates } from "../support/certificates.ts"
import { serve } from "../support/server.ts"

const wrong: ReadonlyArray<readonly [string, NodeHttpClient.NodeHttpClientOptions]> = [
  ["http.connections", { connections: 0 }],
  ["http.connections", { connections: -1 }],
  ["http.connections", { connections: 1.5 }],
  ["http.connections", { connections: NaN }],
  ["http.connections", { connections: Infinity }],
  ["http.connectTimeout", { connectTimeout: "nonsense" as "1 second" }],
  ["http.connectTimeout", { connectTimeout: 0 }],
  ["http.connectTimeout", { connectTimeout: NaN }],
  ["http.connectTimeout", { connectTimeout: "30 days" }],
  ["http.connectTimeout", { connectTimeout: Duration.infinity }],
  ["http.keepAliveTimeout", { keepAliveTimeout: "nonsense" as "1 second" }],
  ["http.keepAliveTimeout", { keepAliveTimeout: 0 }],
  ["http.proxy", { proxy: "" }],
  ["http.proxy", { proxy: "proxy:3128" }],
  ["http.proxy", { proxy: { url: "socks5://proxy" } }],
  ["http.proxy.except", { proxy: { url: "http://proxy", except: "a" as never } }],
  ["http.dispatcher", { dispatcher: 5 as never }]
]

describe("An invalid setting is a ConfigurationError that names it:", () => {
  it.scopedLive.each(wrong.map((row, index) => [index, ...row] as const))(
    "%i: %s",
    ([, setting, options]) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(NodeHttpClient.make(options))
        assert.deepInclude(error, { _tag: "ConfigurationError", setting })
      })
  )

  it.scopedLive("http.ca with an invalid certificate after a valid one", () =>
    Effect.gen(function*() {
      const { ca } = yield* certificates
      const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
      yield* NodeHttpClient.make({ ca: `${ca}\n${ca}` })
      for (const given of [`${ca}\n${broken}`, [ca, broken]]) {
        const error = yield* Effect.flip(NodeHttpClient.make({ ca: given }))
        assert.deepInclude(error, { _tag: "ConfigurationError", setting: "http.ca" })
      }
    }))

  it.scopedLive.each(
    [
      ["http.connections", { connections: 8 }],
      ["http.connectTimeout", { connectTimeout: "1 second" }],
      ["http.proxy", { proxy: false }],
      ["http.ca", { ca: "PEM" }]
    ] as const
  )("%s together with a dispatcher", ([setting, options]) =>
    Effect.gen(function*() {
      const dispatcher = new Agent()
      const error = yield* Effect.flip(NodeHttpClient.make({ ...options, dispatcher }))
      assert.deepInclude(error, { _tag: "ConfigurationError", setting })
      yield* Effect.promise(() => dispatcher.destroy())
    }))
})

it.scopedLive("A given dispatcher is used unchanged and not closed", () =>
  Effect.gen(function*() {
    const server = yield* serve((_, response) => response.end("ok"))
    const dispatcher = yield* Effect.acquireRelease(
      Effect.sync(() => new Agent({ connections: 1 })),
      (agent) => Effect.promise(() => agent.destroy())
    )
    const reply = Effect.scoped(
      Effect.gen(function*() {
        const client = yield* NodeHttpClient.make({ dispatcher, connections: undefined })
        return yield* Effect.flatMap(client.get(server.url), ({ text }) => text)
      })
    )
    assert.deepStrictEqual([yield* reply, yield* reply], ["ok", "ok"])
    assert.deepStrictEqual([dispatcher.destroyed, dispatcher.closed, server.connections()], [false, false, 1])
  }))

it.scopedLive("A client whose scope has closed sends nothing and fails with a clear error", () =>
  Effect.gen(function*() {
    const server = yield* serve((_, response) => response.end("ok"))
    const client = yield* Effect.scoped(NodeHttpClient.make())
    const error = yield* Effect.flip(client.get(server.url))
    assert.deepStrictEqual(transportFailure(error.cause), {
      reason: "aborted",
      requestSent: false,
      retry: "never",
      code: "UND_ERR_DESTROYED"
    })
    assert.deepStrictEqual(server.seen(), [])
  }))

it.scopedLive("A request that HTTP cannot represent fails without a retry and is not sent", () =>
  Effect.gen(function*() {
    const server = yield* serve((_, response) => response.end("ok"))
    const client = yield* NodeHttpClient.make()
    for (
      const request of [
        HttpClientRequest.get(server.url, { headers: { "transfer-encoding": "chunked" } }),
        HttpClientRequest.get(server.url, { headers: { "x-a": "a\r\nb: c" } }),
        HttpClientRequest.post(server.url).pipe(
          HttpClientRequest.bodyText("abc"),
          HttpClientRequest.setHeader("content-length", "7")
        )
      ]
    ) {
      const error = yield* Effect.flip(client.execute(request))
      assert.instanceOf(error, HttpClientError.RequestError)
      const { reason, requestSent, retry } = transportFailure(error.cause)
      assert.deepStrictEqual({ reason, requestSent, retry }, { reason: "other", requestSent: false, retry: "never" })
    }
    assert.deepStrictEqual(server.seen(), [])
  }))

const coded = (code: string) => Object.assign(new Error("low-level"), { code })

describe("The marker of a request that was not sent", () => {
  const rows: ReadonlyArray<readonly [string, TransportFailure["reason"], TransportFailure["retry"]]> = [
    ["UND_ERR_SOCKET", "connect", "transient"],
    ["ECONNRESET", "connect", "transient"],
    ["ETIMEDOUT", "connect", "transient"],
    ["UND_ERR_ABORTED", "connect", "transient"],
    ["UND_ERR_HEADERS_TIMEOUT", "connect", "transient"],
    ["ECONNREFUSED", "connect", "transient"],
    ["CERT_HAS_EXPIRED", "tls", "never"],
    ["EPROTO", "tls", "never"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "tls", "never"],
    ["UND_ERR_DESTROYED", "aborted", "never"],
    ["UND_ERR_CLOSED", "aborted", "never"],
    ["AbortError", "aborted", "never"],
    ["UND_ERR_INVALID_ARG", "other", "never"],
    ["UND_ERR_REQ_CONTENT_LENGTH_MISMATCH", "other", "never"]
  ]

  it.each(rows)("changes %s to %s", (code, reason, retry) => {
    const expected: TransportFailure = { reason, requestSent: false, retry, code }
    assert.deepStrictEqual(transportFailure({ requestSent: false, code, cause: coded(code) }), expected)
    assert.deepStrictEqual(transportFailure(new Error("outer", { cause: { requestSent: false, code } })), expected)
  })

  it("makes an unknown error a connect failure", () => {
    const expected: TransportFailure = { reason: "connect", requestSent: false, retry: "transient", code: undefined }
    assert.deepStrictEqual(transportFailure({ requestSent: false, cause: coded("EWHATEVER") }), expected)
  })

  it.each([true, undefined, 0, "false"])("is the value false and no other: %s", (requestSent) => {
    const expected: TransportFailure = { reason: "reset", requestSent: true, retry: "transient", code: "ECONNRESET" }
    assert.deepStrictEqual(transportFailure({ requestSent, cause: coded("ECONNRESET") }), expected)
  })
})

import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import { afterEach, vi } from "vitest"
import { callTo, environment } from "../support/anonymousClient.ts"
import { captureOutput } from "../support/captureOutput.ts"
import { certificates } from "../support/certificates.ts"
import { forwardProxy } from "../support/proxy.ts"
import { serve, serveTls } from "../support/server.ts"

const secureServer = serveTls((_, response) => response.end("secure"))

const responseTextOf = (url: string, options: NodeHttpClient.NodeHttpClientOptions = {}) =>
  Effect.scoped(
    Effect.gen(function*() {
      const { ca } = yield* certificates
      const client = yield* NodeHttpClient.make({ ca, ...options })
      return yield* Effect.flatMap(client.get(url), ({ text }) => text)
    })
  )

const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString("base64")}`

afterEach(() => {
  vi.unstubAllEnvs()
})

describe("A proxy", () => {
  it.scopedLive("opens a tunnel to a secure endpoint and receives the user name and password", () =>
    Effect.gen(function*() {
      const proxy = yield* forwardProxy()
      const server = yield* secureServer
      const given = { url: proxy.url, username: "me@work", password: Redacted.make("p:ss/w%rd") }
      assert.strictEqual(yield* responseTextOf(server.url, { proxy: given }), "secure")
      assert.deepStrictEqual(proxy.tunnels, [{ target: server.host, authorization: basic("me@work:p:ss/w%rd") }])
    }))

  it.scopedLive("can have its user name and password in its URL", () =>
    Effect.gen(function*() {
      const proxy = yield* forwardProxy()
      const server = yield* secureServer
      yield* responseTextOf(server.url, { proxy: proxy.url.replace("//", "//me:a%20b@") })
      assert.deepStrictEqual(proxy.tunnels, [{ target: server.host, authorization: basic("me:a b") }])
    }))

  it.scopedLive("in HTTP_PROXY receives plain requests", () =>
    Effect.gen(function*() {
      const proxy = yield* forwardProxy()
      const server = yield* serve((_, response) => response.end("plain"))
      assert.strictEqual(yield* environment({ HTTP_PROXY: proxy.url })(responseTextOf(server.url)), "plain")
      assert.deepStrictEqual(proxy.tunnels, [{ target: server.url.slice(7), authorization: undefined }])
    }))

  it.scopedLive.each(["HTTPS_PROXY", "https_proxy"])(
    "in %s receives secure requests only",
    (variable) =>
      Effect.gen(function*() {
        const proxy = yield* forwardProxy()
        const secure = yield* secureServer
        const plain = yield* serve((_, response) => response.end("plain"))
        const withProxy = environment({ [variable]: proxy.url })
        assert.strictEqual(yield* withProxy(responseTextOf(secure.url)), "secure")
        assert.strictEqual(yield* withProxy(responseTextOf(plain.url)), "plain")
        assert.deepStrictEqual(proxy.tunnels, [{ target: secure.host, authorization: undefined }])
      })
  )

  it.scopedLive("in HTTP_PROXY does not receive secure requests", () =>
    Effect.gen(function*() {
      const proxy = yield* forwardProxy()
      const server = yield* secureServer
      assert.strictEqual(yield* environment({ HTTP_PROXY: proxy.url })(responseTextOf(server.url)), "secure")
      assert.deepStrictEqual([proxy.tunnels, proxy.forwarded], [[], []])
    }))

  it.scopedLive("in a variable without a scheme uses http", () =>
    Effect.gen(function*() {
      const proxy = yield* forwardProxy()
      const server = yield* secureServer
      const variables = { HTTPS_PROXY: proxy.url.replace("http://", "") }
      assert.strictEqual(yield* environment(variables)(responseTextOf(server.url)), "secure")
      assert.deepStrictEqual(proxy.tunnels, [{ target: server.host, authorization: undefined }])
    }))

  it.scopedLive("in a lower-case variable takes precedence", () =>
    Effect.gen(function*() {
      const proxy = yield* forwardProxy()
      const server = yield* secureServer
      yield* environment({ https_proxy: proxy.url, HTTPS_PROXY: "http://127.0.0.1:1" })(responseTextOf(server.url))
      assert.strictEqual(proxy.tunnels.length, 1)
    }))

  const exceptions = [
    ["NO_PROXY", "127.0.0.1"],
    ["no_proxy", "example.org, 127.0.0.1"],
    ["NO_PROXY", "*"],
    ["NO_PROXY", "example.org, *"],
    ["no_proxy", "example.org * example.com"]
  ] as const

  it.scopedLive.each(exceptions)("is not used for the hosts of %s=%s", ([variable, hosts]) =>
    Effect.gen(function*() {
      const proxy = yield* forwardProxy()
      const server = yield* secureServer
      assert.strictEqual(
        yield* environment({ HTTPS_PROXY: proxy.url, [variable]: hosts })(responseTextOf(server.url)),
        "secure"
      )
      assert.deepStrictEqual(proxy.tunnels, [])
    }))

  it.scopedLive("is not used for the hosts of except, which replaces NO_PROXY", () =>
    Effect.gen(function*() {
      const proxy = yield* forwardProxy()
      const server = yield* secureServer
      yield* responseTextOf(server.url, { proxy: { url: proxy.url, except: [server.host] } })
      assert.deepStrictEqual(proxy.tunnels, [])
      yield* environment({ NO_PROXY: "*" })(responseTextOf(server.url, { proxy: proxy.url }))
      assert.strictEqual(proxy.tunnels.length, 1)
    }))

  it.scopedLive("of the environment is disabled by proxy: false", () =>
    Effect.gen(function*() {
      const proxy = yield* forwardProxy()
      const server = yield* secureServer
      const variables = { HTTPS_PROXY: proxy.url, http_proxy: proxy.url }
      assert.strictEqual(yield* environment(variables)(responseTextOf(server.url, { proxy: false })), "secure")
      assert.deepStrictEqual(proxy.tunnels, [])
    }))

  it.scopedLive("in process.env is ignored if the ConfigProvider does not have it", () =>
    Effect.gen(function*() {
      const proxy = yield* forwardProxy()
      const server = yield* secureServer
      for (const variable of ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"]) {
        vi.stubEnv(variable, proxy.url)
      }
      const plain = yield* serve((_, response) => response.end("plain"))
      assert.strictEqual(yield* environment({})(responseTextOf(server.url)), "secure")
      assert.strictEqual(yield* environment({ HTTPS_PROXY: "http://127.0.0.1:1" })(responseTextOf(plain.url)), "plain")
      assert.deepStrictEqual(proxy.tunnels, [])
    }))

  it.scopedLive("opens one tunnel per connection", () =>
    Effect.gen(function*() {
      const proxy = yield* forwardProxy()
      const server = yield* secureServer
      const { ca } = yield* certificates
      const client = yield* NodeHttpClient.make({ ca, proxy: proxy.url, connections: 4 })
      const reply = Effect.flatMap(client.get(server.url), ({ text }) => text)
      yield* Effect.replicateEffect(reply, 10, { discard: true })
      assert.isAtMost(proxy.tunnels.length, 2)
      yield* Effect.replicateEffect(reply, 40, { concurrency: "unbounded", discard: true })
      assert.isAtMost(proxy.tunnels.length, 4)
    }))

  it.scopedLive("has no open connections after the scope closes", () =>
    Effect.gen(function*() {
      const proxy = yield* forwardProxy()
      const server = yield* secureServer
      yield* responseTextOf(server.url, { proxy: proxy.url })
      yield* Effect.sync(() => proxy.sockets.size).pipe(
        Effect.delay("5 millis"),
        Effect.repeat({ until: (open) => open === 0 }),
        Effect.timeout("2 seconds")
      )
    }))
})

describe("A proxy that", () => {
  const failures = [["responds with 502", 502], ["closes the connection", "hangUp"]] as const

  it.scopedLive.each(failures)(
    "%s is a connect failure and is retried",
    ([, manner]) =>
      Effect.gen(function*() {
        const proxy = yield* forwardProxy(manner)
        const server = yield* secureServer
        const error = yield* Effect.flip(callTo(server.url, { proxy: proxy.url })).pipe(Effect.timeout("3 seconds"))
        assert.deepInclude(error, { _tag: "TransportError", reason: "connect", requestSent: false, attempts: 3 })
        assert.strictEqual(proxy.tunnels.length, 3)
      })
  )

  it.scopedLive.each([401, 403, 407])(
    "responds with %s is not retried",
    (status) =>
      Effect.gen(function*() {
        const proxy = yield* forwardProxy(status)
        const server = yield* secureServer
        const { message, ...error } = yield* Effect.flip(callTo(server.url, { proxy: proxy.url }))
        assert.include(message, `PROXY_${status}`)
        assert.deepInclude(error, { _tag: "TransportError", reason: "connect", requestSent: false, attempts: 1 })
        assert.strictEqual(proxy.tunnels.length, 1)
      })
  )

  it.scopedLive("is not running is a connect failure and is retried", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(callTo("https://127.0.0.1:9", { proxy: "http://127.0.0.1:1" }))
      assert.deepInclude(error, {
        _tag: "TransportError",
        reason: "connect",
        requestSent: false,
        attempts: 3,
        code: "ECONNREFUSED"
      })
    }))

  it.scopedLive("never responds fails after connectTimeout", () =>
    Effect.gen(function*() {
      const proxy = yield* forwardProxy("silent")
      const server = yield* secureServer
      const error = yield* Effect.flip(
        responseTextOf(server.url, { proxy: proxy.url, connectTimeout: "300 millis" })
      ).pipe(Effect.timeout("4 seconds"))
      assert.strictEqual(error._tag, "RequestError")
    }))

  const password = "hunter2-hunter2"

  it.scopedLive("fails does not reveal its password", () =>
    Effect.gen(function*() {
      const proxy = yield* forwardProxy(407)
      const options = { proxy: { url: proxy.url, username: "me", password: Redacted.make(password) } }
      const platform = yield* captureOutput(responseTextOf("https://127.0.0.1:9", options))
      const ours = yield* captureOutput(callTo("https://127.0.0.1:9", options))
      const gone = yield* captureOutput(
        responseTextOf("https://127.0.0.1:9", { proxy: { ...options.proxy, url: "http://127.0.0.1:1" } })
      )
      assert.strictEqual(proxy.tunnels[0]?.authorization, basic(`me:${password}`))
      for (const [way, text] of [...platform.texts, ...ours.texts, ...gone.texts]) {
        assert.notInclude(text, password, way)
        assert.notInclude(text, basic(`me:${password}`), way)
      }
    }))

  const badUrls = [
    `http//me:${password}@proxy`,
    `ftp://me:${password}@proxy`,
    `http://me:${password}@:x`,
    `http://me:${password}%@proxy`
  ]

  it.scopedLive.each(badUrls)(
    "has an invalid URL is a ConfigurationError without its password: %s",
    (url) =>
      Effect.gen(function*() {
        const attempts = [
          [captureOutput(Effect.scoped(NodeHttpClient.make({ proxy: url }))), "http.proxy", undefined],
          [
            captureOutput(environment({ https_proxy: url })(Effect.scoped(NodeHttpClient.make()))),
            "https_proxy",
            "environment"
          ]
        ] as const
        for (const [attempt, setting, source] of attempts) {
          const { error, texts } = yield* attempt
          assert.deepInclude(error, { _tag: "ConfigurationError", setting, ...(source && { source }) })
          for (const [way, text] of texts) {
            assert.notInclude(text, password, way)
          }
        }
      })
  )
})

import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { RetryPolicy } from "effect-sagemaker-runtime"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import { X509Certificate } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TLSSocket } from "node:tls"
import { callTo, environment } from "../support/anonymousClient.ts"
import { certificates } from "../support/certificates.ts"
import { serveTls } from "../support/server.ts"

const secureServer = (clientCertificate = false) =>
  serveTls(
    (request, response) => response.end((request.socket as TLSSocket).getPeerCertificate().subject?.CN ?? "nobody"),
    clientCertificate
  )

const responseTextOf = (url: string, options: NodeHttpClient.NodeHttpClientOptions = {}) =>
  Effect.scoped(
    Effect.flatMap(NodeHttpClient.make(options), (client) => Effect.flatMap(client.get(url), ({ text }) => text))
  )

const file = (content: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const directory = await mkdtemp(join(tmpdir(), "bundle-"))
        await writeFile(join(directory, "ca.pem"), content)
        return directory
      }),
      (directory) => Effect.promise(() => rm(directory, { recursive: true }))
    ),
    (directory) => join(directory, "ca.pem")
  )

describe("A server with a certificate of a private authority", () => {
  it.scopedLive("is not trusted, and requestSent is false", () =>
    Effect.gen(function*() {
      const { url } = yield* secureServer()
      const error = yield* Effect.flip(environment({})(callTo(url)))
      assert.deepInclude(error, {
        _tag: "TransportError",
        reason: "tls",
        requestSent: false,
        attempts: 1,
        code: "SELF_SIGNED_CERT_IN_CHAIN"
      })
    }))

  it.scopedLive("is trusted if ca has the authority, as text, bytes, or in an array", () =>
    Effect.gen(function*() {
      const { url } = yield* secureServer()
      const { ca, server } = yield* certificates
      for (const given of [ca, Buffer.from(ca), [server.cert, ca], [Buffer.from(ca)], `# comment\n${ca}`]) {
        assert.strictEqual(yield* responseTextOf(url, { ca: given }), "nobody")
      }
      assert.strictEqual(new TextDecoder().decode((yield* callTo(url, { ca })).Body), "nobody")
    }))

  it.scopedLive("is trusted if AWS_CA_BUNDLE names a file with the authority", () =>
    Effect.gen(function*() {
      const { url } = yield* secureServer()
      const { ca } = yield* certificates
      const AWS_CA_BUNDLE = yield* file(ca)
      assert.strictEqual(yield* environment({ AWS_CA_BUNDLE })(responseTextOf(url)), "nobody")
    }))

  it.scopedLive("is trusted by ca even if AWS_CA_BUNDLE names a missing file", () =>
    Effect.gen(function*() {
      const { url } = yield* secureServer()
      const { ca } = yield* certificates
      assert.strictEqual(yield* environment({ AWS_CA_BUNDLE: "/nowhere" })(responseTextOf(url, { ca })), "nobody")
    }))

  it.scopedLive("is not trusted under a host name that its certificate does not have", () =>
    Effect.gen(function*() {
      const { url } = yield* secureServer()
      const { ca } = yield* certificates
      const error = yield* Effect.flip(callTo(url.replace("127.0.0.1", "localhost"), { ca }))
      assert.deepInclude(error, { _tag: "TransportError", reason: "tls", requestSent: false, retry: "never" })
    }))
})

describe("AWS_CA_BUNDLE", () => {
  it.scopedLive("fails if its file cannot be read", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(environment({ AWS_CA_BUNDLE: "/nowhere/ca.pem" })(NodeHttpClient.make()))
      assert.deepInclude(error, {
        _tag: "ConfigurationError",
        setting: "AWS_CA_BUNDLE",
        source: "environment",
        problem: "must name a readable, regular file"
      })
    }))

  it.scopedLive("fails if its file has no certificate", () =>
    Effect.gen(function*() {
      const { server } = yield* certificates
      for (const content of ["", "not PEM", server.key]) {
        const AWS_CA_BUNDLE = yield* file(content)
        const error = yield* Effect.flip(environment({ AWS_CA_BUNDLE })(NodeHttpClient.make()))
        assert.deepInclude(error, {
          _tag: "ConfigurationError",
          setting: "AWS_CA_BUNDLE",
          source: "environment",
          problem: "must name a file with PEM certificates"
        })
      }
    }))
})

describe("A client certificate", () => {
  it.scopedLive("is sent to a server that requires it, with a plain or a Redacted key", () =>
    Effect.gen(function*() {
      const { url } = yield* secureServer(true)
      const { ca, client: { cert, key } } = yield* certificates
      for (const given of [key, Buffer.from(key), Redacted.make(key), Redacted.make(Buffer.from(key))]) {
        assert.strictEqual(yield* responseTextOf(url, { ca, cert, key: given }), "client")
      }
    }))

  it.scopedLive("that is missing makes the server reject the connection", () =>
    Effect.gen(function*() {
      const { url } = yield* secureServer(true)
      const { ca } = yield* certificates
      const error = yield* Effect.flip(RetryPolicy.use(RetryPolicy.none)(callTo(url, { ca })))
      assert.strictEqual(error._tag, "TransportError")
    }))

  it.scopedLive("must match its key", () =>
    Effect.gen(function*() {
      const { client: { cert }, server: { key } } = yield* certificates
      const error = yield* Effect.flip(NodeHttpClient.make({ cert, key }))
      assert.deepInclude(error, { _tag: "ConfigurationError", setting: "http.cert or http.key" })
    }))
})

it.scopedLive("Certificates and keys that are not PEM are rejected before anything is sent", () =>
  Effect.gen(function*() {
    const { ca, client: { cert, key } } = yield* certificates
    const pair = "http.cert or http.key"
    const options: ReadonlyArray<readonly [string, NodeHttpClient.NodeHttpClientOptions]> = [
      ["http.ca", { ca: "garbage" }],
      ["http.ca", { ca: "" }],
      ["http.ca", { ca: [] }],
      ["http.ca", { ca: [ca, Buffer.from("garbage")] }],
      ["http.ca", { ca: new X509Certificate(ca).raw }],
      [pair, { cert: "garbage", key }],
      [pair, { cert, key: "garbage" }],
      [pair, { cert, key: Redacted.make("garbage") }]
    ]
    for (const [setting, given] of options) {
      const error = yield* Effect.flip(NodeHttpClient.make(given))
      assert.deepInclude(error, { _tag: "ConfigurationError", setting })
      assert.notInclude(JSON.stringify(error), "garbage")
    }
  }))

it.scopedLive("NodeHttpClient.layer provides an HttpClient", () =>
  Effect.gen(function*() {
    const { url } = yield* secureServer()
    const { ca } = yield* certificates
    const { status } = yield* Effect.provide(HttpClient.get(url), NodeHttpClient.layer({ ca }))
    assert.strictEqual(status, 200)
  }))

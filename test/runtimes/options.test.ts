import { Effect } from "effect"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { certificates } from "../support/certificates.ts"
import { forwardProxy } from "../support/proxy.ts"
import { serve, serveTls } from "../support/server.ts"
import { NotAvailable, runProcess } from "./hosts.ts"
import type { OptionsCase } from "./options.ts"
import { projectFolder } from "./project.ts"

const servers = Effect.gen(function*() {
  const { ca, client } = yield* certificates
  const secure = yield* serveTls((_, response) => response.end("secure"))
  const mutual = yield* serveTls((_, response) => response.end("mutual"), true)
  const plain = yield* serve((_, response) => response.end("plain"))
  const [proxy, denied, unused] = yield* Effect.all([forwardProxy(), forwardProxy(407), forwardProxy()])
  return { ca, client, secure, mutual, plain, proxy, denied, unused }
})

type Servers = Effect.Effect.Success<typeof servers>

type Expected = readonly [undici: string, bun: string, fetch: string]

const everywhere = (result: string): Expected => [result, result, result]

/** A setting that only undici supports. */
const onlyUndici = (setting: string): Expected => {
  const rejected = `ConfigurationError ${setting}`
  return ["plain", rejected, rejected]
}

/** A setting that `fetch` supports on Bun only. */
const notFetch = (result: string, setting: string): Expected => [result, result, `ConfigurationError ${setting}`]

/** Each call, with its result on undici, on Bun, and on any other `fetch`. */
const casesOf = ({ ca, client, denied, mutual, plain, proxy, secure }: Servers, folder: string) => {
  const identity = { ca, cert: client.cert, key: client.key }
  const bundle = { AWS_CA_BUNDLE: join(folder, "ca.pem") }
  const proxied = { HTTPS_PROXY: proxy.url }
  const variable = "HTTPS_PROXY or HTTP_PROXY"
  const cases: ReadonlyArray<readonly [string, OptionsCase, Expected]> = [
    ["no option", { endpoint: plain.url, http: {} }, everywhere("plain")],
    ["an unknown authority", { endpoint: secure.url, http: {} }, everywhere("TransportError tls")],
    ["ca", { endpoint: secure.url, http: { ca } }, notFetch("secure", "http.ca")],
    ["AWS_CA_BUNDLE", { endpoint: secure.url, http: {}, variables: bundle }, notFetch("secure", "AWS_CA_BUNDLE")],
    ["cert and key", { endpoint: mutual.url, http: identity }, notFetch("mutual", "http.ca")],
    [
      "the key of another certificate",
      { endpoint: mutual.url, http: { cert: ca, key: client.key } },
      notFetch("ConfigurationError http.cert or http.key", "http.cert")
    ],
    ["proxy", { endpoint: secure.url, http: { proxy: proxy.url, ca } }, notFetch("secure", "http.proxy")],
    ["HTTPS_PROXY", { endpoint: secure.url, http: {}, variables: { ...bundle, ...proxied } }, [
      "secure",
      "secure",
      "ConfigurationError AWS_CA_BUNDLE"
    ]],
    ["HTTPS_PROXY only", { endpoint: plain.url, http: {}, variables: proxied }, notFetch("plain", variable)],
    [
      "NO_PROXY",
      { endpoint: secure.url, http: { ca }, variables: { ...proxied, NO_PROXY: "127.0.0.1" } },
      notFetch("secure", "http.ca")
    ],
    [
      "a proxy that denies",
      { endpoint: secure.url, http: { proxy: denied.url, ca } },
      notFetch("TransportError connect", "http.proxy")
    ],
    ["proxy: false", { endpoint: plain.url, http: { proxy: false }, variables: proxied }, everywhere("plain")],
    ["connections", { endpoint: plain.url, http: { connections: 8 } }, onlyUndici("http.connections")],
    ["connectTimeout", { endpoint: plain.url, http: { connectTimeout: 1000 } }, onlyUndici("http.connectTimeout")],
    ["keepAliveTimeout", { endpoint: plain.url, http: { keepAliveTimeout: 1000 } }, onlyUndici("http.keepAliveTimeout")]
  ]
  return cases
}

const run = (runtime: "20" | "bun" | "deno", program: string, skip: (reason: string) => void) =>
  Effect.gen(function*() {
    const folder = projectFolder()
    const used = yield* servers
    const cases = casesOf(used, folder)
    yield* Effect.promise(() => writeFile(join(folder, "ca.pem"), used.ca))
    yield* Effect.promise(() =>
      writeFile(join(folder, "options.json"), JSON.stringify(cases.map(([, options]) => options)))
    )
    // The proxy in the environment of the process is not in the environment that the layer reads.
    const environment = { HTTPS_PROXY: used.unused.url, HTTP_PROXY: used.unused.url, AWS_EC2_METADATA_DISABLED: "true" }
    const results = yield* Effect.promise(() =>
      runProcess<ReadonlyArray<string>>(runtime, folder, program, environment).catch((error: unknown) => {
        if (error instanceof NotAvailable) {
          skip(error.message)
        }
        throw error
      })
    )
    return { cases, results, used }
  })

const programs = [
  ["Node.js", "20", "options", "undici"],
  ["Node.js in a bundle with chunks", "20", "chunks/options", "undici"],
  ["Node.js in a bundle without undici", "20", "stubs/options", "fetch"],
  ["Bun", "bun", "options", "bun"],
  ["Deno", "deno", "options", "undici"]
] as const

describe("The options of the HTTP client are applied or rejected", () => {
  it.for(programs)("on %s", { timeout: 150_000 }, async ([, runtime, program, client], { skip }) => {
    const { cases, results, used } = await Effect.runPromise(Effect.scoped(run(runtime, program, skip)))
    const column = { undici: 0, bun: 1, fetch: 2 }[client]
    assert.strictEqual(
      cases.map(([name], index) => `${name}: ${results[index]}`).join("\n"),
      cases.map(([name, , expected]) => `${name}: ${expected[column]}`).join("\n")
    )
    assert.deepStrictEqual(used.unused.tunnels, [])
    // Bun keeps the tunnel for the next call, because its connections do not belong to a layer.
    const tunnels = used.proxy.tunnels.filter(({ target }) => target === used.secure.host)
    assert.lengthOf(tunnels, { undici: 2, bun: 1, fetch: 0 }[client])
  })
})

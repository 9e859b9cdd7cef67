import { FetchHttpClient, type HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { type Duration, Effect, Fiber, Layer, type Scope } from "effect"
import type { Credentials } from "effect-sagemaker-runtime"
import { NodeCredentials, NodeHttpClient, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { captureOutput } from "../support/captureOutput.ts"
import {
  credentialsDocument,
  credentialsOf,
  currentCredentials,
  isolatedEnvironment,
  profileLines,
  serveResponses,
  stsDocument,
  stsOf
} from "../support/credentialServers.ts"
import { eventually } from "../support/eventually.ts"
import { serve } from "../support/server.ts"

type HttpLayer = Layer.Layer<HttpClient.HttpClient>

const httpClients: ReadonlyArray<readonly [string, HttpLayer]> = [
  ["fetch", FetchHttpClient.layer],
  ["Node", Layer.orDie(NodeHttpClient.layer({ proxy: false }))]
]

const role = "arn:aws:iam::123456789012:role/the-role"

type Setup = (url: string) => Effect.Effect<
  Layer.Layer<Credentials.Credentials, never, HttpClient.HttpClient>,
  never,
  Scope.Scope
>

const webIdentity: Setup = (url) =>
  Effect.map(isolatedEnvironment({ AWS_ENDPOINT_URL_STS: url, AWS_ROLE_ARN: role }), ({ set, write }) => {
    set({ AWS_WEB_IDENTITY_TOKEN_FILE: write("token", "canary-token") })
    return NodeCredentials.layerWebIdentity()
  })

const assumedRole: Setup = (url) =>
  Effect.map(isolatedEnvironment({ AWS_ENDPOINT_URL: url }), ({ config, credentials }) => {
    credentials("[base]", ...profileLines("canary"))
    config("[profile work]", `role_arn = ${role}`, "source_profile = base")
    return NodeCredentials.layerProfile({ profile: "work" })
  })

describe("A request to STS", () => {
  for (const [client, http] of httpClients) {
    for (const [name, setup] of [["a web identity", webIdentity], ["a role", assumedRole]] as const) {
      it.scopedLive(`for ${name} does not follow a redirect, over ${client}`, () =>
        Effect.gen(function*() {
          const other = yield* stsOf("stolen")
          const bodies: Array<string> = []
          const sts = yield* serve((request, response) => {
            request.on("data", (chunk: Buffer) => bodies.push(chunk.toString()))
            request.on("end", () => response.writeHead(307, { location: other.url }).end())
          })
          const layer = yield* setup(sts.url)
          const error = yield* Effect.flip(Effect.provide(currentCredentials, Layer.provide(layer, http)))
          assert.deepInclude(error, { _tag: "CredentialsError", status: 307 })
          assert.isAbove(bodies.length, 0)
          assert.deepStrictEqual(other.calls(), [])
        }))

      it.scopedLive(`for ${name} is not sent over plain http to another host, over ${client}`, () =>
        Effect.gen(function*() {
          const layer = yield* setup("http://sts.example.test:9")
          const error = yield* Effect.flip(Effect.provide(currentCredentials, Layer.provide(layer, http)))
          assert.include(error.message, "plain http")
          assert.notInclude(error.message, "example")
        }))
    }
  }
})

describe("The region of layerProfile", () => {
  for (
    const [given, options, variables] of [
      ["in code", { region: "eu-central-1" }, {}],
      ["in AWS_REGION", {}, { AWS_REGION: "eu-central-1" }]
    ] as const
  ) {
    it.scopedLive(`${given} takes precedence over the profile's region for STS`, () =>
      Effect.gen(function*() {
        const { config, credentials } = yield* isolatedEnvironment(variables)
        credentials("[base]", ...profileLines("base"))
        config("[profile work]", `role_arn = ${role}`, "source_profile = base", "region = us-west-2")
        const urls: Array<string> = []
        const fetch: typeof globalThis.fetch = (url) => {
          urls.push(new Request(url).url)
          return Promise.resolve(new Response(stsDocument("AssumeRole", "role")))
        }
        const http = Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, fetch))
        const layer = NodeCredentials.layerProfile({ profile: "work", ...options })
        assert.deepStrictEqual(
          yield* Effect.provide(currentCredentials, Layer.provide(layer, http)),
          credentialsOf("role")
        )
        assert.deepStrictEqual([...new Set(urls.map((url) => new URL(url).host))], ["sts.eu-central-1.amazonaws.com"])
      }))
  }
})

const http = Layer.orDie(NodeHttpClient.layer({ proxy: false }))

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return false
  }
}

/** A command that ignores SIGTERM and starts another process. Both write their process ID to a file. */
const hangingProcess = Effect.map(isolatedEnvironment(), ({ config, home, write }) => {
  const inner = write(
    "inner.cjs",
    `process.on("SIGTERM", () => {}); require("fs").writeFileSync(${
      JSON.stringify(join(home, "inner"))
    }, "" + process.pid); setInterval(() => {}, 1000)`
  )
  const outer = write(
    "outer.cjs",
    `process.on("SIGTERM", () => {}); require("fs").writeFileSync(${
      JSON.stringify(join(home, "outer"))
    }, "" + process.pid); require("child_process").spawnSync(process.execPath, [${
      JSON.stringify(inner)
    }], { stdio: "inherit" })`
  )
  config("[profile tool]", `credential_process = "${process.execPath}" "${outer}"`)
  const files = [join(home, "inner"), join(home, "outer")]
  return {
    started: eventually(() => files.every(existsSync), "5 seconds"),
    pids: () => files.map((file) => Number(readFileSync(file, "utf8")))
  }
})

const processLayer = (options: { readonly refreshTimeout?: Duration.DurationInput } = {}) =>
  Layer.provide(NodeCredentials.layerProcess({ profile: "tool", ...options }), http)

describe.skipIf(process.platform === "win32")("A credential process that hangs", () => {
  it.scopedLive("is killed with its children when no call waits for it", () =>
    Effect.gen(function*() {
      const { pids, started } = yield* hangingProcess
      const context = yield* Layer.build(processLayer())
      const waiting = yield* Effect.fork(Effect.provide(currentCredentials, context))
      yield* started
      yield* Fiber.interrupt(waiting)
      yield* eventually(() => !pids().some(isRunning), "5 seconds")
    }))

  it.scopedLive("is killed with its children after the refresh timeout", () =>
    Effect.gen(function*() {
      const { pids, started } = yield* hangingProcess
      const waiting = yield* Effect.fork(
        Effect.flip(Effect.provide(currentCredentials, processLayer({ refreshTimeout: "1 second" })))
      )
      yield* started
      assert.include((yield* Fiber.join(waiting)).message, "credential_process")
      yield* eventually(() => !pids().some(isRunning), "5 seconds")
    }))

  it.scopedLive("is killed with its children when the layer is closed", () =>
    Effect.gen(function*() {
      const { pids, started } = yield* hangingProcess
      yield* Effect.scoped(Effect.gen(function*() {
        const context = yield* Layer.build(processLayer())
        yield* Effect.forkDaemon(Effect.exit(Effect.provide(currentCredentials, context)))
        yield* started
      }))
      yield* eventually(() => !pids().some(isRunning), "5 seconds")
    }))

  it.scopedLive("is killed if it prints without end", () =>
    Effect.gen(function*() {
      const { config } = yield* isolatedEnvironment()
      config("[profile tool]", "credential_process = yes canary-output")
      const { error, texts } = yield* captureOutput(Effect.provide(currentCredentials, processLayer()))
      assert.deepInclude(error, { _tag: "CredentialsError" })
      assert.isFalse(texts.some(([, text]) => text.includes("canary-output")))
    }))
})

it.scopedLive("A credential process that fails reports its exit code", () =>
  Effect.gen(function*() {
    const { config } = yield* isolatedEnvironment()
    config("[profile tool]", "credential_process = exit 7")
    assert.strictEqual((yield* Effect.flip(Effect.provide(currentCredentials, processLayer()))).exitCode, 7)
  }))

describe("A container credential endpoint", () => {
  const container = Layer.provide(NodeCredentials.layerContainer, http)

  it.scopedLive("receives the token of a file without its line break", () =>
    Effect.gen(function*() {
      const server = yield* serveResponses(() => ({ body: credentialsDocument("container") }))
      const { set, write } = yield* isolatedEnvironment({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/` })
      set({ AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: write("token", "the-token\r\n") })
      yield* Effect.provide(currentCredentials, container)
      assert.strictEqual(server.calls()[0]?.headers["authorization"], "the-token")
    }))

  it.scopedLive("that sends one byte at a time fails after the refresh timeout, and its connection is closed", () =>
    Effect.gen(function*() {
      let open = 0
      const server = yield* serve((_, response) => {
        open += 1
        const timer = setInterval(() => response.write(" "), 20)
        response.on("close", () => {
          open -= 1
          clearInterval(timer)
        })
      })
      yield* isolatedEnvironment({
        AWS_EC2_METADATA_DISABLED: "true",
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/`
      })
      const layer = Layer.provide(NodeCredentials.layerDefault({ refreshTimeout: "500 millis" }), http)
      const error = yield* Effect.flip(Effect.provide(currentCredentials, layer))
      assert.strictEqual(error._tag, "CredentialsError")
      yield* eventually(() => open === 0)
    }))
})

describe.skipIf(process.platform === "win32")("A named pipe", () => {
  const pipe = (home: string) => {
    const path = join(home, "pipe")
    execFileSync("mkfifo", [path])
    return path
  }

  for (const variable of ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE"]) {
    it.scopedLive(`as ${variable} fails the layer`, () =>
      Effect.gen(function*() {
        const { home, set } = yield* isolatedEnvironment({ AWS_REGION: "eu-west-1" })
        set({ [variable]: pipe(home) })
        const error = yield* Effect.flip(Layer.build(NodeSageMaker.layer({ http: { proxy: false } })))
        assert.deepInclude(error, { _tag: "ConfigurationError", setting: variable })
      }).pipe(Effect.timeout("5 seconds")))
  }

  for (const name of ["config", "credentials"]) {
    it.scopedLive(`as ~/.aws/${name} fails the layer`, () =>
      Effect.gen(function*() {
        const { home } = yield* isolatedEnvironment({ AWS_REGION: "eu-west-1" })
        delete process.env["AWS_CONFIG_FILE"]
        delete process.env["AWS_SHARED_CREDENTIALS_FILE"]
        mkdirSync(join(home, ".aws"), { recursive: true })
        execFileSync("mkfifo", [join(home, ".aws", name)])
        const error = yield* Effect.flip(Layer.build(NodeSageMaker.layer({ http: { proxy: false } })))
        assert.deepInclude(error, { _tag: "ConfigurationError", setting: `~/.aws/${name}` })
      }).pipe(Effect.timeout("5 seconds")))
  }

  it.scopedLive("is not the null device, which is an empty file", () =>
    Effect.gen(function*() {
      yield* isolatedEnvironment({
        AWS_REGION: "eu-west-1",
        AWS_CONFIG_FILE: "/dev/null",
        AWS_SHARED_CREDENTIALS_FILE: "/dev/null"
      })
      yield* Layer.build(NodeSageMaker.layer({ http: { proxy: false } }))
    }))

  it.scopedLive("as a token file fails the call", () =>
    Effect.gen(function*() {
      const { config, home, set } = yield* isolatedEnvironment({ AWS_ROLE_ARN: role })
      const path = pipe(home)
      set({
        AWS_WEB_IDENTITY_TOKEN_FILE: path,
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: path,
        AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://127.0.0.1:9/"
      })
      config(
        "[profile work]",
        `role_arn = ${role}`,
        `web_identity_token_file = ${path}`,
        "[profile outer]",
        `role_arn = ${role}`,
        "source_profile = work"
      )
      const layers = [
        NodeCredentials.layerWebIdentity(),
        NodeCredentials.layerContainer,
        NodeCredentials.layerProfile({ profile: "work" }),
        NodeCredentials.layerProfile({ profile: "outer" })
      ]
      for (const layer of layers) {
        const error = yield* Effect.flip(Effect.provide(currentCredentials, Layer.provide(layer, http)))
        assert.include(error.message, "not a regular file")
      }
    }).pipe(Effect.timeout("5 seconds")))
})

describe("A profile name", () => {
  for (const profile of ["missing", "__proto__", "constructor", "toString"]) {
    it.scopedLive(`that does not exist is in the message: ${profile}`, () =>
      Effect.gen(function*() {
        const { config } = yield* isolatedEnvironment()
        config("[profile other]", "region = eu-west-1")
        const layer = Layer.provide(NodeCredentials.layerProfile({ profile }), http)
        const error = yield* Effect.flip(Effect.provide(currentCredentials, layer))
        assert.deepInclude(error, { _tag: "CredentialsError", sources: ["profile"] })
        assert.include(error.message, JSON.stringify(profile))
      }))
  }
})

it.scopedLive("A metadata service that sends the region byte by byte does not hang the layer", () =>
  Effect.gen(function*() {
    let open = 0
    const server = yield* serve((_, response) => {
      open += 1
      const timer = setInterval(() => response.write("x"), 20)
      response.on("close", () => {
        open -= 1
        clearInterval(timer)
      })
    })
    const { set } = yield* isolatedEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: server.url })
    set({ AWS_EC2_METADATA_DISABLED: "false" })
    const error = yield* Effect.flip(Layer.build(NodeSageMaker.layer({ http: { proxy: false } })))
    assert.deepInclude(error, { _tag: "ConfigurationError", setting: "region" })
    yield* eventually(() => open === 0)
  }).pipe(Effect.timeout("10 seconds")))

import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { NodeCredentials, NodeHttpClient } from "effect-sagemaker-runtime/node"
import { existsSync } from "node:fs"
import { captureOutput } from "../support/captureOutput.ts"
import {
  advanceToExpiry,
  credentialsDocument,
  credentialsOf,
  currentCredentials,
  isolatedEnvironment,
  past,
  soon
} from "../support/credentialServers.ts"
import { eventually } from "../support/eventually.ts"

const http = NodeHttpClient.layer({ proxy: false })

const layers = [
  ["credential_process", NodeCredentials.layerProcess],
  ["profile", NodeCredentials.layerProfile]
] as const

const withProcess = (script: string) =>
  Effect.map(isolatedEnvironment(), ({ config, write }) => {
    const file = write("keys.cjs", script)
    config("[profile tool]", `credential_process = "${process.execPath}" "${file}" canary-argument`)
    return { write, file }
  })

const printing = (value: unknown) => `console.log(${JSON.stringify(JSON.stringify(value))})`

for (const [source, layerOf] of layers) {
  const layer = Layer.provide(layerOf({ profile: "tool" }), http)

  describe(`A credential process, with layer${source === "profile" ? "Profile" : "Process"}`, () => {
    it.scopedLive("gives the credentials it prints", () =>
      Effect.gen(function*() {
        yield* withProcess(printing(credentialsDocument("process")))
        assert.deepStrictEqual(yield* Effect.provide(currentCredentials, layer), credentialsOf("process"))
      }))

    it.scopedLive("that fails is not quoted: neither its command line nor its output", () =>
      Effect.gen(function*() {
        yield* withProcess("console.log('canary-out'); console.error('canary-err'); process.exitCode = 3")
        const { error, texts } = yield* captureOutput(Effect.provide(currentCredentials, layer))
        assert.deepInclude(error, {
          _tag: "CredentialsError",
          message:
            `The source "${source}" returned no credentials: credential_process failed. Run the command in a terminal to see its error.`,
          sources: [source]
        })
        assert.deepStrictEqual(texts.filter(([, text]) => /canary|keys\.cjs/.test(text)), [])
      }))

    it.scopedLive("that prints no credentials is not quoted", () =>
      Effect.gen(function*() {
        const outputs = ["canary", { ...credentialsDocument("canary"), Version: 2 }, {
          Version: 1,
          AccessKeyId: "canary"
        }]
        for (const output of outputs) {
          yield* Effect.scoped(Effect.gen(function*() {
            yield* withProcess(typeof output === "string" ? `console.log(${JSON.stringify(output)})` : printing(output))
            const { error, texts } = yield* captureOutput(Effect.provide(currentCredentials, layer))
            assert.deepInclude(error, {
              message:
                `The source "${source}" returned no credentials: credential_process did not print valid credentials. Check that the command prints JSON with Version 1.`
            })
            assert.deepStrictEqual(texts.filter(([, text]) => text.includes("canary")), [])
          }))
        }
      }))

    it.scopedLive("that prints expired credentials fails with that reason", () =>
      Effect.gen(function*() {
        yield* withProcess(printing(credentialsDocument("canary", past)))
        const { error, texts } = yield* captureOutput(Effect.provide(currentCredentials, layer))
        assert.deepInclude(error, {
          message:
            `The source "${source}" returned no credentials: credential_process returned expired credentials. Check the command in the shared config file.`
        })
        assert.deepStrictEqual(texts.filter(([, text]) => text.includes("canary")), [])
      }))
  })
}

describe("A credential process whose credentials have expired", () => {
  it.scopedLive("runs again", () =>
    Effect.gen(function*() {
      const { write } = yield* withProcess(printing(credentialsDocument("first", soon())))
      const seen = yield* Effect.gen(function*() {
        const first = yield* currentCredentials
        write("keys.cjs", printing(credentialsDocument("second")))
        yield* advanceToExpiry
        return [first.accessKeyId, (yield* currentCredentials).accessKeyId]
      }).pipe(Effect.provide(Layer.provide(NodeCredentials.layerProcess({ profile: "tool" }), http)))
      assert.deepStrictEqual(seen, ["AKID-first", "AKID-second"])
    }))
})

describe("A credential process that takes longer than refreshTimeout", () => {
  it.scopedLive("fails the call", () =>
    Effect.gen(function*() {
      yield* withProcess("setTimeout(() => {}, 3_000)")
      const layer = NodeCredentials.layerProcess({ profile: "tool", refreshTimeout: "300 millis" })
      const error = yield* Effect.flip(Effect.provide(currentCredentials, Layer.provide(layer, http)))
      assert.deepInclude(error, {
        _tag: "CredentialsError",
        message:
          "No credentials arrived from credential_process within 300 ms: increase refreshTimeout if it needs longer"
      })
    }))
})

const startDetached = (script: string) =>
  `require("node:child_process").spawn(process.execPath, ["-e", ${
    JSON.stringify(script)
  }], { detached: true, stdio: "inherit" }).unref()`

describe.skipIf(process.platform === "win32")("A credential process that starts a process in another group", () => {
  it.scopedLive("keeps no pipe open after the timeout", () =>
    Effect.gen(function*() {
      const { write } = yield* withProcess("")
      const closed = `${write("start", "")}-closed`
      const writeUntilClosed = `process.stdout.on("error", () => {
        require("node:fs").writeFileSync(${JSON.stringify(closed)}, "")
        process.exit()
      })
      setTimeout(() => process.exit(), 5_000)
      setInterval(() => process.stdout.write("a"), 50)`
      write("keys.cjs", startDetached(writeUntilClosed))
      const layer = NodeCredentials.layerProcess({ profile: "tool", refreshTimeout: "500 millis" })
      yield* Effect.flip(Effect.provide(currentCredentials, Layer.provide(layer, http)))
      yield* eventually(() => existsSync(closed))
    }))

  it.scopedLive("is not read further than 1 MiB", () =>
    Effect.gen(function*() {
      yield* withProcess(
        startDetached(
          "process.stdout.on('error', () => process.exit()); setTimeout(() => process.exit(), 5_000);" +
            "const write = () => process.stdout.write('a'.repeat(65_536), write); write()"
        )
      )
      const layer = NodeCredentials.layerProcess({ profile: "tool", refreshTimeout: "4 seconds" })
      const error = yield* Effect.flip(Effect.provide(currentCredentials, Layer.provide(layer, http)))
      assert.include(error.message, "credential_process failed")
    }))
})

import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { faults } from "../support/faults.ts"

const keys = {
  accessKeyId: "AKIACANARYKEYID",
  secretAccessKey: "canary-secret-access-key",
  sessionToken: "canary/token"
}

const program = fileURLToPath(new URL("../support/printFailures.mjs", import.meta.url))

/** Runs the program and returns its output and exit code. */
const run = (PRINTING: string) =>
  Effect.async<{ readonly code: number | null; readonly text: string }>((resume) => {
    const child = spawn(process.execPath, ["--trace-warnings", "--trace-uncaught", program], {
      env: { PATH: process.env["PATH"], PRINTING, NODE_DEBUG: "undici", FORCE_COLOR: "0" },
      stdio: ["ignore", "pipe", "pipe"]
    })
    let text = ""
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()))
    child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()))
    child.on("close", (code) => resume(Effect.succeed({ code, text })))
    return Effect.sync(() => child.kill())
  })

it.scopedLive(
  "A process prints no credential, token, body or attribute under any fault, not even when it crashes",
  () =>
    Effect.gen(function*() {
      const failing = faults.filter(({ result }) => result !== "success")
      const cases = yield* Effect.forEach(failing, ({ kind, server }) =>
        Effect.map(server, ({ url }) => ({
          url,
          stream: kind === "stream",
          input: {
            EndpointName: "anomaly-v2",
            ContentType: "text/plain",
            CustomAttributes: "canary-attributes",
            Body: "canary body of a request"
          }
        })))
      const { code, text } = yield* run(JSON.stringify({ keys, cases }))
      assert.include(text, "all calls have ended")
      assert.strictEqual(code, 1)
      for (const { result } of failing.filter(({ kind }) => kind !== "upload")) {
        assert.include(text, /^\w+/.exec(result)![0])
      }
      assert.deepStrictEqual(text.split("\n").filter((line) => /canary/i.test(line)), [])
    }),
  60_000
)

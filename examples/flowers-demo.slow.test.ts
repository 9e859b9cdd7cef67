import { assert, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { text } from "node:stream/consumers"
import { promisify } from "node:util"
import { run, start } from "./run-demo.ts"

it("scores two flowers and exits with --once", { timeout: 60_000 }, async () => {
  assert.deepStrictEqual(await run(["flowers-demo", "--once"]), {
    exitCode: 0,
    stderr: "",
    stdout: "  setosa              0.96\n  virginica           0.96\n"
  })
})

it.for(["SIGINT", "SIGTERM"] as const)(
  "prints a curl command that works and exits cleanly on %s",
  { timeout: 60_000 },
  async (signal) => {
    const demo = start(["flowers-demo"])
    const errors = text(demo.stderr)
    const closed = once(demo, "close")
    let response = ""
    for await (const line of createInterface(demo.stdout)) {
      if (line.startsWith("curl ")) {
        response = (await promisify(execFile)("sh", ["-c", line])).stdout
        demo.kill(signal)
      }
    }
    const scores = JSON.parse(response) as ReadonlyArray<{ readonly species: string }>
    assert.deepStrictEqual(scores.map(({ species }) => species), ["setosa", "virginica"])
    assert.deepStrictEqual(await closed, [0, null])
    assert.strictEqual(await errors, "")
  }
)

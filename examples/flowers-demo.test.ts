import { assert, it } from "@effect/vitest"
import { run } from "./run-demo.ts"

it("scores two flowers and exits with --once", { timeout: 60_000 }, async () => {
  assert.deepStrictEqual(await run(["flowers-demo", "--once"]), {
    exitCode: 0,
    stderr: "",
    stdout: "  setosa              0.96\n  virginica           0.96\n"
  })
})

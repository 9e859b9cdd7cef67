import { assert, it } from "@effect/vitest"
import { run } from "./run-demo.ts"

it("answers each suggested question", { timeout: 60_000 }, async () => {
  const { exitCode, stdout } = await run(["chat-demo"])
  assert.strictEqual(exitCode, 0)
  for (const word of ["three attempts", "Timeouts.use", "closes the connection", "MockRuntime.layer"]) {
    assert.include(stdout.replaceAll(/\s+/g, " "), word)
  }
  assert.notInclude(stdout, "I have no answer")
})

it("answers the question given as an argument", { timeout: 60_000 }, async () => {
  const { exitCode, stdout } = await run(["chat-demo", "Who", "is", "Ludwig?"])
  assert.strictEqual(exitCode, 0)
  assert.match(stdout, /^\s+question\s+Who is Ludwig\?\n\s+response\s+I have no answer to that/)
})

import { assert, it } from "@effect/vitest"
import { run } from "./run-demo.ts"

it("transcribes the audio while it is sent", { timeout: 60_000 }, async () => {
  const { exitCode, stderr, stdout } = await run(["voice-demo", "Both ways"])
  assert.strictEqual(exitCode, 0, stderr)
  assert.match(stdout, /transcript\s+BOTH WAYS\n/)
  const [, first, total] = /first letter\s+after (\S+) s of (\S+) s audio/.exec(stdout)!
  assert.isBelow(Number(first), Number(total) / 2)
})

/** Draws terminals that run the built command line against the emulator: `npm run docs:terminals`. */
import { NodeContext } from "@effect/platform-node"
import { Effect } from "effect"
import { copyFileSync, writeFileSync } from "node:fs"
import { recordBatch, recordLoad } from "./recording.ts"
import { terminals } from "./terminals.ts"

const drawn = Effect.gen(function*() {
  const batch = yield* recordBatch
  writeFileSync("docs/command-line-batch.svg", terminals("A batch in a terminal", batch))
  const { plot, screens } = yield* recordLoad
  writeFileSync("docs/command-line-load.svg", terminals("A load test in a terminal", screens))
  copyFileSync(plot, "docs/command-line-latency.svg")
})

await Effect.runPromise(Effect.scoped(drawn).pipe(Effect.provide(NodeContext.layer)))

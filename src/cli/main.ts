/** The binary: runs the command line, and stops its requests on SIGINT and SIGTERM. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import process from "node:process"
import { exitCode, run } from "./app.ts"
import type { signalCodes } from "./output/exitCodes.ts"

let received: keyof typeof signalCodes | undefined

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    received = signal
  })
}

run(process.argv).pipe(
  Effect.provide(Layer.mergeAll(NodeFileSystem.layer, NodePath.layer, NodeTerminal.layer)),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    // Standard input that is still open would keep the process running.
    teardown: (exit) => process.exit(exitCode(exit, received))
  })
)

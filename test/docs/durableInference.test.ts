import { NodeFileSystem } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { resultOfFile, submitToFile } from "../../examples/guides/job-file.ts"

const upper = Emulator.endpoint(
  "summary",
  ({ Body }) => Effect.succeed({ Body: new TextDecoder().decode(Body).toUpperCase(), ContentType: "text/plain" })
)

const emulator = Emulator.layerObjectStore.pipe(
  Layer.provideMerge(Emulator.layerHttpClient({ region: "eu-west-1", endpoints: [upper] }))
)

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "job-file-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

it.scopedLive("job file: the result of a stored job", () =>
  Effect.gen(function*() {
    const path = join(yield* folder, "job.json")
    yield* submitToFile("hello", path)
    assert.strictEqual(yield* resultOfFile(path), "HELLO")
  }).pipe(
    Effect.provide(
      NodeSageMaker.layer({ region: "eu-west-1", credentials: Emulator.credentials, http: emulator }).pipe(
        Layer.provideMerge(emulator),
        Layer.provideMerge(NodeFileSystem.layer)
      )
    )
  ))

import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { buildSync } from "esbuild"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { beforeAll } from "vitest"
import { eventually } from "./support/eventually.ts"

const program = "build/asyncInferenceProcess.js"

beforeAll(() => {
  buildSync({
    entryPoints: ["test/support/asyncInferenceProcess.ts"],
    outfile: program,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    tsconfig: "tsconfig.json"
  })
})

/** An endpoint that waits for a permit before each response, and a function that starts processes which call it. */
const makeScene = (respond: (input: string) => Effect.Effect<string, string>) =>
  Effect.gen(function*() {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "async-inference-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
    )
    const job = join(folder, "job.json")
    const inputs: Array<string> = []
    const permits = yield* Effect.makeSemaphore(0)
    const upper = Emulator.endpoint("upper", ({ Body }) => {
      const input = new TextDecoder().decode(Body)
      inputs.push(input)
      return Effect.zipRight(permits.take(1), respond(input))
    })
    const context = yield* Layer.build(NodeEmulator.layer({ region: "eu-west-1", endpoints: [upper] }))
    const { url } = yield* Effect.provide(NodeEmulator.NodeEmulator, context)
    const env = {
      ...process.env,
      AWS_ENDPOINT_URL: url,
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: Emulator.credentials.accessKeyId as string,
      AWS_SECRET_ACCESS_KEY: Emulator.credentials.secretAccessKey as string,
      NO_PROXY: "127.0.0.1"
    }
    const start = (command: "result" | "run" | "submit") =>
      Effect.acquireRelease(
        Effect.sync(() =>
          spawn(process.execPath, [program, command, job], { env, stdio: ["ignore", "pipe", "inherit"] })
        ),
        (child) => Effect.sync(() => child.kill("SIGKILL"))
      )
    /** Starts a process and kills it once the job is stored and the model has its input. */
    const killAfterSubmit = Effect.fnUntraced(function*(command: "run" | "submit") {
      const child = yield* start(command)
      const exit = Effect.promise(() => once(child, "exit"))
      yield* eventually(() => existsSync(job) && inputs.length === 1, "20 seconds")
      child.kill("SIGKILL")
      assert.deepStrictEqual(yield* exit, [null, "SIGKILL"])
    })
    const printedResult = Effect.flatMap(start("result"), ({ stdout }) => Effect.promise(() => text(stdout)))
    return { inputs, killAfterSubmit, printedResult, respondOnce: permits.release(1) }
  })

const upperCase = (input: string) => Effect.succeed(input.toUpperCase())

it.scopedLive.each(["submit", "run"] as const)(
  "a process that has the encoded job returns the result after %s was killed, and the model ran once",
  (command) =>
    Effect.gen(function*() {
      const { inputs, killAfterSubmit, printedResult, respondOnce } = yield* makeScene(upperCase)
      yield* killAfterSubmit(command)
      const printed = yield* Effect.fork(printedResult)
      yield* Effect.delay(respondOnce, "1 second")
      assert.strictEqual(yield* printed, "HELLO\n")
      assert.strictEqual(yield* printedResult, "HELLO\n")
      assert.deepStrictEqual(inputs, ["hello"])
    }),
  60_000
)

it.scopedLive(
  "a process that has the encoded job returns the failure after the first one was killed",
  () =>
    Effect.gen(function*() {
      const { inputs, killAfterSubmit, printedResult, respondOnce } = yield* makeScene(() => Effect.fail("secret text"))
      yield* killAfterSubmit("submit")
      yield* respondOnce
      const printed = yield* printedResult
      assert.include(printed, "AsyncInferenceFailedError")
      assert.notInclude(printed, "secret text")
      assert.deepStrictEqual(inputs, ["hello"])
    }),
  60_000
)

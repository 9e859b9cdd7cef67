import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { run } from "./run-demo.ts"

const escape = "\u001b["

const expected = [
  "insight.invoke(text)",
  "sentiment           0.40",
  "name                Anna",
  "name                Lisbon",
  "attempts            2",
  "error               TimeoutError",
  "phase               total",
  "error               ModelError",
  "OriginalStatusCode  500",
  "line                tick 3",
  "container           connection closed, stopped after",
  "A request is retried after a throttling error",
  "OutputLocation      s3://emulator/insight/output/"
]

it("runs every scene on this machine and shows the code of each", { timeout: 60_000 }, async () => {
  const { exitCode, stderr, stdout } = await run([
    "demo",
    "The soup was cold, but Anna from Lisbon smiled all evening."
  ])
  for (const text of expected) {
    assert.include(stdout, text)
  }
  assert.notInclude(stdout, escape)
  assert.deepStrictEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" })
})

it.live("calls an endpoint on AWS, with colour", () =>
  Effect.gen(function*() {
    const { url } = yield* NodeEmulator.NodeEmulator
    const env = {
      AWS_ACCESS_KEY_ID: Emulator.credentials.accessKeyId as string,
      AWS_SECRET_ACCESS_KEY: Emulator.credentials.secretAccessKey as string,
      AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME: url,
      FORCE_COLOR: "1"
    }
    const { exitCode, stdout } = yield* Effect.promise(() =>
      run(["demo", "--endpoint-name", "echo", "--region", "eu-west-1", "hello"], { env })
    )
    assert.strictEqual(exitCode, 0)
    assert.include(stdout, `${escape}1mA response stream`)
    assert.strictEqual(stdout.match(/hello\n/g)?.length, 3)
    assert.notInclude(stdout, "A throttled call")
  }).pipe(
    Effect.provide(NodeEmulator.layer({
      region: "eu-west-1",
      endpoints: [Emulator.endpoint("echo", ({ Body }) => Effect.succeed(Body))]
    }))
  ), 60_000)

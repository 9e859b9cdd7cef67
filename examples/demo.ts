import { Console, Effect, Layer } from "effect"
import { NodeEmulator, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { parseArgs } from "node:util"
import { deploy } from "./insight-container.ts"
import { tour } from "./tour.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { "endpoint-name": { type: "string" }, region: { type: "string" } }
})

const text = positionals.join(" ") ||
  "I love the new dashboard! But the export on 3 May 2026 failed twice, and support@acme.com never answered."

const name = values["endpoint-name"] ?? "insight"

const onAws = NodeSageMaker.layer({ region: values.region })

const emulator = Layer.unwrapEffect(
  Effect.map(deploy(name), (model) => NodeEmulator.layer({ endpoints: [model] }))
)

const onThisMachine = Layer.unwrapEffect(
  Effect.gen(function*() {
    const { url } = yield* NodeEmulator.NodeEmulator
    yield* Console.log(`A model is served at ${url}/endpoints/${name}/invocations`)
    return NodeSageMaker.layer({
      region: "us-east-1",
      endpoint: url,
      credentials: Emulator.credentials,
      http: { proxy: false }
    })
  })
).pipe(Layer.provideMerge(emulator))

await tour(name, text).pipe(
  Effect.tap((steps) => Effect.sync(() => process.exitCode = steps.every((passed) => passed) ? 0 : 1)),
  Effect.provide(values["endpoint-name"] === undefined ? onThisMachine : onAws),
  Effect.runPromise
)

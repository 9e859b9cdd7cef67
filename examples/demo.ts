import { Console, Context, Effect, Layer } from "effect"
import { NodeEmulator, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { parseArgs } from "node:util"
import { emulated } from "./emulated.ts"
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

const onThisMachine = Layer.tap(emulated(deploy(name)), (context) => {
  const { url } = Context.get(context, NodeEmulator.NodeEmulator)
  return Console.log(`A model is served at ${url}/endpoints/${name}/invocations`)
})

await tour(name, text).pipe(
  Effect.tap((steps) => Effect.sync(() => process.exitCode = steps.every((passed) => passed) ? 0 : 1)),
  Effect.provide(values["endpoint-name"] === undefined ? onThisMachine : onAws),
  Effect.runPromise
)

import { Console, Effect } from "effect"
import { NodeEmulator, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { parseArgs } from "node:util"
import { awsTour } from "./aws-tour.ts"
import { guideContainer } from "./chat-container.ts"
import { busyContainer, slowContainer, tickerContainer } from "./demo-containers.ts"
import { emulated } from "./emulated.ts"
import { insightContainer } from "./insight-container.ts"
import { heading, row } from "./terminal.ts"
import { tour } from "./tour.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { "endpoint-name": { type: "string" }, region: { type: "string" } }
})

const text = positionals.join(" ") ||
  "Anna from Lisbon loves the new dashboard! But the export on 3 May 2026 failed twice, and support@acme.com never answered."

const onAws = (name: string) =>
  heading("Amazon SageMaker Runtime").pipe(
    Effect.zipRight(row("endpoint", name)),
    Effect.zipRight(row("text", text)),
    Effect.zipRight(awsTour(name, text)),
    Effect.map((results) => results.some((passed) => passed)),
    Effect.provide(NodeSageMaker.layer({ region: values.region }))
  )

const onThisMachine = Effect.gen(function*() {
  const ticker = yield* tickerContainer
  const containers = [insightContainer("insight"), yield* busyContainer, slowContainer, ticker.endpoint, guideContainer]
  const program = Effect.gen(function*() {
    const { url } = yield* NodeEmulator.NodeEmulator
    yield* heading("Amazon SageMaker Runtime, emulated on this machine")
    yield* row("URL", url)
    yield* row("text", text)
    return yield* tour(text, ticker.linesWhenStopped)
  })
  const results = yield* Effect.provide(program, emulated(...containers))
  yield* Console.log("\nThe code above is read from examples/scenes.ts.")
  return results.every((passed) => passed)
})

const name = values["endpoint-name"]
const passed = await Effect.runPromise(name === undefined ? onThisMachine : onAws(name))
process.exitCode = passed ? 0 : 1

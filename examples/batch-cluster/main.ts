import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { S3ObjectStore } from "effect-sagemaker-runtime/s3"
import { database, runner } from "./runner.ts"
import { ScoreReadings } from "./workflow.ts"

const live = ScoreReadings.layer.pipe(
  Layer.provideMerge(runner),
  Layer.provide(database),
  Layer.provide(S3ObjectStore.layer()),
  Layer.provide(NodeSageMaker.layer())
)

const [id, input, output] = process.argv.slice(2)

const program = id === undefined || input === undefined || output === undefined
  ? Effect.never
  : Effect.flatMap(ScoreReadings.execute({ id, input, output }), (summary) => Console.log(JSON.stringify(summary)))

program.pipe(Effect.provide(live), NodeRuntime.runMain)

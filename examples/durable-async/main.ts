import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { S3ObjectStore } from "effect-sagemaker-runtime/s3"
import { readFileSync } from "node:fs"
import { database, runner } from "./runner.ts"
import { ScoreTexts, ScoreTextsLive } from "./workflow.ts"

const live = ScoreTextsLive.pipe(
  Layer.provideMerge(runner),
  Layer.provide(database),
  Layer.provide(S3ObjectStore.layer()),
  Layer.provide(NodeSageMaker.layer())
)

const score = (id: string, file: string) => {
  const texts = readFileSync(file, "utf8").trimEnd().split("\n")
  return Effect.flatMap(ScoreTexts.execute({ id, texts }), (scores) => Console.log(JSON.stringify(scores)))
}

const [id, file] = process.argv.slice(2)
const program = id === undefined || file === undefined ? Effect.never : score(id, file)

program.pipe(Effect.provide(live), NodeRuntime.runMain)

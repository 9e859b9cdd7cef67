import { NodeFileSystem } from "@effect/platform-node"
import { Console, Either, Layer, Schema } from "effect"
import { Batch } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { anomaly, Reading } from "./batch.ts"

const Score = Schema.Struct({
  row: Schema.Number,
  score: Schema.NullOr(Schema.Number),
  error: Schema.NullOr(Schema.String)
})

export const scoreFile = (input: string, output: string) =>
  Batch.resumable(anomaly, {
    input: Batch.file(input, Batch.csv(Reading, { header: true })),
    output: Batch.file(output, Batch.csv(Score, { header: true })),
    record: ({ index, result }) =>
      Either.match(result, {
        onLeft: ({ _tag }) => ({ row: index, score: null, error: _tag }),
        onRight: ({ score }) => ({ row: index, score, error: null })
      }),
    batcher: Batch.lists(),
    maxRows: 500,
    onProgress: ({ failed, rows }) => Console.log(`${rows} rows, ${failed} failed`)
  })

export const live = Layer.merge(NodeSageMaker.layer(), NodeFileSystem.layer)

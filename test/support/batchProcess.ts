/** A process of `Batch.processes.slow.test.ts`: runs a batch between the files of its arguments. */
import { NodeFileSystem } from "@effect/platform-node"
import { Console, Effect, Either, Layer, Schema } from "effect"
import { Batch, Codec, ModelEndpoint } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

const Row = Schema.Struct({ id: Schema.Number, value: Schema.Number })

const model = ModelEndpoint.make("double", {
  request: Codec.csv(Schema.Array(Row)),
  response: Codec.csv(Schema.Array(Schema.Tuple(Schema.Number)))
})

const [, , input = "", output = ""] = process.argv

await Batch.resumable(model, {
  input: Batch.file(input, Batch.csv(Row, { header: true })),
  output: Batch.file(output, Batch.csv(Schema.Struct({ row: Schema.Number, double: Schema.NullOr(Schema.Number) }))),
  record: ({ index, result }) => ({
    row: index,
    double: Either.match(result, { onLeft: () => null, onRight: ([double]) => double })
  }),
  batcher: Batch.lists(),
  maxRows: 200,
  chunkRows: 1_000
}).pipe(
  Effect.flatMap((summary) => Console.log(JSON.stringify(summary))),
  Effect.provide(Layer.merge(NodeSageMaker.layer(), NodeFileSystem.layer)),
  Effect.runPromise
)

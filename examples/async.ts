import { Console, Effect, Layer, Schema } from "effect"
import { AsyncInference, Codec, ModelEndpoint } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { S3ObjectStore } from "effect-sagemaker-runtime/s3"

export const summarizer = ModelEndpoint.make("summarizer-async", {
  request: Codec.text,
  response: Codec.json(Schema.Struct({ summary: Schema.String }))
})

export const summarize = (book: string) =>
  Effect.gen(function*() {
    const job = yield* AsyncInference.submit(summarizer, book, { inputPrefix: "s3://example-bucket/input/" })
    yield* Console.log(`submitted ${job.inferenceId}`)
    const { summary } = yield* AsyncInference.result(summarizer, job)
    yield* Console.log(summary)
  })

export const live = S3ObjectStore.layer().pipe(Layer.provideMerge(NodeSageMaker.layer()))

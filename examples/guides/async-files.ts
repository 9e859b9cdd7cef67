import { FileSystem } from "@effect/platform"
import { Effect, Stream } from "effect"
import { AsyncInference, Codec, ModelEndpoint } from "effect-sagemaker-runtime"

const upscaler = ModelEndpoint.make("upscaler-async", {
  request: Codec.binary("video/mp4"),
  response: Codec.binary("video/mp4")
})

export const upscale = (source: string, target: string) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const job = yield* AsyncInference.submitStream(upscaler, files.stream(source), {
      inputPrefix: "s3://example-bucket/input/",
      InvocationTimeoutSeconds: 3_600
    })
    yield* AsyncInference.resultStream(job).pipe(Stream.run(files.sink(target)))
  })

import { FileSystem } from "@effect/platform"
import { Effect, Schema } from "effect"
import { AsyncInference, Codec, ModelEndpoint } from "effect-sagemaker-runtime"

const model = ModelEndpoint.make("summary", { request: Codec.text, response: Codec.text })

const StoredJob = Schema.parseJson(AsyncInference.Job)

export const submitToFile = Effect.fn(function*(text: string, path: string) {
  const files = yield* FileSystem.FileSystem
  const job = yield* AsyncInference.submit(model, text)
  yield* files.writeFileString(`${path}.part`, yield* Schema.encode(StoredJob)(job))
  yield* files.rename(`${path}.part`, path)
})

export const resultOfFile = Effect.fn(function*(path: string) {
  const files = yield* FileSystem.FileSystem
  const job = yield* Effect.flatMap(files.readFileString(path), Schema.decode(StoredJob))
  return yield* AsyncInference.result(model, job)
})

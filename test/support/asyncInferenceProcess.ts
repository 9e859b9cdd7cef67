/** A process of `AsyncInference.processes.slow.test.ts`: `submit` writes the encoded job, `result` reads it. */
import { Console, Effect, Layer, Schema } from "effect"
import { AsyncInference, Codec, ModelEndpoint } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { S3ObjectStore } from "effect-sagemaker-runtime/s3"
import { readFileSync, renameSync, writeFileSync } from "node:fs"

const model = ModelEndpoint.make("upper", { request: Codec.text, response: Codec.text })

const StoredJob = Schema.parseJson(AsyncInference.Job)

const [, , command, path = ""] = process.argv

const store = (job: AsyncInference.Job) =>
  Effect.map(Effect.orDie(Schema.encode(StoredJob)(job)), (text) => {
    writeFileSync(`${path}.part`, text)
    renameSync(`${path}.part`, path)
  })

const submit = Effect.zipRight(Effect.flatMap(AsyncInference.submit(model, "hello"), store), Effect.never)

const run = AsyncInference.run(model, "hello", { onSubmitted: store })

const result = Effect.suspend(() => Schema.decode(StoredJob)(readFileSync(path, "utf8"))).pipe(
  Effect.flatMap((job) => AsyncInference.result(model, job))
)

const program = Effect.gen(function*() {
  if (command === "submit") {
    return yield* submit
  }
  return yield* (command === "run" ? run : result)
})

await program.pipe(
  Effect.catchAll((error) => Effect.succeed(JSON.stringify(error))),
  Effect.flatMap(Console.log),
  Effect.provide(S3ObjectStore.layer().pipe(Layer.provideMerge(NodeSageMaker.layer()))),
  Effect.runPromise
)

import { FetchHttpClient } from "@effect/platform"
import { Console, Effect, Layer } from "effect"
import { Credentials, invokeEndpoint, RetryPolicy, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { parseArgs } from "node:util"
import { deploy, insightEndpoint } from "./insight.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { "endpoint-name": { type: "string" }, region: { type: "string", default: "us-east-1" } }
})

const text = positionals.join(" ") ||
  "I love the new dashboard! But the export on 3 May 2026 failed twice, and support@acme.com never answered."

const name = values["endpoint-name"] ?? "insight"

const client = (options: SageMakerRuntime.Options) =>
  SageMakerRuntime.layer(options).pipe(Layer.provide([Signer.layer, FetchHttpClient.layer]))

const onAws = client({ region: values.region }).pipe(Layer.provide(Credentials.layerEnv))

const onThisMachine = Effect.gen(function*() {
  const { url } = yield* NodeEmulator.NodeEmulator
  yield* Console.log(`A model is served at ${url}/endpoints/${name}/invocations`)
  return client({ region: values.region, endpoint: url })
}).pipe(
  Layer.unwrapEffect,
  Layer.provide([
    Layer.unwrapEffect(Effect.map(deploy(name), (model) => NodeEmulator.layer({ endpoints: [model] }))),
    Credentials.layer(Emulator.credentials)
  ])
)

const insight = insightEndpoint(name)

const program = Effect.gen(function*() {
  yield* Console.log(`\nWaiting for the model`)
  const { $metadata } = yield* invokeEndpoint({ EndpointName: name, ContentType: "text/plain", Body: text }).pipe(
    RetryPolicy.use(RetryPolicy.standard({ maxAttempts: 20 }))
  )
  yield* Console.log(
    `  answered at attempt ${$metadata.attempts}, after ${$metadata.totalRetryDelay} ms of waiting between attempts`
  )

  yield* Console.log(`\nA typed call: ${text}`)
  const { entities, sentences, sentiment } = yield* insight.invoke(text)
  yield* Console.log(`  sentiment ${sentiment.toFixed(2)}`)
  yield* Effect.forEach(sentences, (_) => Console.log(`  ${_.sentiment.toFixed(2).padStart(5)}  ${_.text}`))
  yield* Effect.forEach(entities, (_) => Console.log(`  ${_.type.padEnd(8)} ${_.value}`))

  yield* Console.log(`\nA call the model fails on: an empty text`)
  yield* insight.invoke("").pipe(
    Effect.matchEffect({
      onSuccess: () => Console.log("  the model answered"),
      onFailure: (error) =>
        error._tag === "ModelError"
          ? Console.log(`  ModelError: the container answered ${error.OriginalStatusCode}, ${error.OriginalMessage}`)
          : Effect.fail(error)
    })
  )
})

await program.pipe(
  Effect.provide(values["endpoint-name"] === undefined ? onThisMachine : onAws),
  Effect.catchAll((error) =>
    Effect.zipRight(
      Console.error(`${error._tag}: ${error.message}`),
      Effect.sync(() => process.exitCode = 1)
    )
  ),
  Effect.runPromise
)

import { NodeRuntime } from "@effect/platform-node"
import { Config, Console, Effect, Layer, Schema } from "effect"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"

const decodeTexts = Schema.decodeUnknown(Schema.parseJson(Schema.Array(Schema.String)))

const score = (text: string) => (text.includes("good") ? 1 : 0)

const sentiment = Emulator.endpoint("sentiment", ({ Body, InferenceId }) =>
  Effect.gen(function*() {
    const texts = yield* decodeTexts(new TextDecoder().decode(Body))
    yield* Console.log(`${InferenceId}: ${texts.length} texts`)
    yield* Effect.sleep(yield* Config.duration("MODEL_TIME").pipe(Config.withDefault("20 seconds")))
    return { Body: JSON.stringify(texts.map(score)), ContentType: "application/json" }
  }))

const printUrl = Layer.effectDiscard(Effect.flatMap(NodeEmulator.NodeEmulator, ({ url }) => Console.log(url)))

const emulator = Layer.unwrapEffect(
  Effect.map(
    Config.withDefault(Config.integer("EMULATOR_PORT"), 4566),
    (port) => NodeEmulator.layer({ port, endpoints: [sentiment] })
  )
)

printUrl.pipe(
  Layer.provide(emulator),
  Layer.launch,
  NodeRuntime.runMain
)

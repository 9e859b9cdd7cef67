import { NodeRuntime } from "@effect/platform-node"
import { Config, Console, Effect, Layer, Random, Stream } from "effect"
import { ObjectStore } from "effect-sagemaker-runtime"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"

const scoreOf = (line: string) => JSON.stringify({ score: Number(line.split(",")[0]) / 100 })

const anomaly = Emulator.endpoint("anomaly-v2", ({ Body }) => {
  const lines = new TextDecoder().decode(Body).trimEnd().split("\n")
  return Effect.succeed({ Body: lines.map(scoreOf).join("\n"), ContentType: "application/jsonlines" }).pipe(
    Effect.delay(`${lines.length} millis`)
  )
})

const readings = Stream.repeatEffect(Effect.zip(Random.nextIntBetween(0, 100), Random.nextIntBetween(0, 64))).pipe(
  Stream.take(100_000),
  Stream.map(([cpu, load]) => `${cpu},${load}\n`)
)

const table = Stream.encodeText(Stream.concat(Stream.make("cpu,load\n"), readings))

const emulator = Layer.unwrapEffect(Effect.gen(function*() {
  const objectStore = yield* ObjectStore.ObjectStore
  yield* objectStore.put("s3://readings/today.csv", table)
  const port = yield* Config.withDefault(Config.integer("EMULATOR_PORT"), 4566)
  return NodeEmulator.layer({ port, endpoints: [anomaly], objectStore })
}))

const printUrl = Layer.effectDiscard(Effect.flatMap(NodeEmulator.NodeEmulator, ({ url }) => Console.log(url)))

printUrl.pipe(Layer.provide(emulator), Layer.provide(ObjectStore.layerMemory), Layer.launch, NodeRuntime.runMain)

/** A process of `Batch.processes.slow.test.ts`: prints the CPU time of a batch and of the same requests without it. */
import { Console, Effect, Layer, Schema, Stream } from "effect"
import { Batch, Codec, ModelEndpoint } from "effect-sagemaker-runtime"
import { NodeEmulator, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"

const Row = Schema.Struct({ id: Schema.Number, value: Schema.Number })

const model = ModelEndpoint.make("double", {
  request: Codec.csv(Schema.Array(Row)),
  response: Codec.csv(Schema.Array(Schema.Tuple(Schema.Number)))
})

const double = Emulator.endpoint("double", ({ Body }) =>
  Effect.sync(() => ({
    ContentType: "text/csv",
    Body: new TextDecoder().decode(Body).split("\n").map((line) => 2 * Number(line.split(",")[1])).join("\n")
  })))

const client = Layer.unwrapEffect(
  Effect.map(
    NodeEmulator.NodeEmulator,
    ({ url }) => NodeSageMaker.layer({ region: "eu-west-1", endpoint: url, credentials: Emulator.credentials })
  )
).pipe(Layer.provide(NodeEmulator.layer({ endpoints: [double] })))

const groups = Array.from(
  { length: 200 },
  (_, group) => Array.from({ length: 500 }, (_, row): typeof Row.Type => ({ id: 500 * group + row, value: row }))
)

const rows = groups.flat()

/** The CPU time of an effect in milliseconds. Unlike the elapsed time, it does not depend on other processes. */
const cpuTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const before = process.cpuUsage()
    return Effect.map(effect, () => {
      const { system, user } = process.cpuUsage(before)
      return (system + user) / 1_000
    })
  })

const calls = Effect.map(
  Effect.forEach(groups, (group) => model.invoke(group), { concurrency: 8 }),
  (responses) => responses.flat()
)

const results = Batch.run(model, rows, { batcher: Batch.lists(), maxRows: 500, concurrency: 8 })

const batch = Stream.runDrain(results)

const round = Effect.all({ calls: cpuTime(calls), batch: cpuTime(batch) })

await Effect.replicateEffect(round, 8).pipe(
  Effect.map((rounds) => ({
    calls: Math.min(...rounds.map(({ calls }) => calls)),
    batch: Math.min(...rounds.map(({ batch }) => batch))
  })),
  Effect.flatMap((times) => Console.log(JSON.stringify(times))),
  Effect.provide(client),
  Effect.runPromise
)

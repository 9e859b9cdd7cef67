import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Layer, Ref, Schema, Stream } from "effect"
import { Batch, Codec, ModelEndpoint, SageMakerError } from "effect-sagemaker-runtime"
import { NodeEmulator, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { memoryInUse } from "./support/memory.ts"

const count = 1_000_000

const Row = Schema.Struct({ id: Schema.Number, value: Schema.Number })

const model = ModelEndpoint.make("double", {
  request: Codec.csv(Schema.Array(Row)),
  response: Codec.csv(Schema.Array(Schema.Tuple(Schema.Number)))
})

/** Each row with this remainder is rejected in every request. */
const isBad = (id: number) => id < count && id % 50_021 === 17

const decoder = new TextDecoder()

/** A container that doubles the second column. */
const double = ({ Body }: Emulator.EmulatorRequest) =>
  Effect.suspend(() => {
    const lines = decoder.decode(Body).split("\n")
    const doubled: Array<number> = []
    for (const line of lines) {
      const [id, value] = line.split(",")
      if (isBad(Number(id))) {
        return Effect.fail(Emulator.containerError({ status: 422, body: "bad row" }))
      }
      doubled.push(2 * Number(value))
    }
    return Effect.succeed({ ContentType: "text/csv", Body: doubled.join("\n") })
  })

/** A number from 0 to 1 that depends on the number of the request. */
const randomOf = (request: number) => ((request * 2_654_435_761) % 4_294_967_296) / 4_294_967_296

/** Some requests are throttled, and some fail although their rows are valid. */
const unreliable =
  (requests: Ref.Ref<number>) =>
  (request: Emulator.EmulatorRequest): Effect.Effect<Emulator.EmulatorResponse, unknown> =>
    Effect.flatMap(
      Ref.getAndUpdate(requests, (sent) => sent + 1),
      (sent): Effect.Effect<Emulator.EmulatorResponse, unknown> => {
        const random = randomOf(sent)
        if (random < 0.02) {
          return Effect.fail(new SageMakerError.ThrottlingError({}))
        }
        if (random < 0.03) {
          return Effect.fail(new SageMakerError.ServiceUnavailable({}))
        }
        return random < 0.04 ? Effect.fail(Emulator.containerError({ status: 500, body: "crash" })) : double(request)
      }
    )

const clientOf = (handler: (request: Emulator.EmulatorRequest) => Effect.Effect<Emulator.EmulatorResponse, unknown>) =>
  Layer.unwrapEffect(
    Effect.map(
      NodeEmulator.NodeEmulator,
      ({ url }) => NodeSageMaker.layer({ region: "eu-west-1", endpoint: url, credentials: Emulator.credentials })
    )
  ).pipe(Layer.provide(NodeEmulator.layer({ endpoints: [Emulator.endpoint("double", handler)] })))

const rows = Stream.range(0, count - 1).pipe(Stream.map((id): typeof Row.Type => ({ id, value: id / 2 })))

describe("a million rows", () => {
  it.live(
    "have one result each, in order, in constant memory, although requests fail",
    () =>
      Effect.gen(function*() {
        const requests = yield* Ref.make(0)
        let next = 0
        let failed = 0
        const memory: Array<number> = []
        yield* Batch.run(model, rows, { batcher: Batch.lists(), maxRows: 500 }).pipe(
          Stream.tap(({ index }) =>
            index % 100_000 === 50_000
              ? Effect.map(memoryInUse, (bytes) => void memory.push(bytes))
              : Effect.void
          ),
          Stream.runForEachChunk((results) =>
            Effect.sync(() => {
              for (const { index, result, row } of results) {
                const isExpected = Either.match(result, {
                  onLeft: ({ _tag }) => isBad(index) && _tag === "ModelError",
                  onRight: ([doubled]) => doubled === index
                })
                if (index !== next || row.id !== next || !isExpected) {
                  assert.fail(`row ${next}: ${JSON.stringify({ index, row, result })}`)
                }
                next += 1
                failed += Either.isLeft(result) ? 1 : 0
              }
            })
          ),
          Effect.provide(clientOf(unreliable(requests)))
        )
        assert.strictEqual(next, count)
        assert.strictEqual(failed, Math.floor((count - 1 - 17) / 50_021) + 1)
        const [first = 0, ...others] = memory
        assert.isBelow(Math.max(...others), first + 30_000_000)
      }),
    300_000
  )
})

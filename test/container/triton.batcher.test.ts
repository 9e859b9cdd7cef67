import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Either, FastCheck, Ref, Stream } from "effect"
import { Batch, Codec, Container } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { asyncClient } from "../support/asyncEmulator.ts"

const models = {
  json: Container.triton("triton"),
  binary: Container.triton("triton", { binary: true })
}

type Tensor = { readonly name: string; readonly shape: ReadonlyArray<number>; readonly data: ReadonlyArray<unknown> }

/** A container whose outputs are its inputs, with other names. It rejects more than `maxBatchSize` examples. */
const echo = (sizes: Ref.Ref<ReadonlyArray<number>>, maxBatchSize: number) =>
  Emulator.endpoint("triton", ({ Body, ContentType }) =>
    Effect.gen(function*() {
      const { inputs, ...message } = yield* models.json.request.decode(Body, ContentType)
      const tensors = inputs as unknown as ReadonlyArray<Tensor>
      const size = tensors[0]!.shape[0]!
      yield* Ref.update(sizes, (all) => [...all, size])
      if (size > maxBatchSize) {
        return yield* Effect.fail(Emulator.containerError({ status: 400, body: "{\"error\":\"batch size\"}" }))
      }
      const outputs = Object.fromEntries(
        tensors.map((tensor) => [`${tensor.name}_OUT`, { ...tensor, name: `${tensor.name}_OUT` }])
      )
      const isBinary = ContentType !== "application/json"
      const { response } = isBinary ? models.binary : models.json
      const encoded = yield* response.encode({ ...message, model_name: "echo", outputs } as never)
      return "body" in encoded ? { Body: encoded.body, ContentType: encoded.contentType } : { Body: encoded }
    }))

const run = (
  rows: ReadonlyArray<Container.TritonRequest>,
  { maxBatchSize = 100, maxRows = 4, model = models.json }: {
    readonly model?: Container.TritonEndpoint
    readonly maxRows?: number
    readonly maxBatchSize?: number
  } = {}
) =>
  Effect.gen(function*() {
    const sizes = yield* Ref.make<ReadonlyArray<number>>([])
    const results = yield* Batch.run(model, rows, { batcher: model.batcher, maxRows, concurrency: 1 }).pipe(
      Stream.runCollect,
      Effect.provide(asyncClient({ endpoints: [echo(sizes, maxBatchSize)] }))
    )
    return { results: Chunk.toReadonlyArray(results).map(({ result }) => result), sizes: yield* sizes }
  })

const outputOf = (response: Container.TritonResponse, name: string) => {
  const { data, shape } = response.outputs[name]!
  return { shape, data: Array.from(data as ReadonlyArray<unknown>) }
}

const image = (first: number, examples = 1) =>
  Codec.ndarray(Float32Array.from({ length: examples * 4 }, (_, index) => first + index), { shape: [examples, 2, 2] })

describe("The batcher of Triton", () => {
  for (const [form, model] of Object.entries(models)) {
    it.live(`joins numbers, text and integers of 64 bits as ${form}`, () =>
      Effect.gen(function*() {
        const rows = [0, 10, 20, 30, 40].map((value) => ({
          inputs: {
            IMAGE: image(value),
            TEXT: { data: [[`text ${value}`]], datatype: "BYTES" as const },
            ID: { data: BigInt64Array.of(9_007_199_254_740_993n + BigInt(value)), shape: [1, 1] }
          }
        }))
        const { results, sizes } = yield* run(rows, { model })
        assert.deepStrictEqual(sizes, [4, 1])
        results.forEach((result, index) => {
          const response = Either.getOrThrow(result)
          assert.strictEqual(response.model_name, "echo")
          assert.deepStrictEqual(outputOf(response, "IMAGE_OUT"), {
            shape: [1, 2, 2],
            data: [0, 1, 2, 3].map((position) => 10 * index + position)
          })
          assert.deepStrictEqual(outputOf(response, "TEXT_OUT"), { shape: [1, 1], data: [`text ${10 * index}`] })
          assert.deepStrictEqual(outputOf(response, "ID_OUT").data, [9_007_199_254_740_993n + BigInt(10 * index)])
        })
      }))
  }

  it.live("joins half precision and Booleans as binary data", () =>
    Effect.gen(function*() {
      const rows = [1.5, 2.5].map((value) => ({
        inputs: {
          HALF: { data: Float32Array.of(value, -value), datatype: "FP16" as const, shape: [1, 2] },
          FLAG: { data: [[value > 2]] }
        }
      }))
      const { results, sizes } = yield* run(rows, { model: models.binary })
      assert.deepStrictEqual(sizes, [2])
      const responses = results.map(Either.getOrThrow)
      assert.deepStrictEqual(responses.map((_) => outputOf(_, "HALF_OUT").data), [[1.5, -1.5], [2.5, -2.5]])
      assert.deepStrictEqual(responses.map((_) => outputOf(_, "FLAG_OUT").data.map(Number)), [[0], [1]])
    }))

  it.live("takes rows with several examples apart, and keeps their identifiers", () =>
    Effect.gen(function*() {
      const rows = [2, 1, 3].map((examples, index) => ({
        id: `row-${index}`,
        inputs: [{ name: "IMAGE", ...image(100 * index, examples) }]
      }))
      const { results, sizes } = yield* run(rows)
      assert.deepStrictEqual(sizes, [6])
      const responses = results.map(Either.getOrThrow)
      assert.deepStrictEqual(responses.map(({ id }) => id), ["row-0", "row-1", "row-2"])
      assert.deepStrictEqual(responses.map((_) => outputOf(_, "IMAGE_OUT").shape), [[2, 2, 2], [1, 2, 2], [3, 2, 2]])
      assert.deepStrictEqual(outputOf(responses[2]!, "IMAGE_OUT").data[0], 200)
    }))

  it.live("sends rows of different shapes, parameters or outputs in requests of their own, and loses none", () =>
    Effect.gen(function*() {
      const row = (length: number, members = {}) => ({
        ...members,
        inputs: { A: { data: new Float32Array(length).fill(length), shape: [1, length] } }
      })
      const rows = [row(1), row(2), row(2, { parameters: { priority: 1 } }), row(2, { outputs: ["A_OUT"] })]
      const { results } = yield* run(rows)
      assert.deepStrictEqual(
        results.map((result) => outputOf(Either.getOrThrow(result), "A_OUT").data.length),
        [1, 2, 2, 2]
      )
    }))

  it.live("finds a model that takes fewer examples than the request has", () =>
    Effect.gen(function*() {
      const rows = Array.from({ length: 8 }, (_, index) => ({ inputs: { IMAGE: image(index) } }))
      const { results } = yield* run(rows, { maxRows: 8, maxBatchSize: 2 })
      assert.isTrue(results.every(Either.isRight))
    }))

  it.live("fails an invalid row only", () =>
    Effect.gen(function*() {
      const rows = [
        { inputs: { A: { data: [[1]], datatype: "FP32" as const } } },
        { inputs: { A: { data: [[2, 3], [4]], datatype: "FP32" as const } } },
        { inputs: { A: { data: [[5]], datatype: "FP32" as const } } }
      ]
      const { results } = yield* run(rows)
      assert.deepStrictEqual(results.map((_) => Either.isRight(_) ? "value" : _.left._tag), [
        "value",
        "CodecError",
        "value"
      ])
    }))

  it.effect("has a request per row whose responses are the outputs of the row, for any rows", () =>
    Effect.sync(() =>
      FastCheck.assert(FastCheck.property(
        FastCheck.array(FastCheck.array(FastCheck.integer(), { minLength: 1, maxLength: 4 }), { minLength: 1 }),
        (values) => {
          const { batcher } = models.json
          const rows = values.map((data) => ({
            inputs: { A: { data: Float64Array.from(data), shape: [data.length, 1] } }
          }))
          const joined = Array.isArray(batcher.join(rows).inputs)
            ? (batcher.join(rows).inputs as ReadonlyArray<Tensor>)[0]
            : rows[0]!.inputs.A
          const output = { ...joined, name: "A", dtype: "float64", datatype: "FP64" }
          const responses = batcher.split({ outputs: { A: output } } as never, rows)
          assert.deepStrictEqual(responses.map((response) => outputOf(response, "A").data), values)
        }
      ))
    ))

  it.effect("does not divide outputs without the examples of the request", () =>
    Effect.sync(() => {
      const rows = [{ inputs: { A: image(1) } }, { inputs: { A: image(2) } }]
      for (const shape of [[1, 4], [3, 4], []]) {
        const output = { name: "A", dtype: "float32", datatype: "FP32", shape, data: new Float32Array(12) }
        assert.throws(() => models.json.batcher.split({ outputs: { A: output } } as never, rows), /outputs\.A/)
      }
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Either, Schema, Stream } from "effect"
import { Batch, Codec, Container, Framing, ModelEndpoint, Tokens } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { asyncClient, decode } from "./support/asyncEmulator.ts"

const json = (value: unknown) => ({ Body: JSON.stringify(value), ContentType: "application/json" })

/** An emulated container of JSON. */
const container = (respond: (body: Record<string, ReadonlyArray<unknown>>) => unknown) =>
  Emulator.endpoint(
    "model",
    ({ Body }) => Effect.sync(() => json(respond(JSON.parse(decode(Body)) as Record<string, ReadonlyArray<unknown>>)))
  )

const valuesOf = <Row, Out, E, E2, R>(batch: Stream.Stream<Batch.BatchResult<Row, Out, E>, E2, R>) =>
  Effect.map(
    Stream.runCollect(batch),
    (results) =>
      Chunk.toReadonlyArray(results).map(({ result }) =>
        Either.match(result, { onLeft: (error) => (error as { _tag: string })._tag, onRight: (value) => value })
      )
  )

const rejectEmpty = <A>(rows: ReadonlyArray<A>) => {
  if (rows.some((row) => JSON.stringify(row) === "0" || row === "")) {
    throw new Error("empty")
  }
  return rows
}

/** An emulated container that fails for a row, as a Python server does. */
const failing = (respond: (body: Record<string, ReadonlyArray<unknown>>) => unknown) =>
  Emulator.endpoint("model", ({ Body }) =>
    Effect.try({
      try: () => json(respond(JSON.parse(decode(Body)) as Record<string, ReadonlyArray<unknown>>)),
      catch: () => Emulator.containerError({ status: 500, body: "Traceback" })
    }))

describe("a batcher of a preset", () => {
  it.effect("joins rows for TensorFlow Serving", () =>
    Effect.gen(function*() {
      const model = Container.tensorFlow("model", { instance: Schema.Number, prediction: Schema.Number })
      const values = yield* valuesOf(Batch.run(model, [1, 2, 0, 4], { batcher: model.batcher }))
      assert.deepStrictEqual(values, [10, 20, "ModelError", 40])
    }).pipe(Effect.provide(asyncClient({
      endpoints: [failing(({ instances }) => ({
        predictions: rejectEmpty(instances!).map((value) => 10 * (value as number))
      }))]
    }))))

  it.effect("joins rows for MLflow", () =>
    Effect.gen(function*() {
      const model = Container.mlflow("model", {
        row: Schema.Struct({ a: Schema.Number }),
        predictions: Schema.Array(Schema.Number)
      })
      const rows = [{ a: 1 }, { a: 2 }, { a: 3 }]
      const values = yield* valuesOf(Batch.run(model, rows, { batcher: model.batcher, maxRows: 2 }))
      assert.deepStrictEqual(values, [-1, -2, -3])
    }).pipe(Effect.provide(asyncClient({
      endpoints: [container(({ dataframe_records }) => ({
        predictions: dataframe_records!.map((row) => -(row as { a: number }).a)
      }))]
    }))))

  it.effect("finds no list in the predictions of MLflow", () =>
    Effect.gen(function*() {
      const model = Container.mlflow("model")
      assert.deepStrictEqual(yield* valuesOf(Batch.run(model, [{ a: 1 }], { batcher: model.batcher })), ["CodecError"])
    }).pipe(Effect.provide(asyncClient({ endpoints: [container(() => ({ predictions: 5 }))] }))))

  it.effect("joins rows for XGBoost", () =>
    Effect.gen(function*() {
      const model = Container.xgboost("model", "reg:squarederror")
      const rows = [[1, 2], [3, 4], [5, 6]]
      const values = yield* valuesOf(Batch.run(model, rows, { batcher: model.batcher }))
      assert.deepStrictEqual(values, [3, 7, 11])
    }).pipe(Effect.provide(asyncClient({
      endpoints: [Emulator.endpoint("model", ({ Body }) =>
        Effect.succeed({
          ContentType: "text/csv",
          Body: decode(Body).split("\n").map((line) => line.split(",").reduce((sum, cell) => sum + Number(cell), 0))
            .join("\n")
        }))]
    }))))

  it.effect("has no scores of XGBoost if the container sends other content", () =>
    Effect.gen(function*() {
      const model = Container.xgboost("model", "binary:logistic")
      assert.deepStrictEqual(yield* valuesOf(Batch.run(model, [[1]], { batcher: model.batcher })), ["CodecError"])
    }).pipe(Effect.provide(asyncClient({
      endpoints: [
        Emulator.endpoint("model", () => Effect.succeed(json({ predictions: [{ predicted_label: 1 }] })))
      ]
    }))))
})

describe("a batcher", () => {
  it.effect("joins instances, with other members of the request", () =>
    Effect.gen(function*() {
      const model = ModelEndpoint.make("model", {
        request: Codec.json(Schema.Struct({
          instances: Schema.Array(Schema.Number),
          signature_name: Schema.optional(Schema.String)
        })),
        response: Codec.json(Schema.Struct({ predictions: Schema.Array(Schema.String) }))
      })
      const batcher = Batch.instances<number, string>({ members: { signature_name: "double" } })
      assert.deepStrictEqual(yield* valuesOf(Batch.run(model, [1, 2], { batcher })), ["double 1", "double 2"])
    }).pipe(Effect.provide(asyncClient({
      endpoints: [container(({ instances, signature_name }) => ({
        predictions: instances!.map((value) => `${String(signature_name)} ${String(value)}`)
      }))]
    }))))

  it.effect("joins inputs of a Hugging Face container", () =>
    Effect.gen(function*() {
      const model = Container.huggingFace("model", "text-classification")
      const batcher = Batch.inputs<string, unknown>({ members: { parameters: { top_k: 1 } } })
      const values = yield* valuesOf(Batch.run(model, ["good", "", "bad"], { batcher }))
      assert.deepStrictEqual(values, [{ label: "good", score: 1 }, "ModelError", { label: "bad", score: 1 }])
    }).pipe(Effect.provide(asyncClient({
      endpoints: [failing(({ inputs }) => rejectEmpty(inputs!).map((label) => ({ label, score: 1 })))]
    }))))

  it.effect("joins inputs of a pipeline that returns one result without a list", () =>
    Effect.gen(function*() {
      const model = Container.huggingFace("model", "question-answering")
      const rows = ["a", "b", "c"].map((question) => ({ question, context: "d" }))
      const values = yield* valuesOf(
        Batch.run(model, rows, { batcher: Batch.inputs<typeof rows[number], unknown>(), maxRows: 2 })
      )
      assert.deepStrictEqual(values, [{ answer: "a" }, { answer: "b" }, { answer: "c" }])
    }).pipe(Effect.provide(asyncClient({
      endpoints: [container(({ inputs }) => {
        const answers = inputs!.map((input) => ({ answer: (input as { readonly question: string }).question }))
        return answers.length === 1 ? answers[0] : answers
      })]
    }))))

  it.effect("joins texts for sparse vectors of Text Embeddings Inference", () =>
    Effect.gen(function*() {
      const { models } = Container.tei("model")
      const values = yield* valuesOf(Batch.run(models.embedSparse, ["a", "bb"], { batcher: Batch.inputs() }))
      assert.deepStrictEqual(values, [[{ index: 1, value: 0.5 }], [{ index: 2, value: 0.5 }]])
    }).pipe(Effect.provide(asyncClient({
      endpoints: [container(({ inputs }) => inputs!.map((text) => [{ index: String(text).length, value: 0.5 }]))]
    }))))

  it.effect("joins rows of CSV with a header", () =>
    Effect.gen(function*() {
      const Row = Schema.Struct({ a: Schema.Number, b: Schema.String })
      const model = ModelEndpoint.make("model", {
        request: Codec.csv(Schema.Array(Row), { header: true }),
        response: Codec.csv(Schema.Array(Schema.Tuple(Schema.Number, Schema.String)), { header: true })
      })
      const rows = [{ a: 1, b: "x,\"y" }, { a: 2, b: "line\nbreak" }, { a: 3, b: "" }]
      const values = yield* valuesOf(Batch.run(model, rows, { batcher: Batch.lists(), maxRows: 2 }))
      assert.deepStrictEqual(values, [[1, "x,\"y"], [2, "line\nbreak"], [3, ""]])
    }).pipe(Effect.provide(asyncClient({
      endpoints: [Emulator.endpoint("model", ({ Body }) => Effect.succeed({ ContentType: "text/csv", Body }))]
    }))))
})

describe("embeddings", () => {
  const endpoints = [failing(({ input, inputs }) => ({
    data: rejectEmpty(input ?? inputs ?? []).map((text, index) => ({ index, embedding: [(text as string).length] }))
  }))]

  it.effect("have the limits of the endpoint, and fail for single texts", () =>
    Effect.gen(function*() {
      const bge = ModelEndpoint.embeddings("model", { maxBatchSize: 2 })
      const values = yield* valuesOf(
        Batch.run(Batch.embeddings(bge), ["a", "bb", "", "dddd"], { batcher: Batch.lists() })
      )
      assert.deepStrictEqual(values, [[1], [2], "ModelError", [4]])
    }).pipe(Effect.provide(asyncClient({ endpoints }))))

  it.effect("of Text Embeddings Inference are used in the same way", () =>
    Effect.gen(function*() {
      const bge = Container.tei("model", { maxBatchSize: 3, maxBatchBytes: 5 })
      const texts = ["a", "bb", "too long", "dddd"]
      const values = yield* valuesOf(Batch.run(Batch.embeddings(bge), texts, { batcher: Batch.lists() }))
      assert.deepStrictEqual(values, [[1], [2], "InvalidInputError", [4]])
    }).pipe(Effect.provide(asyncClient({ endpoints }))))
})

const Sample = Schema.Struct({ id: Schema.Number })

const samples = ModelEndpoint.make("model", { request: Codec.jsonLines(Sample), response: Codec.jsonLines(Sample) })

const lines = (Body: Uint8Array) => decode(Body).split("\n")

describe("response streams", () => {
  it.effect("have the results of their elements", () =>
    Effect.gen(function*() {
      const streaming = Batch.streaming(samples, Framing.jsonLines(Sample))
      const rows = [{ id: 1 }, { id: 2 }, { id: 3 }]
      const values = yield* valuesOf(Batch.run(streaming, rows, { batcher: Batch.lists(), maxRows: 2 }))
      assert.deepStrictEqual(values, [{ id: 10 }, { id: 20 }, { id: 30 }])
    }).pipe(Effect.provide(asyncClient({
      endpoints: [Emulator.endpoint("model", ({ Body, operation }) => {
        assert.strictEqual(operation, "InvokeEndpointWithResponseStream")
        return Effect.succeed({
          ContentType: "application/jsonlines",
          Body: Stream.fromIterable(lines(Body)).pipe(
            Stream.map((line) => `${JSON.stringify({ id: 10 * (JSON.parse(line) as { id: number }).id })}\n`)
          )
        })
      })]
    }))))

  it.effect("of a language model are collected by a custom invoke", () =>
    Effect.gen(function*() {
      const llama = ModelEndpoint.chat("model")
      const model = {
        ...llama,
        invoke: (request: Parameters<typeof llama.invoke>[0]) => Tokens.collect(llama.stream(request))
      }
      const rows = [{ messages: [{ role: "user" as const, content: "Hello" }] }]
      const [completion] = yield* Stream.runCollect(Batch.run(model, rows))
      assert.strictEqual(Either.getOrThrow(completion!.result).text, "Hi!")
    }).pipe(Effect.provide(asyncClient({
      endpoints: [Emulator.endpoint("model", () =>
        Effect.succeed({
          ContentType: "text/event-stream",
          Body: Stream.make(
            `data: {"choices":[{"index":0,"delta":{"content":"Hi!"}}]}\n\n`,
            `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n`,
            "data: [DONE]\n\n"
          )
        }))]
    }))))
})

describe("asynchronous requests", () => {
  it.live("are sent and waited for", () =>
    Effect.gen(function*() {
      const model = Batch.asynchronous(samples, { pollInterval: "20 millis" })
      const rows = [{ id: 1 }, { id: 2 }, { id: 3 }]
      const values = yield* valuesOf(Batch.run(model, rows, { batcher: Batch.lists(), maxRows: 2, concurrency: 2 }))
      assert.deepStrictEqual(values, rows)
    }).pipe(Effect.provide(asyncClient({
      endpoints: [
        Emulator.endpoint("model", ({ Body }) => Effect.succeed({ ContentType: "application/jsonlines", Body }), {
          AsyncInferenceConfig: {}
        })
      ]
    }))))

  it.live("that fail because of a row are divided", () =>
    Effect.gen(function*() {
      const model = Batch.asynchronous(samples, { pollInterval: "20 millis" })
      const rows = [{ id: 1 }, { id: 0 }]
      const values = yield* valuesOf(Batch.run(model, rows, { batcher: Batch.lists() }))
      assert.deepStrictEqual(values, [{ id: 1 }, "AsyncInferenceFailedError"])
    }).pipe(Effect.provide(asyncClient({
      endpoints: [Emulator.endpoint("model", ({ Body }) =>
        decode(Body).includes(`"id":0`)
          ? Effect.fail(Emulator.containerError({ status: 400, body: "bad row" }))
          : Effect.succeed({ ContentType: "application/jsonlines", Body }), { AsyncInferenceConfig: {} })]
    }))))
})

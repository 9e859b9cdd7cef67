import { assert, describe, it } from "@effect/vitest"
import { WorkflowEngine } from "@effect/workflow"
import { Chunk, Effect, Either, Fiber, Layer, Schema, Stream, TestClock } from "effect"
import { Batch, Codec, ObjectStore, SageMakerError } from "effect-sagemaker-runtime"
import { BatchWorkflow } from "effect-sagemaker-runtime/workflow"
import { eventually } from "../support/eventually.ts"

const Row = Schema.Struct({ id: Schema.Number, text: Schema.String })

type Row = typeof Row.Type

const Score = Schema.Struct({ row: Schema.Number, id: Schema.NullOr(Schema.Number) })

type Score = typeof Score.Type

const codec = Codec.json(Schema.Array(Row))

type ModelError = SageMakerError.SageMakerError

/** A model that returns the ID of each row, and counts the rows of its requests. */
const makeModel = (fail: (rows: ReadonlyArray<Row>, request: number) => ModelError | undefined = () => undefined) => {
  const received: Array<number> = []
  let requests = 0
  const model: Batch.BatchModel<ReadonlyArray<Row>, ReadonlyArray<number>, ModelError, never> = {
    name: "ids",
    request: codec,
    invoke: (rows) =>
      Effect.suspend(() => {
        const error = fail(rows, requests)
        requests += 1
        received.push(...rows.map(({ id }) => id))
        return error === undefined ? Effect.succeed(rows.map(({ id }) => id)) : Effect.fail(error)
      })
  }
  return { model, received }
}

const rowsOf = (count: number): ReadonlyArray<Row> =>
  Array.from({ length: count }, (_, id) => ({ id, text: id % 3 === 0 ? `a,\n"${id}"` : "b" }))

const csv = Batch.csv(Row, { header: true })

const scores = Batch.jsonLines(Score)

const input = "s3://batch/input.csv"

const output = "s3://batch/output.jsonl"

const record = ({ index, result }: Batch.BatchResult<Row, number, unknown>): Score => ({
  row: index,
  id: Either.getOrElse(result, () => null)
})

type Model = ReturnType<typeof makeModel>["model"]

const options = {
  batcher: Batch.lists<Row, number>({ maxRows: 10 }),
  input: (location: string) => Batch.object(location, csv),
  output: (location: string) => Batch.object(location, scores),
  record,
  chunkRows: 30
}

const makeBatch = (model: Model) => BatchWorkflow.make("Ids", model, options)

const writeInput = (count: number, text = "b") =>
  Batch.writeTo(
    Stream.fromIterable(rowsOf(count).map((row) => (row.text === "b" ? { ...row, text } : row))),
    Batch.object(input, csv)
  )

const readOutput = Effect.map(
  Stream.runCollect(Batch.rows(Batch.object(output, scores))),
  Chunk.toReadonlyArray
)

const objects = Effect.flatMap(
  ObjectStore.ObjectStore,
  (store) =>
    Effect.map(Stream.runCollect(store.list("s3://batch/")), (found) => Array.from(found, ({ location }) => location))
)

const expected = (count: number, failed: ReadonlyArray<number> = []): ReadonlyArray<Score> =>
  rowsOf(count).map(({ id }) => ({ row: id, id: failed.includes(id) ? null : id }))

const store = ObjectStore.layerMemory

/** Runs a program with an engine and the workflow. */
const withBatch = <Name extends string, R>(batch: BatchWorkflow.BatchWorkflow<Name, R>) =>
  Effect.provide(batch.layer.pipe(Layer.provideMerge(WorkflowEngine.layerMemory)))

const execution = { id: "first", input, output }

const unavailable = new SageMakerError.ServiceUnavailable({
  message: "busy",
  code: "ServiceUnavailable",
  status: 503,
  attempts: 1,
  totalRetryDelay: 0
})

const denied = new SageMakerError.AccessDeniedError({
  message: "denied",
  code: "AccessDeniedException",
  status: 403,
  attempts: 1,
  totalRetryDelay: 0
})

const invalidRow = new SageMakerError.ValidationError({
  message: "invalid row",
  code: "ValidationError",
  status: 400,
  attempts: 1,
  totalRetryDelay: 0
})

describe("BatchWorkflow", () => {
  it.effect("the output has every row once, in the order of the input, and the rows that fail", () =>
    Effect.gen(function*() {
      const { model, received } = makeModel((rows) => (rows.some(({ id }) => id === 77) ? invalidRow : undefined))
      const batch = makeBatch(model)
      yield* writeInput(1_000)
      const summary = yield* withBatch(batch)(batch.execute(execution))
      assert.deepStrictEqual(summary, { rows: 1_000, failed: 1 })
      assert.deepStrictEqual(yield* readOutput, expected(1_000, [77]))
      assert.strictEqual(new Set(received).size, 1_000)
      assert.deepStrictEqual(yield* objects, [input, output])
    }).pipe(Effect.provide(store)))

  it.effect("the same execution returns the stored result and sends nothing", () =>
    Effect.gen(function*() {
      const { model, received } = makeModel()
      const batch = makeBatch(model)
      yield* writeInput(100)
      const summaries = yield* withBatch(batch)(Effect.all([batch.execute(execution), batch.execute(execution)]))
      assert.deepStrictEqual(summaries, [{ rows: 100, failed: 0 }, { rows: 100, failed: 0 }])
      assert.strictEqual(received.length, 100)
    }).pipe(Effect.provide(store)))

  it.effect("an error of the whole batch fails the execution, and another id continues", () =>
    Effect.gen(function*() {
      const { model, received } = makeModel((_, request) => (request === 7 ? denied : undefined))
      const batch = BatchWorkflow.make("Ids", model, { ...options, chunksInFlight: 1, concurrency: 1 })
      yield* writeInput(100)
      yield* withBatch(batch)(Effect.gen(function*() {
        const failure = yield* Effect.flip(batch.execute(execution))
        assert.instanceOf(failure, BatchWorkflow.BatchWorkflowError)
        assert.include(failure.message, "AccessDeniedError: denied")
        assert.deepStrictEqual(yield* batch.progress(execution), { rows: 60, failed: 0, total: 100 })
        const sent = received.length
        assert.deepStrictEqual(yield* batch.execute({ ...execution, id: "second" }), { rows: 100, failed: 0 })
        assert.strictEqual(received.length - sent, 40)
        assert.deepStrictEqual(yield* batch.progress(execution), { rows: 0, failed: 0, total: undefined })
      }))
      assert.deepStrictEqual(yield* readOutput, expected(100))
    }).pipe(Effect.provide(store)))

  it.effect("the parts of another input are removed", () =>
    Effect.gen(function*() {
      const failing = makeBatch(makeModel(({ length }) => (length < 10 ? denied : undefined)).model)
      yield* writeInput(95)
      yield* withBatch(failing)(Effect.flip(failing.execute(execution)))
      assert.isAbove((yield* objects).length, 2)
      yield* writeInput(50)
      const batch = makeBatch(makeModel().model)
      assert.deepStrictEqual(yield* withBatch(batch)(batch.execute(execution)), { rows: 50, failed: 0 })
      assert.deepStrictEqual(yield* readOutput, expected(50))
      assert.deepStrictEqual(yield* objects, [input, output])
    }).pipe(Effect.provide(store)))

  it.effect("a chunk waits during an outage", () =>
    Effect.gen(function*() {
      let isDown = true
      const { model, received } = makeModel(() => (isDown ? unavailable : undefined))
      const batch = makeBatch(model)
      yield* writeInput(100)
      const fiber = yield* Effect.fork(withBatch(batch)(batch.execute(execution)))
      yield* eventually(() => received.length >= 40)
      yield* TestClock.adjust("30 seconds")
      isDown = false
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Fiber.join(fiber), { rows: 100, failed: 0 })
      assert.deepStrictEqual(yield* readOutput, expected(100))
    }).pipe(Effect.provide(store)))

  it.effect("rows whose requests fail in each retry of their chunk fail", () =>
    Effect.gen(function*() {
      const { model } = makeModel((rows) => (rows.some(({ id }) => id === 5) ? unavailable : undefined))
      const batch = BatchWorkflow.make("Ids", model, { ...options, chunkRetries: 3 })
      yield* writeInput(100)
      const fiber = yield* Effect.fork(withBatch(batch)(batch.execute(execution)))
      const done = yield* Effect.fork(
        TestClock.adjust("1 second").pipe(
          Effect.zipRight(Effect.yieldNow()),
          Effect.repeat({ times: 60 })
        )
      )
      yield* Fiber.join(done)
      assert.deepStrictEqual(yield* Fiber.join(fiber), { rows: 100, failed: 10 })
      assert.deepStrictEqual(yield* readOutput, expected(100, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
    }).pipe(Effect.provide(store)))

  it.effect("an input that changes during the batch fails the execution", () =>
    Effect.gen(function*() {
      const { model } = makeModel()
      const changing: Batch.BatchModel<
        ReadonlyArray<Row>,
        ReadonlyArray<number>,
        ModelError,
        ObjectStore.ObjectStore
      > = {
        ...model,
        invoke: (rows: ReadonlyArray<Row>) => Effect.zipLeft(model.invoke(rows), Effect.orDie(writeInput(91, "c")))
      }
      const batch = BatchWorkflow.make("Ids", changing, options)
      yield* writeInput(91)
      const failure = yield* withBatch(batch)(Effect.flip(batch.execute(execution)))
      assert.include(failure.message, "an input that does not change during the batch")
    }).pipe(Effect.provide(store)))

  it.effect("an input without rows makes an output without records", () =>
    Effect.gen(function*() {
      const batch = makeBatch(makeModel().model)
      yield* writeInput(0)
      assert.deepStrictEqual(yield* withBatch(batch)(batch.execute(execution)), { rows: 0, failed: 0 })
      assert.deepStrictEqual(yield* readOutput, [])
    }).pipe(Effect.provide(store)))

  it.effect("without a batcher, each row is a request", () =>
    Effect.gen(function*() {
      const single: Batch.BatchModel<Row, number, never, never> = {
        name: "id",
        request: Codec.json(Row),
        invoke: ({ id }) => Effect.succeed(id)
      }
      const batch = BatchWorkflow.make("Ids", single, {
        input: (location) => Batch.object(location, csv),
        output: (location) => Batch.object(location, scores),
        record
      })
      yield* writeInput(10)
      assert.deepStrictEqual(yield* withBatch(batch)(batch.execute(execution)), { rows: 10, failed: 0 })
      assert.deepStrictEqual(yield* readOutput, expected(10))
    }).pipe(Effect.provide(store)))

  const failures: ReadonlyArray<readonly [string, (valid: typeof options) => object, string]> = [
    [
      "a missing input",
      (valid) => ({ ...valid, input: () => Batch.object("s3://batch/none.csv", csv) }),
      "ObjectStoreError: Cannot check s3://batch/none.csv"
    ],
    ["an input that is no source", (valid) => ({ ...valid, input: () => "input.csv" }), "a source of rows"],
    ["an output that is no function", (valid) => ({ ...valid, output: "output" }), "a sink of records"],
    ["a function that throws", (valid) => ({
      ...valid,
      record: () => {
        throw new Error("secret")
      }
    }), "record"],
    ["chunks without rows", (valid) => ({ ...valid, chunkRows: 0 }), "chunkRows"],
    ["an unlimited number of chunks", (valid) => ({ ...valid, chunksInFlight: Infinity }), "chunksInFlight"],
    ["an invalid option of a batch", (valid) => ({ ...valid, maxRows: -1 }), "maxRows"],
    ["no options", () => null as never, "input"]
  ]

  it.effect.each(failures)("an execution fails with: %s", ([, change, text]) =>
    Effect.gen(function*() {
      yield* writeInput(10)
      const batch = BatchWorkflow.make("Ids", makeModel().model, change(options) as typeof options)
      const failure = yield* withBatch(batch)(Effect.flip(batch.execute(execution)))
      assert.instanceOf(failure, BatchWorkflow.BatchWorkflowError)
      assert.include(failure.message, text)
      assert.notInclude(failure.message, "secret")
    }).pipe(Effect.provide(store)))
})
